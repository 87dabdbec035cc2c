package netem

import (
	"io"
	"os"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// released is a frame that Read may give out once its instant has come.
type released struct {
	header
	// fresh: it is given out for the first time. missed: it was due before the
	// reader came, and its lateness is not the link's.
	fresh, missed bool
	// came is when it had come in from the socket; wake, how the reader came to it.
	came int64
	wake wake
}

// first waits until a frame is due, but for a last spin, and returns it with
// the lock held, or the reason why there will be none.
func (in *inbox) first() (*record, released, error) {
	came, near := clock.Now(), false
	in.wake = wake{}
	for {
		switch {
		case in.closed != nil:
			return nil, released{}, in.closed
		case in.deadline.expired:
			return nil, released{}, os.ErrDeadlineExceeded
		case len(in.frames) == 0:
			in.await()
			continue
		}
		r := &in.frames[0]
		if r.released && r.left > 0 && in.bytes.size == 0 {
			if len(in.frames) > 1 {
				in.pop() // the stream ended inside this frame
				continue
			}
			in.await()
			continue
		}
		if r.released {
			return r, released{header: r.header}, nil
		}
		if !near && r.due > clock.Now() {
			var err error
			if near, err = in.hold(r.due); err != nil {
				return nil, released{}, err
			}
			continue
		}
		r.released = true
		if len(in.frames) == 1 {
			in.wakeForEachByte() // nothing more is held
		}
		if in.wake.ran == 0 {
			in.wake.ran = clock.Now()
		}
		return r, released{header: r.header, fresh: true, missed: r.due <= came, came: r.came, wake: in.wake}, nil
	}
}

// await waits for something to come in.
func (in *inbox) await() {
	in.wakeForEachByte()
	in.arrived.Wait()
}

// hold waits, without the lock, until due is near.
func (in *inbox) hold(due int64) (near bool, err error) {
	if in.waiter == nil {
		w, err := clock.NewWaiter(linkTuner, in.injected)
		if err != nil {
			// Late by up to a millisecond, and recorded as that.
			waitCoarsely(&in.arrived, due)
			in.wake.coarse = true
			return false, nil
		}
		w.SetDeadline(in.deadline.set)
		in.waiter = w
	}
	in.coalesceUntil(due)
	in.coalesce.readerWaits++
	in.waiting = true
	in.waiter.Begin(due + in.late)
	timers.Observe()
	in.mu.Unlock()
	err = in.waiter.Sleep()
	in.mu.Lock()
	in.waiting = false
	in.wake.expired, in.wake.ran = in.waiter.Woken()
	if in.closed != nil {
		return false, in.closed
	}
	if err != nil {
		in.wakeForEachByte()
	}
	return err == nil, err
}

// release spins, without the lock, until the frame's instant has come. By then
// all else that a Read does is done, so that little follows the instant.
func (in *inbox) release(r released, heard func(released)) {
	in.mu.Unlock()
	defer in.mu.Lock()
	if r.due > clock.Now() && in.waiter != nil {
		in.waiter.Spin(r.due)
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
	return r.due <= max(due, clock.Now())
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
	in.count()
	if in.load() < in.resumeBelow {
		in.drained.Signal()
	}
	return n
}

// unlocked is the size from which a copy is worth taking the lock twice more:
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
// once the hello has, there is none, and each dialing frame gives the dialer more
// time.
func (in *inbox) hello() ([]byte, int64, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for {
		k, err := in.whole()
		if err != nil {
			return nil, 0, err
		}
		if k == kindHello {
			in.changeDeadline(time.Time{})
			break
		}
		in.changeDeadline(time.Now().Add(dialingTimeout))
		in.bytes.drop(headerSize)
		in.pop()
	}
	r, frame, err := in.first()
	if err != nil {
		return nil, 0, err
	}
	payload := make([]byte, r.length)
	in.bytes.drop(headerSize)
	in.bytes.take(payload)
	in.pop()
	in.count()
	in.release(frame, func(released) {})
	return payload, frame.due, in.closed
}

// whole waits until the first frame has come in with its payload, and tells
// its kind, which is kindHello or kindDialing.
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
			case ending(r) != nil:
				return 0, syscall.ECONNRESET // before it was established
			case r.kind != kindDialing && r.kind != kindHello || r.length > maxHello:
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
