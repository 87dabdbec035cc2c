package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/summary"
)

// absent stands where there is no number.
const absent = "–"

// The metrics that tables and charts know by name.
const (
	writeP50       = "write_latency_p50_ns"
	writeP90       = "write_latency_p90_ns"
	writeP99       = "write_latency_p99_ns"
	readP50        = "read_latency_p50_ns"
	readP90        = "read_latency_p90_ns"
	readP99        = "read_latency_p99_ns"
	throughput     = "throughput_ops"
	capacity       = "capacity_ops"
	cpuPerKwrite   = "cpu_seconds_per_kwrite"
	networkPer     = "network_bytes_per_write"
	diskPer        = "disk_bytes_per_write"
	fsyncsPer      = "fsyncs_per_write"
	unavailability = "unavailability_p50_ns"
)

// metric finds a usable metric: there, finite and from at least one trial.
func metric(c summary.Cell, name string) (summary.Metric, bool) {
	m, ok := c.Metrics[name]
	if !ok || !finite(m.Median) {
		return summary.Metric{}, false
	}
	if !hasInterval(m) {
		m.CILow, m.CIHigh = nil, nil
	}
	return m, true
}

// hasInterval tells whether both ends of the interval are numbers.
func hasInterval(m summary.Metric) bool {
	return m.CILow != nil && m.CIHigh != nil && finite(*m.CILow) && finite(*m.CIHigh)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// scale turns a stored value into one that people read: value = stored/by,
// followed by its unit.
type scale struct {
	by   float64
	unit string
}

// scaler picks the scale that suits a value.
type scaler func(float64) scale

func durationScale(ns float64) scale {
	switch ns = math.Abs(ns); {
	case ns < 1e3:
		return scale{1, " ns"}
	case ns < 1e5:
		return scale{1e3, " µs"}
	case ns < 999.5e6:
		return scale{1e6, " ms"}
	default:
		return scale{1e9, " s"}
	}
}

func rateScale(float64) scale  { return scale{1, "/s"} }
func countScale(float64) scale { return scale{1, ""} }

// cpuScale: a CPU-second per thousand writes is a millisecond per write.
func cpuScale(seconds float64) scale {
	s := durationScale(seconds * 1e6)
	return scale{s.by / 1e6, s.unit}
}

func bytesScale(b float64) scale {
	switch b = math.Abs(b); {
	case b < 1000:
		return scale{1, " B"}
	case b < 1000<<10:
		return scale{1 << 10, " KiB"}
	default:
		return scale{1 << 20, " MiB"}
	}
}

// in writes a value with three significant digits on the scale that suits it.
func in(s scaler, v float64) string {
	if !finite(v) {
		return absent
	}
	sc := s(v)
	return number(v/sc.by, decimals(v/sc.by)) + sc.unit
}

// duration writes nanoseconds: 1.23 ms, 12.3 ms, 2.10 s.
func duration(ns float64) string { return in(durationScale, ns) }

// between writes an interval with the unit and digits of its median, the unit
// left out: 1.20–1.31. It says nothing where both its ends print as the
// median does.
func between(s scaler, m summary.Metric) string {
	if !hasInterval(m) {
		return ""
	}
	sc := s(m.Median)
	d := decimals(m.Median / sc.by)
	low, high := number(*m.CILow/sc.by, d), number(*m.CIHigh/sc.by, d)
	if low == high && low == number(m.Median/sc.by, d) {
		return ""
	}
	return low + "–" + high
}

// decimals that give three significant digits.
func decimals(v float64) int {
	switch v = math.Abs(v); {
	case v == 0 || v >= 99.95:
		return 0
	case v >= 9.995:
		return 1
	default:
		return 2
	}
}

// number writes with so many decimals and groups thousands: 21,300. Above a
// thousand the fourth digit on is noise and becomes 0.
func number(v float64, decimals int) string {
	if a := math.Abs(v); a >= 1000 {
		unit := math.Pow(10, math.Floor(math.Log10(a))-2)
		v = math.Round(v/unit) * unit
	}
	text := strconv.FormatFloat(v, 'f', decimals, 64)
	whole, fraction, dot := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + fraction
	}
	return sign + whole
}

// signed writes a difference with its sign: +0.61 ms.
func signed(s scaler, v float64) string {
	if v < 0 {
		return "−" + in(s, -v)
	}
	return "+" + in(s, v)
}

// percent writes a ratio as a change: +29 %.
func percent(ratio float64) string {
	p := (ratio - 1) * 100
	if math.Abs(p) < 10 {
		return strings.ReplaceAll(fmt.Sprintf("%+.1f %%", p), "-", "−")
	}
	return strings.ReplaceAll(fmt.Sprintf("%+.0f %%", p), "-", "−")
}

// plural counts a noun: 1 node, 3 nodes.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ordinal: 4th, 2nd, 21st.
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
