package quorum

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// healthy is a cluster over a round trip that does not vary.
func healthy(n Size, t Timeouts, rtt time.Duration) Healthy {
	return Healthy{
		Nodes: n, Lease: t.Lease, Rules: HashiCorp(t), RTO: 200 * ms,
		OneWay:   func(int, int) Draw { return Fixed(rtt / 2) },
		Farthest: func(int, int) time.Duration { return rtt / 2 },
	}
}

func estimate(t *testing.T, h Healthy) FalseElections {
	t.Helper()
	f, err := h.Estimate(300, 1)
	if err != nil {
		t.Fatal(err)
	}
	if f.UpperPerHour < f.PerHour {
		t.Errorf("the bound %v is below the estimate %v", f.UpperPerHour, f.PerHour)
	}
	return f
}

// every adds pauses that come so often.
func every(e time.Duration, lengths ...time.Duration) []Interruption {
	var all []Interruption
	for _, l := range lengths {
		all = append(all, Interruption{l, e})
	}
	return all
}

// A leader that does not run for longer than its lease steps down when it wakes,
// each time; one that runs again before cannot have lost it. Followers' pauses
// are nothing to it: two of them would have to come together.
func TestALeadersPauseCostsItsLease(t *testing.T) {
	h := healthy(3, hashicorp(second), ms)
	h.Pauses = every(time.Hour, 900*ms)
	if f := estimate(t, h); f.PerHour < 0.99 || f.PerHour > 1.02 || f.LeaseShare < 0.99 {
		t.Errorf("a pause above the lease, once an hour, costs it %v an hour, %v by the lease", f.PerHour, f.LeaseShare)
	}
	h.Pauses = every(time.Hour, 100*ms)
	if f := estimate(t, h); f.PerHour != 0 || f.UpperPerHour > 1e-6 {
		t.Errorf("pauses of 100 ms, once an hour: %+v", f)
	}
}

// A stalled disk holds up no heartbeat of hashicorp/raft, and all of etcd's.
func TestADisksStallIsASilenceOfEtcdAlone(t *testing.T) {
	h := healthy(3, hashicorp(second), ms)
	h.Stalls = every(time.Minute, 10*second)
	if f := estimate(t, h); f != (FalseElections{}) {
		t.Errorf("hashicorp/raft: %+v", f)
	}
	h.Stalls = every(time.Hour, 5*second)
	h.Rules = Etcd(100*ms, second)
	if f := estimate(t, h); f.PerHour < 0.95 {
		t.Errorf("etcd: %+v", f)
	}
}

// Without pre-vote a follower that slept long enough deposes the leader.
func TestWithoutPreVoteOneFollowerIsEnough(t *testing.T) {
	h := healthy(3, Timeouts{second, second, second}, ms)
	h.Pauses = every(10*time.Hour, 4*second)
	with := estimate(t, h)
	h.Rules.PreVote = false
	without := estimate(t, h)
	if with.PerHour > 0.11 || without.PerHour < 0.25 {
		t.Errorf("with pre-vote %v an hour, without %v", with.PerHour, without.PerHour)
	}
}

// Where voters look at term and log alone, as the Raft paper has it (§5.2), one
// follower that slept long enough is elected, whether or not it asks beforehand.
func TestVotersThatNeverRefuseElectOneFollower(t *testing.T) {
	for _, preVote := range []bool{false, true} {
		h := healthy(5, Timeouts{second, second, 10 * second}, ms)
		h.Rules = Paper(second, 2*second)
		h.Rules.PreVote = preVote
		h.Pauses = every(10*time.Hour, 4*second)
		if f := estimate(t, h); f.PerHour < 0.3 {
			t.Errorf("pre-vote %v: four followers that each sleep once in ten hours depose the leader %v times an hour, want about 0.4", preVote, f.PerHour)
		}
	}
}

// Times that are all a tenth make ten times as many in an hour: what is measured
// with short timeouts says what long ones do. What does not scale, the ten
// milliseconds between two looks at a lease, is small beside both.
func TestFalseElectionsScaleWithTheirTimes(t *testing.T) {
	slow := healthy(3, hashicorp(10*second), 10*ms)
	slow.Rules.CommitIndex = Twice(500 * ms)
	slow.Pauses = []Interruption{{4500 * ms, time.Hour}, {2 * second, time.Minute}}
	fast := healthy(3, hashicorp(second), ms)
	fast.Pauses = []Interruption{{450 * ms, 6 * time.Minute}, {200 * ms, 6 * second}}
	a, errA := slow.Estimate(3000, 1)
	b, errB := fast.Estimate(3000, 1)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if r := b.PerHour / a.PerHour; a.PerHour == 0 || r < 8.5 || r > 11.5 {
		t.Errorf("%v an hour at T = 10 s, %v at 1 s: %v times", a.PerHour, b.PerHour, r)
	}
}

// A pause a little shorter than the lease costs the leader its place if it had heard
// nobody for the rest of the lease when it began. Of two followers one is enough, and
// of each either a heartbeat's answer or that to the commit index. An answer that
// comes again after a time X is older than a with probability (E[X]−a)/E[X], where X
// is never below a. With T = 200 ms, a round trip of 1 ms and the default commit timeout these are
// 21 to 41 ms and 51 to 101 ms.
func TestALeadersPauseAgainstItsClosedForm(t *testing.T) {
	const lease, pause, hourly = 100.0, 85.0, 12.0
	older := func(mean float64) float64 { return (mean - (lease - pause)) / mean }
	want := hourly * math.Pow(older(31)*older(76), 2)
	h := healthy(3, hashicorp(200*ms), ms)
	h.Pauses = every(5*time.Minute, 85*ms)
	f, err := h.Estimate(5_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if f.PerHour < 0.9*want || f.PerHour > 1.1*want {
		t.Errorf("estimated %.2f an hour, want %.2f", f.PerHour, want)
	}
}

// Played hour by hour with all that interrupts, at rates high enough to see it,
// about the same comes out as by going through what can come together, which errs
// upwards: it may count three that ran into one another where two were enough. Both
// sides play the same heartbeats, so this holds only how coincidences are weighed; what
// a single one does is held against closed forms above.
func TestEstimateAgainstHoursPlayed(t *testing.T) {
	for name, h := range map[string]Healthy{
		"one at a time": func() Healthy {
			h := healthy(3, hashicorp(200*ms), ms)
			h.Pauses = []Interruption{{85 * ms, 5 * time.Minute}, {150 * ms, 10 * time.Minute}}
			return h
		}(),
		"two together": func() Healthy {
			h := healthy(3, Timeouts{200 * ms, 200 * ms, 110 * ms}, ms)
			h.Pauses = every(3*second, 55*ms)
			return h
		}(),
		"losses": func() Healthy {
			h := healthy(3, Timeouts{200 * ms, 200 * ms, 100 * ms}, ms)
			h.Loss = func(int, int) float64 { return 0.001 }
			return h
		}(),
	} {
		f, err := h.Estimate(800, 1)
		if err != nil {
			t.Fatal(err)
		}
		played, hours := playHours(h, 5)
		low, high := float64(played)*0.6/hours, float64(played)*1.8/hours
		if played < 10 || f.PerHour < low || f.PerHour > high {
			t.Errorf("%s: estimated %v an hour, played %d in %v hours", name, f.PerHour, played, hours)
		}
	}
}

// playHours plays so many hours, a minute at a time, all that interrupts in them.
func playHours(h Healthy, hours int) (lost int, played float64) {
	p := newHealthySim(h, rand.New(rand.NewPCG(9, 9)))
	for range hours * 60 {
		p.clear()
		for _, s := range h.sources() {
			gap := func() time.Duration { return time.Duration(p.r.ExpFloat64() / s.rate * float64(time.Hour)) }
			for at := gap(); at < time.Minute; at += gap() {
				p.interrupt(s, at)
			}
		}
		if l, _ := p.run(-3*h.Rules.Timeout.High, time.Minute); l {
			lost++
		}
	}
	return lost, float64(hours)
}

func TestEstimateRefusesWhatIsNormal(t *testing.T) {
	h := healthy(3, hashicorp(100*ms), 60*ms)
	if _, err := h.Estimate(10, 1); err == nil {
		t.Error("a lease shorter than a heartbeat's way was accepted")
	}
	h = healthy(3, hashicorp(second), ms)
	h.Pauses = every(ms, second)
	if _, err := h.Estimate(10, 1); err == nil {
		t.Error("pauses longer than the time between two were accepted")
	}
}

func BenchmarkFalseElections(b *testing.B) {
	h := healthy(5, hashicorp(second), ms)
	h.Pauses = []Interruption{{100 * ms, time.Minute}, {time.Second, 24 * time.Hour}}
	for b.Loop() {
		if _, err := h.Estimate(1000, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// The timeouts that are chosen stay under the rate, shorter ones do not, and a
// lower rate or longer pauses ask for longer ones.
func TestFastestIsTheShortestWithinTheRate(t *testing.T) {
	tuning := func(perHour float64, pause time.Duration) Tuning {
		return Tuning{
			Failover:    func(o Timeouts) Failover { return Failover{Nodes: 3, Dead: 1, RTT: ms, Rules: HashiCorp(o)} },
			Healthy:     func(o Timeouts) Healthy { h := healthy(3, o, ms); h.Pauses = every(time.Hour, pause); return h },
			MostPerHour: perHour, Draws: 20, Seed: 1,
		}
	}
	var last time.Duration
	for _, pause := range []time.Duration{20 * ms, 400 * ms} {
		got, err := tuning(0.01, pause).Fastest()
		if err != nil {
			t.Fatal(err)
		}
		if !got.Within(0.01) || got.Lease <= pause || got.Heartbeat <= last || got.Failover.Elected.P50 < got.Heartbeat {
			t.Errorf("pauses of %s: %+v", pause, got)
		}
		last = got.Heartbeat
	}
	if often, err := tuning(2, 400*ms).Fastest(); err != nil || often.Heartbeat >= last {
		t.Errorf("two an hour are allowed: %+v, %v", often, err)
	}
	if _, err := tuning(0.5, 90*second).Fastest(); err == nil {
		t.Error("pauses above all that is tried were tuned for")
	}
}

// What of a year can be measured: pauses that may suffice alone, or are seldom, are to
// be seen by themselves; of the others it is arithmetic how often enough come together.
func TestExposure(t *testing.T) {
	h := healthy(3, Timeouts{Heartbeat: 600 * ms, Election: 600 * ms, Lease: 600 * ms}, ms)
	h.Pauses = []Interruption{{100 * ms, time.Minute}, {500 * ms, 720 * time.Hour}, {50 * ms, 720 * time.Hour}}
	e := h.Exposure()
	for k, want := range []struct {
		alone, singly bool
		perHour       float64
	}{{false, false, 180}, {true, true, 3.0 / 720}, {false, true, 3.0 / 720}} {
		if e.Alone[k] != want.alone || e.Singly[k] != want.singly || e.PerHour[k] != want.perHour {
			t.Errorf("%+v: alone %v, singly %v, %v an hour, want %+v", h.Pauses[k], e.Alone[k], e.Singly[k], e.PerHour[k], want)
		}
	}
	const aYear = 1.0 / 8766
	if e.Pairs <= 0 || e.Pairs > aYear/1000 || e.Together <= 0 || e.Together > aYear/2 || e.Quiet < 105*ms || e.Quiet > 130*ms {
		t.Errorf("got %+v, want pairs of seldom pauses far below one a year, coincidences of frequent ones below a half, and 111 ms without a pause", e)
	}
	// Pauses of which two suffice come together more often than once a year.
	h.Pauses = []Interruption{{300 * ms, time.Minute}}
	if e := h.Exposure(); e.Together < 100*aYear || e.Alone[0] {
		t.Errorf("pauses of 300 ms once in a minute: got %+v, want many that come together", e)
	}
	estimated := estimate(t, h)
	if e := h.Exposure(); e.Together < estimated.PerHour {
		t.Errorf("as if each coincidence cost the leader its place there are %v an hour, and %v were estimated", e.Together, estimated.PerHour)
	}
}
