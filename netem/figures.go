package netem

import (
	"fmt"
	"time"

	"github.com/raftbench/raftbench/units"
)

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
	linkKeyOf("correlation", func(s *Shape) *float64 { return &s.Correlation }, units.ParseShare, units.FormatShare),
	linkKeyOf("distribution", func(s *Shape) *Distribution { return &s.Distribution }, parseDistribution,
		func(d Distribution) string { return string(d) }),
	linkKeyOf("loss", func(s *Shape) *float64 { return &s.Loss }, units.ParseShare, units.FormatShare),
	linkKeyOf("rate", func(s *Shape) *int64 { return &s.Rate }, units.ParseBitrate, units.FormatBitrate),
	linkKeyOf("limit", func(s *Shape) *int64 { return &s.Limit }, parseLimit, units.FormatSize),
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
	return linkKeyOf(name, at, units.ParseDuration, units.FormatMillis)
}

// parseDistribution leaves it to Validate to refuse a name.
func parseDistribution(s string) (Distribution, error) {
	if s == "" {
		return "", fmt.Errorf("got %q, want one of %v", s, Distributions())
	}
	return Distribution(s), nil
}

// parseLimit refuses a queue that nothing fits.
func parseLimit(s string) (int64, error) {
	v, err := units.ParseSize(s)
	if err == nil && v == 0 {
		err = fmt.Errorf("got %q, want at least 1B; without a limit it is %s", s, units.FormatSize(DefaultLimit))
	}
	return v, err
}

// Figure is one thing that a shape does: its key, and its value as ReadFigure
// reads it.
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

// FigureKeys are the keys of a link, in tc-netem's words.
func FigureKeys() []string {
	var keys []string
	for _, k := range linkKeys {
		keys = append(keys, k.name)
	}
	return keys
}

// ReadFigure reads the value of one of FigureKeys, as a change of a shape. Its
// error says what was got and what was wanted.
func ReadFigure(key, value string) (change func(*Shape), err error) {
	for _, k := range linkKeys {
		if k.name == key {
			return k.read(value)
		}
	}
	return nil, fmt.Errorf("got the figure %q, want one of %v", key, FigureKeys())
}
