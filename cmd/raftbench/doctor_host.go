package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/units"
)

// hostRow says what else goes on on this host, as far as it tells; what it does
// not tell is null. The shares are of the time that doctor itself took.
type hostRow struct {
	Steal        *float64 `json:"steal"`    // of all cores' time
	RunWait      *float64 `json:"run_wait"` // in which some task had no core
	DiskWait     *float64 `json:"psi_io"`   // in which some task waited for a disk
	ForeignCores *float64 `json:"foreign_cores"`
	// CanarySyncP50NS is what an append and its sync take at the median of a few,
	// some seconds after the disk was measured.
	CanarySyncP50NS int64 `json:"canary_fsync_p50_ns"`
	// AvailableBytes is the memory that nodes may take.
	AvailableBytes int64 `json:"available_memory_bytes"`
	// Wake is how long a message over the loopback takes to be answered when its
	// two ends were idle before: the waking of cores that had halted is in it.
	// WakeAwake is the same while the cores are kept from halting; null where they
	// cannot be, NotAwake says why.
	WakeP50NS      int64  `json:"wake_p50_ns"`
	WakeAwakeP50NS *int64 `json:"wake_kept_awake_p50_ns"`
	NotAwake       string `json:"not_awake,omitempty"`
}

// measureHost completes what the counters say of doctor's own time.
func measureHost(ctx context.Context, dir string, before host.Counters) (r hostRow, err error) {
	if r.AvailableBytes, err = host.AvailableMemory(); err != nil {
		return r, err
	}
	canary, err := host.SyncTime(ctx, dir)
	if err != nil {
		return r, fmt.Errorf("the disk's sync: %w", err)
	}
	r.CanarySyncP50NS = canary.Nanoseconds()
	a := host.ReadCounters(ctx).Since(before, nil)
	of := func(part *time.Duration, whole float64) *float64 {
		if part == nil || a.Length <= 0 || whole == 0 {
			return nil
		}
		share := part.Seconds() / a.Length.Seconds() / whole
		return &share
	}
	r.Steal, r.RunWait, r.DiskWait, r.ForeignCores = of(a.Steal, float64(a.Cores)), of(a.CPUWait, 1), of(a.DiskWait, 1), of(a.Foreign, 1)
	return r, r.measureWaking(ctx)
}

// How the waking of cores is measured: some 1.3 s in all.
const (
	wakeRounds = 2
	wakePings  = 15
	wakeApart  = 20 * time.Millisecond // long enough for a core to halt
)

// measureWaking takes turns: cores that may halt, cores that are kept awake.
func (r *hostRow) measureWaking(ctx context.Context) error {
	var halting, awake []time.Duration
	spin := spinner()
	for range wakeRounds {
		took, err := pings(ctx)
		if err != nil {
			return fmt.Errorf("a message over the loopback: %w", err)
		}
		halting = append(halting, took...)
		if spin == nil || r.NotAwake != "" {
			continue
		}
		a, err := host.KeepAwake(spin())
		if err != nil {
			r.NotAwake = err.Error()
			continue
		}
		took, err = pings(ctx)
		a.Stop()
		if err != nil {
			return fmt.Errorf("a message over the loopback: %w", err)
		}
		awake = append(awake, took...)
	}
	r.WakeP50NS = median(halting)
	if len(awake) > 0 {
		p50 := median(awake)
		r.WakeAwakeP50NS = &p50
	}
	return nil
}

func median(d []time.Duration) int64 {
	slices.Sort(d)
	return percentile(d, 50)
}

// pings are answered by the other end of a connection of this process's own,
// each after a pause.
func pings(ctx context.Context) ([]time.Duration, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }()
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(c, c)
			_ = c.Close()
		}
	}()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	var out []time.Duration
	message := make([]byte, 1)
	for range wakePings {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wakeApart):
		}
		sent := time.Now()
		if _, err := c.Write(message); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(c, message); err != nil {
			return nil, err
		}
		out = append(out, time.Since(sent))
	}
	return out, nil
}

// print writes the facts as a table; what the host does not tell is said.
func (r hostRow) print(w io.Writer) {
	facts := table{header: []string{"this host, meanwhile", ""}}
	share := func(name string, v *float64) {
		text := "not told by this system: unknown in every trial"
		if v != nil {
			text = units.Share.Show(*v)
		}
		facts.add(name, text)
	}
	share("taken by a hypervisor (steal)", r.Steal)
	share("time in which a task waited for a core", r.RunWait)
	share("time in which a task waited for a disk", r.DiskWait)
	cores := "not told by this system: unknown in every trial"
	if r.ForeignCores != nil {
		cores = fmt.Sprintf("%.2f", *r.ForeignCores)
	}
	facts.add("cores that other processes kept busy", cores)
	facts.add("append 4 KiB and sync, once more: p50", showNS(r.CanarySyncP50NS))
	facts.add("answer over the loopback after 20 ms of rest: p50", showNS(r.WakeP50NS))
	if r.WakeAwakeP50NS != nil {
		facts.add("the same, cores kept from halting: p50", showNS(*r.WakeAwakeP50NS))
	}
	facts.add("memory for nodes", units.Size.Show(float64(r.AvailableBytes)))
	facts.text(w)
}

func (r hostRow) advise() []string {
	out := []string{fmt.Sprintf("memory: %s may live side by side: half of what is available, at up to %s a node, and %d at most",
		units.Plural(bench.ProcessesIn(r.AvailableBytes), "node"), units.Size.Show(bench.NodeMemory), bench.MostProcesses)}
	var unknown []string
	for _, f := range []struct {
		name string
		v    *float64
	}{{"steal", r.Steal}, {"waiting for cores", r.RunWait}, {"waiting for disks", r.DiskWait}, {"other processes' work", r.ForeignCores}} {
		if f.v == nil {
			unknown = append(unknown, f.name)
		}
	}
	if len(unknown) > 0 {
		out = append(out, "checks: this system does not tell "+strings.Join(unknown, ", ")+"; no trial here can be held against it, and each says so")
	}
	switch {
	case r.WakeAwakeP50NS == nil && r.NotAwake != "":
		out = append(out, "halting: the cores cannot be kept from halting: "+r.NotAwake+"; compare light-load latencies at one rate only")
	case r.WakeAwakeP50NS != nil && r.WakeP50NS > *r.WakeAwakeP50NS+*r.WakeAwakeP50NS/2:
		out = append(out, fmt.Sprintf("halting: waking idle cores makes an answer take %s in place of %s: a light-load latency here depends on the rate; "+
			"what is measured alone is kept awake (host.awake)", showNS(r.WakeP50NS), showNS(*r.WakeAwakeP50NS)))
	case r.WakeAwakeP50NS != nil:
		out = append(out, "halting: waking idle cores costs little here; a light-load latency hardly depends on the rate for it")
	}
	return out
}
