package configs

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration, written 5ms.
type Duration time.Duration

// UnmarshalText reads 5ms, 1.5s, 2m.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return wanted(string(text), "a duration such as 5ms, 1.5s or 2m")
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the shortest form: 1m30s, 2m, 500ms.
func (d Duration) MarshalText() ([]byte, error) {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return []byte(s), nil
}

// Size is a number of bytes, written 256B, 1KiB, 4MiB.
type Size int64

var sizeUnits = []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// UnmarshalText reads 256B, 1KiB, 4MiB.
func (s *Size) UnmarshalText(text []byte) error {
	v, err := parseUnits(string(text), sizeUnits, "a size such as 256B, 1KiB or 4MiB")
	*s = Size(v)
	return err
}

// MarshalText writes the largest unit that divides it.
func (s Size) MarshalText() ([]byte, error) { return formatUnits(int64(s), sizeUnits), nil }

// Bitrate is bits a second, in tc's words: 10mbit, 1gbit; and bytes a second
// as tc has it, 1mbps.
type Bitrate int64

// tc(8), "RATES": bit is a bit a second, bps a byte a second; SI prefixes.
var bitrateUnits = []unit{
	{"tbit", 1e12}, {"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}, {"bit", 1},
	{"tbps", 8e12}, {"gbps", 8e9}, {"mbps", 8e6}, {"kbps", 8e3}, {"bps", 8},
}

// UnmarshalText reads tc's words.
func (b *Bitrate) UnmarshalText(text []byte) error {
	v, err := parseUnits(strings.ToLower(string(text)), bitrateUnits, "a rate in tc's words such as 100mbit or 1gbit")
	*b = Bitrate(v)
	return err
}

// MarshalText writes the largest unit of bits that divides it.
func (b Bitrate) MarshalText() ([]byte, error) { return formatUnits(int64(b), bitrateUnits[:5]), nil }

// Rate is operations a second, written 500/s.
type Rate float64

// UnmarshalText reads 500/s and 0.5/s.
func (r *Rate) UnmarshalText(text []byte) error {
	number, found := strings.CutSuffix(string(text), "/s")
	v, err := strconv.ParseFloat(number, 64)
	if !found || err != nil || !finite(v) || v < 0 {
		return wanted(string(text), "a rate such as 500/s")
	}
	*r = Rate(v)
	return nil
}

// MarshalText writes 500/s.
func (r Rate) MarshalText() ([]byte, error) { return []byte(number(float64(r)) + "/s"), nil }

// Percent is a share in [0,1], written 0.1%.
type Percent float64

// UnmarshalText reads 0.1%.
func (p *Percent) UnmarshalText(text []byte) error {
	number, found := strings.CutSuffix(string(text), "%")
	// An exponent rounds once, to the nearest; a division would round twice.
	v, err := strconv.ParseFloat(number+"e-2", 64)
	if !found || err != nil || !(v >= 0 && v <= 1) {
		return wanted(string(text), "a percentage from 0% to 100%, such as 0.1%")
	}
	*p = Percent(v)
	return nil
}

// MarshalText writes 0.1%.
func (p Percent) MarshalText() ([]byte, error) {
	// Twelve digits hide the binary rounding of the multiplication.
	v, _ := strconv.ParseFloat(strconv.FormatFloat(float64(p)*100, 'g', 12, 64), 64)
	return []byte(number(v) + "%"), nil
}

// Sync is how a store's write reaches the disk: `real`, or a duration that
// stands in for it.
type Sync time.Duration

// UnmarshalText reads real, or a duration above zero.
func (s *Sync) UnmarshalText(text []byte) error {
	if string(text) == "real" {
		*s = 0
		return nil
	}
	v, err := time.ParseDuration(string(text))
	if err != nil || v <= 0 {
		return wanted(string(text), "`real` or a duration above zero such as 2ms")
	}
	*s = Sync(v)
	return nil
}

// MarshalText writes real, or the duration.
func (s Sync) MarshalText() ([]byte, error) {
	if s == 0 {
		return []byte("real"), nil
	}
	return Duration(s).MarshalText()
}

// Warmup is how long load runs before anything is measured: a duration, or
// `auto`: until the latency is steady.
type Warmup struct {
	Auto   bool
	Length time.Duration
}

// UnmarshalText reads auto, or a duration.
func (w *Warmup) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*w = Warmup{Auto: true, Length: 500 * time.Millisecond}
		return nil
	}
	var d Duration
	if d.UnmarshalText(text) != nil {
		return wanted(string(text), "`auto` or a duration such as 500ms")
	}
	*w = Warmup{Length: time.Duration(d)}
	return nil
}

// MarshalText writes auto, or the duration.
func (w Warmup) MarshalText() ([]byte, error) {
	if w.Auto {
		return []byte("auto"), nil
	}
	return Duration(w.Length).MarshalText()
}

// Limit is what a capacity search must keep: p99 < 20ms.
type Limit struct {
	Percentile float64 // 99
	Below      time.Duration
}

// UnmarshalText reads p99 < 20ms.
func (l *Limit) UnmarshalText(text []byte) error {
	const example = "a limit such as `p99 < 20ms`"
	name, bound, found := strings.Cut(string(text), "<")
	digits, isPercentile := strings.CutPrefix(strings.TrimSpace(name), "p")
	p, err := strconv.ParseFloat(digits, 64)
	if !found || !isPercentile || err != nil || !(p > 0 && p < 100) {
		return wanted(string(text), example)
	}
	below, err := time.ParseDuration(strings.TrimSpace(bound))
	if err != nil || below <= 0 {
		return wanted(string(text), example)
	}
	*l = Limit{Percentile: p, Below: below}
	return nil
}

// MarshalText writes p99 < 20ms.
func (l Limit) MarshalText() ([]byte, error) {
	below, _ := Duration(l.Below).MarshalText()
	return fmt.Appendf(nil, "p%s < %s", number(l.Percentile), below), nil
}

type unit struct {
	name string
	size float64
}

func parseUnits(text string, units []unit, want string) (int64, error) {
	i := slices.IndexFunc(units, func(u unit) bool {
		digits, found := strings.CutSuffix(text, u.name)
		_, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		return found && err == nil
	})
	if i < 0 {
		return 0, wanted(text, want)
	}
	digits, _ := strings.CutSuffix(text, units[i].name)
	v, _ := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	v *= units[i].size
	// Beyond 2^53 a float64 no longer holds every integer.
	if !(v >= 0 && v <= 1<<53) || v != math.Trunc(v) {
		return 0, wanted(text, want)
	}
	return int64(v), nil
}

func formatUnits(v int64, units []unit) []byte {
	for _, u := range units {
		if size := int64(u.size); v >= size && v%size == 0 {
			return fmt.Appendf(nil, "%d%s", v/size, u.name)
		}
	}
	return append([]byte("0"), units[len(units)-1].name...)
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func wanted(got, want string) error { return fmt.Errorf("got %q, want %s", got, want) }

func span(d Duration) time.Duration { return time.Duration(d) }
