package netem

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// reading accepts connections and reads each to its end, as raft does; it
// tells what the last read of each said.
func (p *pair) reading(t *testing.T) (ends func() []error) {
	t.Helper()
	var running sync.WaitGroup
	var mu sync.Mutex
	var all []error
	running.Go(func() {
		for {
			c, err := p.listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				_, err := io.ReadAll(c)
				mu.Lock()
				all = append(all, err)
				mu.Unlock()
				_ = c.Close()
			})
		}
	})
	return func() []error {
		_ = p.listener.Close()
		running.Wait()
		return all
	}
}

// A link that carries nothing else is known after its calibration, and who
// reads at its end saw a stream without a byte that ended as it should.
func TestCalibrationOfAnIdleLink(t *testing.T) {
	const probes, delay = 8, 150 * time.Millisecond // far above what a look takes
	p := newPair(t, Shape{Delay: delay}, Shape{Delay: time.Millisecond})
	ends := p.reading(t)
	c := Calibration{Probes: probes, Every: 2 * time.Millisecond, Slot: 1, Slots: 2, Patience: 10 * time.Second}
	if err := p.a.Calibrate(t.Context(), "b", p.addr, c); err != nil {
		t.Fatal(err)
	}
	got := p.b.Arrivals()
	if len(got) != 1 || got[0].From != "a" || got[0].Asked != delay || got[0].Bytes != 0 || got[0].Frames < probes {
		t.Errorf("got %+v, want %d probes over a link of %v", got, probes, delay)
	}
	if all := ends(); len(all) != 1 || all[0] != nil {
		t.Errorf("the reader's streams ended with %v, want one with a clean end", all)
	}
}

// Who listened cannot be dialled: the other direction is probed over what is
// open.
func TestCalibrationOverAnOpenConnection(t *testing.T) {
	const probes = 8
	p := newPair(t, Shape{}, Shape{Delay: time.Millisecond})
	c := Calibration{Probes: probes, Every: 2 * time.Millisecond, Slots: 1, Patience: time.Second}
	if err := p.b.Calibrate(t.Context(), "a", "", c); err != nil {
		t.Errorf("without any connection: %v", err)
	}
	from, _ := p.connect(t)
	go func() { _, _ = io.Copy(io.Discard, from) }()
	if err := p.b.Calibrate(t.Context(), "a", "", c); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if got := p.a.Arrivals(); len(got) == 1 && got[0].Frames >= probes {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %+v, want %d probes", p.a.Arrivals(), probes)
		}
	}
}

// Each interval to come has one probe, and none before the link's slot in it.
// Lateness is the host's, and not judged.
func TestProbesKeepToTheirSlot(t *testing.T) {
	const every = 4 * time.Millisecond
	c := Calibration{Probes: 4, Every: every, Slot: 2, Slots: 4, Patience: time.Second}
	begin, sent := clock.Now(), 0
	err := c.pace(t.Context(), func() {
		if now, least := clock.Now(), begin-begin%int64(every)+int64(every)*int64(sent+1)+int64(every/2); now < least {
			t.Errorf("probe %d comes %v before its slot", sent, time.Duration(least-now))
		}
		sent++
	})
	if err != nil || sent != c.Probes {
		t.Errorf("sent %d probes (%v), want %d", sent, err, c.Probes)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := c.pace(ended, func() { t.Error("probed on") }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of its context", err)
	}
}

func TestCalibrationThatCannotBe(t *testing.T) {
	good := Calibration{Probes: 1, Every: time.Millisecond, Slots: 1, Patience: 50 * time.Millisecond}
	p := newPair(t, Shape{Delay: time.Millisecond}, Shape{})
	for name, spoil := range map[string]func(*Calibration){
		"no probes":   func(c *Calibration) { c.Probes = 0 },
		"no interval": func(c *Calibration) { c.Every = 0 },
		"no slots":    func(c *Calibration) { c.Slots = 0 },
		"beyond":      func(c *Calibration) { c.Slot = 1 },
		"impatient":   func(c *Calibration) { c.Patience = 0 },
	} {
		c := good
		spoil(&c)
		if err := p.a.Calibrate(t.Context(), "b", p.addr, c); err == nil {
			t.Errorf("%s: calibrated", name)
		}
	}
	p.a.Cut("b")
	if err := p.a.Calibrate(t.Context(), "b", p.addr, good); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("over a partition: got %v, want an end of patience", err)
	}
}
