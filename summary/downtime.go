package summary

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// OutageBasis is what a mean outage was taken from.
type OutageBasis string

// What an outage may rest on.
const (
	OutageMeasured  OutageBasis = "measured"  // the mean over kills of the leader
	OutageMedian    OutageBasis = "median"    // the median of the proofs' kills
	OutagePredicted OutageBasis = "predicted" // the mean of simulated elections
)

// SizeFacts are what is known of one size before anything is said of its lives.
type SizeFacts struct {
	Nodes int `json:"nodes"`
	// Sites are where the nodes stand, n1 first; empty where that is not known.
	Sites []string `json:"sites,omitempty"`
	// OutageNS is how long writes are out after the loss of a leader. It is measured
	// where there were Outages enough, and else predicted.
	OutageNS    int64       `json:"outage_ns"`
	OutageBasis OutageBasis `json:"outage_basis"`
	Outages     int         `json:"outages,omitempty"`
	// Write is the median latency of a write at light load, or its floor by theory;
	// null where neither is known.
	Write      *Metric `json:"write_latency_p50_ns"`
	WriteFloor bool    `json:"write_is_floor,omitempty"`
	// Profile of the run; empty where there was none. SafetyTrials are those that it made of
	// this size, and SafetyHolds how many of them hold: they say nothing of costs.
	Profile      string `json:"profile,omitempty"`
	SafetyTrials int    `json:"safety_trials,omitempty"`
	SafetyHolds  int    `json:"safety_holds,omitempty"`
	// Against is the smallest size that tolerates a failure, WriteRatio what a write
	// costs here over what it costs there; null where either is not known.
	Against    int         `json:"against,omitempty"`
	WriteRatio *Difference `json:"write_ratio,omitempty"`
}

// Lives are how long nodes and zones run and are away, as somebody expects it.
// The last of Nodes holds for all that follow it.
type Lives struct {
	Nodes []quorum.Life `json:"nodes"`
	// Zone of zones that fail as a whole; the zero Life where they do not. Zones is
	// over how many of them nodes are placed, in turn, whose sites are not known.
	Zone  quorum.Life `json:"zone,omitzero"`
	Zones int         `json:"zones,omitempty"`
}

// Zoned tells whether zones fail.
func (l Lives) Zoned() bool { return l.Zone.MTBF > 0 }

// SizeDowntime is what to expect of one size in the long run.
type SizeDowntime struct {
	SizeFacts
	Quorum    int `json:"quorum"`
	Tolerates int `json:"tolerates"`
	// ToleratesSites is how many whole zones may be lost, whichever they are; null
	// where zones do not fail.
	ToleratesSites *int `json:"tolerates_sites,omitempty"`

	quorum.Downtime
	// Minutes of a year in which nothing can be written: without a majority and,
	// with one, without a leader.
	Minutes         float64 `json:"downtime_minutes_per_year"`
	NoQuorumMinutes float64 `json:"no_quorum_minutes_per_year"`
	ElectingMinutes float64 `json:"electing_minutes_per_year"`
	// Nines of the availability: 3 is 99.9 %.
	Nines float64 `json:"nines"`
}

// Downtimes are what to expect of several sizes, by size.
type Downtimes struct {
	Lives Lives          `json:"lives"`
	Sizes []SizeDowntime `json:"sizes"`
	// Advised is the smallest size that no larger one asked for halves the downtime
	// of. It weighs nothing against a write's cost: that stands beside it.
	Advised int `json:"advised"`
}

// enough: a size whose downtime is within this factor of the least is advised over
// a larger one. How often nodes fail is rarely known better than to a factor of
// two, and a node more costs every write.
const enough = 2

// ExpectDowntime predicts the downtime of each size.
func ExpectDowntime(sizes []SizeFacts, lives Lives) (Downtimes, error) {
	out := Downtimes{Lives: lives}
	for _, s := range sizes {
		d, err := expect(s, lives)
		if err != nil {
			return Downtimes{}, fmt.Errorf("%s: %w", units.Plural(s.Nodes, "node"), err)
		}
		out.Sizes = append(out.Sizes, d)
	}
	slices.SortFunc(out.Sizes, func(a, b SizeDowntime) int { return cmp.Compare(a.Nodes, b.Nodes) })
	for i := range slices.Backward(out.Sizes) {
		if all := out.Sizes; all[i].Minutes <= enough*leastMinutes(all) {
			out.Advised = all[i].Nodes
		}
	}
	return out, nil
}

func leastMinutes(all []SizeDowntime) float64 {
	return slices.MinFunc(all, func(a, b SizeDowntime) int { return cmp.Compare(a.Minutes, b.Minutes) }).Minutes
}

func expect(s SizeFacts, lives Lives) (SizeDowntime, error) {
	size := quorum.Size(s.Nodes)
	f := quorum.Fleet{Members: lives.members(s.Nodes), Zone: lives.Zone, Outage: time.Duration(s.OutageNS)}
	d := SizeDowntime{SizeFacts: s, Quorum: size.Quorum(), Tolerates: size.Tolerates()}
	if lives.Zoned() {
		if len(d.Sites) == 0 {
			d.Sites = inTurn(s.Nodes, lives.Zones)
		}
		f.Zones = zonesOf(d.Sites)
		d.ToleratesSites = ptr(ToleratesSites(d.Sites))
	} else {
		d.Sites = nil
	}
	var err error
	if d.Downtime, err = f.Downtime(); err != nil {
		return SizeDowntime{}, err
	}
	minutes := func(share float64) float64 { return share * quorum.Year.Minutes() }
	d.Minutes, d.NoQuorumMinutes, d.ElectingMinutes = minutes(d.Unavailable()), minutes(d.NoQuorum), minutes(d.Electing)
	d.Nines = d.Downtime.Nines()
	return d, nil
}

// members of a size, by the lives of single nodes.
func (l Lives) members(n int) []quorum.Life {
	out := make([]quorum.Life, n)
	for i := range out {
		out[i] = l.Nodes[min(i, len(l.Nodes)-1)]
	}
	return out
}

// inTurn places nodes over so many zones, called a, b, c.
func inTurn(nodes, zones int) []string {
	out := make([]string, nodes)
	for i := range out {
		out[i] = string(rune('a' + i%zones))
	}
	return out
}

// zonesOf numbers sites in the order in which they first come.
func zonesOf(sites []string) []int {
	out, seen := make([]int, len(sites)), []string{}
	for i, s := range sites {
		if out[i] = slices.Index(seen, s); out[i] < 0 {
			out[i], seen = len(seen), append(seen, s)
		}
	}
	return out
}

// SizesOf are the facts that a run has on each of its sizes. The sizes must be of
// one setup; a profile chooses among several of them, the empty one all.
func SizesOf(s Summary, profile string) ([]SizeFacts, error) {
	var cells []Cell
	for _, c := range s.Cells {
		// What harmed messages measured is no size's own; safety trials measure nothing.
		measured := c.Trials+c.Proofs+c.OutageTrials > 0
		if (!c.MessageFaults || c.Tested != nil && !measured) && (profile == "" || c.Profile == profile) {
			cells = append(cells, c)
		}
	}
	if err := oneASize(s, cells, profile); err != nil {
		return nil, err
	}
	slices.SortFunc(cells, func(a, b Cell) int { return cmp.Compare(a.Nodes, b.Nodes) })
	var out []SizeFacts
	for _, c := range cells {
		f, err := sizeFacts(c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Cell, err)
		}
		out = append(out, f)
	}
	against := slices.IndexFunc(cells, func(c Cell) bool { return c.Tolerates > 0 })
	for i := range out {
		if against >= 0 && i != against {
			out[i].Against, out[i].WriteRatio = cells[against].Nodes, writeRatio(s, cells[against], cells[i])
		}
	}
	return out, nil
}

// oneASize refuses setups among which there are several of one size.
func oneASize(s Summary, cells []Cell, profile string) error {
	if len(cells) == 0 {
		return fmt.Errorf("%s has no setup of the profile %q, want one of %q", s.RunID, profile, profilesOf(s.Cells))
	}
	for i, c := range cells {
		for _, other := range cells[:i] {
			if other.Nodes == c.Nodes {
				return fmt.Errorf("%s has both %s and %s, want one setup of each size", s.RunID, other.Cell, c.Cell)
			}
		}
	}
	return nil
}

func profilesOf(cells []Cell) []string {
	var out []string
	for _, c := range cells {
		if !slices.Contains(out, c.Profile) {
			out = append(out, c.Profile)
		}
	}
	return out
}

const (
	// outageDraws settle a mean to a percent.
	outageDraws = 3000
	// fewestOutages that stand for all others: with fewer a median has no interval.
	// Single outages differ by a factor of three.
	fewestOutages = 6
)

// sizeFacts of a setup. An outage that was not measured is predicted from its
// timeouts.
func sizeFacts(c Cell) (SizeFacts, error) {
	f := SizeFacts{Nodes: c.Nodes, Sites: c.Sites, OutageBasis: OutagePredicted, Profile: c.Profile}
	if c.Tested != nil {
		f.SafetyTrials, f.SafetyHolds = c.Tested.Trials, c.Tested.Holds
	}
	if m, ok := c.Metrics["write_latency_p50_ns"]; ok {
		f.Write = &m
	}
	if mean, n := meanOutage(c); n >= fewestOutages {
		f.OutageNS, f.OutageBasis, f.Outages = mean.Nanoseconds(), OutageMeasured, n
		return f, nil
	}
	if m := c.Metrics[MedianOutage]; m.Median != nil && m.N >= fewestOutages && ofLeadersDeath(c) {
		f.OutageNS, f.OutageBasis, f.Outages = int64(*m.Median), OutageMedian, m.N
		return f, nil
	}
	outage, err := PredictOutage(c.Nodes, c.Timeouts)
	f.OutageNS = outage.Nanoseconds()
	return f, err
}

// ofLeadersDeath tells whether a cell's median outage is of a leader's death: that of
// proofs is, and that of faults done again and again where most of them killed it.
func ofLeadersDeath(c Cell) bool {
	if c.Source(MedianOutage) == results.Proof {
		return true
	}
	g := c.MainOutages()
	return g != nil && g.Action == "kill" && g.Hit == HitLeader && !slices.ContainsFunc(g.Each, func(o Outage) bool { return o.beyond })
}

// meanOutage is over the kills of a leader, one after the other, that the cluster
// tolerates and that were followed by an acknowledgement: where too many are dead,
// writes wait for one to come back and not for an election.
func meanOutage(c Cell) (mean time.Duration, n int) {
	var sum int64
	for _, g := range c.Outages {
		if g.Kind != results.Outages || g.Action != "kill" || g.Hit != HitLeader {
			continue
		}
		for _, o := range g.Each {
			if o.TotalNS != nil && !o.beyond {
				sum, n = sum+*o.TotalNS, n+1
			}
		}
	}
	return time.Duration(sum / int64(max(n, 1))), n
}

// predictedOutages keeps what was simulated, which is the same each time: a report asks
// for it in several places, and several runs have the same timeouts.
var predictedOutages sync.Map // of failoverOf to simulated

type (
	failoverOf struct {
		nodes int
		results.Timeouts
	}
	simulated struct {
		mean time.Duration
		err  error
	}
)

// PredictOutage is the mean of simulated elections after a leader's death, with no
// delay between nodes. A size that tolerates none elects only when a majority is
// back: half way between one and two timeouts.
func PredictOutage(nodes int, t results.Timeouts) (time.Duration, error) {
	if known, ok := predictedOutages.Load(failoverOf{nodes, t}); ok {
		return known.(simulated).mean, known.(simulated).err
	}
	mean, err := simulateOutage(nodes, t)
	predictedOutages.Store(failoverOf{nodes, t}, simulated{mean, err})
	return mean, err
}

func simulateOutage(nodes int, t results.Timeouts) (time.Duration, error) {
	heartbeat := time.Duration(t.HeartbeatNS)
	if heartbeat <= 0 {
		return 0, fmt.Errorf("neither raft's timeouts nor %d outages are on record, want either", fewestOutages)
	}
	if quorum.Size(nodes).Tolerates() == 0 {
		return heartbeat * 3 / 2, nil
	}
	e, err := quorum.Failover{Nodes: quorum.Size(nodes), Dead: 1, Rules: quorum.HashiCorp(quorum.Timeouts{
		Heartbeat: heartbeat, Election: time.Duration(t.ElectionNS), Lease: time.Duration(t.LeaseNS),
	})}.Predict(outageDraws, 1)
	return e.Committed.Mean, err
}

// writeRatio is the difference of the median write between two setups, in this
// direction: the one on record or, where there is none, the ratio of the medians
// without an interval.
func writeRatio(s Summary, from, to Cell) *Difference {
	for _, d := range s.Differences {
		switch {
		case d.Metric != "write_latency_p50_ns":
		case d.From == from.Cell && d.To == to.Cell:
			return &d
		case d.From == to.Cell && d.To == from.Cell:
			d.From, d.To = from.Cell, to.Cell
			d.Ratio, d.CILow, d.CIHigh = inverse(d.Ratio), inverse(d.CIHigh), inverse(d.CILow)
			return &d
		}
	}
	a, b := from.Metrics["write_latency_p50_ns"].Median, to.Metrics["write_latency_p50_ns"].Median
	if a == nil || b == nil || *a <= 0 {
		return nil
	}
	return &Difference{Metric: "write_latency_p50_ns", From: from.Cell, To: to.Cell, Ratio: ptr(*b / *a)}
}

func inverse(v *float64) *float64 {
	if v == nil || *v <= 0 {
		return nil
	}
	return ptr(1 / *v)
}
