package units

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// FormatDuration writes a duration without loss: 1m30s, 2m, 500ms.
func FormatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// FormatMillis writes a duration without loss in milliseconds, as round trips
// are published: 0.69ms.
func FormatMillis(d time.Duration) string {
	sign := ""
	ns := uint64(d)
	if d < 0 {
		sign, ns = "-", -ns
	}
	text := sign + strconv.FormatUint(ns/1e6, 10)
	if rest := ns % 1e6; rest > 0 {
		fraction := strconv.FormatUint(1e6+rest, 10)[1:]
		text += "." + strings.TrimRight(fraction, "0")
	}
	return text + "ms"
}

// FormatSize writes a size in the largest binary unit that divides it: 4MiB,
// 4000B.
func FormatSize(bytes int64) string {
	return largest(bytes, sizes, "TiB", "GiB", "MiB", "KiB", "B")
}

// FormatBitrate writes a link's rate in the largest decimal unit of bits that
// divides it: 100mbit.
func FormatBitrate(bits int64) string {
	return largest(bits, bitrates, "tbit", "gbit", "mbit", "kbit", "bit")
}

// largest unit, of names from large to small, that divides v.
func largest(v int64, units map[string]int64, names ...string) string {
	for _, name := range names {
		if size := units[strings.ToLower(name)]; v >= size && v%size == 0 {
			return strconv.FormatInt(v/size, 10) + name
		}
	}
	return strconv.FormatInt(v, 10) + names[len(names)-1]
}

// FormatRate writes operations a second without loss: 500/s, 0.5/s.
func FormatRate(perSecond float64) string { return decimal(perSecond, 0) + "/s" }

// FormatShare writes a share without loss: 0.1%.
func FormatShare(share float64) string { return decimal(share, 2) + "%" }

// decimal writes v times ten to the power of shift, in the fewest digits that
// tell v from its neighbours. The point is moved in the text: a multiplication
// would round.
func decimal(v float64, shift int) string {
	if v == 0 {
		return "0"
	}
	text := strconv.FormatFloat(v, 'e', -1, 64)
	mantissa, exponent, found := strings.Cut(text, "e")
	if !found { // not a number, or infinite
		return text
	}
	e, _ := strconv.Atoi(exponent) // FormatFloat wrote it
	if e += shift; e < -9 || e > 20 {
		return mantissa + "e" + strconv.Itoa(e)
	}
	return plain(mantissa, e)
}

// plain writes mantissa, of one digit before the point, without an exponent.
func plain(mantissa string, e int) string {
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	digits := strings.Replace(mantissa, ".", "", 1)
	if e < 0 {
		return sign + "0." + strings.Repeat("0", -e-1) + digits
	}
	if len(digits) <= e+1 {
		return sign + digits + strings.Repeat("0", e+1-len(digits))
	}
	return sign + digits[:e+1] + "." + digits[e+1:]
}

// Finite tells whether v is a number that can be shown.
func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
