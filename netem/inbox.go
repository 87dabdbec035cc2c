package netem

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// Bounds of what a connection holds for its reader.
const (
	// unread is how much that is already due may wait for a slow reader
	// before TCP's own back-pressure takes over.
	unread = 1 << 20
	// maxRecords bounds the frames held, for frames without payload.
	maxRecords = 1 << 20
)

// record is a frame of which the header has come. Where err is set it is no frame
// but the end of the socket.
type record struct {
	header
	left     int // payload not yet delivered
	released bool
	// came is when the pump had the header.
	came int64
	err  error
}

// inbox holds what arrived until it is due, in order. The pump alone fills it, by
// room, put and finish; one reader at a time empties it, by read and hello.
//
// It is open until close, then closed: reads fail with the error closed, nothing is
// held, and put only looks at what comes. An open inbox is at its end when its last
// frame is an ending (see there): the peer's closing frame, or the socket's end as
// finish notes it. That frame stays.
//
// Invariants of an open inbox while mu is free:
//
//   - bytes is what has come of frames, in their order: of each its header, unless
//     opened, and the payload that is left, then scanned bytes of the next header.
//     Only the last frame may be incomplete: skip bytes of it are missing. While the
//     pump reads from the socket without mu it writes behind these bytes, into what
//     room returned; while the reader copies without mu (copying) it takes from their
//     front. put and take keep the two apart, and account for them afterwards.
//   - Only the first frame may be released, that is, be given out: it is the first,
//     and its instant is due but for a last spin. A frame that is through is popped.
//   - While waiting, the reader sleeps without mu until frames[0], which is not
//     released, is due; only amend changes that instant, to an earlier one.
//   - memory has the account of bytes and frames: put, deliver and hello see to it.
//
// Methods expect mu to be held, but for those that begin by taking it. hold, release
// and copyUnlocked let go of it for a while: whoever calls them looks at everything
// anew.
type inbox struct {
	mu sync.Mutex
	// arrived wakes the reader: bytes, an end, a deadline. drained wakes a pump
	// that waits for room.
	arrived, drained sync.Cond
	deadline         deadline
	bytes            fifo
	memory           account
	frames, spare    []record
	// closed is why local reads fail, once they do.
	closed error
	waiter *clock.Waiter
	// waiting is set while the reader waits for the first frame to be due,
	// copying while it copies without the lock.
	waiting, copying bool
	coalesce         coalescer
	// wake tells how the reader came to the first frame; see hold.
	wake wake
	// resumeBelow is the load below which a pump that waits for room is woken.
	resumeBelow int

	// The pump's place in the stream of frames.
	scan    [headerSize]byte
	scanned int
	skip    int
	// helloSeen: the hello has come. used: a frame has come behind it.
	helloSeen, used bool
	// unused ends a connection that nobody uses; nil where that is not bound.
	unused *time.Timer
	// asked is the peer's nominal delay, in ns.
	asked atomic.Int64
	// injected counts the CPU time of waits.
	injected *atomic.Int64
	// late is by how many ns the reader's timer is set too late: a test's
	// sabotage, else 0.
	late int64
}

func (in *inbox) init(raw net.Conn, e *Endpoint) {
	in.injected, in.late = &e.injected, int64(e.sabotage)
	in.memory = account{of: &e.memory, wake: in.wakePump}
	in.coalesce.setLowWater = lowWater(raw)
	in.arrived.L, in.drained.L = &in.mu, &in.mu
	in.deadline.cond = &in.arrived
}

// atLimit says that more bytes would not help: the reader is behind, or a
// peer is lying. The lock is held.
func (in *inbox) atLimit() bool {
	if in.bytes.size >= memoryOfConn || len(in.frames) >= maxRecords {
		return true
	}
	return in.load() >= unread && in.overdue(unread)
}

// load is about what is held in memory.
func (in *inbox) load() int { return in.bytes.size + len(in.frames)*leastFrame }

// count tells the endpoint's memory what is held.
func (in *inbox) count() { in.memory.set(int64(in.load())) }

// overdue says that the bytes that are due are enough or more, small frames
// counted as what they take. What waits for its instant does not count: a link
// that is full of it is not a slow reader.
func (in *inbox) overdue(enough int) bool {
	now := clock.Now()
	for i := 0; i < len(in.frames) && in.frames[i].due <= now; i++ {
		if enough -= max(in.frames[i].left, leastFrame); enough <= 0 {
			return true
		}
	}
	return false
}

// room waits until there is some and returns it. Once reads are over, what
// comes is only looked at.
func (in *inbox) room() (b []byte, open bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.closed == nil && (in.atLimit() || in.memory.full()) {
		in.resumeBelow = in.load() - unread/2
		in.drained.Wait()
	}
	in.resumeBelow = 0
	if in.closed != nil {
		return make([]byte, smallChunk), false
	}
	in.bytes.rewind()
	return in.bytes.room(), true
}

// wakePump has a pump that waits for room look again.
func (in *inbox) wakePump() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.drained.Signal()
}

// intake is what the pump acts on.
type intake struct {
	ending header // the fin or reset among the frames
	data   bool
}

// put takes in bytes that stand in room already.
func (in *inbox) put(b []byte) (intake, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	got, err := in.parse(b)
	if in.closed == nil {
		in.bytes.grew(len(b))
	} else {
		in.frames = nil // and b may be no part of bytes
	}
	in.count()
	if in.waiting && in.closed == nil {
		in.coalesceUntil(in.frames[0].due)
	}
	in.arrived.Broadcast()
	return got, err
}

// parse walks over the headers in b, wherever the reads cut them.
func (in *inbox) parse(b []byte) (got intake, err error) {
	for len(b) > 0 {
		if in.skip > 0 {
			n := min(in.skip, len(b))
			in.skip, b = in.skip-n, b[n:]
			continue
		}
		n := copy(in.scan[in.scanned:], b)
		in.scanned, b = in.scanned+n, b[n:]
		if in.scanned < headerSize {
			break
		}
		in.scanned = 0
		now := clock.Now()
		h, err := parseHeader(in.scan[:], now)
		if err != nil {
			return got, err
		}
		if err := in.checkOrder(h.kind); err != nil {
			return got, err
		}
		in.skip = h.length
		in.asked.Store(h.asked)
		in.note(h, now)
		switch h.kind {
		case kindFin, kindReset:
			got.ending = h
		case kindData:
			got.data = true
		}
	}
	return got, nil
}

// checkOrder refuses a frame that comes where none of its kind is to.
func (in *inbox) checkOrder(k kind) error {
	switch {
	case !in.helloSeen:
		in.helloSeen = k != kindDialing
	case k == kindHello || k == kindDialing:
		return fmt.Errorf("%w: got a %v behind a hello", errNotFrame, k)
	default:
		in.used = true
		in.stopUnused()
	}
	return nil
}

// stopUnused ends the bound on a connection that nobody uses.
func (in *inbox) stopUnused() {
	if in.unused != nil {
		in.unused.Stop()
		in.unused = nil
	}
}

func (in *inbox) note(h header, now int64) {
	if h.kind == kindAmend {
		in.amend(h.due)
	}
	in.add(record{header: h, left: h.length, came: now})
}

// add reuses the space of frames that are through, so that a steady trickle
// allocates nothing.
func (in *inbox) add(r record) {
	if len(in.frames) == 0 {
		if in.spare == nil {
			in.spare = make([]record, 0, 16)
		}
		in.frames = in.spare
	}
	in.frames = append(in.frames, r)
}

// amend brings forward what a stall held.
func (in *inbox) amend(due int64) {
	for i := range in.frames {
		in.frames[i].due = min(in.frames[i].due, due)
	}
	if in.waiting {
		in.waiter.BringForward(due)
	}
}

// finish appends the end of the raw stream, a link delay late like all else.
func (in *inbox) finish(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if errors.Is(err, io.EOF) && (in.skip > 0 || in.scanned > 0) {
		err = io.ErrUnexpectedEOF
	}
	in.add(record{header: header{due: clock.Now() + in.asked.Load()}, err: err})
	in.arrived.Broadcast()
}

// close makes reads fail with err and lets the pump discard what comes.
func (in *inbox) close(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed != nil {
		return
	}
	in.closed = err
	in.wakeForEachByte()
	in.stopUnused()
	in.deadline.stop()
	if in.waiter != nil {
		in.waiter.Close()
	}
	in.arrived.Broadcast()
	in.drained.Broadcast()
}

// free gives the space back once the pump has ended.
func (in *inbox) free() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.copying {
		in.bytes = fifo{} // the reader's chunk is still being read
	}
	in.bytes.free()
	in.frames, in.spare = nil, nil
	in.memory.close()
}

func (in *inbox) setDeadline(t time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.changeDeadline(t)
}

// changeDeadline is setDeadline with the lock held.
func (in *inbox) changeDeadline(t time.Time) {
	if in.closed != nil {
		return
	}
	in.deadline.change(t)
	if in.waiter != nil {
		in.waiter.SetDeadline(t)
	}
}
