package quorum

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Where votes take longer to write than a candidate waits for them nobody is
// elected. The simulation says so, and soon: its cost is the events it handles.
func TestElectionsWithoutEndAreGivenUp(t *testing.T) {
	short := Timeouts{Heartbeat: 150 * ms, Election: 150 * ms, Lease: 100 * ms}
	for name, f := range map[string]Failover{
		"a sync of 1 s":       {Nodes: 3, Rules: HashiCorp(hashicorp(second)), Store: 2 * second},
		"a sync of 200 ms":    {Nodes: 3, Rules: HashiCorp(hashicorp(second)), Store: 400 * ms},
		"a sync of 25 ms":     {Nodes: 3, Rules: HashiCorp(short), Store: 50 * ms},
		"many, a sync of 1 s": {Nodes: 63, Rules: HashiCorp(hashicorp(second)), Store: 2 * second},
		"an overflow":         {Nodes: 3, Rules: HashiCorp(hashicorp(second)), Store: 1 << 62},
	} {
		f.Dead = 1
		events, e, err := counted(f, 3000)
		if !errors.Is(err, ErrNotElected) {
			t.Errorf("%s: got %+v and %v, want %v", name, e, err, ErrNotElected)
		}
		if most := mostEventsOfAll + mostEvents(f.Nodes); events > most {
			t.Errorf("%s: handled %d events, want at most %d", name, events, most)
		}
	}
}

// A large cluster gets fewer draws, and its percentiles all the same; a small one
// gets those that were asked for.
func TestLargeClustersArePlayedLessOften(t *testing.T) {
	for _, n := range []Size{3, 7, MaxMembers} {
		f := Failover{Nodes: n, Dead: 1, RTT: ms, Store: ms, Rules: HashiCorp(hashicorp(second))}
		events, e, err := counted(f, 3000)
		if err != nil {
			t.Fatal(err)
		}
		if most := mostEventsOfAll + mostEvents(n); events > most {
			t.Errorf("%d members: handled %d events, want at most %d", n, events, most)
		}
		if e.Committed.Draws < fewestDraws || n < 10 && e.Committed.Draws != 3000 {
			t.Errorf("%d members: %d draws", n, e.Committed.Draws)
		}
	}
}

// Timeouts without any meaning end as well, whatever they end with.
func TestTimeoutsOfANanosecondEnd(t *testing.T) {
	f := Failover{Nodes: 3, Dead: 1, Rules: HashiCorp(Timeouts{Heartbeat: 1, Election: 1, Lease: 1})}
	if events, _, err := counted(f, 2000); events > mostEventsOfAll+mostEvents(3) {
		t.Errorf("handled %d events (%v)", events, err)
	}
}

func counted(f Failover, draws int) (int, Election, error) {
	s := newElectionSim(f, rand.New(rand.NewPCG(1, 1)))
	e, err := f.predict(s, draws)
	return s.events, e, err
}

func tuningOf(n Size, store time.Duration) Tuning {
	return Tuning{
		Failover: func(t Timeouts) Failover {
			return Failover{Nodes: n, Dead: 1, Store: store, Rules: HashiCorp(t)}
		},
		Healthy: func(t Timeouts) Healthy {
			none := func(int, int) time.Duration { return 0 }
			return Healthy{Nodes: n, Lease: t.Lease, Rules: HashiCorp(t), OneWay: func(int, int) Draw { return Fixed(0) }, Farthest: none}
		},
		MostPerHour: 1, Draws: 10, Seed: 1,
	}
}

// An error that has nothing to do with the timeouts must not read as advice.
func TestTuningKeepsItsErrorsApart(t *testing.T) {
	tooMany := tuningOf(MaxMembers+1, 0)
	if _, err := tooMany.Fastest(); err == nil || errors.Is(err, ErrNoTimeouts) {
		t.Errorf("got %v, want that there are too many members", err)
	}
	if got, err := tooMany.Get(hashicorp(second)); err == nil {
		t.Errorf("got %+v, want an error", got)
	}
	never := tuningOf(3, 0)
	never.Allows = func(Timeouts) bool { return false }
	if _, err := never.Fastest(); !errors.Is(err, ErrNoTimeouts) {
		t.Errorf("got %v, want %v", err, ErrNoTimeouts)
	}
}

// Timeouts that elect nobody with that disk are not the fastest.
func TestTheFastestTimeoutsElectALeader(t *testing.T) {
	tuning := tuningOf(3, 50*ms)
	got, err := tuning.Fastest()
	if err != nil || got.Unelected || got.Election <= 3*50*ms {
		t.Errorf("got %s and %v, want timeouts that elect", fmt.Sprint(got.Timeouts), err)
	}
	if got, err := tuning.Get(hashicorp(100 * ms)); err != nil || !got.Unelected {
		t.Errorf("got %+v and %v, want that nobody is elected", got, err)
	}
}
