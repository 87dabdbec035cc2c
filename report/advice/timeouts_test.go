package advice

import (
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/quorum"
)

func timeoutAdvice() Timeouts {
	tuned := func(t time.Duration) quorum.Tuned {
		p := quorum.Prediction{P50: 2 * t, P99: 3 * t}
		return quorum.Tuned{
			Timeouts: quorum.Timeouts{Heartbeat: t, Election: t, Lease: t / 2},
			Failover: quorum.Election{Committed: p},
			False:    quorum.FalseElections{PerHour: 1e-5, UpperPerHour: 1e-4},
		}
	}
	best, two := tuned(200*time.Millisecond), tuned(2*time.Second)
	return Timeouts{
		Nodes: 3, Profile: "multi-az", MostPerHour: 1 / hoursPerYear, Sync: time.Millisecond, Advised: &best, Assumed: true,
		Pauses: []quorum.Interruption{{Length: 100 * time.Millisecond, Every: time.Hour}},
		Stalls: []quorum.Interruption{{Length: 2 * time.Second, Every: time.Minute}},
		Others: []Product{
			{Name: "nomad", What: "raft_multiplier 1", Tuned: tuned(time.Second)},
			{Name: "small", What: "too short", Tuned: quorum.Tuned{Normal: true}},
		},
		Multiplied: &two, Multiplier: 2,
		Measure: "raftbench advise timeouts --nodes 3 --profile multi-az --pause 100ms/1h --pause 300ms/30d --stall 2s/1m --measure results/advised",
	}
}

// The advice answers first, gives both numbers, and says what it rests on and how
// to measure it.
func TestAdvisedTimeoutsAnswerFirst(t *testing.T) {
	var text, page strings.Builder
	a := timeoutAdvice()
	if err := TimeoutsText(&text, a); err != nil {
		t.Fatal(err)
	}
	if err := TimeoutsMarkdown(&page, a); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text.String(), "Set heartbeat_timeout 200ms,") {
		t.Errorf("got\n%s", text.String())
	}
	for _, want := range []string{
		"400 ms at the median", "600 ms at p99", "under 1 a year", "0.0877 a year", "0.877 a year at", "none lasts", "no leader stays in office", "is 2 (2s, 2s and 1s)", "cannot set them one by one",
		"prediction", "Assumed (say --pause)", "depose nobody", "raftbench advise timeouts --nodes 3", "nomad: raft_multiplier 1",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text.String()), " "), want) {
			t.Errorf("%q is not said in\n%s", want, text.String())
		}
		if !strings.Contains(strings.ReplaceAll(page.String(), `\_`, "_"), want) {
			t.Errorf("%q is not said in\n%s", want, page.String())
		}
	}
	a.Advised, a.Why = nil, "no timeouts up to 1m0s keep them"
	text.Reset()
	if err := TimeoutsText(&text, a); err != nil || !strings.HasPrefix(text.String(), "No timeouts keep false elections under 1 a year here: ") {
		t.Errorf("%v, got\n%s", err, text.String())
	}
}

func TestRatesAreSaidInTheUnitThatReadsBest(t *testing.T) {
	for perHour, want := range map[float64]string{
		0: "none", 6: "6 an hour", 0.5: "12 a day", 1 / hoursPerYear: "1 a year", 1e-9: "<0.001 a year", 0.0315: "276 a year",
	} {
		if got := rateOf(perHour); got != want {
			t.Errorf("%v an hour: got %q, want %q", perHour, got, want)
		}
	}
}
