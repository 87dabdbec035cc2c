package netem

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// filled is an inbox whose reader waits for the first of frames due in so many
// milliseconds, and which notes the marks that its socket is given.
func filled(marks *[]int, amendable bool, dues ...int64) *inbox {
	in := &inbox{waiting: true}
	in.init(nil, NewEndpoint("b", 1))
	in.coalesce.setLowWater = func(bytes int) { *marks = append(*marks, bytes) }
	base := clock.Now() + int64(time.Hour)
	for _, due := range dues {
		h := header{kind: kindData, due: base + due*ms, amendable: amendable}
		if _, err := in.put(h.append(nil)); err != nil {
			panic(err)
		}
	}
	return in
}

// TestWakeUpsAreCoalescedOnlyWhileWhatIsHeldOutlastsTheWait: a frame may stay in
// the socket only where the pump has time to take it in before it is due.
func TestWakeUpsAreCoalescedOnlyWhileWhatIsHeldOutlastsTheWait(t *testing.T) {
	for _, c := range []struct {
		name      string
		dues      []int64
		amendable bool
		coalesced bool
	}{
		{"one frame", []int64{10}, false, false},
		{"a second, right behind", []int64{10, 10}, false, false},
		{"a second, later", []int64{10, 11}, false, true},
		{"a stalled one, which may be brought forward", []int64{10, 400}, true, false},
	} {
		var marks []int
		in := filled(&marks, c.amendable, c.dues...)
		if got := in.coalesce.on.Load(); got != c.coalesced {
			t.Errorf("%s: got coalesced %v, want %v", c.name, got, c.coalesced)
		}
		var want []int
		if c.coalesced {
			want = []int{coalesceBytes}
		}
		if !slices.Equal(marks, want) {
			t.Errorf("%s: got the marks %v, want %v", c.name, marks, want)
		}
	}
}

// TestTheLowWaterMarkIsLoweredInTime, before anything in the socket can matter.
func TestTheLowWaterMarkIsLoweredInTime(t *testing.T) {
	for name, end := range map[string]func(in *inbox){
		"when the last frame is waited for":    func(in *inbox) { in.coalesceUntil(in.frames[1].due) },
		"when the connection is closed":        func(in *inbox) { in.close(io.ErrClosedPipe) },
		"when a writer comes and nobody reads": func(in *inbox) { in.waiting = false; in.afterWrite(); in.afterWrite() },
		"when a writer waits":                  func(in *inbox) { in.countWaitingWriters(1) },
	} {
		var marks []int
		in := filled(&marks, false, 10, 12)
		end(in)
		if in.coalesce.on.Load() || !slices.Equal(marks, []int{coalesceBytes, 1}) {
			t.Errorf("%s: got coalesced %v and the marks %v, want a mark of 1 at the end", name, in.coalesce.on.Load(), marks)
		}
	}
	var marks []int
	in := filled(&marks, false, 10, 12)
	in.coalesce.readerWaits++ // as the reader's wait does
	if in.afterWrite(); !in.coalesce.on.Load() {
		t.Error("a writer beside a reader who waits lowered the mark")
	}
	in.waiting = false
	in.coalesce.readerWaits++
	if in.afterWrite(); !in.coalesce.on.Load() {
		t.Error("a writer beside a reader who waited lowered the mark")
	}
	in.countWaitingWriters(1)
	if in.coalesceUntil(in.frames[0].due); in.coalesce.on.Load() {
		t.Error("wake-ups are coalesced though a writer waits")
	}
	in.countWaitingWriters(-1)
	if in.coalesceUntil(in.frames[0].due); !in.coalesce.on.Load() {
		t.Error("wake-ups are not coalesced though no writer waits any more")
	}
}

// dense sends numbered bytes a millisecond apart over a link of 30 ms, and
// returns when the far end's wake-ups are coalesced while its first one is read.
func dense(t *testing.T) (from, to *conn) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("wake-ups are never coalesced here")
	}
	p := newPair(t, Shape{Delay: 30 * time.Millisecond}, Shape{})
	a, b := p.connect(t)
	from, to = a.(*conn), b.(*conn)
	for range 20 { // tries: a stalled machine may be late with all of it
		read := make(chan error, 1)
		go func() {
			_, err := to.Read(make([]byte, 1))
			read <- err
		}()
		for range 20 {
			time.Sleep(time.Millisecond)
			if _, err := from.Write([]byte{1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-read; err != nil {
			t.Fatal(err)
		}
		if to.in.coalesce.on.Load() {
			return from, to
		}
		if _, err := io.ReadFull(to, make([]byte, 19)); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("wake-ups were never coalesced")
	return nil, nil
}

func TestCoalescingLosesNothing(t *testing.T) {
	from, to := dense(t)
	want := bytes.Repeat([]byte{2}, 3*coalesceBytes)
	go func() {
		_, _ = from.Write(want)
		_ = from.Close()
	}()
	got, err := io.ReadAll(to)
	if err != nil {
		t.Fatal(err)
	}
	if got = bytes.TrimLeft(got, "\x01"); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, want the %d that were sent", len(got), len(want))
	}
}

// TestAResetIsNotMissedByWhoOnlyWrites: its frame is below the low-water mark,
// and nobody reads any more.
func TestAResetIsNotMissedByWhoOnlyWrites(t *testing.T) {
	from, to := dense(t)
	from.abort(syscall.ECONNRESET)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		_, err := to.Write([]byte{3})
		if errors.Is(err, syscall.ECONNRESET) {
			return
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("got %v, want a reset", err)
		}
	}
}
