package bench

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

const ms = int64(time.Millisecond)

// healthy is a calm window to which nobody could object.
func healthy() judged {
	w := results.Window{
		Name: "calm", Mode: results.ModeOpen, OfferedOps: 100, DurationNS: 10 * time.Second.Nanoseconds(),
		Due: 1000, Completed: 1000, Writes: 1000, ThroughputOps: 100,
		Latency: results.Latency{P50NS: 2 * ms, P99NS: 4 * ms, MeanNS: 2e6, Count: 1000},
		Service: results.Latency{P50NS: 2 * ms, P99NS: 4 * ms, MeanNS: 2e6, Count: 1000},
		Lag:     results.Latency{P50NS: 1000, P99NS: 20000, Count: 1000},
		// 100/s × 2 ms: Little's law holds.
		MeanInFlight: 0.2, HostBusy: 0.3, ForeignBusy: 0.01, HalfP50NS: []int64{2 * ms, 2 * ms},
	}
	for i := range 10 {
		w.Parts = append(w.Parts, results.Point{P50NS: 2*ms + int64(i%3)*1000, Completed: 100})
	}
	return judged{
		window: w, light: true,
		cost: cost{links: []results.Link{{From: "n1", To: "n2", AskedNS: 5 * ms, ErrorP50NS: 200_000, Frames: 10, Samples: 5}}},
	}
}

func TestAHealthyWindowIsBelieved(t *testing.T) {
	if got := invalidity(healthy()); len(got) > 0 {
		t.Errorf("invalid: %q", got)
	}
	if got := warnings(healthy()); len(got) > 0 {
		t.Errorf("flagged: %q", got)
	}
}

// Each rule by which a trial is not believed, provoked alone.
func TestEachReasonForInvalidity(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*judged)
		want  string
	}{
		"too few completed": {func(j *judged) { j.window.Completed = 989 }, "989 of the 1000"},
		"nothing completed": {func(j *judged) { j.window.Completed, j.window.Due = 0, 0 }, "nothing was completed"},
		"a drop":            {func(j *judged) { j.window.Dropped = 1 }, "1 operations were dropped"},
		"a record error":    {func(j *judged) { j.window.RecordErrors = 2 }, "2 values did not fit"},
		"a rejected write":  {func(j *judged) { j.window.Errors, j.firstError = 1, errors.New("not leader") }, "not leader"},
		"an unknown write":  {func(j *judged) { j.window.Unknown = 1 }, "1 unexpected client errors"},
		"lag at the median": {func(j *judged) { j.window.Lag.P50NS = 2*ms/20 + 1000 }, "lagged"},
		"lag at p99":        {func(j *judged) { j.window.Lag.P99NS = 4*ms/4 + 1000 }, "lagged"},
		"the leader moved":  {func(j *judged) { j.cost.leaderMoved = true }, "the leader or the term changed"},
		"a link by 5 %":     {func(j *judged) { j.cost.links[0].ErrorP50NS = 5*ms/20 + 1 }, "link n1→n2"},
		"a short link by 100 µs": {func(j *judged) {
			j.cost.links[0].AskedNS, j.cost.links[0].ErrorP50NS = 50_000, 100_001
		}, "allowed 100µs"},
	} {
		t.Run(name, func(t *testing.T) {
			j := healthy()
			c.spoil(&j)
			got := invalidity(j)
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want one reason with %q", got, c.want)
			}
		})
	}
}

// A short link may miss its delay by 100 µs: no host does better when busy.
func TestAShortLinkMayMissByTheFloor(t *testing.T) {
	j := healthy()
	j.cost.links[0].AskedNS, j.cost.links[0].ErrorP50NS = 50_000, 99_999
	if got := invalidity(j); len(got) > 0 {
		t.Errorf("invalid: %q", got)
	}
}

// The errors rest on samples, not on frames: those of a busy link that nobody
// waited for say nothing.
func TestFewSamplesSayNothingOfALink(t *testing.T) {
	j := healthy()
	l := &j.cost.links[0]
	l.Frames, l.Samples, l.ErrorP50NS = 1000, minLinkSamples-1, 5*ms
	if got := append(invalidity(j), warnings(j)...); len(got) > 0 {
		t.Errorf("judged by %d samples: %q", l.Samples, got)
	}
	if l.Samples++; len(invalidity(j)) != 1 {
		t.Errorf("not judged by %d samples", l.Samples)
	}
}

// A saturating window was to bring the host to its limit: late frames and a
// new leader are said, a busy host is not even that.
func TestASaturatingWindowIsInvalidByItsErrorsOnly(t *testing.T) {
	j := healthy()
	j.window.Mode, j.light = results.ModeClosed, false
	j.window.Lag.P50NS, j.window.HostBusy, j.cost.leaderMoved, j.cost.runWait = 10*ms, 1, true, 0.9
	j.cost.links[0].ErrorP50NS = 50 * ms
	if got := invalidity(j); len(got) > 0 {
		t.Errorf("invalid: %q", got)
	}
	if got := warnings(j); len(got) != 2 {
		t.Errorf("got warnings %q, want the link and the leader", got)
	}
	j.window.Unknown = 1
	if got := invalidity(j); len(got) != 1 {
		t.Errorf("got %q, want the unknown write", got)
	}
}

func TestEachWarning(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*judged)
		want  string
	}{
		"a busy host":         {func(j *judged) { j.window.HostBusy = 0.86 }, "CPU was 86 % busy"},
		"foreign load":        {func(j *judged) { j.window.ForeignBusy = 0.2 }, "other processes took 20 %"},
		"steal":               {func(j *judged) { j.cost.steal = 0.05 }, "stole 5.0 %"},
		"throttling":          {func(j *judged) { j.cost.throttled = true }, "throttled"},
		"run queue delay":     {func(j *judged) { j.cost.runWait = 0.5 }, "waited for a core"},
		"a snapshot":          {func(j *judged) { j.cost.snapshots = 1 }, "1 snapshots"},
		"a slower half":       {func(j *judged) { j.window.HalfP50NS = []int64{2 * ms, 2*ms + ms/8} }, "second half"},
		"a trend":             {func(j *judged) { climb(j.window.Parts) }, "latency rises"},
		"Little's law broken": {func(j *judged) { j.window.MeanInFlight = 0.3 }, "Little's law is off by +50 %"},
	} {
		t.Run(name, func(t *testing.T) {
			j := healthy()
			c.spoil(&j)
			got := warnings(j)
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want one warning with %q", got, c.want)
			}
			if bad := invalidity(j); len(bad) > 0 {
				t.Errorf("a warning made the trial invalid: %q", bad)
			}
		})
	}
}

// A rate that was tried and not carried is an answer.
func TestAFailedProbeSpoilsNoTrial(t *testing.T) {
	j := healthy()
	j.failed, j.window.Completed, j.window.Dropped, j.window.Unknown, j.window.HostBusy = true, 10, 500, 3, 1
	if got := append(invalidity(j), warnings(j)...); len(got) > 0 {
		t.Errorf("got %q, want nothing", got)
	}
}

// Lag is held against what it spoils most easily: reads beside slow writes.
func TestLagIsHeldAgainstTheFasterOfReadsAndWrites(t *testing.T) {
	j := healthy()
	j.window.ReadLatency = &results.Latency{P50NS: ms / 5, P99NS: ms, Count: 500}
	j.window.Lag.P50NS = ms / 50 // 1 % of a write, 10 % of a read
	if got := invalidity(j); len(got) != 1 || !strings.Contains(got[0], "lagged") {
		t.Errorf("got %q, want the lag", got)
	}
}

func climb(parts []results.Point) {
	for i := range parts {
		parts[i].P50NS = 2*ms + int64(i)*1000
	}
}
