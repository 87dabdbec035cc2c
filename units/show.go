package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Absent stands where there is no number to show.
const Absent = "–"

// minus is the sign that is as wide as a plus.
const minus = "−"

// Scale is how the values of one axis, one column or one interval are written:
// all divided by By, and followed by Unit.
type Scale struct {
	By float64
	// Unit has its leading space where it takes one: " ms", "/s".
	Unit string
}

// Name is the unit alone, for the title of an axis: ms, /s.
func (s Scale) Name() string { return strings.TrimSpace(s.Unit) }

// scales of the kinds, from large to small.
var scales = [...][]Scale{
	Count:    {{1, ""}},
	Duration: {{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}, {1, " ns"}},
	Seconds:  {{1, " s"}, {1e-3, " ms"}, {1e-6, " µs"}, {1e-9, " ns"}},
	Rate:     {{1, "/s"}},
	Bitrate:  {{1e12, " Tbit/s"}, {1e9, " Gbit/s"}, {1e6, " Mbit/s"}, {1e3, " kbit/s"}, {1, " bit/s"}},
	Size:     {{1 << 40, " TiB"}, {1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " B"}},
	Share:    {{0.01, " %"}},
}

// Scale is the one rule for which unit is chosen: the largest in which v, in
// three digits, is at least 1. For an axis, v is its largest value.
func (k Kind) Scale(v float64) Scale {
	all := scales[k]
	for _, s := range all {
		// 0.9995 is written 1.00.
		if math.Abs(v)/s.By >= 0.9995 {
			return s
		}
	}
	return all[len(all)-1]
}

// Show writes a value for people: 1.23 ms, 345 µs, 9,300/s, 12.5 KiB, 85 %.
// It has three significant digits; a count, and what is below a thousand bytes
// or nanoseconds, is shown whole where it is whole. A share is not rounded to
// 100 % where it is not: 99.997 %.
func (k Kind) Show(v float64) string {
	if !Finite(v) {
		return Absent
	}
	s := k.Scale(v)
	return s.number(k, v) + s.Unit
}

// number is v on the scale, without the unit.
func (s Scale) number(k Kind, v float64) string {
	x := v / s.By
	switch {
	case k == Share:
		return percent(x)
	case k.indivisible(s) && x == math.Trunc(x) && math.Abs(x) < 1e15:
		return grouped(x, 0)
	}
	return grouped(x, place(x))
}

// indivisible tells whether there is nothing between two whole numbers on the
// scale.
func (k Kind) indivisible(s Scale) bool {
	return k == Count || s.By == 1 && (k == Duration || k == Size || k == Bitrate)
}

// Number writes v on the scale in three significant digits, without the unit.
func (s Scale) Number(v float64) string {
	if !Finite(v) {
		return Absent
	}
	return grouped(v/s.By, place(v/s.By))
}

// Tick writes v on the scale in as few digits as tell it, at most three, and
// without the unit: for the ticks of an axis.
func (s Scale) Tick(v float64) string {
	text := s.Number(v)
	if strings.Contains(text, ".") && !strings.Contains(text, "e") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// percent never rounds to all or to nothing what is not: there the rest has
// two digits.
func percent(x float64) string {
	p := place(x)
	if rest := 100 - x; x < 100 && rest > 0 && rest < 1 {
		p = min(p, place(rest)+1)
	}
	text := grouped(x, max(p, -9))
	if strings.Contains(text, ".") && !strings.Contains(text, "e") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// place is the power of ten of the third significant digit.
func place(x float64) int {
	if x == 0 || !Finite(x) {
		return 0
	}
	_, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', 2, 64), "e")
	e, _ := strconv.Atoi(exponent) // FormatFloat wrote it
	return e - 2
}

// grouped writes x to the given power of ten, with commas between thousands.
func grouped(x float64, place int) string {
	if a := math.Abs(x); a >= 1e15 || a > 0 && place < -12 {
		text := strconv.FormatFloat(a, 'e', 2, 64)
		if x < 0 {
			return minus + text
		}
		return text
	}
	if place > 0 {
		unit := math.Pow10(place)
		x = math.Round(x/unit) * unit
	}
	text := strconv.FormatFloat(math.Abs(x), 'f', max(0, -place), 64)
	integer, fraction, dot := strings.Cut(text, ".")
	for i := len(integer) - 3; i > 0; i -= 3 {
		integer = integer[:i] + "," + integer[i:]
	}
	if dot {
		integer += "." + fraction
	}
	if x < 0 && strings.Trim(text, "0.") != "" {
		return minus + integer
	}
	return integer
}

// Ends writes both ends of an interval in the unit and to the digit of its
// middle, without the unit: 1.66 and 1.85 around 1.73 ms.
func (k Kind) Ends(middle, low, high float64) (string, string) {
	s := k.Scale(middle)
	end := func(v float64) string {
		switch {
		case !Finite(v):
			return Absent
		case k == Share:
			return percent(v / s.By)
		case k.indivisible(s) && middle == math.Trunc(middle) && v == math.Trunc(v):
			return grouped(v/s.By, 0)
		}
		return grouped(v/s.By, place(middle/s.By))
	}
	return end(low), end(high)
}

// Interval writes a value and its interval in one unit: 1.73 ms [1.66, 1.85].
// An interval that prints as its middle does says nothing more, and is left
// out.
func (k Kind) Interval(middle, low, high float64) string {
	text := k.Show(middle)
	if !Finite(middle) || !Finite(low) || !Finite(high) {
		return text
	}
	l, h := k.Ends(middle, low, high)
	if at, _ := k.Ends(middle, middle, middle); l == at && h == at {
		return text
	}
	return fmt.Sprintf("%s [%s, %s]", text, l, h)
}

// Span writes from low to high in one unit, that of high: 0.28 to 0.74 ms.
func (k Kind) Span(low, high float64) string {
	if !Finite(low) || !Finite(high) {
		return Absent
	}
	s := k.Scale(math.Max(math.Abs(low), math.Abs(high)))
	from, to := s.number(k, low), s.number(k, high)
	if from == to {
		return to + s.Unit
	}
	return from + " to " + to + s.Unit
}

func sign(v float64) string {
	switch {
	case v > 0 && Finite(v):
		return "+"
	case v < 0 && Finite(v):
		return minus
	}
	return ""
}

// Change writes a ratio of new to old as people say it: +2.9 %, −29 %. Below
// ten per cent it has one decimal, above none.
func Change(ratio float64) string {
	if !Finite(ratio) {
		return Absent
	}
	p := math.Abs(ratio-1) * 100
	digit := 0
	if p < 9.95 {
		digit = -1
	}
	text := grouped(p, digit)
	if strings.Trim(text, "0.") == "" {
		return text + " %"
	}
	return sign(ratio-1) + text + " %"
}

// day and year as About and the words of durations have them.
const (
	day  = 24 * time.Hour
	year = 365 * day
)

// About writes how long something takes, as people say it: 4 s, 1 min 30 s,
// 23 min, 2 h 5 min, 30 d, 1 y. It is rounded to the second, above ten minutes
// to the minute, above two days to the hour.
func About(d time.Duration) string {
	if d < 0 {
		return minus + About(-d)
	}
	switch {
	case d < 10*time.Minute:
		d = d.Round(time.Second)
	case d < 2*day:
		d = d.Round(time.Minute)
	default:
		d = d.Round(time.Hour)
	}
	var parts []string
	for _, p := range []struct {
		unit string
		size time.Duration
	}{{"y", year}, {"d", day}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}} {
		n := d / p.size
		if p.size == day && d < 2*day && len(parts) == 0 {
			continue // 30 h
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.unit))
			d -= n * p.size
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}
