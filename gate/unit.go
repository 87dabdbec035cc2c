package gate

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// unit of a literal or a metric.
type unit string

const (
	plain    unit = ""
	duration unit = "duration"
	rate     unit = "rate"
	size     unit = "size"
	share    unit = "share"
)

// examples show how a limit of a unit is written.
var examples = map[unit]string{
	plain: "a plain number", duration: "a duration such as 20ms", rate: "a rate such as 1000/s",
	size: "a size such as 4KiB", share: "a share such as 85%",
}

// sample is a limit of a unit, as it is written.
var sample = map[unit]string{plain: "2", duration: "20ms", rate: "1000/s", size: "4KiB", share: "85%"}

// unitOf tells what a metric is measured in, from its name.
func unitOf(metric string) unit {
	switch {
	case strings.HasSuffix(metric, "_ns"):
		return duration
	case strings.HasSuffix(metric, "_ops"):
		return rate
	case strings.Contains(metric, "_bytes"):
		return size
	case strings.HasSuffix(metric, "_share"):
		return share
	}
	return plain
}

// fits tells whether a literal may be held against a metric. A plain number
// is what summary.json holds, but for durations: a limit of 20 could be meant
// as anything. Zero is the same in all units.
func (u unit) fits(metric unit, v float64) bool {
	return u == metric || u == plain && (metric != duration || v == 0)
}

// sizes in bytes; SI and binary prefixes as they are written everywhere.
var sizes = map[string]float64{
	"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
}

// literal reads a number with its unit, in the unit that summary.json uses.
func literal(text string) (float64, unit, error) {
	number, suffix := split(text)
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, plain, fmt.Errorf("got %q, want a number with or without a unit", text)
	}
	switch {
	case suffix == "":
		return v, plain, nil
	case suffix == "/s":
		return v, rate, nil
	case suffix == "%":
		return v / 100, share, nil
	case sizes[suffix] > 0:
		return v * sizes[suffix], size, nil
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		return 0, plain, fmt.Errorf("got the unit %q, want ns, µs, ms, s, m, /s, %%, B, KiB, MiB, GiB or none", suffix)
	}
	return float64(d), duration, nil
}

// split parts a number from what follows it.
func split(text string) (number, suffix string) {
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '-' })
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimSpace(text[end:])
}
