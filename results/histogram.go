package results

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// NamedHistogram is one histogram of a trial: a window's name, a dot and what
// was recorded in nanoseconds: calm.latency, calm.service, calm.lag,
// calm.read_latency, saturate.latency.
type NamedHistogram struct {
	Name string
	// Start and Duration of the window, kept to the millisecond.
	Start     time.Time
	Duration  time.Duration
	Histogram *hdrhistogram.Histogram
}

func histogramPath(dir, cell string, trial int) string {
	return filepath.Join(dir, TrialsDir, trialName(cell, trial)+".hlog")
}

// WriteHistograms writes a trial's histograms as an interval log of version
// 1.3, a line for each with its name as the tag: what HdrHistogram's own tools
// read. An earlier attempt's are replaced. The histograms' start, end and tag
// are set.
func (w *Writer) WriteHistograms(cell string, trial int, hs []NamedHistogram) error {
	if !cellPattern.MatchString(cell) {
		return fmt.Errorf("write histograms of cell %q: want lower-case words, digits and single dashes", cell)
	}
	text, err := encodeLog(hs)
	if err != nil {
		return fmt.Errorf("encode the histograms of trial %d of %s: %w", trial, cell, err)
	}
	return WriteFile(w.root, filepath.Join(TrialsDir, trialName(cell, trial)+".hlog"), text)
}

func encodeLog(hs []NamedHistogram) ([]byte, error) {
	var buf bytes.Buffer
	lw := hdrhistogram.NewHistogramLogWriter(&buf)
	err := errors.Join(
		lw.OutputComment("[Logged by raftbench; values in nanoseconds]"),
		lw.OutputLogFormatVersion(),
		lw.OutputStartTime(logStart(hs)),
		lw.OutputLegend(),
	)
	for _, h := range hs {
		if h.Name == "" {
			return nil, errors.New("a histogram has no name")
		}
		start := unixMilli(h.Start)
		h.Histogram.SetTag(h.Name)
		h.Histogram.SetStartTimeMs(start)
		h.Histogram.SetEndTimeMs(start + h.Duration.Milliseconds())
		err = errors.Join(err, lw.OutputIntervalHistogram(h.Histogram))
	}
	return buf.Bytes(), err
}

func logStart(hs []NamedHistogram) int64 {
	var first int64
	for i, h := range hs {
		if at := unixMilli(h.Start); i == 0 || at < first {
			first = at
		}
	}
	return first
}

// unixMilli is never negative: the log format has no sign.
func unixMilli(t time.Time) int64 { return max(0, t.UnixMilli()) }

// Histograms reads a trial's histograms of these names, or all, of its last
// attempt. A trial without any, such as a proof, gives none and no error.
func (r *Run) Histograms(cell string, trial int, names ...string) ([]NamedHistogram, error) {
	path := histogramPath(r.Dir, cell, trial)
	text, err := readWithin(r.Dir, histogramPath("", cell, trial), maxHistograms)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{Path: path, What: "cannot be read", Err: bare(err)}
	}
	if len(text) == 0 {
		return nil, &Error{Path: path, What: "is empty, want the trial's histograms", Do: damagedHint}
	}
	hs, err := decodeLog(text, names)
	if err != nil {
		return nil, &Error{Path: path, What: "cannot be read", Err: err, Do: damagedHint}
	}
	return hs, nil
}

// timed tells whether a trial measured latencies that are shown: those of a
// proof and of an invalid trial are not.
func (t Trial) timed() bool {
	return t.Kind == Measure && t.Valid &&
		slices.ContainsFunc(t.Windows, func(w Window) bool { return w.Latency.Count > 0 })
}

// Lacks tells whether a trial's latencies are shown, and yet its file of
// histograms is gone; never of a run that was not read from a folder.
func (r *Run) Lacks(t Trial) bool {
	if r.Dir == "" || !t.timed() {
		return false
	}
	_, err := os.Stat(histogramPath(r.Dir, t.Cell, t.Trial))
	return errors.Is(err, fs.ErrNotExist)
}

// WarnOfUnpooled says which trials' histograms cannot be had, each with the error of
// Histograms or nil where the file is gone, what that costs and what to do. The trials'
// own percentiles stand in trials.jsonl: only pooling needs more.
func (r *Run) WarnOfUnpooled(trials []Trial, why []error) {
	if len(trials) == 0 {
		return
	}
	what := histogramPath(r.Dir, trials[0].Cell, trials[0].Trial)
	if more := len(trials) - 1; more > 0 {
		what += fmt.Sprintf(" and %d more", more)
	}
	reason := "missing"
	if i := slices.IndexFunc(why, func(err error) bool { return err != nil }); i >= 0 {
		reason = reasonOf(why[i])
		if i > 0 {
			reason = fmt.Sprintf("missing, or damaged (that of trial %d of %s %s)", trials[i].Trial, trials[i].Cell, reason)
		}
	}
	r.Warn(what + ": " + reason + "; the latency chart and pooled percentiles leave these trials out; restore the files, or run again into a new folder")
}

// reasonOf an error of Histograms, without the path.
func reasonOf(err error) string {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return err.Error()
	case e.Err != nil:
		return e.What + ": " + e.Err.Error()
	}
	return e.What
}

// decodeLog reads the histograms of these names, or all, of an interval log. It
// does without the library's reader, which passes over lines that it does not
// understand and looks for the extremes of each histogram, which takes longer
// than all the rest.
func decodeLog(text []byte, names []string) ([]NamedHistogram, error) {
	var hs []NamedHistogram
	n := 0
	for line := range bytes.Lines(text) {
		if line[0] == '#' || line[0] == '"' {
			continue
		}
		n++
		name, fields, err := splitLog(string(bytes.TrimRight(line, "\r\n")))
		if err == nil && len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		var h NamedHistogram
		if err == nil {
			h, err = decodeInterval(name, fields)
		}
		if err != nil {
			return nil, fmt.Errorf("histogram %d: %w", n, err)
		}
		hs = append(hs, h)
	}
	return hs, nil
}

// logFields of a line: its start and length in seconds, its largest value, and
// the histogram.
const logFields = 4

func splitLog(line string) (name string, fields []string, err error) {
	if rest, tagged := strings.CutPrefix(line, "Tag="); tagged {
		name, line, _ = strings.Cut(rest, ",")
	}
	fields = strings.Split(line, ",")
	if len(fields) != logFields {
		return "", nil, fmt.Errorf("got a line of %d fields, want %d and a tag", len(fields), logFields)
	}
	return name, fields, nil
}

func decodeInterval(name string, fields []string) (NamedHistogram, error) {
	start, err1 := strconv.ParseFloat(fields[0], 64)
	length, err2 := strconv.ParseFloat(fields[1], 64)
	h, err3 := hdrhistogram.Decode([]byte(fields[logFields-1]))
	if err := errors.Join(err1, err2, err3); err != nil {
		return NamedHistogram{}, err
	}
	// An out-of-range float converts to anything; times of a log are in seconds.
	if !(start >= 0 && start < maxTimeNS && length >= 0 && length < maxTimeNS/1e9) {
		return NamedHistogram{}, fmt.Errorf("got a start of %v and a length of %v seconds, want times", start, length)
	}
	h.SetTag(name)
	h.SetStartTimeMs(int64(math.Round(start * 1000)))
	h.SetEndTimeMs(int64(math.Round((start + length) * 1000)))
	return NamedHistogram{
		Name: name, Start: time.UnixMilli(h.StartTimeMs()), Duration: time.Duration(math.Round(length*1000)) * time.Millisecond, Histogram: h,
	}, nil
}
