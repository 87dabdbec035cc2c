package netem

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// TestOnlyWhatIsDueHoldsThePumpBack: a frame that is a moment late, at the
// head of a link that is full, is no slow reader.
func TestOnlyWhatIsDueHoldsThePumpBack(t *testing.T) {
	for _, c := range []struct {
		due, later int
		want       bool
	}{
		{due: 1, later: 100, want: false},
		{due: 15, later: 100, want: false},
		{due: 16, later: 100, want: true},
		{due: 16, want: true},
		{due: 15, want: false},
	} {
		var in inbox
		past, future := clock.Now(), clock.Now()+int64(time.Hour)
		for i := range c.due + c.later {
			due := past
			if i >= c.due {
				due = future
			}
			in.add(record{header: header{due: due, length: unread / 16, kind: kindData}, left: unread / 16})
			in.bytes.size += unread / 16
		}
		if got := in.atLimit(); got != c.want {
			t.Errorf("%d frames due and %d to come: got at its limit %v, want %v", c.due, c.later, got, c.want)
		}
	}
}

// TestASlowReaderHoldsTheWriterBack: what nobody reads does not pile up here.
func TestASlowReaderHoldsTheWriterBack(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	_ = from.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	sent := 0
	for err := error(nil); err == nil; {
		var n int
		n, err = from.Write(make([]byte, 128<<10))
		sent += n
	}
	in := &to.(*conn).in
	in.mu.Lock()
	held := in.bytes.size
	in.mu.Unlock()
	if held > unread+2*bigChunk {
		t.Errorf("the reader's end holds %d bytes, wanted about %d", held, unread)
	}
	_ = from.Close()
	if got, err := io.Copy(io.Discard, to); err != nil || got < int64(sent) {
		t.Errorf("got %d bytes (%v), want the %d that were accepted", got, err, sent)
	}
}

// TestTheSpaceOfARunningCopyIsNotReused: a connection that ends while its
// reader copies must not give the chunk to another.
func TestTheSpaceOfARunningCopyIsNotReused(t *testing.T) {
	for _, copying := range []bool{true, false} {
		in := inbox{copying: copying}
		in.init(nil, NewEndpoint("b", 1))
		mine := &in.bytes.room()[0]
		in.bytes.grew(1)
		in.free()
		next := *smallChunks.Get().(*[]byte)
		if copying && &next[0] == mine {
			t.Error("the chunk was lent again")
		}
		if in.bytes.size != 0 || in.bytes.chunks != nil {
			t.Errorf("copying %v: got %d bytes left, want none", copying, in.bytes.size)
		}
	}
}

// TestClosingDuringALongRead ends the connection below a reader that is at it.
func TestClosingDuringALongRead(t *testing.T) {
	for range 10 {
		p := newPair(t, Shape{}, Shape{})
		from, to := p.connect(t)
		go func() {
			for chunk := make([]byte, 256<<10); ; {
				if _, err := from.Write(chunk); err != nil {
					return
				}
			}
		}()
		time.AfterFunc(5*time.Millisecond, func() { p.b.Reset("a"); _ = p.a.Close() })
		_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{to}, make([]byte, 256<<10))
		if op := (*net.OpError)(nil); !errors.As(err, &op) {
			t.Errorf("got %v, want a reset", err)
		}
	}
}
