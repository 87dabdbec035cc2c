package units

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tc(8), RATES and TIMES.
func TestTheWordsAreTcs(t *testing.T) {
	for text, want := range map[string]int64{
		"1gbit": 1e9, "100mbit": 1e8, "1.5kbit": 1500, "8bit": 8, "2tbit": 2e12, "1Gbit": 1e9, "1.001kbit": 1001,
		"1kibit": 1 << 10, "10KiBit": 10 << 10, "1mibit": 1 << 20, "1gibit": 1 << 30, "1tibit": 1 << 40,
		"1bps": 8, "1kbps": 8e3, "1mbps": 8e6, "1gbps": 8e9, "1tbps": 8e12, "1mibps": 8 << 20,
		"0": 0, "0bit": 0, "10 mbit": 1e7, "1e3bit": 1000, "1.5bit": 2, "100 Mbit/s": 1e8,
	} {
		if got, err := ParseBitrate(text); err != nil || got != want {
			t.Errorf("%s: got %d (%v), wanted %d", text, got, err, want)
		}
	}
	for text, want := range map[string]time.Duration{
		"5ms": 5e6, "5msec": 5e6, "5msecs": 5e6, "5MS": 5e6, "2s": 2e9, "2sec": 2e9, "2secs": 2e9, "7us": 7e3, "7usec": 7e3,
		"7usecs": 7e3, "7µs": 7e3, "7μs": 7e3, "1m30s": 90e9, "1 min 30 s": 90e9, "0.5Sec": 5e8, "0": 0, "0.0": 0, "9ns": 9,
		"1h": 3600e9, "50 ms": 50e6, "+5ms": 5e6, "1e3ms": 1e9, "1.5ns": 2, "30d": 30 * 86400e9, "1y": 365 * 86400e9, "1y12h": (365*24 + 12) * 3600e9, " 5ms ": 5e6, "9223372036854775807ns": math.MaxInt64,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: got %v (%v), wanted %v", text, got, err, want)
		}
	}
}

// KB is 1000 bytes and KiB 1024, in whatever case they are written.
func TestSizesMeanOneThing(t *testing.T) {
	for text, want := range map[string]int64{
		"5b": 5, "5B": 5, "1kb": 1e3, "1kB": 1e3, "256KB": 256e3, "4MB": 4e6, "1gb": 1e9, "1TB": 1e12, "0": 0, "0B": 0,
		"256KiB": 256 << 10, "4MiB": 4 << 20, "1GiB": 1 << 30, "1kib": 1 << 10, "1.5KiB": 1536, "2TiB": 2 << 40,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: got %d (%v), wanted %d", text, got, err, want)
		}
		if got, err := Size.Parse(text); err != nil || got != float64(want) {
			t.Errorf("%s against a measurement: got %v (%v), wanted %d", text, got, err, want)
		}
	}
	if got, err := Size.Parse("31.1KiB"); err != nil || got != 31846.4 {
		t.Errorf("31.1KiB: got %v (%v)", got, err)
	}
}

func TestSharesAndRates(t *testing.T) {
	for text, want := range map[string]float64{"0.1%": 0.001, "1e-3%": 1e-5, "100%": 1, "0%": 0, "0": 0, "33.3 %": 0.333} {
		if got, err := ParseShare(text); err != nil || got != want {
			t.Errorf("%s: got %v (%v), wanted %v", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{"500/s": 500, "0.5/s": 0.5, "0": 0, "9300 /s": 9300} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("%s: got %v (%v), wanted %v", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{"-5ms": -5e6, "0.5ns": 0.5, "120%": 1.2, "-3/s": -3} {
		kind := Duration
		switch {
		case strings.HasSuffix(text, "%"):
			kind = Share
		case strings.HasSuffix(text, "/s"):
			kind = Rate
		}
		if got, err := kind.Parse(text); err != nil || got != want {
			t.Errorf("%s: got %v (%v), wanted %v", text, got, err, want)
		}
	}
	if got, err := Seconds.Parse("200ms"); err != nil || got != 0.2 {
		t.Errorf("seconds of 200ms: got %v (%v)", got, err)
	}
	if got, err := Count.Parse("-2.5"); err != nil || got != -2.5 {
		t.Errorf("a count: got %v (%v)", got, err)
	}
}

// readers by what they read.
var readers = map[string]func(string) error{
	"bitrate":  func(s string) error { _, err := ParseBitrate(s); return err },
	"size":     func(s string) error { _, err := ParseSize(s); return err },
	"duration": func(s string) error { _, err := ParseDuration(s); return err },
	"share":    func(s string) error { _, err := ParseShare(s); return err },
	"rate":     func(s string) error { _, err := ParseRate(s); return err },
}

// What cannot be read is quoted as it was written.
func TestWhatIsNoNumberOfAKindIsRefused(t *testing.T) {
	for kind, texts := range map[string][]string{
		"bitrate":  {"1000", "1 Gb", "fast", "1e99tbit", "0x10bit", "1e999999999bit", "", "-1bit", "1e999tbit", "1bit1bit"},
		"size":     {"1.5B", "10", "1PB", "inf", "-1B", "1_0B", "9000TiB", "B", "1KB1B"},
		"duration": {"5", "5M", "-5msec", "ms", "∞s", "1m30", "--5ms", "-+5ms", "3000000h", "5 s 1", "1,5ms"},
		"share":    {"1", "0.5", "101%", "%", "NaN%", "-0.1%", "1%%"},
		"rate":     {"100", "1/m", "NaN/s", "Inf/s", "-1/s", "1e999/s", "/s"},
	} {
		for _, text := range texts {
			err := readers[kind](text)
			var typed *Error
			if !errors.As(err, &typed) || !strings.HasPrefix(err.Error(), fmt.Sprintf("got %q, ", text)) {
				t.Errorf("%s %q: got %v", kind, text, err)
				continue
			}
			minus := strings.HasPrefix(text, "-") && strings.ContainsAny(text[1:2], "0123456789")
			if strings.Contains(err.Error(), "negative") != minus {
				t.Errorf("%s %q: got %v", kind, text, err)
			}
		}
	}
}

func TestRefusalsSayWhatToWrite(t *testing.T) {
	for text, want := range map[string]string{
		"4k":   "write 4KB (powers of 1000) or 4KiB (powers of 1024)",
		"1.5M": "write 1.5MB (powers of 1000) or 1.5MiB (powers of 1024)",
		"4g":   "write 4GB (powers of 1000) or 4GiB (powers of 1024)",
		"1,0B": "write a number without commas between thousands, and its fraction behind a point",
		"4q":   "",
		"4":    "",
	} {
		var err *Error
		if !errors.As(readers["size"](text), &err) || err.Hint() != want {
			t.Errorf("%s: got %v with the hint %q, wanted %q", text, err, err.Hint(), want)
		}
	}
}

func TestALongTextIsCutShort(t *testing.T) {
	if got := readers["size"](strings.Repeat("9", 1e6)).Error(); len(got) > 200 {
		t.Errorf("got a message of %d bytes", len(got))
	}
}

func TestWhatIsWrittenForFiles(t *testing.T) {
	for got, want := range map[string]string{
		FormatDuration(90 * time.Second): "1m30s", FormatDuration(2 * time.Minute): "2m", FormatDuration(5e6): "5ms",
		FormatDuration(3 * time.Hour): "3h", FormatDuration(0): "0s", FormatDuration(time.Hour + time.Second): "1h0m1s",
		FormatMillis(690e3): "0.69ms", FormatMillis(80e6): "80ms", FormatMillis(1): "0.000001ms", FormatMillis(-15e5): "-1.5ms",
		FormatSize(256): "256B", FormatSize(1 << 10): "1KiB", FormatSize(4000): "4000B", FormatSize(0): "0B", FormatSize(3 << 40): "3TiB",
		FormatBitrate(1e8): "100mbit", FormatBitrate(1001): "1001bit", FormatBitrate(0): "0bit",
		FormatRate(500): "500/s", FormatRate(0.5): "0.5/s", FormatRate(1e6): "1000000/s", FormatRate(1e300): "1e300/s",
		FormatShare(0.001): "0.1%", FormatShare(1): "100%", FormatShare(0): "0%", FormatShare(0.07): "7%", FormatShare(1e-20): "1e-18%",
	} {
		if got != want {
			t.Errorf("got %s, wanted %s", got, want)
		}
	}
}

// What is written is read back as the same value.
func TestParseUndoesFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Min(0).Draw(t, "ns"))
		for _, text := range []string{FormatDuration(d), FormatMillis(d)} {
			if got, err := ParseDuration(text); err != nil || got != d {
				t.Fatalf("%v: wrote %s, read %v (%v)", d, text, got, err)
			}
		}
		n := rapid.Int64Range(0, mostUnits).Draw(t, "units")
		if got, err := ParseSize(FormatSize(n)); err != nil || got != n {
			t.Fatalf("%d bytes: wrote %s, read %d (%v)", n, FormatSize(n), got, err)
		}
		if got, err := ParseBitrate(FormatBitrate(n)); err != nil || got != n {
			t.Fatalf("%d bit/s: wrote %s, read %d (%v)", n, FormatBitrate(n), got, err)
		}
		f := rapid.Float64Range(0, math.MaxFloat64).Draw(t, "rate")
		if got, err := ParseRate(FormatRate(f)); err != nil || got != f {
			t.Fatalf("%v/s: wrote %s, read %v (%v)", f, FormatRate(f), got, err)
		}
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		if got, err := ParseShare(FormatShare(share)); err != nil || got != share {
			t.Fatalf("a share of %v: wrote %s, read %v (%v)", share, FormatShare(share), got, err)
		}
	})
}

// What people are shown they may also write.
func TestWhatIsShownIsRead(t *testing.T) {
	for _, kind := range []Kind{Duration, Seconds, Rate, Bitrate, Size, Share} {
		rapid.Check(t, func(t *rapid.T) {
			// Above 999/s commas stand between thousands.
			v := rapid.Float64Range(1e-3, 999).Draw(t, "value") * kind.Scale(1).By
			text := kind.Show(v)
			got, err := kind.Parse(text)
			if err != nil || math.Abs(got-v) > v*0.0051 {
				t.Fatalf("%v shown as %s and read as %v (%v)", v, text, got, err)
			}
		})
	}
}

// Any text gives a number within its bounds or a typed error; what is read is
// written and read again as the same.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"5ms", "1m30s", "0.1%", "100mbit", "4KiB", "4k", "500/s", "-1e-300%", "1e999s", "٣ms", "0", "+.5h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDuration(text); err == nil {
			if again, err := ParseDuration(FormatDuration(d)); err != nil || again != d || d < 0 {
				t.Fatalf("%q is %v, and again %v (%v)", text, d, again, err)
			}
		}
		if n, err := ParseSize(text); err == nil {
			if again, err := ParseSize(FormatSize(n)); err != nil || again != n || n < 0 {
				t.Fatalf("%q is %d bytes, and again %d (%v)", text, n, again, err)
			}
		}
		if n, err := ParseBitrate(text); err == nil {
			if again, err := ParseBitrate(FormatBitrate(n)); err != nil || again != n || n < 0 {
				t.Fatalf("%q is %d bit/s, and again %d (%v)", text, n, again, err)
			}
		}
		if v, err := ParseShare(text); err == nil {
			if again, err := ParseShare(FormatShare(v)); err != nil || again != v || v < 0 || v > 1 {
				t.Fatalf("%q is a share of %v, and again %v (%v)", text, v, again, err)
			}
		}
		if v, err := ParseRate(text); err == nil {
			if again, err := ParseRate(FormatRate(v)); err != nil || again != v || v < 0 {
				t.Fatalf("%q is %v/s, and again %v (%v)", text, v, again, err)
			}
		}
		for k := Count; k <= Share; k++ {
			if v, err := k.Parse(text); err == nil && !Finite(v) {
				t.Fatalf("%q is %v", text, v)
			}
		}
	})
}
