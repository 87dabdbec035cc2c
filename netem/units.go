package netem

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// linkEntry is one directed link in YAML, in tc-netem's words. Keys that are
// absent leave the matrix's figure as it is.
type linkEntry struct {
	From         string        `yaml:"from"`
	To           string        `yaml:"to"`
	Delay        *yamlDuration `yaml:"delay"`
	Jitter       *yamlDuration `yaml:"jitter"`
	Correlation  *yamlPercent  `yaml:"correlation"`
	Distribution Distribution  `yaml:"distribution"`
	Loss         *yamlPercent  `yaml:"loss"`
	Rate         *yamlRate     `yaml:"rate"`
	Limit        *yamlSize     `yaml:"limit"`
	SlowClose    *yamlDuration `yaml:"slow_close"`
}

func (l linkEntry) over(s Shape) Shape {
	if l.Delay != nil {
		s.Delay = time.Duration(*l.Delay)
	}
	if l.Jitter != nil {
		s.Jitter = time.Duration(*l.Jitter)
	}
	if l.Correlation != nil {
		s.Correlation = float64(*l.Correlation)
	}
	if l.Distribution != "" {
		s.Distribution = l.Distribution
	}
	if l.Loss != nil {
		s.Loss = float64(*l.Loss)
	}
	if l.Rate != nil {
		s.Rate = int64(*l.Rate)
	}
	if l.Limit != nil {
		s.Limit = int64(*l.Limit)
	}
	if l.SlowClose != nil {
		s.SlowClose = time.Duration(*l.SlowClose)
	}
	return s
}

type (
	yamlDuration time.Duration
	yamlPercent  float64
	yamlRate     int64
	yamlSize     int64
)

// UnmarshalText reads 34.8ms.
func (d *yamlDuration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("got the duration %q, wanted one such as 34.8ms", b)
	}
	*d = yamlDuration(v)
	return nil
}

// UnmarshalText reads 0.1% or 0.001.
func (p *yamlPercent) UnmarshalText(b []byte) error {
	v, err := ParsePercent(string(b))
	*p = yamlPercent(v)
	return err
}

// UnmarshalText reads 1gbit.
func (r *yamlRate) UnmarshalText(b []byte) error {
	v, err := ParseRate(string(b))
	*r = yamlRate(v)
	return err
}

// UnmarshalText reads 4MiB.
func (z *yamlSize) UnmarshalText(b []byte) error {
	v, err := parseUnit(string(b), "size", "256KiB", sizeUnits)
	*z = yamlSize(v)
	return err
}

// ParsePercent reads a share in [0,1]: 0.1% or 0.001.
func ParsePercent(s string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, fmt.Errorf("got the share %q, wanted one from 0%% to 100%%", s)
	}
	return v, nil
}

// tc's rate units (man tc, UNITS), in bits a second; bps are bytes.
var rateUnits = []unit{
	{"kibit", 1 << 10}, {"mibit", 1 << 20}, {"gibit", 1 << 30},
	{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {"bit", 1},
	{"kbps", 8e3}, {"mbps", 8e6}, {"gbps", 8e9}, {"bps", 8},
}

var sizeUnits = []unit{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
}

type unit struct {
	name string
	size float64
}

// ParseRate reads a rate in tc's units, in bits a second: 100mbit.
func ParseRate(s string) (int64, error) { return parseUnit(s, "rate", "100mbit", rateUnits) }

func parseUnit(s, what, example string, units []unit) (int64, error) {
	s = strings.TrimSpace(s)
	for _, u := range units {
		number, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if v *= u.size; err == nil && v >= 1 && v <= math.MaxInt64/2 {
			return int64(v), nil
		}
		break
	}
	return 0, fmt.Errorf("got the %s %q, wanted one such as %s", what, s, example)
}
