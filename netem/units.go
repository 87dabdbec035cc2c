package netem

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// timeUnits are tc's words for what Go writes otherwise (tc(8), TIMES).
var timeUnits = map[string]string{
	"s": "s", "sec": "s", "secs": "s",
	"ms": "ms", "msec": "ms", "msecs": "ms",
	"us": "us", "usec": "us", "usecs": "us",
}

// ParseTime reads a duration as Go writes it, 34.8ms or 1m30s, or in tc's
// words, 5msecs. None is negative.
func ParseTime(s string) (time.Duration, error) {
	const want = "a duration such as 5ms, 1.5s or 2m"
	number := strings.TrimRightFunc(s, unicode.IsLetter)
	text := s
	if name, known := timeUnits[strings.ToLower(s[len(number):])]; known {
		text = number + name
	}
	v, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, unlike(s, want)
	case v < 0:
		return 0, negative(s, want)
	}
	return v, nil
}

// FormatTime writes milliseconds, as round trips are published: 0.69ms.
func FormatTime(d time.Duration) string { return decimal(float64(d)/1e6) + "ms" }

// ParsePercent reads a share, 0.1%, as a number in [0,1].
func ParsePercent(s string) (float64, error) {
	const want = "a percentage from 0% to 100%, such as 0.1%"
	v, name, ok := number(s)
	switch {
	case !ok || name != "%":
		return 0, unlike(s, want)
	case v.Sign() < 0:
		return 0, negative(s, want)
	}
	share, _ := v.Quo(v, big.NewRat(100, 1)).Float64()
	if share > 1 {
		return 0, unlike(s, want)
	}
	return share, nil
}

// FormatPercent writes 0.1%.
func FormatPercent(share float64) string {
	// Twelve digits hide the binary rounding of the multiplication.
	v, _ := strconv.ParseFloat(strconv.FormatFloat(share*100, 'g', 12, 64), 64)
	return decimal(v) + "%"
}

// units by name in lower case.
type units map[string]int64

// rateUnits in bits a second (tc(8), RATES): bit is a bit, bps a byte; k is a
// thousand, ki is 1024.
var rateUnits = units{
	"bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "tbit": 1e12,
	"kibit": 1 << 10, "mibit": 1 << 20, "gibit": 1 << 30, "tibit": 1 << 40,
	"bps": 8, "kbps": 8e3, "mbps": 8e6, "gbps": 8e9, "tbps": 8e12,
	"kibps": 8 << 10, "mibps": 8 << 20, "gibps": 8 << 30, "tibps": 8 << 40,
}

// sizeUnits in bytes (tc(8), SIZES): k is 1024, as in iproute2's get_size.
var sizeUnits = units{
	"b": 1,
	"k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10,
	"m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20,
	"g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30,
}

// ParseRate reads a rate in tc's units, in bits a second: 100mbit. Zero, with
// or without a unit, is unlimited.
func ParseRate(s string) (int64, error) {
	const want = "a rate in tc's words such as 100mbit or 1gbit, or 0 for unlimited"
	if s == "0" {
		return 0, nil
	}
	v, err := rateUnits.parse(s, want)
	if err != nil {
		return 0, err
	}
	// Half a bit a second is nobody's concern.
	return nearest(v), nil
}

// FormatRate writes the largest unit of bits that divides it: 100mbit.
func FormatRate(bits int64) string {
	return largest(bits, []string{"tbit", "gbit", "mbit", "kbit", "bit"}, rateUnits)
}

// ParseSize reads a number of bytes in tc's units, or as 4MiB.
func ParseSize(s string) (int64, error) {
	const want = "a size such as 256B, 1KiB or 4MiB"
	v, err := sizeUnits.parse(s, want)
	if err != nil {
		return 0, err
	}
	if !v.IsInt() {
		return 0, unlike(s, "a whole number of bytes, "+want)
	}
	return nearest(v), nil
}

// FormatSize writes the largest unit that divides it: 4MiB.
func FormatSize(bytes int64) string {
	names := []string{"GiB", "MiB", "KiB", "B"}
	return largest(bytes, names, sizeUnits)
}

// mostUnits is where a float64, which JSON makes of a number, no longer holds
// every integer.
const mostUnits = 1 << 53

func (u units) parse(s, want string) (*big.Rat, error) {
	v, name, ok := number(s)
	size, known := u[strings.ToLower(name)]
	switch {
	case !ok || !known:
		return nil, unlike(s, want)
	case v.Sign() < 0:
		return nil, negative(s, want)
	}
	if v.Mul(v, new(big.Rat).SetInt64(size)); v.Cmp(new(big.Rat).SetInt64(mostUnits)) > 0 {
		return nil, unlike(s, want)
	}
	return v, nil
}

// largest unit, of names from large to small, that divides v.
func largest(v int64, names []string, u units) string {
	for _, name := range names {
		if size := u[strings.ToLower(name)]; v >= size && v%size == 0 {
			return strconv.FormatInt(v/size, 10) + name
		}
	}
	return strconv.FormatInt(v, 10) + names[len(names)-1]
}

var digits = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?`)

// longestFigure is more than anyone writes by hand.
const longestFigure = 64

// number cuts a figure into its number, to the last digit, and its unit.
func number(s string) (v *big.Rat, name string, ok bool) {
	s = strings.TrimSpace(s)
	text := digits.FindString(s)
	if text == "" || len(s) > longestFigure {
		return nil, "", false
	}
	v, ok = new(big.Rat).SetString(text)
	return v, strings.TrimSpace(s[len(text):]), ok
}

// nearest integer of what is not negative.
func nearest(v *big.Rat) int64 {
	half := new(big.Rat).Add(v, big.NewRat(1, 2))
	return new(big.Int).Quo(half.Num(), half.Denom()).Int64()
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func unlike(got, want string) error { return fmt.Errorf("got %q, want %s", got, want) }

func negative(got, want string) error {
	return fmt.Errorf("got %q, which is negative, want %s", got, want)
}

// linkKey is one key of a link in YAML, in tc-netem's words.
type linkKey struct {
	name string
	// read gives the change of a shape to the figure, which text writes back;
	// text is empty where the shape has none.
	read func(text string) (func(*Shape), error)
	text func(s Shape) string
}

var linkKeys = []linkKey{
	timeKey("delay", func(s *Shape) *time.Duration { return &s.Delay }),
	timeKey("jitter", func(s *Shape) *time.Duration { return &s.Jitter }),
	linkKeyOf("correlation", func(s *Shape) *float64 { return &s.Correlation }, ParsePercent, FormatPercent),
	linkKeyOf("distribution", func(s *Shape) *Distribution { return &s.Distribution }, parseDistribution,
		func(d Distribution) string { return string(d) }),
	linkKeyOf("loss", func(s *Shape) *float64 { return &s.Loss }, ParsePercent, FormatPercent),
	linkKeyOf("rate", func(s *Shape) *int64 { return &s.Rate }, ParseRate, FormatRate),
	linkKeyOf("limit", func(s *Shape) *int64 { return &s.Limit }, parseLimit, FormatSize),
	timeKey("slow_close", func(s *Shape) *time.Duration { return &s.SlowClose }),
}

func linkKeyOf[T comparable](name string, at func(*Shape) *T, read func(string) (T, error), text func(T) string) linkKey {
	return linkKey{
		name: name,
		read: func(written string) (func(*Shape), error) {
			v, err := read(written)
			if err != nil {
				return nil, err
			}
			change := func(s *Shape) { *at(s) = v }
			var alone Shape
			change(&alone)
			return change, alone.Validate()
		},
		text: func(s Shape) string {
			var zero T
			if v := *at(&s); v != zero {
				return text(v)
			}
			return ""
		},
	}
}

func timeKey(name string, at func(*Shape) *time.Duration) linkKey {
	return linkKeyOf(name, at, ParseTime, FormatTime)
}

// parseDistribution leaves it to Validate to refuse a name.
func parseDistribution(s string) (Distribution, error) {
	if s == "" {
		return "", unlike(s, fmt.Sprintf("one of %v", Distributions()))
	}
	return Distribution(s), nil
}

// parseLimit refuses a queue that nothing fits.
func parseLimit(s string) (int64, error) {
	v, err := ParseSize(s)
	if err == nil && v == 0 {
		err = unlike(s, "at least 1B; without a limit it is "+FormatSize(DefaultLimit))
	}
	return v, err
}

// Figure is one thing that a shape does: a key of a link, and its value as a
// profile writes it.
type Figure struct{ Key, Value string }

// Figures lists what a shape does, in tc-netem's words.
func (s Shape) Figures() []Figure {
	var out []Figure
	for _, k := range linkKeys {
		if text := k.text(s); text != "" {
			out = append(out, Figure{k.name, text})
		}
	}
	return out
}
