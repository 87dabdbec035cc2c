package bench

import (
	"math"
	"sort"
	"testing"
	"time"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// waitsAtMost is the waiting time's distribution of an M/D/1 queue: Poisson
// arrivals at rate per second, each served in d (Erlang 1909; as in Gross and
// Harris, Fundamentals of Queueing Theory, §6.1).
func waitsAtMost(t, d time.Duration, rate float64) float64 {
	sum := 0.0
	for k := 0; time.Duration(k)*d <= t; k++ {
		x := rate * (t - time.Duration(k)*d).Seconds()
		sum += math.Pow(-x, float64(k)) / math.Gamma(float64(k)+1) * math.Exp(x)
	}
	return (1 - rate*d.Seconds()) * sum
}

// capacityOfMD1 is the rate at which the time in the system (wait and service)
// has its p99 at the limit, by bisection.
func capacityOfMD1(limit, d time.Duration) float64 {
	low, high := 1.0, 1/d.Seconds()
	for range 60 {
		mid := (low + high) / 2
		if waitsAtMost(limit-d, d, mid) > 0.99 {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// simulatedP99 offers the generator's own Poisson schedule to one server.
func simulatedP99(rate float64, d, length time.Duration, seed int64) time.Duration {
	schedule := loadgen.Poisson(rate, seed)
	var free time.Duration
	var times []time.Duration
	for i := int64(0); ; i++ {
		due := schedule.Due(i)
		if due >= length {
			break
		}
		free = max(free, due) + d
		times = append(times, free-due)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return times[len(times)*99/100]
}

// The search recovers the capacity that queueing theory gives, to the 5 % that
// it searches by. The schedule is seeded, so the answer is the same each time.
func TestCapacityOfAnMD1ServerIsTheAnalyticOne(t *testing.T) {
	const d = time.Millisecond
	for _, limit := range []time.Duration{3 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond} {
		want := capacityOfMD1(limit, d)
		seed := int64(0)
		got, err := searchCapacity(300, func(rate float64) (bool, error) {
			seed++
			return simulatedP99(rate, d, 200*time.Second, seed) < limit, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if off := got/want - 1; math.Abs(off) > 0.05 {
			t.Errorf("p99 < %v: got %.0f/s, theory says %.0f/s (%+.1f %%)", limit, got, want, 100*off)
		}
	}
}

func parts(inFlight ...float64) *results.Window {
	w := &results.Window{Attempted: 1000, Completed: 1000}
	for _, f := range inFlight {
		w.Parts = append(w.Parts, results.Point{MeanInFlight: f})
	}
	return w
}

func TestABacklogThatGrowsIsNotCarried(t *testing.T) {
	for name, c := range map[string]struct {
		window *results.Window
		want   bool
	}{
		"steady":           {parts(2, 2.1, 1.9, 2, 2.2, 2, 2, 1.8, 2.1), true},
		"growing":          {parts(2, 4, 6, 8, 10, 12, 14, 16, 18), false},
		"noise of nothing": {parts(.1, .1, .1, .2, .2, .2, .5, .5, .5), true},
		"an error":         {&results.Window{Attempted: 1000, Completed: 1000, Unknown: 1}, false},
		"a drop":           {&results.Window{Attempted: 1000, Completed: 1000, Dropped: 1}, false},
		"too little done":  {&results.Window{Attempted: 1000, Completed: 980}, false},
	} {
		if got := keptUp(c.window); got != c.want {
			t.Errorf("%s: kept up is %v, want %v", name, got, c.want)
		}
	}
}

// A window must hold ten operations beyond the percentile, in reason.
func TestLowRatesAreTriedForLonger(t *testing.T) {
	for _, c := range []struct{ percentile, rate, seconds float64 }{
		{99, 5000, 1}, {99, 200, 5}, {99, 5, 10}, {50, 5, 4},
	} {
		if got := windowTime(time.Second, c.percentile, c.rate).Seconds(); math.Abs(got-c.seconds) > 1e-6 {
			t.Errorf("p%g at %g/s: tried for %.2f s, want %g", c.percentile, c.rate, got, c.seconds)
		}
	}
}

func TestAResumedSearchStartsFromWhatWasFound(t *testing.T) {
	yes, no := true, false
	known := knownCapacities([]results.Trial{
		{Cell: "c", Valid: true, Windows: []results.Window{
			{Role: results.RoleSearch, OfferedOps: 100, Held: &yes}, {Role: results.RoleSearch, OfferedOps: 150, Held: &no},
			{Role: results.RoleSearch, OfferedOps: 120, Held: &yes},
		}},
		{Cell: "c", Valid: true, Windows: []results.Window{{Role: results.RoleConfirm, OfferedOps: 114, Held: &yes}}},
		{Cell: "d", Windows: []results.Window{{Role: results.RoleSearch, OfferedOps: 100, Held: &yes}}},
	})
	if len(known) != 1 || known["c"] != 120 {
		t.Errorf("got %v, want 120/s of cell c alone: d's trial was not valid", known)
	}
}

// A search through real processes gives a number: the rates that it held keep no
// rule that full load is spared, and what it found is of the size of what a closed
// loop takes, whose clients were doubled until that gained nothing.
func TestATrialsCapacityIsValid(t *testing.T) {
	r := runTrial(t, `
nodes: 3
network: {profile: multi-az}
raft: {heartbeat_timeout: 10s, election_timeout: 10s, leader_lease_timeout: 9s}
workload:
  warmup: 100ms
  load: {mode: capacity, limit: p50 < 2s}
  calm: {duration: 300ms}
`, results.Measure, script{})
	if !r.Valid {
		t.Fatalf("not valid: %+v, %+v", r.Remarks, r.Findings)
	}
	var most, found float64
	var clients []int
	for _, w := range r.Windows {
		switch {
		case w.Role == results.RoleGuess:
			most, clients = max(most, w.ThroughputOps), append(clients, w.Clients)
		case w.Role == results.RoleSearch && *w.Held:
			found = max(found, w.OfferedOps)
		case w.Role == results.RoleShare:
			if off := w.OfferedOps/(w.LoadShare*found) - 1; math.Abs(off) > 1e-9 || w.Held == nil {
				t.Errorf("%.0f/s is no %.0f %% of %.0f/s, or nobody asked whether it holds", w.OfferedOps, 100*w.LoadShare, found)
			}
			_, doubted := says(r.Remarks, results.CodeCapacityNotHeld)
			if !*w.Held && !doubted {
				t.Errorf("%.0f/s, a part of what was found, did not hold, and nobody says so: %+v", w.OfferedOps, r.Remarks)
			}
		}
	}
	for i, n := range clients {
		if n != guessClients<<i {
			t.Errorf("closed loops of %v clients, want them doubled", clients)
		}
	}
	if len(clients) < 2 || most <= 0 || found <= 0 {
		t.Errorf("found %.0f/s beside %.0f/s of closed loops of %v clients", found, most, clients)
	}
}
