package quorum

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
	"time"
)

// fleets that the model is held against: few and many, alike and not, over zones
// that hold a majority and zones that do not. Lives are short, so that a majority
// is lost often enough to be counted.
var fleets = map[string]Fleet{
	"1":                      Uniform(1, Life{100 * time.Hour, 5 * time.Hour}, time.Minute),
	"2":                      Uniform(2, Life{100 * time.Hour, 5 * time.Hour}, time.Minute),
	"3":                      Uniform(3, Life{100 * time.Hour, 10 * time.Hour}, time.Minute),
	"4":                      Uniform(4, Life{100 * time.Hour, 10 * time.Hour}, time.Minute),
	"5":                      Uniform(5, Life{100 * time.Hour, 20 * time.Hour}, time.Minute),
	"7":                      Uniform(7, Life{100 * time.Hour, 30 * time.Hour}, time.Minute),
	"3 over 3 zones":         zoned(Uniform(3, Life{100 * time.Hour, 10 * time.Hour}, time.Minute), 3),
	"4 over 3 zones":         zoned(Uniform(4, Life{100 * time.Hour, 5 * time.Hour}, time.Minute), 3),
	"5 over 3 zones":         zoned(Uniform(5, Life{100 * time.Hour, 10 * time.Hour}, time.Minute), 3),
	"5 over 2 zones":         zoned(Uniform(5, Life{200 * time.Hour, 10 * time.Hour}, time.Minute), 2),
	"3, one fails more":      {Members: []Life{{100 * time.Hour, 5 * time.Hour}, {100 * time.Hour, 5 * time.Hour}, {20 * time.Hour, 5 * time.Hour}}, Outage: time.Minute},
	"3, zones of other life": {Members: make([]Life, 3), Zones: []int{0, 1, 2}, Zone: Life{50 * time.Hour, 5 * time.Hour}, Outage: time.Minute},
}

// zoned places members round robin over zones that fail.
func zoned(f Fleet, zones int) Fleet {
	for i := range f.Members {
		f.Zones = append(f.Zones, i%zones)
	}
	f.Zone = Life{400 * time.Hour, 20 * time.Hour}
	return f
}

func about(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

// One member is away for its repairs; of three, two must be: 3u²−2u³.
func TestDowntimeOfSmallClustersInClosedForm(t *testing.T) {
	life := Life{30 * 24 * time.Hour, 10 * time.Minute}
	u := 10.0 / (30*24*60 + 10)
	for n, want := range map[Size]float64{
		1: u, 2: 1 - (1-u)*(1-u), 3: 3*u*u - 2*u*u*u,
		5: 10*u*u*u*(1-u)*(1-u) + 5*math.Pow(u, 4)*(1-u) + math.Pow(u, 5),
	} {
		d, err := Uniform(n, life, 2*time.Second).Downtime()
		if err != nil || !about(d.NoQuorum/want, 1, 1e-9) {
			t.Errorf("%d members: no quorum %.6g of the time, want %.6g (%v)", n, d.NoQuorum, want, err)
		}
	}
	// The leader is one member at a time: whoever leads, it fails once in 30 days,
	// so elections hardly depend on the size.
	for _, n := range []Size{3, 5, 7} {
		d, _ := Uniform(n, life, 2*time.Second).Downtime()
		if want := 2 / (30 * 86400.0); !about(d.Electing/want, 1, 0.001) {
			t.Errorf("%d members: electing %.4g of the time, want %.4g", n, d.Electing, want)
		}
	}
}

// A chain of births and deaths: from k dead to k+1 with (N−k)λ, and back with
// (k+1)μ. Its stationary distribution follows from the balance of neighbours.
func TestDowntimeIsThatOfABirthDeathChain(t *testing.T) {
	for n := Size(1); n <= 9; n++ {
		f := Uniform(n, Life{100 * time.Hour, 7 * time.Hour}, 0)
		d, _ := f.Downtime()
		p, total, out := 1.0, 0.0, 0.0
		for k := 0; k <= int(n); k++ {
			total += p
			if int(n)-k < n.Quorum() {
				out += p
			}
			p *= float64(int(n)-k) / 100 / (float64(k+1) / 7)
		}
		if !about(d.NoQuorum/(out/total), 1, 1e-9) {
			t.Errorf("%d members: got %.6g, the chain has %.6g", n, d.NoQuorum, out/total)
		}
	}
}

// An even size is down more than the odd size below it: it tolerates as many, and
// has one more that can fail.
func TestEvenSizesAreDownMore(t *testing.T) {
	life := Life{30 * 24 * time.Hour, 10 * time.Minute}
	for n := Size(2); n <= 8; n += 2 {
		odd, _ := Uniform(n-1, life, 2*time.Second).Downtime()
		even, _ := Uniform(n, life, 2*time.Second).Downtime()
		if even.NoQuorum <= odd.NoQuorum || even.Repairs <= odd.Repairs {
			t.Errorf("%d members: no quorum %.3g, %.3g repairs; %d: %.3g, %.3g", n-1, odd.NoQuorum, odd.Repairs, n, even.NoQuorum, even.Repairs)
		}
	}
}

// Frank and others, "Real Life Is Uncertain. Consensus Should Be Too!" (HotOS
// 2025): how many failures are tolerated does not tell how reliable a cluster is.
// Nine members that are away 8 % of the time tolerate four, and are out as often
// as three that are away 1 %, which tolerate one.
func TestToleranceAloneTellsNoReliability(t *testing.T) {
	few, _ := Uniform(3, Life{99 * time.Hour, time.Hour}, 0).Downtime()
	many, _ := Uniform(9, Life{92 * time.Hour, 8 * time.Hour}, 0).Downtime()
	if !about(few.NoQuorum, 3e-4, 0.2e-4) || !about(many.NoQuorum, 3e-4, 0.2e-4) {
		t.Errorf("three good members are out %.5g of the time, nine bad ones %.5g, want about 0.0003 both", few.NoQuorum, many.NoQuorum)
	}
	if !about(many.Repairs/few.Repairs, 3, 0.01) {
		t.Errorf("three need %.0f repairs a year, nine %.0f, want three times as many", few.Repairs, many.Repairs)
	}
}

// The whole chain, every member and every zone up or down, solved by elimination:
// the oracle of the closed form.
func TestDowntimeAgainstTheWholeChain(t *testing.T) {
	for name, f := range fleets {
		if len(f.Members)+len(f.zones()) > 8 {
			continue // 2^n states to eliminate
		}
		got, err := f.Downtime()
		if err != nil {
			t.Fatal(err)
		}
		noQuorum, leader, majority := solveChain(f)
		if !about(got.NoQuorum/noQuorum, 1, 1e-9) || !about(got.LeaderLosses, leader, 1e-9*majority) || !about(got.QuorumLosses/majority, 1, 1e-9) {
			t.Errorf("%s: got %+v, the chain has %.9g, %.9g and %.9g", name, got, noQuorum, leader, majority)
		}
	}
}

// fleetParts of a fleet are its members, then its zones, in the order of a state's bits.
func fleetParts(f Fleet) []Life {
	out := append([]Life(nil), f.Members...)
	for _, z := range f.zones() {
		out = append(out, z.life)
	}
	return out
}

// participants of a state whose bits are who is up, as bits of their own.
func participants(f Fleet, up uint) (members uint) {
	for i := range f.Members {
		zone := 0
		if len(f.Zones) > 0 {
			zone = f.Zones[i]
		}
		members |= up >> i & (up >> (len(f.Members) + zone)) & 1 << i
	}
	return members
}

// solveChain finds the stationary distribution of the chain, and from it how often
// each state is left by a failure that matters.
func solveChain(f Fleet) (noQuorum, leader, majority float64) {
	all, quorum := fleetParts(f), Size(len(f.Members)).Quorum()
	p := stationary(all)
	for state, share := range p {
		before := bits.OnesCount(participants(f, uint(state)))
		if before < quorum {
			noQuorum += share
			continue
		}
		for i, part := range all {
			if state>>i&1 == 0 {
				continue
			}
			after := bits.OnesCount(participants(f, uint(state)&^(1<<i)))
			rate := share * part.failures() * Year.Seconds()
			if after < quorum {
				majority += rate
			} else {
				leader += rate * float64(before-after) / float64(before)
			}
		}
	}
	return noQuorum, leader, majority
}

// stationary solves πQ = 0, Σπ = 1 by Gaussian elimination. What never fails is
// given a repair rate, so that every state leads to that where all are up.
func stationary(all []Life) []float64 {
	n := 1 << len(all)
	a := make([][]float64, n) // the transposed generator, and the right side
	for i := range a {
		a[i] = make([]float64, n+1)
	}
	for state := range n {
		for i, part := range all {
			rate := part.failures()
			if state>>i&1 == 0 {
				rate = 1
				if part.MTTR > 0 {
					rate = 1 / part.MTTR.Seconds()
				}
			}
			a[state^1<<i][state] += rate
			a[state][state] -= rate
		}
	}
	for j := range a[0] {
		a[0][j] = 1
	}
	for col := range n {
		pivot := col
		for r := col + 1; r < n; r++ {
			if math.Abs(a[r][col]) > math.Abs(a[pivot][col]) {
				pivot = r
			}
		}
		a[col], a[pivot] = a[pivot], a[col]
		for r := range n {
			if factor := a[r][col] / a[col][col]; r != col && factor != 0 {
				for j := col; j <= n; j++ {
					a[r][j] -= factor * a[col][j]
				}
			}
		}
	}
	p := make([]float64, n)
	for i := range p {
		p[i] = a[i][n] / a[i][i]
	}
	return p
}

// Predicted downtime agrees with a simulation of events that is run until its
// standard error is 1 %. The simulated leader is a member that stays until it is
// lost, where the model has any that takes part.
func TestDowntimeAgainstSimulatedEvents(t *testing.T) {
	for name, f := range fleets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := f.Downtime()
			if err != nil {
				t.Fatal(err)
			}
			noQuorum, electing := simulateDowntime(f, 0.01)
			// Three standard errors.
			if !about(noQuorum/want.NoQuorum, 1, 0.03) {
				t.Errorf("no quorum: predicted %.6g, simulated %.6g", want.NoQuorum, noQuorum)
			}
			if !about(electing/want.Electing, 1, 0.03+leaderTilt[name]) {
				t.Errorf("electing: predicted %.6g, simulated %.6g", want.Electing, electing)
			}
		})
	}
}

// leaderTilt is by how much a fleet's elections may fall short of the model's, where a
// leader is not any member as likely as the next: one that fails more leads less.
var leaderTilt = map[string]float64{"3, one fails more": 0.30}

// downtimeSim is one run of events; times are in seconds.
type downtimeSim struct {
	fleet  Fleet
	r      *rand.Rand
	all    []Life
	rates  [2][]float64 // of repairs, and of failures
	up     uint
	some   uint    // who takes part
	leader int     // a member; none: -1
	until  float64 // where an election ends
	now    float64

	noQuorum, electing float64
}

// simulateDowntime runs until the standard errors of both shares, taken over batches of
// equal length, are so small a part of them.
func simulateDowntime(f Fleet, precision float64) (noQuorum, electing float64) {
	s := &downtimeSim{fleet: f, r: rand.New(rand.NewPCG(1, 2)), all: fleetParts(f)}
	s.up = 1<<len(s.all) - 1
	s.some = participants(f, s.up)
	for _, part := range s.all {
		s.rates[0] = append(s.rates[0], 1/part.MTTR.Seconds()) // what never fails is never repaired
		s.rates[1] = append(s.rates[1], part.failures())
	}
	const batch, fewest = 2000 * 100 * 3600.0, 30
	var a, b batchMeans
	for end := batch; a.n < fewest || a.error() > precision || b.error() > precision; end += batch {
		s.noQuorum, s.electing = 0, 0
		s.run(end)
		a.add(s.noQuorum / batch)
		b.add(s.electing / batch)
	}
	return a.mean(), b.mean()
}

func (s *downtimeSim) run(end float64) {
	quorum := Size(len(s.fleet.Members)).Quorum()
	for s.now < end {
		var total float64
		for i := range s.all {
			total += s.rates[s.up>>i&1][i]
		}
		next := min(s.now+s.r.ExpFloat64()/total, end)
		if bits.OnesCount(s.some) < quorum {
			s.noQuorum += next - s.now
		} else if s.until > s.now {
			s.electing += min(next, s.until) - s.now
		}
		s.elect(next, quorum)
		if s.now = next; next < end {
			s.change(total, quorum)
		}
	}
}

// elect ends an election that is over by then: any that takes part has won.
func (s *downtimeSim) elect(now float64, quorum int) {
	if s.leader >= 0 || s.until > now || bits.OnesCount(s.some) < quorum {
		return
	}
	nth := s.r.IntN(bits.OnesCount(s.some))
	for i := range s.fleet.Members {
		if s.some>>i&1 == 1 {
			if nth == 0 {
				s.leader = i
				return
			}
			nth--
		}
	}
}

// change fails or repairs one, each as likely as its rate tells.
func (s *downtimeSim) change(total float64, quorum int) {
	before := bits.OnesCount(s.some) >= quorum
	x := s.r.Float64() * total
	for i := range s.all {
		if x -= s.rates[s.up>>i&1][i]; x < 0 {
			s.up ^= 1 << i
			break
		}
	}
	s.some = participants(s.fleet, s.up)
	after, leads := bits.OnesCount(s.some) >= quorum, s.leader >= 0 && s.some>>s.leader&1 == 1
	switch {
	case !after:
		s.leader, s.until = -1, 0
	case !before || !leads && s.leader >= 0:
		s.leader, s.until = -1, s.now+s.fleet.Outage.Seconds()
	}
}

// batchMeans is a mean and its relative standard error.
type batchMeans struct{ n, sum, squares float64 }

func (t *batchMeans) add(x float64) { t.n, t.sum, t.squares = t.n+1, t.sum+x, t.squares+x*x }
func (t *batchMeans) mean() float64 { return t.sum / t.n }
func (t *batchMeans) error() float64 {
	variance := (t.squares - t.n*t.mean()*t.mean()) / (t.n - 1)
	return math.Sqrt(variance/t.n) / t.mean()
}

func TestDowntimeRefusesWhatItCannotTell(t *testing.T) {
	day := Life{24 * time.Hour, time.Hour}
	for name, f := range map[string]Fleet{
		"nobody":                {},
		"a zone too few":        {Members: []Life{day, day}, Zones: []int{0}},
		"a negative zone":       {Members: []Life{day}, Zones: []int{-1}},
		"a negative life":       Uniform(3, Life{-time.Hour, time.Hour}, 0),
		"a repair of no life":   Uniform(3, Life{0, time.Hour}, 0),
		"a negative outage":     Uniform(3, day, -time.Second),
		"lives like elections":  Uniform(3, Life{10 * time.Second, time.Second}, 2*time.Second),
		"zones like elections":  {Members: []Life{day}, Zones: []int{0}, Zone: Life{time.Second, time.Second}, Outage: time.Second},
		"a negative zone's end": {Members: []Life{day}, Zones: []int{0}, Zone: Life{time.Hour, -time.Second}},
	} {
		if d, err := f.Downtime(); err == nil {
			t.Errorf("%s: got %+v, want an error", name, d)
		}
	}
	d, err := Uniform(3, Life{}, 2*time.Second).Downtime()
	if err != nil || d.Unavailable() != 0 || !math.IsInf(d.Nines(), 1) {
		t.Errorf("what never fails: got %+v, %v", d, err)
	}
}
