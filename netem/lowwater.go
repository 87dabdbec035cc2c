package netem

import (
	"sync/atomic"
	"time"
)

// While a reader waits for the instant of one frame, nobody needs to be woken
// for the frames behind it: they may stay in the socket for as long as what the
// inbox holds lasts. So wake-ups are coalesced, as a network card coalesces
// interrupts: the socket's low-water mark (SO_RCVLOWAT) is raised meanwhile. That
// spares a dense stream one of two wake-ups for each message.
const (
	// coalesceBytes is the raised mark: the pump is woken when as much stands in
	// the socket. For more than half of a socket's first buffer Linux would make
	// that buffer larger.
	coalesceBytes = 48 << 10
	// coalesceMargin is by how much what is held must outlast the frame that is
	// waited for: the pump has that long to wake up, if the reader comes back at
	// once.
	coalesceMargin = time.Millisecond
)

// coalescer raises and lowers a socket's low-water mark.
//
// The mark is raised (on) only while a reader waits for a frame's instant, the
// frames behind it last beyond that by coalesceMargin, none of them can become due
// sooner, and no writer waits: a writer is to learn of the peer's end at once.
// Whatever ends one of these lowers the mark: wakeForEachByte.
//
// The inbox's lock guards it; on may be read without.
type coalescer struct {
	// setLowWater sets the mark; nil where the system has none.
	setLowWater func(bytes int)
	on          atomic.Bool
	// writersWaiting is how many writers wait.
	writersWaiting int
	// readerWaits counts the waits of readers; readerWaitsSeen is its value at the
	// last write.
	readerWaits, readerWaitsSeen int64
}

// coalesceUntil raises the mark while the frame that is due then is waited for,
// if nothing that may come in meanwhile can matter before it.
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

// wakeForEachByte lowers the mark. The pump is woken at once if bytes stand in
// the socket already.
func (in *inbox) wakeForEachByte() {
	if in.coalesce.on.Swap(false) {
		in.coalesce.setLowWater(1)
	}
}

// afterWrite is called after each write. A peer's reset must end writers also
// where nobody reads, which is where no reader has waited since the last write.
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

// countWaitingWriters is called by a writer that begins to wait (1) or has
// waited (-1).
func (in *inbox) countWaitingWriters(change int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.coalesce.writersWaiting += change; in.coalesce.writersWaiting > 0 {
		in.wakeForEachByte()
	}
}
