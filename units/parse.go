package units

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// Error says why a text is no number of a kind.
type Error struct {
	Got, Want string
	// Why stands behind what was got, where the bare text does not show it.
	Why string
	// Advice says what to write instead, or is empty.
	Advice string
}

// Error is: got "4k", which is 1000 or 1024, want a size such as 4KiB.
func (e *Error) Error() string {
	why := ""
	if e.Why != "" {
		why = ", which " + e.Why
	}
	return fmt.Sprintf("got %.*q%s, want %s", longest, e.Got, why, e.Want)
}

// Hint says what to do, or nothing.
func (e *Error) Hint() string { return e.Advice }

// ParseDuration reads a duration as Go writes it, 34.8ms or 1m30s, or in tc's
// words, 5msecs. None is negative; what is finer than a nanosecond is rounded.
func ParseDuration(s string) (time.Duration, error) {
	v, err := Duration.exact(s)
	if err != nil {
		return 0, err
	}
	ns, ok := whole(v, math.MaxInt64)
	if !ok {
		return 0, unlike(s, "is longer than 292 years", Duration.Want())
	}
	return time.Duration(ns), nil
}

// ParseSize reads a whole number of bytes: 256B, 4KB (4000) or 4KiB (4096).
func ParseSize(s string) (int64, error) {
	v, err := Size.exact(s)
	if err != nil {
		return 0, err
	}
	if !v.IsInt() {
		return 0, unlike(s, "is no whole number of bytes", Size.Want())
	}
	n, ok := whole(v, mostUnits)
	if !ok {
		return 0, unlike(s, "is above 8 PiB", Size.Want())
	}
	return n, nil
}

// ParseBitrate reads a link's rate in tc's words, in bits a second: 100mbit.
// Zero is unlimited. Half a bit a second is nobody's concern, and rounded.
func ParseBitrate(s string) (int64, error) {
	v, err := Bitrate.exact(s)
	if err != nil {
		return 0, err
	}
	n, ok := whole(v, mostUnits)
	if !ok {
		return 0, unlike(s, "is above 9000tbit", Bitrate.Want())
	}
	return n, nil
}

// ParseRate reads operations a second: 500/s, 0.5/s.
func ParseRate(s string) (float64, error) { return Rate.parsePositive(s) }

// ParseShare reads a share from 0% to 100% as a number in [0,1].
func ParseShare(s string) (float64, error) {
	v, err := Share.parsePositive(s)
	if err == nil && v > 1 {
		err = unlike(s, "", Share.Want())
	}
	return v, err
}

func (k Kind) parsePositive(s string) (float64, error) {
	v, err := k.exact(s)
	if err != nil {
		return 0, err
	}
	return k.float(s, v)
}

// Parse reads a number of the kind in its base unit, of either sign and any
// fraction: what a measurement is held against. 31.1KiB is 31846.4 bytes.
func (k Kind) Parse(s string) (float64, error) {
	v, err := k.signed(s)
	if err != nil {
		return 0, err
	}
	return k.float(s, v)
}

func (k Kind) float(s string, v *big.Rat) (float64, error) {
	f, _ := v.Float64()
	if math.IsInf(f, 0) {
		return 0, unlike(s, "is too large a number", k.Want())
	}
	return f, nil
}

// mostUnits is where a float64, which JSON makes of a number, no longer holds
// every integer.
const mostUnits = 1 << 53

// whole is the nearest integer of what is not negative, unless it is above
// most.
func whole(v *big.Rat, most int64) (int64, bool) {
	half := new(big.Rat).Add(v, big.NewRat(1, 2))
	n := new(big.Int).Quo(half.Num(), half.Denom())
	return n.Int64(), n.Cmp(big.NewInt(most)) <= 0
}

// longest text of a number, in bytes: more than anyone writes.
const longest = 64

var (
	figure = regexp.MustCompile(`^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?`)
	word   = regexp.MustCompile(`^[\p{L}%/]*`)
	comma  = regexp.MustCompile(`[0-9],[0-9]`)
)

// exact reads what is not negative.
func (k Kind) exact(s string) (*big.Rat, error) {
	v, err := k.signed(s)
	if err == nil && v.Sign() < 0 {
		err = unlike(s, "is negative", k.Want())
	}
	return v, err
}

// signed reads a number and its unit; of durations, several: 1m30s.
func (k Kind) signed(s string) (*big.Rat, error) {
	if len(s) > longest {
		return nil, unlike(s, "is longer than any number", k.Want())
	}
	rest, minus := strings.CutPrefix(strings.TrimSpace(s), "-")
	if !minus {
		rest = strings.TrimPrefix(rest, "+")
	}
	sum := new(big.Rat)
	for parts := 0; rest != "" || parts == 0; parts++ {
		digits := figure.FindString(rest)
		name := word.FindString(strings.TrimLeft(rest[len(digits):], " "))
		size, known := k.unit(name)
		if name == "" && parts == 0 && zero(digits) {
			size, known = one, true // zero is zero in every unit
		}
		if digits == "" || !known || parts > 0 && k != Duration && k != Seconds {
			return nil, k.refuse(s, digits, name)
		}
		v, _ := new(big.Rat).SetString(digits) // the expression admits nothing else
		sum.Add(sum, v.Mul(v, size))
		rest = strings.TrimLeft(rest[len(digits):], " ")[len(name):]
		rest = strings.TrimLeft(rest, " ")
	}
	if minus {
		sum.Neg(sum)
	}
	return sum, nil
}

func zero(digits string) bool { return digits != "" && strings.Trim(digits, "0.") == "" }

// refuse says what is wrong with a text, as far as one can guess.
func (k Kind) refuse(s, digits, name string) error {
	e := unlike(s, "", k.Want())
	_, binary := sizes[strings.ToLower(name)+"ib"]
	switch {
	case k == Size && digits != "" && binary && len(name) == 1:
		letter := strings.ToUpper(name)
		e.Why = fmt.Sprintf("could mean %s%sB or %[1]s%[2]siB", digits, letter)
		e.Advice = fmt.Sprintf("write %s%sB (powers of 1000) or %[1]s%[2]siB (powers of 1024)", digits, letter)
	case comma.MatchString(s):
		e.Advice = "write a number without commas between thousands, and its fraction behind a point"
	}
	return e
}

func unlike(got, why, want string) *Error { return &Error{Got: got, Why: why, Want: want} }
