package netem

import (
	"sync/atomic"
	"time"
)

// While a reader waits for the instant of one frame, those that follow it need
// wake nobody: they may stand in the socket until what is held comes to an
// end. That spares a dense stream one of two wake-ups for each message.
const (
	// coalesceBytes is how much may stand in a socket unheard. Linux would let a
	// higher mark than half of a socket's first buffer grow that buffer.
	coalesceBytes = 48 << 10
	// coalesceMargin is by how much what is held must outlast the frame that is waited
	// for: the pump has that long to wake up, if the reader comes back at once.
	coalesceMargin = time.Millisecond
)

// coalescer keeps a socket from waking its pump for a few bytes. The inbox's lock
// guards it.
type coalescer struct {
	// setLowWater sets from how many bytes on the pump is woken; nil where the system
	// has no such thing.
	setLowWater func(bytes int)
	on          atomic.Bool
	// writersWaiting counts who wants to hear of the peer's end at once.
	writersWaiting int
	// readerWaits counts what readers have waited for, and readerWaitsSeen is what a writer saw
	// of that last.
	readerWaits, readerWaitsSeen int64
}

// coalesceUntil makes the socket quiet while the frame that is due then is waited
// for, if nothing that may come in meanwhile can matter before it.
func (in *inbox) coalesceUntil(due int64) {
	if in.coalesce.setLowWater == nil {
		return
	}
	if in.coalesce.writersWaiting > 0 || !in.outlasts(due) {
		in.wakeForEachByte()
		return
	}
	if !in.coalesce.on.Swap(true) {
		in.coalesce.setLowWater(coalesceBytes)
	}
}

// outlasts says that what is held reaches beyond due, and that no frame can
// bring it forward.
func (in *inbox) outlasts(due int64) bool {
	last := &in.frames[len(in.frames)-1]
	return !last.amendable && last.due-due >= int64(coalesceMargin)
}

// wakeForEachByte has the pump hear of each byte again, at once of what stands in the
// socket already.
func (in *inbox) wakeForEachByte() {
	if in.coalesce.on.Swap(false) {
		in.coalesce.setLowWater(1)
	}
}

// afterWrite is called behind each write: a peer's reset ends writers too, also when
// nobody reads, which is when no reader waited since the last one.
func (in *inbox) afterWrite() {
	if !in.coalesce.on.Load() {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.waiting && in.coalesce.readerWaits == in.coalesce.readerWaitsSeen {
		in.wakeForEachByte()
	}
	in.coalesce.readerWaitsSeen = in.coalesce.readerWaits
}

// countWaitingWriters is called by a writer that begins to wait (1) or has waited (-1).
func (in *inbox) countWaitingWriters(count int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.coalesce.writersWaiting += count; in.coalesce.writersWaiting > 0 {
		in.wakeForEachByte()
	}
}
