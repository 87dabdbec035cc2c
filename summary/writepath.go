package summary

import (
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// WritePath tells where the time of a setup's typical writes went in the light load.
// Each trial has means over its typical writes (results.Spans); the metrics here are
// medians of those over the trials, so that the parts' medians need not add up to the
// total's.
type WritePath struct {
	// Trials that tell, Chosen their typical writes together, Joined and Whole those
	// of them that were found in the nodes' records, and with every instant;
	// Forwarded came to the leader through a follower. Lost records were overwritten.
	Trials    int   `json:"trials"`
	Chosen    int64 `json:"chosen"`
	Joined    int64 `json:"joined"`
	Whole     int64 `json:"whole"`
	Forwarded int64 `json:"forwarded"`
	Lost      int64 `json:"lost"`

	TotalNS Metric `json:"total_ns"`
	// UnattributedShare of a write's time, [0,1].
	UnattributedShare Metric `json:"unattributed_share"`
	// Parts of the way, Steps as Raft is taught; without those that no trial has.
	Parts []PathPart `json:"parts"`
	Steps []PathStep `json:"steps"`
	// LearnedNS is how long after the commit followers applied an entry; absent where
	// there are none.
	LearnedNS *Metric `json:"learned_ns,omitempty"`
	// Followers in the order in which they answered.
	Followers []PathFollower `json:"followers,omitempty"`
}

// PathPart is one part of a write's way.
type PathPart struct {
	Name PartName `json:"name"`
	NS   Metric   `json:"ns"`
	// AskedNS of it is the delay asked of emulated links, the median over trials.
	AskedNS float64 `json:"asked_ns,omitempty"`
}

// PartName names a part of a write's way.
type PartName string

// The parts, in the order in which they are shown. Network and follower's log are
// those of the follower that answered first.
const (
	PartClient      PartName = "client" // there and back, from the instant at which it was due
	PartQueue       PartName = "queue"
	PartLeaderLog   PartName = "leader_log"
	PartSend        PartName = "send"
	PartNetwork     PartName = "network" // there and back
	PartFollowerLog PartName = "follower_log"
	PartQuorumWait  PartName = "quorum_wait"
	PartApply       PartName = "apply" // from the commit on
	PartReply       PartName = "reply"
)

// parts and the spans that they are made of.
var parts = []struct {
	name  PartName
	spans []results.SpanName
}{
	{PartClient, []results.SpanName{results.SpanRequest, results.SpanResponse}},
	{PartQueue, []results.SpanName{results.SpanQueue}},
	{PartLeaderLog, []results.SpanName{results.SpanLeaderLog}},
	{PartSend, []results.SpanName{results.SpanSend}},
	{PartNetwork, []results.SpanName{results.SpanNetworkOut, results.SpanNetworkBack}},
	{PartFollowerLog, []results.SpanName{results.SpanFollowerLog}},
	{PartQuorumWait, []results.SpanName{results.SpanQuorumWait}},
	{PartApply, []results.SpanName{results.SpanCommit, results.SpanApply}},
	{PartReply, []results.SpanName{results.SpanReply}},
}

// PathStep is one of the six steps of a write, counted from 1: the request reaches the
// leader; the leader appends; it sends AppendEntries; followers append and answer; a
// majority is counted; the entry is applied and the client answered.
type PathStep struct {
	Number int    `json:"number"`
	NS     Metric `json:"ns"`
}

var steps = [][]results.SpanName{
	{results.SpanRequest},
	{results.SpanQueue, results.SpanLeaderLog},
	{results.SpanSend, results.SpanNetworkOut},
	{results.SpanFollowerLog, results.SpanNetworkBack},
	{results.SpanQuorumWait},
	{results.SpanCommit, results.SpanApply, results.SpanReply, results.SpanResponse},
}

// PathFollower is the follower that was so many-eth to answer; times are medians over
// trials in ns, AnsweredNS from the end of the leader's own write on.
type PathFollower struct {
	Rank       int    `json:"rank"`
	NetworkNS  Metric `json:"network_ns"` // there and back
	LogNS      Metric `json:"log_ns"`
	AnsweredNS Metric `json:"answered_ns"`
}

// writePath of a cell's valid trials; nil where none tells.
func writePath(trials []*results.Trial) *WritePath {
	var told []*results.Spans
	for _, t := range trials {
		if w := t.Window(results.RoleLight); w != nil && w.Spans != nil && w.Spans.Joined > 0 {
			told = append(told, w.Spans)
		}
	}
	if len(told) == 0 {
		return nil
	}
	p := &WritePath{Trials: len(told)}
	for _, s := range told {
		p.Chosen += s.Chosen
		p.Joined += s.Joined
		p.Whole += s.Whole
		p.Forwarded += s.Forwarded
		p.Lost += s.Lost
	}
	p.TotalNS = over(told, func(s *results.Spans) float64 { return s.TotalNS })
	p.UnattributedShare = over(told, (*results.Spans).UnattributedShare)
	for _, part := range parts {
		if had(told, part.spans) {
			p.Parts = append(p.Parts, PathPart{part.name, sumOver(told, part.spans, took), value(sumOver(told, part.spans, askedIn).Median)})
		}
	}
	for i, spans := range steps {
		if had(told, spans) {
			p.Steps = append(p.Steps, PathStep{i + 1, sumOver(told, spans, took)})
		}
	}
	p.followers(told)
	return p
}

func (p *WritePath) followers(told []*results.Spans) {
	var learned stats.Sample
	most := 0
	for _, s := range told {
		if s.LearnedCount > 0 {
			learned = append(learned, s.LearnedNS)
		}
		for _, f := range s.Followers {
			most = max(most, f.Rank)
		}
	}
	if len(learned) > 0 {
		p.LearnedNS = ptr(metricOf(learned))
	}
	for rank := 1; rank <= most; rank++ {
		var network, log, answered stats.Sample
		for _, s := range told {
			for _, f := range s.Followers {
				if f.Rank == rank {
					network, log, answered = append(network, f.OutNS+f.BackNS), append(log, f.LogNS), append(answered, f.AnsweredNS)
				}
			}
		}
		if len(answered) > 0 {
			p.Followers = append(p.Followers, PathFollower{rank, metricOf(network), metricOf(log), metricOf(answered)})
		}
	}
}

// over trials, one figure's median.
func over(told []*results.Spans, of func(*results.Spans) float64) Metric {
	var values stats.Sample
	for _, s := range told {
		values = append(values, of(s))
	}
	return metricOf(values)
}

// had tells whether any trial has one of these spans.
func had(told []*results.Spans, names []results.SpanName) bool {
	for _, s := range told {
		for _, each := range s.Spans {
			for _, name := range names {
				if each.Name == name {
					return true
				}
			}
		}
	}
	return false
}

// sumOver is the median over trials of several spans together.
func sumOver(told []*results.Spans, names []results.SpanName, of func(results.Span) float64) Metric {
	return over(told, func(s *results.Spans) float64 { return sumOf(s, names, of) })
}

func sumOf(s *results.Spans, names []results.SpanName, of func(results.Span) float64) (total float64) {
	for _, name := range names {
		total += of(s.Of(name))
	}
	return total
}

func took(s results.Span) float64    { return s.NS }
func askedIn(s results.Span) float64 { return s.AskedNS }
