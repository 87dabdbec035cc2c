package netem

import (
	"sync/atomic"
	"time"
)

// While a reader waits for the instant of one frame, those that follow it need
// wake nobody: they may stand in the socket until what is held comes to an
// end. That spares a dense stream one of two wake-ups for each message.
const (
	// murmur is how much may stand in a socket unheard. Linux would let a
	// higher mark than half of a socket's first buffer grow that buffer.
	murmur = 48 << 10
	// ahead is by how much what is held must outlast the frame that is waited
	// for: the pump has that long to wake up, if the reader comes back at once.
	ahead = time.Millisecond
)

// hush keeps a socket from waking its pump for a few bytes. The inbox's lock
// guards it.
type hush struct {
	// mark sets from how many bytes on the pump is woken; nil where the system
	// has no such thing.
	mark  func(bytes int)
	quiet atomic.Bool
	// heeded counts who wants to hear of the peer's end at once.
	heeded int
	// waits counts what readers have waited for, and known is what a writer saw
	// of that last.
	waits, known int64
}

// settle makes the socket quiet while the frame that is due then is waited
// for, if nothing that may come in meanwhile can matter before it.
func (in *inbox) settle(due int64) {
	if in.hush.mark == nil {
		return
	}
	if in.hush.heeded > 0 || !in.outlasts(due) {
		in.listen()
		return
	}
	if !in.hush.quiet.Swap(true) {
		in.hush.mark(murmur)
	}
}

// outlasts says that what is held reaches beyond due, and that no frame can
// bring it forward.
func (in *inbox) outlasts(due int64) bool {
	last := &in.frames[len(in.frames)-1]
	return !last.amendable && last.due-due >= int64(ahead)
}

// listen has the pump hear of each byte again, at once of what stands in the
// socket already.
func (in *inbox) listen() {
	if in.hush.quiet.Swap(false) {
		in.hush.mark(1)
	}
}

// wrote is called behind each write: a peer's reset ends writers too, also when
// nobody reads, which is when no reader waited since the last one.
func (in *inbox) wrote() {
	if !in.hush.quiet.Load() {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.waiting && in.hush.waits == in.hush.known {
		in.listen()
	}
	in.hush.known = in.hush.waits
}

// heed is called by a writer that begins to wait (1) or has waited (-1).
func (in *inbox) heed(count int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.hush.heeded += count; in.hush.heeded > 0 {
		in.listen()
	}
}
