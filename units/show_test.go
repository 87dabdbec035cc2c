package units

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestShow(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		value float64
		want  string
	}{
		{Duration, 1.234e6, "1.23 ms"}, {Duration, 345_123, "345 µs"}, {Duration, 173_060, "173 µs"}, {Duration, 370_000, "370 µs"},
		{Duration, 999_400, "999 µs"}, {Duration, 999_500, "1.00 ms"}, {Duration, 999_499, "999 µs"}, {Duration, 2.1e9, "2.10 s"}, {Duration, 12.34e6, "12.3 ms"},
		{Duration, 9.996e6, "10.0 ms"}, {Duration, 0, "0 ns"}, {Duration, 5, "5 ns"}, {Duration, 5.5, "5.50 ns"}, {Duration, -1.5e6, "−1.50 ms"},
		{Duration, 3600e9, "3,600 s"}, {Duration, 0.25, "0.250 ns"},
		{Seconds, 0.0123, "12.3 ms"}, {Seconds, 2, "2.00 s"},
		{Rate, 9_312, "9,310/s"}, {Rate, 9_300, "9,300/s"}, {Rate, 21_345, "21,300/s"}, {Rate, 0.125, "0.125/s"}, {Rate, 1_234_567, "1,230,000/s"}, {Rate, 0, "0/s"},
		{Size, 256, "256 B"}, {Size, 12_800, "12.5 KiB"}, {Size, 1 << 10, "1.00 KiB"}, {Size, 1010, "1,010 B"}, {Size, 31_846.4, "31.1 KiB"},
		{Size, 5.25, "5.25 B"}, {Size, 1 << 30, "1.00 GiB"}, {Size, 0, "0 B"},
		{Bitrate, 1e8, "100 Mbit/s"}, {Bitrate, 1.5e9, "1.50 Gbit/s"}, {Bitrate, 8, "8 bit/s"},
		{Share, 0.85, "85 %"}, {Share, 0.8541, "85.4 %"}, {Share, 1, "100 %"}, {Share, 0, "0 %"}, {Share, 0.99997, "99.997 %"}, {Share, 0.9995, "99.95 %"},
		{Share, 0.001, "0.1 %"}, {Share, 0.00012345, "0.0123 %"}, {Share, 1.2, "120 %"}, {Share, 0.99, "99 %"}, {Share, 0.9961, "99.61 %"},
		{Count, 2, "2"}, {Count, 12345, "12,345"}, {Count, 2.0041, "2.00"}, {Count, 12_345.6, "12,300"}, {Count, 0, "0"}, {Count, 1e-20, "1.00e-20"},
		{Duration, math.NaN(), "–"}, {Size, math.Inf(1), "–"},
	} {
		if got := c.kind.Show(c.value); got != c.want {
			t.Errorf("%v of kind %d: got %s, wanted %s", c.value, c.kind, got, c.want)
		}
	}
}

// One rule chooses the unit: the number before it is at least 1, and below
// 1000 where a larger unit is.
func TestTheNumberIsFromOneToAThousand(t *testing.T) {
	for _, k := range []Kind{Duration, Seconds, Bitrate} {
		rapid.Check(t, func(t *rapid.T) {
			v := rapid.Float64Range(1, 1e9).Draw(t, "value")
			if k == Seconds {
				v /= 1e9
			}
			number, _, _ := strings.Cut(k.Show(v), " ")
			if x, err := Count.Parse(number); err != nil || x < 1 || x > 999 {
				t.Fatalf("%v is shown as %s", v, k.Show(v))
			}
		})
	}
}

func TestIntervalsHaveOneUnit(t *testing.T) {
	for got, want := range map[string]string{
		Duration.Interval(1.73e6, 1.66e6, 1.85e6):     "1.73 ms [1.66, 1.85]",
		Duration.Interval(1.02e6, 0.96e6, 1.1e6):      "1.02 ms [0.96, 1.10]",
		Duration.Interval(1.732e6, 1.731e6, 1.733e6):  "1.73 ms",
		Duration.Interval(1.73e6, math.NaN(), 1.85e6): "1.73 ms",
		Duration.Interval(math.NaN(), 1, 2):           "–",
		Rate.Interval(21_345, 20_912, 21_990):         "21,300/s [20,900, 22,000]",
		Share.Interval(0.9995, 0.99, 1):               "99.95 % [99, 100]",
		Count.Interval(2, 2, 2):                       "2",
		Size.Interval(4096, 4000, 4200):               "4.00 KiB [3.91, 4.10]",
		Duration.Span(280e3, 740e3):                   "280 to 740 µs",
		Duration.Span(690e3, 80e6):                    "0.690 to 80.0 ms",
		Duration.Span(5e6, 5e6):                       "5.00 ms",
	} {
		if got != want {
			t.Errorf("got %s, wanted %s", got, want)
		}
	}
}

func TestChanges(t *testing.T) {
	for got, want := range map[string]string{
		Change(1.29): "+29 %", Change(0.71): "−29 %", Change(1.0294): "+2.9 %", Change(1): "0.0 %", Change(0.9999): "0.0 %",
		Change(11): "+1,000 %", Change(1.0996): "+10 %", Change(math.Inf(1)): "–",
	} {
		if got != want {
			t.Errorf("got %s, wanted %s", got, want)
		}
	}
}

func TestAxes(t *testing.T) {
	s := Duration.Scale(12.3e6)
	if s.By != 1e6 || s.Name() != "ms" || Rate.Scale(5).Name() != "/s" {
		t.Errorf("got %+v", s)
	}
	for v, want := range map[float64]string{2e6: "2", 2.5e6: "2.5", 0: "0", 12e9: "12,000", 100e6: "100", math.NaN(): "–"} {
		if got := s.Tick(v); got != want {
			t.Errorf("%v: got the tick %s, wanted %s", v, got, want)
		}
	}
	if got := s.Number(2.5e6); got != "2.50" {
		t.Errorf("got %s", got)
	}
}

func TestAbout(t *testing.T) {
	for d, want := range map[time.Duration]string{
		4200 * time.Millisecond: "4 s", 90 * time.Second: "1 min 30 s", 23*time.Minute + 20*time.Second: "23 min",
		2*time.Hour + 5*time.Minute: "2 h 5 min", 0: "0 s", 300 * time.Millisecond: "0 s", time.Hour: "1 h", -time.Minute: "−1 min",
		599600 * time.Millisecond: "10 min", 30 * time.Hour: "30 h", 30 * 24 * time.Hour: "30 d", 365 * 24 * time.Hour: "1 y",
		400*24*time.Hour + 3*time.Hour + 10*time.Minute: "1 y 35 d 3 h",
	} {
		if got := About(d); got != want {
			t.Errorf("%v: got %s, wanted %s", d, got, want)
		}
	}
}

func TestMetricsCarryTheirUnit(t *testing.T) {
	for metric, want := range map[string]Kind{
		"write_latency_p50_ns": Duration, "throughput_ops": Rate, "disk_bytes_per_write": Size, "network_bytes": Size,
		"host_busy_share": Share, "error_ratio": Share, "availability": Share, "cpu_seconds_per_kwrite": Seconds, "fsyncs_per_write": Count,
	} {
		if got := Of(metric); got != want {
			t.Errorf("%s: got kind %d, wanted %d", metric, got, want)
		}
		if got, err := want.Parse(want.Sample()); err != nil || got <= 0 {
			t.Errorf("the sample %s of kind %d is read as %v (%v)", want.Sample(), want, got, err)
		}
	}
}
