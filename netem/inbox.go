package netem

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Bounds of what a connection holds for its reader.
const (
	// unread is how much that is already due may wait for a slow reader
	// before TCP's own back-pressure takes over.
	unread = 1 << 20
	// maxHeld bounds what a peer can make this end hold, whatever due
	// instants it claims. The sender's Limit is the bound that is meant.
	maxHeld = 256 << 20
	// maxRecords bounds the frames held, for frames without payload.
	maxRecords = 1 << 20
)

// record is a frame that has been announced; err ends the stream behind it.
type record struct {
	header
	left     int // payload not yet delivered
	released bool
	err      error
}

// inbox holds what arrived until it is due, in order. A pump fills it and one
// reader at a time empties it.
type inbox struct {
	mu sync.Mutex
	// arrived wakes the reader: bytes, an end, a deadline. taken wakes a pump
	// that waits for room.
	arrived, taken sync.Cond
	deadline       deadline
	bytes          fifo
	frames, spare  []record
	// closed is why local reads fail, once they do.
	closed error
	waiter *waiter
	// waiting is set while the reader waits for the first frame to be due,
	// copying while it copies without the lock.
	waiting, copying bool
	// resume is the load below which a pump that waits for room is woken.
	resume int

	// The pump's place in the stream of frames.
	scan    [headerSize]byte
	scanned int
	skip    int
	// begun: a frame has come; greeted: one that is no knock.
	begun, greeted bool
	// asked is the peer's nominal delay, in ns.
	asked atomic.Int64
	// injected counts the CPU time of waits.
	injected *atomic.Int64
}

func (in *inbox) init(injected *atomic.Int64) {
	in.injected = injected
	in.arrived.L, in.taken.L = &in.mu, &in.mu
	in.deadline.cond = &in.arrived
}

// stuffed says that more bytes would not help: the reader is behind, or a
// peer is lying. The lock is held.
func (in *inbox) stuffed() bool {
	if in.bytes.size >= maxHeld || len(in.frames) >= maxRecords {
		return true
	}
	return in.load() >= unread && in.overdue(unread)
}

// load is about what is held in memory.
func (in *inbox) load() int { return in.bytes.size + len(in.frames)*leastFrame }

// overdue says that the bytes that are due are enough or more, small frames
// counted as what they take. What waits for
// its instant does not count: a link that is full of it is not a slow reader.
func (in *inbox) overdue(enough int) bool {
	now := Now()
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
	for in.closed == nil && in.stuffed() {
		in.resume = in.load() - unread/2
		in.taken.Wait()
	}
	in.resume = 0
	if in.closed != nil {
		return make([]byte, smallChunk), false
	}
	in.bytes.rewind()
	return in.bytes.room(), true
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
		h, err := parseHeader(in.scan[:], Now())
		if err != nil {
			return got, err
		}
		if h.kind == kindHello && in.greeted || h.kind == kindKnock && in.begun {
			return got, fmt.Errorf("%w: got a second %v", errNotFrame, h.kind)
		}
		in.begun, in.greeted = true, in.greeted || h.kind != kindKnock
		in.skip = h.length
		in.asked.Store(h.asked)
		in.note(h)
		switch h.kind {
		case kindFin, kindReset:
			got.ending = h
		case kindData:
			got.data = true
		}
	}
	return got, nil
}

func (in *inbox) note(h header) {
	if h.kind == kindAmend {
		in.amend(h.due)
	}
	in.add(record{header: h, left: h.length})
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
		in.waiter.hasten(due)
	}
}

// finish appends the end of the raw stream, a link delay late like all else.
func (in *inbox) finish(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if errors.Is(err, io.EOF) && (in.skip > 0 || in.scanned > 0) {
		err = io.ErrUnexpectedEOF
	}
	in.add(record{header: header{due: Now() + in.asked.Load()}, err: err})
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
	in.deadline.stop()
	if in.waiter != nil {
		in.waiter.close()
	}
	in.arrived.Broadcast()
	in.taken.Broadcast()
}

// retire gives the space back once the pump has ended.
func (in *inbox) retire() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.copying {
		in.bytes = fifo{} // the reader's chunk is still being read
	}
	in.bytes.free()
	in.frames, in.spare = nil, nil
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
		in.waiter.setDeadline(t)
	}
}

// released is a frame that Read may give out once its instant has come.
type released struct {
	header
	// fresh: it is given out for the first time. missed: it was due before the
	// reader came, and its lateness is not the link's.
	fresh, missed bool
}

// first waits until a frame is due, but for a last spin, and returns it with
// the lock held, or the reason why there will be none.
func (in *inbox) first() (*record, released, error) {
	came, near := Now(), false
	for {
		switch {
		case in.closed != nil:
			return nil, released{}, in.closed
		case in.deadline.expired:
			return nil, released{}, os.ErrDeadlineExceeded
		case len(in.frames) == 0:
			in.arrived.Wait()
			continue
		}
		r := &in.frames[0]
		if r.released && r.left > 0 && in.bytes.size == 0 {
			if len(in.frames) > 1 {
				in.pop() // the stream ended inside this frame
				continue
			}
			in.arrived.Wait()
			continue
		}
		if r.released {
			return r, released{header: r.header}, nil
		}
		if !near && r.due > Now() {
			var err error
			if near, err = in.hold(r.due); err != nil {
				return nil, released{}, err
			}
			continue
		}
		r.released = true
		return r, released{header: r.header, fresh: true, missed: r.due <= came}, nil
	}
}

// hold waits, without the lock, until due is near.
func (in *inbox) hold(due int64) (near bool, err error) {
	if in.waiter == nil {
		w, err := newWaiter(in.injected)
		if err != nil {
			// Late by up to a millisecond, and recorded as that.
			waitCoarsely(&in.arrived, due)
			return false, nil
		}
		w.setDeadline(in.deadline.set)
		in.waiter = w
	}
	in.waiting = true
	in.waiter.due.Store(due)
	in.mu.Unlock()
	err = in.waiter.doze()
	in.mu.Lock()
	in.waiting = false
	if in.closed != nil {
		return false, in.closed
	}
	return err == nil, err
}

// release spins, without the lock, until the frame's instant has come. By then
// all else that a Read does is done, so that little follows the instant.
func (in *inbox) release(r released, heard func(released)) {
	in.mu.Unlock()
	defer in.mu.Lock()
	if r.due > Now() && in.waiter != nil {
		in.waiter.spin(r.due)
	}
	if r.fresh {
		heard(r)
	}
}

// read fills p with bytes that are due. It waits for the first only. heard is
// called once for each frame, at its release.
func (in *inbox) read(p []byte, heard func(released)) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(p) == 0 {
		return 0, in.closed
	}
	for {
		r, frame, err := in.first()
		if err != nil {
			return 0, err
		}
		end, n := ending(r), 0
		if end == nil {
			n = in.deliver(r, p)
		}
		if n > 0 {
			n += in.more(p[n:], frame.due, heard)
		}
		in.release(frame, heard)
		if n > 0 || end != nil {
			return n, end
		}
	}
}

// more fills p with what is due by the instant due, or now, without waiting.
func (in *inbox) more(p []byte, due int64, heard func(released)) int {
	n := 0
	for n < len(p) && in.ready(due) {
		r := &in.frames[0]
		if ending(r) != nil {
			break
		}
		if !r.released {
			r.released = true
			heard(released{header: r.header, fresh: true, missed: true})
		}
		n += in.deliver(r, p[n:])
	}
	return n
}

// ready says that a frame which is due by the instant due, or now, can be had
// without waiting.
func (in *inbox) ready(due int64) bool {
	if in.closed != nil || len(in.frames) == 0 {
		return false
	}
	r := &in.frames[0]
	if r.released {
		return r.left == 0 || in.bytes.size > 0
	}
	return r.due <= max(due, Now())
}

// ending is what the frame ends reads with; such a frame stays the first.
func ending(r *record) error {
	switch {
	case r.err != nil:
		return r.err
	case r.kind == kindFin:
		return io.EOF
	case r.kind == kindReset:
		return syscall.ECONNRESET
	}
	return nil
}

// deliver moves what has arrived of a released frame into p, and takes the
// frame away when it is through.
func (in *inbox) deliver(r *record, p []byte) int {
	if !r.opened() {
		in.bytes.drop(headerSize)
		r.kind |= opened
	}
	n := 0
	if r.kind&^opened == kindData {
		n = in.take(p[:min(len(p), r.left)])
		if in.closed != nil {
			return n
		}
		r = &in.frames[0] // the pump may have moved them
		r.left -= n
	}
	if r.left == 0 {
		in.pop()
	}
	if in.load() < in.resume {
		in.taken.Signal()
	}
	return n
}

// unlocked is the size from which a copy is worth two more turns at the lock:
// the pump goes on meanwhile.
const unlocked = 4 << 10

// take moves up to len(p) bytes into p. It lets go of the lock for long
// copies, during which the inbox may be closed and be emptied.
func (in *inbox) take(p []byte) int {
	n := 0
	for n < len(p) && in.bytes.size > 0 && in.closed == nil {
		b := in.bytes.front()
		b = b[:min(len(b), len(p)-n)]
		if len(b) < unlocked {
			copy(p[n:], b)
		} else {
			in.copyUnlocked(p[n:], b)
		}
		n += len(b)
		if in.closed == nil {
			in.bytes.drop(len(b))
		}
	}
	return n
}

func (in *inbox) copyUnlocked(p, b []byte) {
	in.copying = true
	in.mu.Unlock()
	copy(p, b)
	in.mu.Lock()
	in.copying = false
}

// opened marks a frame whose header has been taken from the bytes.
const opened kind = 0x80

func (r *record) opened() bool { return r.kind&opened != 0 }

func (in *inbox) pop() {
	in.frames = in.frames[1:]
}

// hello takes the first frame, which must be a hello, and returns its payload
// and the instant it was due. The deadline is for what comes over the socket:
// once the hello has, or a knock that announces it, there is none.
func (in *inbox) hello() ([]byte, int64, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for {
		k, err := in.whole()
		if err != nil {
			return nil, 0, err
		}
		in.changeDeadline(time.Time{})
		if k == kindHello {
			break
		}
		in.bytes.drop(headerSize)
		in.pop()
	}
	r, frame, err := in.first()
	if err != nil {
		return nil, 0, err
	}
	in.release(frame, func(released) {})
	payload, due := make([]byte, r.length), r.due
	in.bytes.drop(headerSize)
	in.bytes.take(payload)
	in.pop()
	return payload, due, nil
}

// whole waits until the first frame has come in with its payload, and tells
// its kind, which is a hello's or a knock's.
func (in *inbox) whole() (kind, error) {
	for {
		if in.closed != nil {
			return 0, in.closed
		}
		if len(in.frames) > 0 {
			r := &in.frames[0]
			switch {
			case r.err != nil:
				return 0, r.err
			case r.kind != kindKnock && r.kind != kindHello || r.length > maxHello:
				return 0, errNotFrame
			case in.bytes.size >= headerSize+r.length:
				return r.kind, nil
			case len(in.frames) > 1:
				return 0, io.ErrUnexpectedEOF
			}
		}
		if in.deadline.expired {
			return 0, os.ErrDeadlineExceeded
		}
		in.arrived.Wait()
	}
}

// opError gives an error the form that callers of net know.
func opError(op string, c net.Conn, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &net.OpError{Op: op, Net: "netem", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
