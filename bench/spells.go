package bench

import (
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/results"
)

// What an operation costs in latency is what writes took while it went on beside what
// they took just before, when the same cluster was whole and idle but for them.

// spellBefore is how long before an operation, or before what prepares it, writes count
// as those before it.
const spellBefore = time.Second

// longestWrite bounds the histograms, as the load's own are bounded.
const longestWrite = int64(time.Hour)

// spell is a latency in the making.
type spell struct {
	took   *hdrhistogram.Histogram
	failed int64
}

func newSpell() *spell { return &spell{took: hdrhistogram.New(1, longestWrite, 3)} }

// add a write: one that failed, or of which nobody knows, counts as slower than all
// others.
func (s *spell) add(w probe) {
	if w.err != nil {
		s.failed++
		return
	}
	_ = s.took.RecordValue(max(1, min(w.doneNS-w.sentNS, longestWrite))) // within its bounds
}

// latency is nil where no write was sent.
func (s *spell) latency() *results.Latency {
	l := latency(s.took, s.failed)
	if l.Count+l.Failed == 0 {
		return nil
	}
	return &l
}

// spells gives each fault its writes before and during, and how long no client had an
// answer; what clients of members see that it takes out of service is left out. since is
// when the cluster was last whole before the first of them. What was sent while a fault
// was prepared is neither before nor during it.
func spells(faults []results.Fault, writes []probe, sinceNS int64) {
	for i := range faults {
		f := &faults[i]
		until := f.AtNS
		if f.PrepareNS > 0 {
			until = f.PrepareNS
		}
		from := max(sinceNS, until-int64(spellBefore))
		before, during := newSpell(), newSpell()
		out := outOfService(f)
		for _, w := range writes {
			switch {
			case slices.Contains(out, w.by.node):
			case w.sentNS >= f.AtNS && w.sentNS <= f.DoneNS:
				during.add(w)
			case w.sentNS >= from && w.sentNS < until:
				before.add(w)
			}
		}
		f.Before, f.During = before.latency(), during.latency()
		f.SilentNS = silence(f, writes)
		sinceNS = max(f.EndNS, f.DoneNS)
	}
}

// outOfService are the members whose clients a fault takes their server: what those
// see says nothing of the others. Who hands over, or is restarted in its turn, serves.
func outOfService(f *results.Fault) []string {
	if f.Action == "transfer" || f.Action == "rolling-restart" {
		return nil
	}
	return f.Nodes
}

// silence is the longest stretch of a fault without any acknowledgement. Acknowledged
// writes are in any order, and so are the clients.
func silence(f *results.Fault, writes []probe) int64 {
	var acked []int64
	for _, w := range writes {
		if w.err == nil && w.doneNS > f.AtNS {
			acked = append(acked, w.doneNS)
		}
	}
	slices.Sort(acked)
	longest, last := int64(0), f.AtNS
	for _, at := range acked {
		if longest = max(longest, at-last); at > f.DoneNS {
			return longest
		}
		last = at
	}
	return 0 // the load's end is not the outage's
}

// longestSilence is the longest stretch between two instants without any answer, in ns:
// from the first of them or from an answer, to the next answer or to the last of them. 0
// where no answer came between them. The first answer does not end it: a leader that is
// cut off still answers what was under way.
func longestSilence(answers []int64, fromNS, untilNS int64) int64 {
	slices.Sort(answers)
	longest, last := int64(0), fromNS
	for _, at := range answers {
		if at > fromNS && at <= untilNS {
			longest, last = max(longest, at-last), at
		}
	}
	if last == fromNS {
		return 0
	}
	return max(longest, untilNS-last)
}
