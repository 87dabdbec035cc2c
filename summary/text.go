package summary

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// headlines are the metrics that a reader asks for first, in that order.
var headlines = []string{
	"write_latency_p50_ns", "write_latency_p90_ns", "write_latency_p99_ns", "write_latency_p999_ns",
	"read_latency_p50_ns", "read_latency_p90_ns", "read_latency_p99_ns",
	"throughput_ops", "capacity_ops",
	"cpu_seconds_per_kwrite", "network_bytes_per_write", "disk_bytes_per_write", "fsyncs_per_write",
	"unavailability_p50_ns", "election_p50_ns",
}

// Headline tells whether a metric is one of those that tables show unasked.
func Headline(metric string) bool { return slices.Contains(headlines, metric) }

// byRank sorts metrics: the headlines in their order, the others by name.
func byRank(a, b string) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

func rank(metric string) int {
	if i := slices.Index(headlines, metric); i >= 0 {
		return i
	}
	return len(headlines)
}

// Name is a metric's name for people: without the unit that its value shows.
func Name(metric string) string {
	return strings.TrimSuffix(strings.TrimSuffix(metric, "_ns"), "_ops")
}

// Text is a metric's value for people: 1.73 ms, 9300/s, 12.5 KiB.
func Text(metric string, v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case strings.HasSuffix(metric, "_ns"):
		return scaled(v, []unit{{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}, {1, " ns"}})
	case strings.HasSuffix(metric, "_ops"):
		return significant(v) + "/s"
	case strings.Contains(metric, "_bytes"):
		return scaled(v, []unit{{1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " B"}})
	case strings.Contains(metric, "_seconds"):
		return significant(v) + " s"
	}
	return significant(v)
}

// unit is a multiple of what is stored.
type unit struct {
	size float64
	name string
}

// scaled writes v in the largest unit that leaves it at 1 or more.
func scaled(v float64, units []unit) string {
	for _, u := range units {
		if math.Abs(v) >= u.size {
			return significant(v/u.size) + u.name
		}
	}
	last := units[len(units)-1]
	return significant(v/last.size) + last.name
}

// significant writes three digits, and all of those before the point.
func significant(v float64) string {
	if v == 0 {
		return "0"
	}
	places := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	return strconv.FormatFloat(v, 'f', min(places, 6), 64)
}

// Text is the median with its interval, where that prints otherwise than the
// median, or how it was had without one:
// 1.73 ms [1.66, 1.85]. The interval's numbers have the median's unit where
// one unit fits all.
func (m Metric) Text(metric string) string {
	text := Text(metric, m.Median)
	switch {
	case m.Pooled:
		return text + " (pooled)"
	case m.CILow == nil || m.CIHigh == nil:
		return text
	}
	low, high := Text(metric, *m.CILow), Text(metric, *m.CIHigh)
	if low == text && high == text {
		return text // it says nothing more
	}
	if suffix := unitOf(text); suffix == unitOf(low) && suffix == unitOf(high) {
		low, high = strings.TrimSuffix(low, suffix), strings.TrimSuffix(high, suffix)
	}
	return fmt.Sprintf("%s [%s, %s]", text, low, high)
}

// unitOf is what follows the number.
func unitOf(text string) string { return strings.TrimLeft(text, "-0123456789.") }

// Text is the change for people: +12 %, or ~ where no difference was shown.
func (c Change) Text() string {
	switch {
	case !c.Different:
		return "~"
	case c.Ratio == nil:
		return "from 0"
	}
	return fmt.Sprintf("%+.1f %%", 100*(*c.Ratio-1))
}
