package results

import (
	"io"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// hgrmTicks is the resolution of HdrHistogram's own printers: five lines
	// for each halving of the distance to 100 %.
	hgrmTicks = 5
	// hgrmScale turns nanoseconds into the milliseconds that its plotter
	// labels its axis with.
	hgrmScale = 1e6
)

// WriteHGRM writes a histogram as the percentile distribution that
// HdrHistogram's plotters read, in milliseconds.
func WriteHGRM(w io.Writer, h *hdrhistogram.Histogram) error {
	_, err := h.PercentilesPrint(w, hgrmTicks, hgrmScale)
	return err
}
