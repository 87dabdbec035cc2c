package bench

import (
	"cmp"
	"maps"
	"slices"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// spanJoin puts together what client, leader and followers noted of the same write.
// The client knows its write by the revision that it was answered, and no two writes
// of a cluster have the same; the leader's record of that revision has the index in
// raft's log, by which all the rest is found. Nothing is matched by time.
type spanJoin struct {
	proposals map[int64]proposal // by revision
	nodes     map[string]*notedNode
	need      int // answers of followers
	asked     func(from, to string) int64
	lost      int64
}

type proposal struct {
	control.Proposal
	leader string
}

// notedNode is one node's records, by index.
type notedNode struct {
	stored     map[uint64]control.Stored
	applied    map[uint64]control.Applied
	replicated map[uint64][]control.Replicated
}

func newSpanJoin(noted map[string]control.Spans, need int, asked func(from, to string) int64) *spanJoin {
	j := &spanJoin{proposals: map[int64]proposal{}, nodes: map[string]*notedNode{}, need: need, asked: asked}
	for id, s := range noted {
		for _, p := range s.Proposals {
			j.proposals[p.Revision] = proposal{p, id}
		}
		n := &notedNode{map[uint64]control.Stored{}, map[uint64]control.Applied{}, map[uint64][]control.Replicated{}}
		for _, r := range s.Stored {
			for i := r.First; i <= r.Last; i++ {
				n.stored[i] = r // the latest: one that was truncated counts for nothing
			}
		}
		for _, r := range s.Applied {
			for i := r.First; i <= r.Last; i++ {
				n.applied[i] = r
			}
		}
		for _, r := range s.Replicated {
			for i := r.First; i <= r.Last; i++ {
				n.replicated[i] = append(n.replicated[i], r)
			}
		}
		j.nodes[id] = n
		j.lost += s.Lost
	}
	return j
}

// The band of a window's writes that stand for all, as shares of them.
const (
	bandLow  = 0.45
	bandHigh = 0.55
)

// window joins a window's writes.
func (j *spanJoin) window(writes []seenWrite) *results.Spans {
	out := &results.Spans{Writes: int64(len(writes)), Lost: j.lost, Quorum: j.need}
	chosen := band(writes)
	out.Chosen = int64(len(chosen))
	if len(chosen) == 0 {
		return out
	}
	out.LowNS, out.HighNS = chosen[0].took(), chosen[len(chosen)-1].took()
	sum := spanSum{spans: map[results.SpanName]*results.Span{}}
	for _, w := range chosen {
		p, found := j.proposals[w.revision]
		if !found {
			continue
		}
		out.Joined++
		if p.Forwarded {
			out.Forwarded++
		}
		sum.add(j.way(w, p), w)
		sum.addFollowers(j, p)
	}
	sum.fill(out)
	return out
}

func (w seenWrite) took() int64 { return w.done - w.intended }

// band is the writes in the middle, by what they took.
func band(writes []seenWrite) []seenWrite {
	sorted := slices.Clone(writes)
	slices.SortFunc(sorted, func(a, b seenWrite) int { return cmp.Compare(a.took(), b.took()) })
	n := float64(len(sorted))
	low, high := int(bandLow*n), int(bandHigh*n)
	return sorted[low:min(max(high, low+1), len(sorted))]
}

// answer is one follower's to the AppendEntries with an entry.
type answer struct {
	control.Replicated
	stored control.Stored
	found  bool // its own record of storing the entry is there
}

// answers of followers in the order in which the leader had them. Where fewer are on
// record than a commit needs, or the last of those came after the entry was applied,
// some are missing, and there is none: the first on record need not be the first.
func (j *spanJoin) answers(p proposal) []answer {
	all := j.onRecord(p)
	if j.need < 1 || len(all) < j.need {
		return nil
	}
	applied, found := j.nodes[p.leader].applied[p.Index]
	if found && all[j.need-1].AnsweredNS > applied.BeginNS+clockSlack {
		return nil
	}
	return all
}

func (j *spanJoin) onRecord(p proposal) []answer {
	first := map[string]answer{}
	for _, r := range j.nodes[p.leader].replicated[p.Index] {
		if had, found := first[r.To]; found && had.AnsweredNS <= r.AnsweredNS {
			continue
		}
		a := answer{Replicated: r}
		if n := j.nodes[r.To]; n != nil {
			a.stored, a.found = n.stored[p.Index]
		}
		// A follower that had the entry from a request before was only asked again.
		a.found = a.found && a.stored.BeginNS >= r.SentNS-clockSlack && a.stored.EndNS <= r.AnsweredNS+clockSlack
		first[r.To] = a
	}
	return slices.SortedFunc(maps.Values(first), func(a, b answer) int {
		return cmp.Or(cmp.Compare(a.AnsweredNS, b.AnsweredNS), cmp.Compare(a.To, b.To))
	})
}

// clockSlack is how far two processes' readings of one clock may be out of order: each
// ties Go's clock to the system's by a bracket of tens of nanoseconds.
const clockSlack = 1000

// stop is the end of a span; at is 0 where it is not known.
type stop struct {
	span  results.SpanName
	at    int64
	asked int64
}

// way of one write: the spans' ends in their order.
func (j *spanJoin) way(w seenWrite, p proposal) []stop {
	leader := j.nodes[p.leader]
	stored, applied := leader.stored[p.Index], leader.applied[p.Index]
	there, back := askedThereAndBack(j.asked, p.leader)
	if p.Forwarded {
		there, back = 0, 0 // which follower was asked is not on record
	}
	stops := []stop{{results.SpanRequest, p.ArrivedNS, there}, {results.SpanQueue, stored.BeginNS, 0}, {results.SpanLeaderLog, stored.EndNS, 0}}
	if j.need > 0 {
		stops = append(stops, j.quorum(p)...)
	}
	return append(stops, stop{results.SpanCommit, applied.BeginNS, 0}, stop{results.SpanApply, applied.EndNS, 0},
		stop{results.SpanReply, p.AnsweredNS, 0}, stop{results.SpanResponse, w.done, back})
}

// quorum is the way over the follower that answered first, and the wait for as many
// answers as are needed.
func (j *spanJoin) quorum(p proposal) []stop {
	var first, last answer
	if all := j.answers(p); len(all) > 0 {
		first, last = all[0], all[j.need-1]
	}
	if !first.found {
		first.stored = control.Stored{}
	}
	out, back := int64(0), int64(0)
	if first.To != "" {
		out, back = j.asked(p.leader, first.To), j.asked(first.To, p.leader)
	}
	return []stop{
		{results.SpanSend, first.SentNS, 0}, {results.SpanNetworkOut, first.stored.BeginNS, out},
		{results.SpanFollowerLog, first.stored.EndNS, 0}, {results.SpanNetworkBack, first.AnsweredNS, back},
		{results.SpanQuorumWait, last.AnsweredNS, 0},
	}
}

// spanSum adds up writes.
type spanSum struct {
	spans                  map[results.SpanName]*results.Span
	total, unattributed    int64
	writes, whole          int64
	followers              []results.FollowerSpans
	learned, learnedWrites int64
}

// add one write: a span lies between two instants that are known. Where one is not, or
// comes before another that it must follow, the stretch around it is nobody's.
func (s *spanSum) add(way []stop, w seenWrite) {
	s.writes++
	s.total += w.took()
	before, gap, whole := w.intended, false, true
	for _, each := range way {
		if each.at == 0 || each.at < before-clockSlack || each.at > w.done+clockSlack {
			gap, whole = true, false
			continue
		}
		at := min(max(each.at, before), w.done)
		took := at - before
		if gap {
			s.unattributed += took
		} else {
			s.span(each, took)
		}
		before, gap = at, false
	}
	if whole {
		s.whole++
	}
}

func (s *spanSum) span(at stop, took int64) {
	sum := s.spans[at.span]
	if sum == nil {
		sum = &results.Span{Name: at.span}
		s.spans[at.span] = sum
	}
	sum.NS += float64(took)
	sum.AskedNS += float64(at.asked)
}

// addFollowers takes in all followers' answers to one write, and when they learnt that
// it was committed.
func (s *spanSum) addFollowers(j *spanJoin, p proposal) {
	leader, all := j.nodes[p.leader], j.answers(p)
	stored, found := leader.stored[p.Index]
	if !found || len(all) == 0 {
		return
	}
	committed := all[j.need-1].AnsweredNS
	for i, a := range all {
		if len(s.followers) == i {
			s.followers = append(s.followers, results.FollowerSpans{Rank: i + 1})
		}
		if a.found {
			s.followers[i].Count++
			s.followers[i].SendNS += float64(a.SentNS - stored.EndNS)
			s.followers[i].OutNS += float64(a.stored.BeginNS - a.SentNS)
			s.followers[i].LogNS += float64(a.stored.EndNS - a.stored.BeginNS)
			s.followers[i].BackNS += float64(a.AnsweredNS - a.stored.EndNS)
			s.followers[i].AnsweredNS += float64(a.AnsweredNS - stored.EndNS)
		}
		if n := j.nodes[a.To]; n != nil {
			if applied, found := n.applied[p.Index]; found {
				s.learned += applied.BeginNS - committed
				s.learnedWrites++
			}
		}
	}
}

// fill writes the means.
func (s *spanSum) fill(out *results.Spans) {
	if s.writes == 0 {
		return
	}
	n := float64(s.writes)
	out.Whole = s.whole
	out.TotalNS, out.UnattributedNS = float64(s.total)/n, float64(s.unattributed)/n
	for _, name := range results.SpanNames() {
		if sum := s.spans[name]; sum != nil {
			out.Spans = append(out.Spans, results.Span{Name: name, NS: sum.NS / n, AskedNS: sum.AskedNS / n})
		}
	}
	for _, f := range s.followers {
		if f.Count > 0 {
			c := float64(f.Count)
			out.Followers = append(out.Followers, results.FollowerSpans{Rank: f.Rank, Count: f.Count,
				SendNS: f.SendNS / c, OutNS: f.OutNS / c, LogNS: f.LogNS / c, BackNS: f.BackNS / c, AnsweredNS: f.AnsweredNS / c})
		}
	}
	if out.LearnedCount = s.learnedWrites; s.learnedWrites > 0 {
		out.LearnedNS = float64(s.learned) / float64(s.learnedWrites)
	}
}
