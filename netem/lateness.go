package netem

import (
	"slices"

	"github.com/raftbench/raftbench/clock"
)

// wake is how the reader came to a frame.
type wake struct {
	// expired is the instant that its timer was set to, at last; 0 where it did
	// not sleep for the frame. ran is when it had the frame before it, and ran.
	expired, ran int64
	// coarse: there was no timer to be had, and Go's own was taken.
	coarse bool
}

// timers knows how late this host's timers expire; nobody but the links uses it.
var timers clock.Expiry

// lateness of one frame, which was released at now. It has two parts:
//
//	due ──── runnable ──── running ──── now
//	   own            wait          own
//
// Until the reader is runnable the link itself is late: its timer was set too
// late or expired late, or the frame had not come over the socket. So it is from
// when the reader runs to the release. Between the two it waits for a core, the
// kernel's or one of Go's processors, as the reader of a real packet does on a
// host that is as full: that is the host's limit and no error of the link.
//
// When a reader became runnable nobody tells for the single frame, so the least
// that is sure is taken as its wait:
//
//   - Where it slept, its timer was set to wake.expired, and expires later by what
//     this host's timers do (clock.Expiry: ns, the median of the last seconds).
//   - Where the frame came when it was due already, its way over the socket counts
//     as the quickest tenth of the latest ways do, which found cores free.
//   - What is not known (too few samples, no timer) is the link's own.
type lateness struct {
	frame   released
	now     int64
	transit *transit
}

// own part in ns; the rest of the lateness was spent waiting for a core.
func (l lateness) own() int64 {
	f := l.frame
	if l.now <= f.due {
		return 0
	}
	if f.wake.coarse {
		return l.now - f.due
	}
	ran := max(f.wake.ran, f.due)
	runnable := min(max(l.runnable(), f.due), ran)
	return runnable - f.due + l.now - ran
}

// runnable is the instant from which on only a core was missing.
func (l lateness) runnable() int64 {
	f := l.frame
	switch {
	case f.wake.expired != 0:
		if late, known := timers.Late(); known {
			return f.wake.expired + late
		}
	case f.came <= f.due:
		return f.due // and the reader was on its way
	default:
		if quick, known := l.transit.quick(); known {
			return f.sent + quick
		}
	}
	return f.wake.ran
}

// transit is how long the latest frames took from the sender's stamp until the
// pump had them.
type transit struct {
	recent [transits]int64
	seen   int
}

// transits are remembered, and some needed, of which the quickest then stands for
// the tenth.
const (
	transits      = 32
	leastTransits = 8
)

func (t *transit) observe(ns int64) {
	t.recent[t.seen%transits] = ns
	t.seen++
}

// quick is what those take that wait for nobody; false until enough are known.
func (t *transit) quick() (ns int64, known bool) {
	if t.seen < leastTransits {
		return 0, false
	}
	all := t.recent
	sorted := all[:min(t.seen, transits)]
	slices.Sort(sorted)
	return sorted[len(sorted)/10], true
}
