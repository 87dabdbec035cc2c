package configs

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/units"
)

// Duration is a time.Duration, written 5ms.
type Duration time.Duration

// UnmarshalText reads 5ms, 1.5s, 2m, and tc's words such as 5msec.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := units.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText writes the shortest form: 1m30s, 2m, 500ms.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(units.FormatDuration(time.Duration(d))), nil
}

// Size is a number of bytes, written 256B, 1KiB, 4MiB.
type Size int64

// UnmarshalText reads 256B, 1KiB, 4MiB, and 4MB, which is 4,000,000.
func (s *Size) UnmarshalText(text []byte) error {
	v, err := units.ParseSize(string(text))
	*s = Size(v)
	return err
}

// MarshalText writes the largest unit that divides it.
func (s Size) MarshalText() ([]byte, error) { return []byte(units.FormatSize(int64(s))), nil }

// Bitrate is bits a second, in tc's words: 10mbit, 1gbit; and bytes a second
// as tc has it, 1mbps. Zero is unlimited.
type Bitrate int64

// UnmarshalText reads tc's words.
func (b *Bitrate) UnmarshalText(text []byte) error {
	v, err := units.ParseBitrate(string(text))
	*b = Bitrate(v)
	return err
}

// MarshalText writes the largest unit of bits that divides it.
func (b Bitrate) MarshalText() ([]byte, error) { return []byte(units.FormatBitrate(int64(b))), nil }

// Rate is operations a second, written 500/s.
type Rate float64

// UnmarshalText reads 500/s and 0.5/s.
func (r *Rate) UnmarshalText(text []byte) error {
	v, err := units.ParseRate(string(text))
	*r = Rate(v)
	return err
}

// MarshalText writes 500/s.
func (r Rate) MarshalText() ([]byte, error) { return []byte(units.FormatRate(float64(r))), nil }

// Percent is a share in [0,1], written 0.1%.
type Percent float64

// UnmarshalText reads 0.1%.
func (p *Percent) UnmarshalText(text []byte) error {
	v, err := units.ParseShare(string(text))
	*p = Percent(v)
	return err
}

// MarshalText writes 0.1%.
func (p Percent) MarshalText() ([]byte, error) { return []byte(units.FormatShare(float64(p))), nil }

// Precision is a share that an experiment may ask of its differences.
type Precision float64

// UnmarshalText reads 1.5%. What is no share is refused in the words that one out
// of range is.
func (p *Precision) UnmarshalText(text []byte) error {
	v, err := units.ParseShare(string(text))
	if err != nil {
		return wanted(string(text), precisionWant())
	}
	*p = Precision(v)
	return nil
}

func precisionWant() string {
	return fmt.Sprintf("a percentage from %v to %v", plain(finest), plain(coarsest))
}

// MarshalText writes 1.5%.
func (p Precision) MarshalText() ([]byte, error) { return []byte(units.FormatShare(float64(p))), nil }

// Sync is how a store's write reaches the disk: `real`, or a duration that
// stands in for it.
type Sync time.Duration

// UnmarshalText reads real, or a duration above zero.
func (s *Sync) UnmarshalText(text []byte) error {
	if string(text) == "real" {
		*s = 0
		return nil
	}
	v, err := units.ParseDuration(string(text))
	if err != nil || v == 0 {
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
	below, err := units.ParseDuration(bound)
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

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func wanted(got, want string) error { return fmt.Errorf("got %q, want %s", got, want) }

// short is a duration as a person writes it.
func short(d time.Duration) string { return units.FormatDuration(d) }

func span(d Duration) time.Duration { return time.Duration(d) }
