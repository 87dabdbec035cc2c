package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/quorum"
)

// plannedFor is what a plan answers.
type plannedFor struct {
	Profile string `json:"profile"`
	// Prediction: nothing of it was measured.
	Prediction bool    `json:"prediction"`
	Answer     *placed `json:"answer"`
	// Meets tells whether the answer meets all limits; where none does it is the one
	// that comes nearest.
	Meets  bool          `json:"meets_limits"`
	Others []placed      `json:"placements"`
	Basis  planBasis     `json:"basis"`
	Search planSearch    `json:"search"`
	Asked  planTolerates `json:"asked"`
}

// planTolerates is what a cluster outlives the loss of, one or the other.
type planTolerates struct {
	Nodes int `json:"nodes"`
	Sites int `json:"sites"`
}

// planBasis is what the figures rest on.
type planBasis struct {
	Engine string        `json:"engine"`
	Sync   time.Duration `json:"fsync_ns"`
	// From is the run whose code and logs are in the figures, Code what code takes of a
	// write there; empty: nothing but a disk's syncs is.
	From string        `json:"from,omitempty"`
	Code time.Duration `json:"code_ns,omitempty"`
	// FullLoad is what one node of that run did at full load, in operations a second.
	FullLoad float64 `json:"from_one_node_throughput_ops,omitempty"`
	// SiteByDefault: that one site may be lost was not asked for.
	SiteByDefault bool `json:"site_by_default,omitempty"`
	// Clients by site; empty: all alike.
	Clients map[string]float64 `json:"clients,omitempty"`
	Node    quorum.Life        `json:"node"`
	Site    quorum.Life        `json:"site"`
	Source  string             `json:"source"`
	Limits  []string           `json:"limits,omitempty"`
}

// planSearch is how the placements were found.
type planSearch struct {
	Tried int `json:"tried"`
	// Exact: every placement was tried. Else every one over the Nearest sites was, those
	// nearest to the leader, and of those over more sites the ones with a majority nearest
	// to it.
	Exact   bool `json:"exact"`
	Nearest int  `json:"nearest_sites"`
	Sites   int  `json:"sites"`
	Redone  int  `json:"redone_with_jitter,omitempty"`
}

// placed is one placement with what it costs.
type placed struct {
	Nodes   int            `json:"nodes"`
	Leader  string         `json:"leader"`
	Members map[string]int `json:"members"`
	planTolerates
	// Write for all clients, Commit for one beside the leader.
	Write  quorum.Prediction `json:"write"`
	Commit quorum.Prediction `json:"commit"`
	// Bounds of the writes a second, the tightest first.
	Bounds []quorum.Bound `json:"bounds"`
	// Copies of each write that the leader sends, and the share of the writes that each
	// member stores: all of them.
	Copies int     `json:"copies_sent_per_write"`
	Load   float64 `json:"load"`
	// Outage after the leader's death; nil where nothing is tolerated or nobody is
	// elected. Downtime of a year, nil where that is not known.
	Outage   *quorum.Prediction `json:"outage"`
	Downtime *quorum.Downtime   `json:"downtime"`
	Down     time.Duration      `json:"downtime_per_year_ns"`
	// Missed limits, and by which share of each.
	Missed map[string]float64 `json:"missed,omitempty"`

	sites string // a=2,b=1, the leader's site first
	worst float64
}

// plan searches, and adds what each of the best costs otherwise.
func (q question) plan() (plannedFor, error) {
	found, err := q.search.Find()
	if err != nil {
		return plannedFor{}, fail(exitFailed, err, "")
	}
	p := plannedFor{
		Profile: q.profile.Name, Prediction: true, Asked: planTolerates{q.search.Tolerate, q.search.TolerateSites},
		Basis:  planBasis{Engine: q.engine, Sync: q.sync, From: q.from, FullLoad: q.fullLoad, SiteByDefault: q.siteByDefault, Code: q.search.Code.Quantile(0.5) + q.search.HandOver, Clients: q.weights, Node: q.node, Site: q.site, Source: profileSource(q.profile.Name)},
		Search: planSearch{Tried: found.Tried, Exact: found.Nearest == len(q.profile.Sites), Nearest: found.Nearest, Sites: len(q.profile.Sites), Redone: found.Redone},
	}
	for _, l := range q.limits {
		p.Basis.Limits = append(p.Basis.Limits, l.Text)
	}
	for _, best := range found.Best {
		one, err := q.cost(best)
		if err != nil {
			return p, fail(exitFailed, err, "")
		}
		p.Others = append(p.Others, one)
	}
	if len(p.Others) == 0 {
		return p, q.nowhere()
	}
	p.Answer = choose(p.Others)
	p.Meets = len(p.Answer.Missed) == 0
	return p, nil
}

// nowhere says that no size asked for can be placed, and which can.
func (q question) nowhere() error {
	var asked []string
	for _, n := range q.search.Sizes {
		asked = append(asked, strconv.Itoa(int(n)))
	}
	hint := "name a profile with more sites"
	for n := quorum.Size(2*max(q.search.Tolerate, q.search.TolerateSites) + 1); n <= configs.MaxNodes; n++ {
		if n.CanOutlive(q.search.TolerateSites, len(q.profile.Sites)) {
			hint = fmt.Sprintf("try --nodes %d", n)
			break
		}
	}
	if q.siteByDefault {
		hint += ", or --tolerate-zones 0, with which one site may take the cluster down"
	}
	return usage(fmt.Errorf("no placement of %s nodes over %d sites outlives the loss of any %d of them, want another size or more sites",
		strings.Join(asked, " or "), len(q.profile.Sites), q.search.TolerateSites), hint)
}

// closeLatencies are within a hundredth: nobody sees the difference, and a node more
// costs more than that.
const closeLatencies = 1.01

// choose the fastest of those that meet the limits or, where none does, of those that
// come nearest; of close ones that with the fewest nodes, then that which outlives most.
func choose(all []placed) *placed {
	least := slices.MinFunc(all, func(a, b placed) int { return cmp.Compare(a.worst, b.worst) }).worst
	var near []placed
	for _, p := range all {
		if p.worst <= least*closeLatencies {
			near = append(near, p)
		}
	}
	fastest := slices.MinFunc(near, func(a, b placed) int { return cmp.Compare(a.Write.P50, b.Write.P50) }).Write.P50
	near = slices.DeleteFunc(near, func(p placed) bool { return float64(p.Write.P50) > closeLatencies*float64(fastest) })
	best := slices.MinFunc(near, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Nodes, b.Nodes), cmp.Compare(b.Sites, a.Sites), cmp.Compare(a.Write.P50, b.Write.P50))
	})
	return &best
}

// cost of a placement beside its latency.
func (q question) cost(best quorum.Placement) (placed, error) {
	p := placed{
		Nodes: int(best.Nodes), Leader: q.profile.Sites[best.Leader], Members: map[string]int{}, planTolerates: planTolerates{best.Tolerates, best.ToleratesSites},
		Write: best.Write, Commit: best.Commit, Copies: int(best.Nodes) - 1, Load: 1, sites: q.sitesOf(best),
	}
	for i, n := range best.Members {
		if n > 0 {
			p.Members[q.profile.Sites[i]] = n
		}
	}
	setup, err := q.setup(p)
	if err != nil {
		return p, err
	}
	p.Bounds = quorum.Demand{
		Batch: setup.Raft.MaxAppendEntries, InFlight: setup.Raft.MaxRPCsInFlight, RTT: best.QuorumRTT,
		Store: configs.SyncsPerWrite * q.sync, Followers: p.Copies,
	}.Bounds()
	if err := q.outage(&p, setup); err != nil {
		return p, err
	}
	if err := q.downtime(&p, best, setup); err != nil {
		return p, err
	}
	q.judge(&p)
	return p, nil
}

// sitesOf a placement as --sites takes them, the leader's first.
func (q question) sitesOf(best quorum.Placement) string {
	name := func(i int) string { return q.profile.Sites[i] + "=" + strconv.Itoa(best.Members[i]) }
	out := []string{name(best.Leader)}
	for i, n := range best.Members {
		if n > 0 && i != best.Leader {
			out = append(out, name(i))
		}
	}
	return strings.Join(out, ",")
}

// setup that `run` would make of the placement.
func (q question) setup(p placed) (configs.Setup, error) {
	e, err := configs.Default().Apply(configs.Overrides{
		Nodes: strconv.Itoa(p.Nodes), Profile: q.profileName, Sites: p.sites, Leader: p.Leader, Engine: q.engine,
	})
	if err != nil {
		return configs.Setup{}, err
	}
	sketch, err := e.Sketch()
	if err != nil {
		return configs.Setup{}, err
	}
	return sketch.Setups[0], nil
}

// planOutages settle a median to a few percent.
const planOutages = 1000

// outage after the leader's death, simulated.
func (q question) outage(p *placed, s configs.Setup) error {
	if p.planTolerates.Nodes == 0 || p.Nodes > quorum.MaxMembers {
		return nil
	}
	e, err := s.Failover(q.sync).Predict(planOutages, q.seed)
	if errors.Is(err, quorum.ErrNotElected) {
		return nil
	}
	p.Outage = &e.Committed
	return err
}

// downtime of a year: nodes fail alone and with their site.
func (q question) downtime(p *placed, best quorum.Placement, s configs.Setup) error {
	f := quorum.Fleet{Zone: q.site}
	for site, n := range best.Members {
		for range n {
			f.Members, f.Zones = append(f.Members, q.node), append(f.Zones, site)
		}
	}
	switch {
	case p.Outage != nil:
		f.Outage = p.Outage.Mean + p.Write.Mean
	case p.planTolerates.Nodes > 0:
		return nil // nobody is elected, or that was not simulated
	default: // alone it elects itself when it is back
		f.Outage = s.Raft.HeartbeatTimeout * 3 / 2
	}
	d, err := f.Downtime()
	if err != nil {
		return usage(err, "write how often whole nodes fail, such as --mtbf 30d")
	}
	p.Downtime, p.Down = &d, quorum.PerYear(d.Unavailable())
	return nil
}

// judge a placement by the limits.
func (q question) judge(p *placed) {
	for _, l := range q.limits {
		got, ok := l.ofWrite(p.Write)
		if !ok {
			got, ok = p.Down, p.Downtime != nil
		}
		missed := l.missed(got)
		if !ok {
			missed = 1 // what is not known is not met
		}
		if missed > 0 {
			if p.Missed == nil {
				p.Missed = map[string]float64{}
			}
			p.Missed[l.Text] = missed
			p.worst = max(p.worst, missed)
		}
	}
}
