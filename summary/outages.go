package summary

import (
	"math"
	"slices"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Outage is how long writes were out after one fault, and where that time went.
type Outage struct {
	Trial int `json:"trial"`
	// Action and Target as the experiment has them, Nodes to whom it was done, Hit
	// what they were. Repeat numbers the faults of a trial that does one again and
	// again.
	Action string   `json:"action"`
	Target string   `json:"target,omitempty"`
	Nodes  []string `json:"nodes,omitempty"`
	Hit    Hit      `json:"hit"`
	Repeat int      `json:"repeat,omitempty"`
	// Groups of a partition.
	Groups [][]string `json:"groups,omitempty"`
	// SinceNS is when it was done, from the trial's first window on, or where it has
	// none from its first event. LastedNS is how long; 0 where it was not undone.
	SinceNS  int64 `json:"since_ns"`
	LastedNS int64 `json:"lasted_ns,omitempty"`
	// NotDone is why it was not done as it was asked for. SilentNS is the longest stretch
	// in which no client had an answer; 0 where none had one, or nobody wrote, and in a proof.
	NotDone  string `json:"not_done,omitempty"`
	SilentNS int64  `json:"silent_ns,omitempty"`

	// TotalNS is from the fault to the first acknowledgement, at any client, of a
	// write that was sent after it. Null where none came before the next fault, or
	// before the fault was undone, or nobody wrote: see Gaps.
	TotalNS *int64 `json:"total_ns"`
	// The parts of it, which add up to it; null where one is not known, and Gaps say
	// why. DetectNS is from the fault until a follower stands, ElectNS from then until
	// it or another leads, CommitNS until a majority holds the first entry of the new
	// leader's term, RediscoverNS until a client that was told nothing has its answer.
	DetectNS     *int64 `json:"detect_ns"`
	ElectNS      *int64 `json:"elect_ns"`
	CommitNS     *int64 `json:"commit_ns"`
	RediscoverNS *int64 `json:"rediscover_ns"`
	Gaps         []Gap  `json:"gaps,omitempty"`

	// The writes that were sent from the fault until the next, by what became of
	// them: Unknown may have been committed or not. Those sent to members that the
	// fault was done to do not count: they fail for as long as it lasts.
	Acked   int64 `json:"acked"`
	Failed  int64 `json:"failed"`
	Unknown int64 `json:"unknown"`

	// Elections from the fault to the first acknowledgement; where none came, until it
	// was undone, or the next fault.
	Elections Elections `json:"elections"`

	leaderNS *int64 // from the fault until the new leader led
	beyond   bool   // with those that it was done to, more were out than are tolerated
}

// Hit is what those were to whom a fault was done, at the instant of the fault.
type Hit string

// Whom a fault can hit.
const (
	HitLeader    Hit = "leader"     // the leader alone
	HitLeaderToo Hit = "leader-too" // the leader and others
	HitFollower  Hit = "follower"   // one that did not lead
	HitFollowers Hit = "followers"  // several, the leader not among them
	HitNobody    Hit = "nobody"     // no member: links, or messages
	HitUnknown   Hit = "unknown"    // who led is not on record
)

// LeaderLost tells whether the leader was among those that were hit.
func (h Hit) LeaderLost() bool { return h == HitLeader || h == HitLeaderToo }

// Gap says why a part of an outage is not known.
type Gap string

// The gaps.
const (
	GapUnwatched  Gap = "unwatched"        // nobody wrote
	GapUnanswered Gap = "unanswered"       // no write sent once it was in force was acknowledged until the next fault
	GapUndone     Gap = "undone"           // none was until the fault was undone: how long it would have lasted is not known
	GapNoElection Gap = "no-election"      // no new leader came before the acknowledgement
	GapDropped    Gap = "events-dropped"   // a node could not tell of all its events
	GapCandidate  Gap = "candidate-unseen" // a leader came, and no candidate before it
	GapNoop       Gap = "noop-unseen"      // a majority was not seen to hold the term's first entry
	GapOrder      Gap = "out-of-order"     // the instants contradict each other
)

// outageOf a trial's fault, by its place among them.
func outageOf(t *results.Trial, i int) Outage {
	f := &t.Faults[i]
	o := Outage{
		Trial: t.Trial, Action: f.Action, Target: f.Target, Nodes: f.Nodes, Hit: hit(f), Repeat: f.Repeat, Groups: f.Groups,
		SinceNS: f.AtNS - beginning(t), NotDone: f.Failed, SilentNS: f.SilentNS,
	}
	if f.EndNS > f.AtNS {
		o.LastedNS = f.EndNS - f.AtNS
	}
	o.beyond = beyond(t, f)
	o.probed(f)
	next := nextFault(t, f.AtNS)
	answered := next
	switch {
	case o.TotalNS != nil:
		answered = f.AtNS + *o.TotalNS
	case slices.Contains(o.Gaps, GapUndone):
		answered = undoneFrom(f)
	}
	o.Elections = electionsOf(t.Events, f.AtNS, answered)
	switch {
	case o.TotalNS == nil:
	case lostEvents(t.Events, f.AtNS, next):
		o.Gaps = append(o.Gaps, GapDropped)
	default:
		o.split(eventsWithin(t.Events, f.AtNS, answered), f, quorum.Size(t.Nodes).Quorum())
	}
	return o
}

// TrialOutages are those after each fault of a trial, in the order of its faults.
func TrialOutages(t *results.Trial) []Outage {
	out := make([]Outage, len(t.Faults))
	for i := range out {
		out[i] = outageOf(t, i)
	}
	return out
}

// beyond tells whether more members were out, with those that a fault was done to, than
// the cluster tolerates.
func beyond(t *results.Trial, f *results.Fault) bool {
	return t.Nodes-f.Alive+len(f.Nodes) > quorum.Size(t.Nodes).Tolerates()
}

func hit(f *results.Fault) Hit {
	lost := slices.Contains(f.Nodes, f.Leader)
	switch n := len(f.Nodes); {
	case n == 0:
		return HitNobody
	case f.Leader == "":
		return HitUnknown
	case lost && n == 1:
		return HitLeader
	case lost:
		return HitLeaderToo
	case n == 1:
		return HitFollower
	}
	return HitFollowers
}

// beginning is what a trial's instants are told from.
func beginning(t *results.Trial) int64 {
	if len(t.Windows) > 0 && t.Windows[0].StartNS > 0 {
		return t.Windows[0].StartNS
	}
	if len(t.Events) > 0 {
		return t.Events[0].AtNS
	}
	return t.Faults[0].AtNS
}

// nextFault is when the next fault after an instant was done; the end of time
// where none was.
func nextFault(t *results.Trial, atNS int64) int64 {
	next := int64(math.MaxInt64)
	for _, f := range t.Faults {
		if f.AtNS > atNS {
			next = min(next, f.AtNS)
		}
	}
	return next
}

// probed takes in what the clients saw: the quickest of them ends the outage.
func (o *Outage) probed(f *results.Fault) {
	wrote := false
	for _, p := range f.Probes {
		wrote = wrote || p.Acked+p.Failed+p.Unknown > 0
		if p.FirstAckNS > 0 && (o.TotalNS == nil || p.FirstAckNS < *o.TotalNS) {
			o.TotalNS = ptr(p.FirstAckNS)
		}
		if !slices.Contains(f.Nodes, p.Node) {
			o.Acked, o.Failed, o.Unknown = o.Acked+p.Acked, o.Failed+p.Failed, o.Unknown+p.Unknown
		}
	}
	switch {
	case !wrote:
		o.Gaps = append(o.Gaps, GapUnwatched)
	case o.TotalNS == nil:
		o.Gaps = append(o.Gaps, GapUnanswered)
	case undoneFrom(f) > 0 && f.AtNS+*o.TotalNS > undoneFrom(f):
		o.TotalNS = nil
		o.Gaps = append(o.Gaps, GapUndone)
	}
}

// undoneFrom is when somebody began to undo a fault, or at the latest had done so; 0
// where nobody did, or where it was over when it was done.
func undoneFrom(f *results.Fault) int64 {
	switch {
	case f.EndNS <= f.DoneNS:
		return 0
	case f.UndoNS > 0:
		return f.UndoNS
	}
	return f.EndNS
}

// Outlasted tells whether writes did not go on of themselves while anybody waited: not
// before the next fault, or not before this one was undone.
func (o *Outage) Outlasted() bool {
	return slices.Contains(o.Gaps, GapUnanswered) || slices.Contains(o.Gaps, GapUndone)
}

// eventsWithin are those after one instant and up to another.
func eventsWithin(events []results.Event, fromNS, toNS int64) []results.Event {
	var out []results.Event
	for _, e := range events {
		if e.AtNS > fromNS && e.AtNS <= toNS {
			out = append(out, e)
		}
	}
	return out
}

// lostEvents tells whether a node could not tell of some of its events between two
// instants: from when it says that it dropped the first until its next event.
func lostEvents(events []results.Event, fromNS, toNS int64) bool {
	for i, e := range events {
		if e.AtNS > toNS {
			return false
		}
		if e.Kind != results.EventDropped {
			continue
		}
		next := slices.IndexFunc(events[i+1:], func(o results.Event) bool { return o.Node == e.Node && o.Kind != results.EventDropped })
		if e.AtNS > fromNS || next < 0 || events[i+1+next].AtNS > fromNS {
			return true
		}
	}
	return false
}

// split takes the outage apart. events are those from the fault to the first
// acknowledgement; majority is how many members must hold an entry.
//
// hashicorp/raft changes a follower's state to candidate when its timer fires, and
// asks for pre-votes next: the change of state is the first that can be seen of an
// election. A candidate that lost its pre-vote stays one and asks again, of which
// only its requests tell.
func (o *Outage) split(events []results.Event, f *results.Fault, majority int) {
	leader, committed := winner(events, f.Term, majority)
	if leader == nil {
		o.Gaps = append(o.Gaps, GapNoElection)
		return
	}
	o.leaderNS = ptr(leader.AtNS - f.AtNS)
	candidate, stood := firstCandidate(events, f, leader)
	if stood {
		o.DetectNS, o.ElectNS = ptr(candidate-f.AtNS), ptr(leader.AtNS-candidate)
	} else {
		o.Gaps = append(o.Gaps, GapCandidate)
	}
	switch {
	case committed == 0:
		o.Gaps = append(o.Gaps, GapNoop)
	case committed < leader.AtNS:
		o.Gaps = append(o.Gaps, GapOrder)
	default:
		o.CommitNS, o.RediscoverNS = ptr(committed-leader.AtNS), ptr(f.AtNS+*o.TotalNS-committed)
	}
}

// winner is the last leader of a later term than the one before the fault whose
// term was seen to commit, and when it did; where none was, the last leader.
func winner(events []results.Event, before uint64, majority int) (leader *results.Event, committedNS int64) {
	for i := len(events) - 1; i >= 0; i-- {
		e := &events[i]
		if e.Kind != results.EventRole || e.State != results.StateLeader || e.Term <= before {
			continue
		}
		if leader == nil {
			leader = e
		}
		if at := firstCommit(events, e, majority); at > 0 {
			return e, at
		}
	}
	return leader, 0
}

// firstCommit is when a majority held the first entry of a leader's term; 0 where
// that was not seen. hashicorp/raft's leader writes its own log before it tells its
// followers (dispatchLogs in raft.go), so that it is the first to hold it.
func firstCommit(events []results.Event, leader *results.Event, majority int) int64 {
	holders := map[string]bool{leader.Node: true}
	for _, e := range events {
		if e.Kind == results.EventNoop && e.Node == leader.Node && e.Term == leader.Term {
			holders[e.Peer] = true
			if len(holders) >= majority {
				return e.AtNS
			}
		}
	}
	return 0
}

// firstCandidate is when a member first stood, at the latest when the leader was
// elected. Those that the fault was done to do not count, unless one of them won:
// a member that is cut off stands too, and nobody hears it.
func firstCandidate(events []results.Event, f *results.Fault, leader *results.Event) (atNS int64, ok bool) {
	for _, e := range events {
		who, stands := candidacy(e)
		cutOff := who != leader.Node && slices.Contains(f.Nodes, who)
		if stands && !cutOff && e.AtNS <= leader.AtNS {
			return e.AtNS, true
		}
	}
	return 0, false
}

// candidacy tells who stands, as far as an event shows it.
func candidacy(e results.Event) (who string, stands bool) {
	switch {
	case e.Kind == results.EventRole && e.State == results.StateCandidate, e.Kind == results.EventBallot:
		return e.Node, true
	case e.Kind == results.EventVote:
		return e.Peer, true
	}
	return "", false
}

// Outages are the faults of one kind that were done to a cell: in trials of one
// kind, by one action asked of one target, that hit the same. Those that hit no
// leader need no election and are another distribution than those that did.
type Outages struct {
	Kind   results.TrialKind `json:"kind"`
	Action string            `json:"action"`
	Target string            `json:"target,omitempty"`
	Hit    Hit               `json:"hit"`

	// Faults of valid trials; after Unanswered of them no write was acknowledged
	// until the next, after Undone of them none until it was undone. Elected of them had an election, and Divided are those whose
	// four parts are known.
	Faults     int `json:"faults"`
	Unanswered int `json:"unanswered"`
	Undone     int `json:"undone,omitempty"`
	Elected    int `json:"elected"`
	Divided    int `json:"divided"`
	// Acked, failed and unknown writes of all of them.
	Acked   int64 `json:"acked"`
	Failed  int64 `json:"failed"`
	Unknown int64 `json:"unknown"`
	// Metrics by their names in the cell: each value is a fault's, and N counts
	// faults.
	Metrics   map[string]Metric `json:"metrics"`
	Elections Elections         `json:"elections"`
	Each      []Outage          `json:"each"`

	trials []*results.Trial // beside Each
}

// outages of a cell's valid trials, in the order in which they were first met.
func outages(trials []*results.Trial) []Outages {
	var out []Outages
	for _, t := range trials {
		for i := range t.Faults {
			o := outageOf(t, i)
			same := func(g Outages) bool {
				return g.Kind == t.Kind && g.Action == o.Action && g.Target == o.Target && g.Hit == o.Hit
			}
			k := slices.IndexFunc(out, same)
			if k < 0 {
				k = len(out)
				out = append(out, Outages{Kind: t.Kind, Action: o.Action, Target: o.Target, Hit: o.Hit})
			}
			out[k].add(t, o)
		}
	}
	for i := range out {
		out[i].Metrics = out[i].metrics()
	}
	return out
}

func (g *Outages) add(t *results.Trial, o Outage) {
	g.Faults++
	g.Acked, g.Failed, g.Unknown = g.Acked+o.Acked, g.Failed+o.Failed, g.Unknown+o.Unknown
	if slices.Contains(o.Gaps, GapUnanswered) {
		g.Unanswered++
	}
	if slices.Contains(o.Gaps, GapUndone) {
		g.Undone++
	}
	if o.leaderNS != nil {
		g.Elected++
	}
	if o.DetectNS != nil && o.CommitNS != nil {
		g.Divided++
	}
	g.Elections = g.Elections.plus(o.Elections)
	g.Each, g.trials = append(g.Each, o), append(g.trials, t)
}

// timed are the metrics that have one value a fault.
var timed = []struct {
	name string
	of   func(o *Outage) *int64
}{
	{MedianOutage, func(o *Outage) *int64 { return o.TotalNS }},
	{"detect_p50_ns", func(o *Outage) *int64 { return o.DetectNS }},
	{"elect_p50_ns", func(o *Outage) *int64 { return o.ElectNS }},
	{"commit_p50_ns", func(o *Outage) *int64 { return o.CommitNS }},
	{"rediscover_p50_ns", func(o *Outage) *int64 { return o.RediscoverNS }},
	{"election_p50_ns", func(o *Outage) *int64 { return o.leaderNS }},
}

// observe adds what each fault says. An outage that did not end before the next
// fault, or only as its fault was undone, is longer than any that did: the wait for it
// was the tool's, and says nothing of the cluster.
//
// Each fault is an observation of its own, though a trial has many. What makes
// operations of one trial alike is the cluster and the host that they share; what
// an outage consists of is timers, each drawn anew from between one and two
// timeouts after every fault, and beside these hundreds of milliseconds host and
// cluster are nothing.
func (g *Outages) observe(o observations) {
	for _, m := range timed {
		for i := range g.Each {
			switch v := m.of(&g.Each[i]); {
			case v != nil:
				o.add(g.trials[i], m.name, float64(*v))
			case m.name == MedianOutage && g.Each[i].Outlasted():
				o.add(g.trials[i], m.name, math.Inf(1))
			}
		}
	}
}

func (g *Outages) metrics() map[string]Metric {
	o := observations{}
	g.observe(o)
	out := metrics(o)
	if all := o.sample(MedianOutage); len(all) > 0 {
		out[LateOutage] = metricFrom(all.Quantile(LateQuantile))
		out[LongestOutage] = longestOf(all)
	}
	if split, of := g.splitVotes(); of > 0 {
		out["split_vote_share"] = metricFrom(stats.Share(split, of))
	}
	return out
}

func longestOf(all stats.Sample) Metric {
	return metricFrom(stats.Unbounded(slices.Max(all), len(all)))
}

// longest outage of all that trials saw which do one fault again and again, whatever
// it hit; ok is false where there is none.
func longest(all []Outages) (m Metric, ok bool) {
	var seen stats.Sample
	for i := range all {
		if all[i].Kind == results.Outages {
			o := observations{}
			all[i].observe(o)
			seen = append(seen, o.sample(MedianOutage)...)
		}
	}
	if len(seen) == 0 {
		return Metric{}, false
	}
	return longestOf(seen), true
}

// RepeatedGroups is among how many groups the faults are that a cell's trials did again
// and again: by what was done, and whom it hit.
func (c Cell) RepeatedGroups() int {
	n := 0
	for i := range c.Outages {
		if c.Outages[i].Kind == results.Outages {
			n++
		}
	}
	return n
}

// splitVotes counts the faults whose election had a split vote, and those of which
// that is known.
func (g *Outages) splitVotes() (split, of int) {
	for _, o := range g.Each {
		if o.leaderNS != nil {
			of++
			if o.Elections.SplitVotes > 0 {
				split++
			}
		}
	}
	return split, of
}

// mainOutages are those that the cell's metrics are of: the most frequent of the
// trials that do one fault again and again. Nil where there are none.
func mainOutages(all []Outages) *Outages {
	var most *Outages
	for i := range all {
		if g := &all[i]; g.Kind == results.Outages && (most == nil || g.Faults > most.Faults) {
			most = g
		}
	}
	return most
}

// MainOutages are those that the cell's metrics of outages are of; nil where they
// are those of proofs, or there are none.
func (c Cell) MainOutages() *Outages { return mainOutages(c.Outages) }
