package units

import (
	"math/big"
	"strings"
)

var one = big.NewRat(1, 1)

// tcTimes are tc's words for times (tc(8), TIMES), in nanoseconds and in lower
// case, and how people write minutes and hours.
var tcTimes = map[string]int64{
	"s": 1e9, "sec": 1e9, "secs": 1e9,
	"ms": 1e6, "msec": 1e6, "msecs": 1e6,
	"us": 1e3, "usec": 1e3, "usecs": 1e3,
	"ns": 1, "nsec": 1, "nsecs": 1,
	"min": 60e9,
}

// goTimes are what Go writes beside them, where case tells units apart (M may be
// a million), and the days and years of machines' lives. A year has 365 days, as
// Prometheus has it.
var goTimes = map[string]int64{
	"µs": 1e3, "μs": 1e3, // the micro sign and the Greek letter
	"m": 60e9, "h": 3600e9, "d": 86_400e9, "y": 365 * 86_400e9,
}

// bitrates in bits a second, in lower case (tc(8), RATES): bit is a bit, bps a
// byte; k is a thousand, ki is 1024.
var bitrates = map[string]int64{
	"bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "tbit": 1e12,
	"kibit": 1 << 10, "mibit": 1 << 20, "gibit": 1 << 30, "tibit": 1 << 40,
	"bps": 8, "kbps": 8e3, "mbps": 8e6, "gbps": 8e9, "tbps": 8e12,
	"kibps": 8 << 10, "mibps": 8 << 20, "gibps": 8 << 30, "tibps": 8 << 40,
}

// sizes in bytes, in lower case.
var sizes = map[string]int64{
	"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// unit is how many base units one of the name is.
func (k Kind) unit(name string) (*big.Rat, bool) {
	lower := strings.ToLower(name)
	switch k {
	case Count:
		return one, name == ""
	case Duration:
		return nanoseconds(name, lower, 1)
	case Seconds:
		return nanoseconds(name, lower, 1e9)
	case Rate:
		return one, lower == "/s"
	case Bitrate:
		return found(bitrates, strings.TrimSuffix(lower, "/s"))
	case Size:
		return found(sizes, lower)
	default: // Share
		return big.NewRat(1, 100), name == "%"
	}
}

func nanoseconds(name, lower string, by int64) (*big.Rat, bool) {
	ns := goTimes[name]
	if ns == 0 {
		ns = tcTimes[lower]
	}
	return big.NewRat(ns, by), ns > 0
}

func found(units map[string]int64, name string) (*big.Rat, bool) {
	size, known := units[name]
	return big.NewRat(size, 1), known
}
