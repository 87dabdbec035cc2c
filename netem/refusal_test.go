package netem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// TestWhoIsRefusedLeavesNothing: a dialer that meant another end is told so,
// and not remembered.
func TestWhoIsRefusedLeavesNothing(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	for i := range 20 {
		stranger := NewEndpoint(fmt.Sprint("stranger", i), 1)
		_, err := stranger.Dial(t.Context(), "c", p.addr)
		if err == nil || !strings.Contains(err.Error(), "this is b, the dial was for c") {
			t.Errorf("got %v, want a refusal", err)
		}
		_ = stranger.Close()
	}
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if len(p.b.links) > 1 || len(p.b.seen) != 0 { // its own link to a
		t.Errorf("got %d links and %d accounts, want the one link that was shaped", len(p.b.links), len(p.b.seen))
	}
}

// TestARefusalIsALinkLate like any answer.
func TestARefusalIsALinkLate(t *testing.T) {
	p := newPair(t, Shape{}, Shape{Delay: 20 * time.Millisecond})
	begin := clock.Now()
	if _, err := p.a.Dial(t.Context(), "c", p.addr); err == nil {
		t.Fatal("the dial was for another")
	}
	atLeast(t, "the refusal", begin, 20*time.Millisecond)
}

// TestAnEndThatClosesBehindACutLinkIsNoOrderlyEnd: what the partition held is
// lost, and the peer must not take what it has for all.
func TestAnEndThatClosesBehindACutLinkIsNoOrderlyEnd(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	p.a.Cut("b")
	send(t, from, "held")
	_ = p.a.Close()
	if got, err := io.ReadAll(to); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %q and %v, want a reset", got, err)
	}
}

// TestHealingAtOnceAfterAll: a heal that left it to TCP can be hurried.
func TestHealingAtOnceAfterAll(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		a, _, from, to := tunnelled(t)
		a.Cut("b")
		send(t, from, "held")
		time.Sleep(time.Hour)
		a.Heal("b", false)
		begin := clock.Now()
		a.Heal("b", true)
		receive(t, to, "held")
		if late := time.Duration(clock.Now() - begin); late != 0 {
			t.Errorf("it took %v", late)
		}
	})
}

// TestAFullLossIsHealedAtOnceToo.
func TestAFullLossIsHealedAtOnceToo(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		a, _, from, to := tunnelled(t)
		if err := a.Shape("b", Shape{Loss: 1}); err != nil {
			t.Fatal(err)
		}
		send(t, from, "held")
		time.Sleep(time.Hour)
		if err := a.Shape("b", Shape{}); err != nil {
			t.Fatal(err)
		}
		begin := clock.Now()
		a.Heal("b", true)
		receive(t, to, "held")
		if late := time.Duration(clock.Now() - begin); late != 0 {
			t.Errorf("it took %v", late)
		}
	})
}

// TestADialOfACancelledContext costs nothing.
func TestADialOfACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := newPair(t, Shape{}, Shape{})
	if _, err := p.a.Dial(ctx, "b", p.addr); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// TestAPeerThatBeginsToSpeakOtherwiseIsCutOff: nobody will read what it sends.
func TestAPeerThatBeginsToSpeakOtherwiseIsCutOff(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	if _, err := from.(*conn).raw.Write(make([]byte, headerSize)); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Read(make([]byte, 1)); !errors.Is(err, errNotFrame) {
		t.Errorf("got %v, want %v", err, errNotFrame)
	}
	_ = from.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := from.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer got %v, want a reset", err)
	}
}

// TestARefusalBehindACutLinkIsToldWhenItHeals, as what it is.
func TestARefusalBehindACutLinkIsToldWhenItHeals(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	back := p.b.link("a")
	p.b.Cut("a")
	refused := make(chan error, 1)
	go func() {
		_, err := p.a.Dial(t.Context(), "c", p.addr)
		refused <- err
	}()
	for held := false; !held; time.Sleep(time.Millisecond) {
		for _, c := range back.open() {
			c.out.mu.Lock()
			held = held || len(c.out.partition.held) == 2 // the answer and the end
			c.out.mu.Unlock()
		}
	}
	p.b.Heal("a", true)
	if err := <-refused; err == nil || !strings.Contains(err.Error(), "this is b, the dial was for c") {
		t.Errorf("got %v, want the refusal", err)
	}
	if back.opened != 0 {
		t.Errorf("the refused connection took ordinal %d", back.opened)
	}
}

// TestClosingDuringAHandshake ends ends at every instant of it.
func TestClosingDuringAHandshake(t *testing.T) {
	for i := range 60 {
		p := newPair(t, Shape{Delay: time.Millisecond}, Shape{Delay: time.Millisecond})
		ended := make(chan struct{})
		time.AfterFunc(time.Duration(i)*50*time.Microsecond, func() {
			_ = p.a.Close()
			_ = p.b.Close()
			close(ended)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
		c, err := p.a.Dial(ctx, "b", p.addr)
		if err == nil {
			_ = c.Close()
		}
		cancel()
		<-ended
	}
}

// TestALinkThatIsSwitchedOffIsNotHeldUpByAProbe, nor are the ends that cross it.
func TestALinkThatIsSwitchedOffIsNotHeldUpByAProbe(t *testing.T) {
	for _, last := range []string{"x", ""} {
		p := newPair(t, Shape{Delay: time.Millisecond}, Shape{})
		from, to := p.connect(t)
		if err := p.a.Shape("b", Shape{Delay: maxDelay}); err != nil {
			t.Fatal(err)
		}
		p.a.ProbeOnce()
		if err := p.a.Shape("b", Shape{}); err != nil {
			t.Fatal(err)
		}
		send(t, from, last)
		_ = from.Close()
		_ = to.SetReadDeadline(time.Now().Add(time.Minute))
		if got, err := io.ReadAll(to); err != nil || string(got) != last {
			t.Errorf("got %q (%v), want %q", got, err, last)
		}
	}
}
