package advice

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
)

// measuredAdvice is the advice with a run that made so many long pauses, of which some
// cost a leader its place.
func measuredAdvice(pauses, elections int) Timeouts {
	a := timeoutAdvice()
	a.Pauses = []quorum.Interruption{{Length: 100 * time.Millisecond, Every: time.Minute}, {Length: 500 * time.Millisecond, Every: 30 * 24 * time.Hour}}
	e := quorum.Exposure{
		Quiet: 131400 * time.Microsecond, Alone: []bool{false, true}, Singly: []bool{false, true},
		PerHour: []float64{180, 3.0 / 720}, Together: 1e-8, Pairs: 1e-9,
	}
	seen := summary.Provoked{
		Kinds: []summary.ProvokedBy{
			{LengthNS: 25e6, Made: 960, Counted: 600}, {LengthNS: 125e6, Made: 2 * pauses, Counted: pauses, Elections: elections},
		},
		Close: summary.ProvokedBy{Counted: pauses, Elections: elections}, Watches: 4, WatchedNS: int64(12 * time.Minute),
	}
	m := NewMeasured("advised", quorum.Timeouts{Heartbeat: 600 * time.Millisecond, Election: 600 * time.Millisecond, Lease: 600 * time.Millisecond}, 4, e, seen, a)
	m.Dir = "results/advised"
	a.Measured, a.Measure = &m, ""
	return a
}

// A run of the advised timeouts says whether the limit is kept, by which bound; where
// it is too short, how long it would have to be; and where pauses cost leaders their
// places that the limit is broken.
func TestMeasuredTimeoutsSayWhatIsProven(t *testing.T) {
	for name, c := range map[string]struct {
		a       Timeouts
		verdict LimitVerdict
		want    []string
	}{
		"enough": {measuredAdvice(500, 0), LimitKept, []string{
			"Measured: the limit of 1 a year is kept. With heartbeat_timeout 600ms", "no healthy leader lost its place. At 95 % confidence false elections are at most 0.27 a year",
			"1/4 as long (a heartbeat_timeout of 150ms), which stand for 48 min", "longer than 131ms", "such coincidences come fewer than 0.001 a year", "by the time watched alone it is fewer than 3.74 an hour", "results: results/advised",
		}},
		"too short": {measuredAdvice(40, 0), LimitUndecided, []string{"is not proven", "The run is too short: to prove the limit would take "}},
		"broken":    {measuredAdvice(300, 100), LimitBroken, []string{"the limit of 1 a year is broken", "200 healthy leaders lost their place"}},
		"unlucky":   {measuredAdvice(40, 2), LimitUndecided, []string{"No longer run would prove the limit, if it went on like this: more were lost than it allows"}},
	} {
		var text, page strings.Builder
		if err := MeasuredText(&text, c.a); err != nil {
			t.Fatal(err)
		}
		if err := TimeoutsMarkdown(&page, c.a); err != nil {
			t.Fatal(err)
		}
		if got := c.a.Measured.Verdict; got != c.verdict {
			t.Errorf("%s: %s (%+v), want %s", name, got, c.a.Measured.Bounded, c.verdict)
		}
		words := strings.Join(strings.Fields(text.String()), " ")
		for _, want := range c.want {
			if !strings.Contains(words, strings.TrimSpace(want)) {
				t.Errorf("%s: %q is not said in\n%s", name, want, text.String())
			}
		}
		if !strings.Contains(page.String(), "Measured") {
			t.Errorf("%s: the page does not say what was measured:\n%s", name, page.String())
		}
		wantNarrow(t, text.String())
	}
}

// The advice, and the command that measures it, stand in a terminal of 80 columns.
func TestAdvisedTimeoutsAreNarrow(t *testing.T) {
	a := timeoutAdvice()
	a.Others[0].False.PerHour, a.Others[0].False.UpperPerHour = 3000, 3600
	a.Others[1].Unelected, a.Others[1].Normal = true, false
	var text strings.Builder
	if err := TimeoutsText(&text, a); err != nil {
		t.Fatal(err)
	}
	wantNarrow(t, text.String())
	if !strings.Contains(text.String(), " \\\n    --") {
		t.Errorf("the command is not gone on with on another line:\n%s", text.String())
	}
}

func wantNarrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > wording.Width {
			t.Errorf("a line of %d columns, want at most %d: %s", n, wording.Width, line)
		}
	}
}

// What a simulation hardly ever drew has no digits.
func TestPredictedSharesHaveNoChanceDigits(t *testing.T) {
	for v, want := range map[float64]string{0: "0 %", 2.0 / 3000: "<0.1 %", 0.001: "0.1 %", 0.08: "8 %"} {
		if got := wording.SimulatedShare(v); got != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
}

// What helps follows from why the limit is not proven: a longer run does not where this
// host, or what was lost, is the reason.
func TestTheHintFollowsFromWhyNothingIsProven(t *testing.T) {
	for name, c := range map[string]struct {
		elections, host int
		says, want      string
	}{
		"the host held processes up": {2, 2, "measure on an idle host", "measure on an idle host"},
		"too short":                  {0, 0, "The run is too short", "measure for longer with --for, or allow more with --max-false-elections"},
		"too many lost":              {2, 0, "more were lost than it allows", "take longer timeouts, or allow more with --max-false-elections"},
	} {
		a := measuredAdvice(40, c.elections)
		seen := a.Measured.Seen
		seen.Host, seen.Kinds[1].Host, seen.Close.Host = 2*c.host, c.host, c.host
		m := NewMeasured("advised", a.Measured.Timeouts, 4, a.Measured.Exposure, seen, a)
		if got := m.Hint(); m.Verdict != LimitUndecided || got != c.want || !strings.Contains(m.answer(), c.says) {
			t.Errorf("%s: %s, %q\nhint: %s, want %s", name, m.Verdict, m.answer(), got, c.want)
		}
	}
}
