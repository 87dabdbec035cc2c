package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// maxInFlight bounds an open loop's outstanding operations. What the bound
// refuses is counted and makes the trial invalid, so it only has to be far
// above what a healthy cluster ever has outstanding.
const maxInFlight = 4096

// measure runs the windows of a measuring trial on a booted rig.
func (t *trial) measure(ctx context.Context) error {
	leader, err := t.rig.leader(ctx)
	if err != nil {
		return err
	}
	targets, err := t.rig.targets(ctx, leader)
	if err != nil {
		return err
	}
	if len(t.job.Setup.Faults) > 0 {
		if t.harm, err = t.newHarm(ctx); err != nil {
			return err
		}
		targets = t.harm.targets()
	}
	if err := t.calibrate(ctx); err != nil {
		return err
	}
	gen := loadgen.New(targets, t.rig.workload(), t.rig.observers()...)
	t.stage("warming up")
	if err := t.warmUp(ctx, gen); err != nil {
		return err
	}
	if err := t.offerAll(ctx, gen, leader); err != nil {
		return err
	}
	t.flagUnmeasured()
	return nil
}

// offerAll runs the windows of the setup's load.
func (t *trial) offerAll(ctx context.Context, gen *loadgen.Generator, leader string) error {
	if t.job.Setup.Load == configs.ModeCapacity {
		return t.capacity(ctx, gen, leader)
	}
	for _, w := range t.windows() {
		t.stage(w.Name)
		if err := t.window(ctx, gen, w, leader); err != nil {
			return err
		}
	}
	return nil
}

// offer is a window with the rate that its schedule comes from.
type offer struct {
	loadgen.Window
	rate float64
	// probe windows try a rate: that one fails is an answer, and no reason to
	// disbelieve the trial. holds is what is asked of it beside keeping up.
	probe bool
	holds func() bool
}

// open is an open-loop window.
func (t *trial) open(name string, rate float64, d time.Duration) offer {
	w := t.job.Setup.Workload
	schedule := loadgen.Constant(rate)
	if w.Calm.Arrivals == "poisson" {
		schedule = loadgen.Poisson(rate, t.job.Seed)
	}
	return offer{Window: loadgen.Window{
		Name: name, Schedule: schedule, Duration: d, Timeout: w.Timeout, MaxInFlight: maxInFlight,
	}, rate: rate}
}

// closed is a closed-loop window.
func (t *trial) closed(name string, clients int, d time.Duration) offer {
	return offer{Window: loadgen.Window{
		Name: name, Clients: clients, Duration: d, Timeout: t.job.Setup.Workload.Timeout,
	}}
}

// windows of the setup's load, in the order they are run.
func (t *trial) windows() []offer {
	w := t.job.Setup.Workload
	var out []offer
	switch t.job.Setup.Load {
	case configs.ModeSweep:
		for _, rate := range w.Sweep {
			o := t.open(fmt.Sprintf("sweep-%g", rate), rate, w.Calm.Duration)
			o.probe = true
			out = append(out, o)
		}
		return out
	case configs.ModeCalm, configs.ModeBoth:
		out = append(out, t.open(results.WindowCalm, w.Calm.Rate, w.Calm.Duration))
	}
	if t.job.Setup.Load != configs.ModeCalm {
		out = append(out, t.closed(results.WindowSaturate, w.Saturate.Clients, w.Saturate.Duration))
	}
	return out
}

// window offers one window, meters what it cost, and judges it.
func (t *trial) window(ctx context.Context, gen *loadgen.Generator, o offer, leader string) error {
	before, err := t.meter(ctx)
	if err != nil {
		return err
	}
	watch := t.watchUsage()
	rec, err := t.offer(ctx, gen, o)
	used := watch()
	if err != nil {
		return err
	}
	after, err := t.meter(ctx)
	if err != nil {
		return err
	}
	if err := t.rig.healthy(); err != nil {
		return err
	}
	w := record(rec, o.rate)
	w.Usage = used
	cost := after.since(before)
	cost.fill(&w)
	t.keep(rec, w, cost)
	t.conclude(o, cost, rec.FirstError, leader)
	return nil
}

// conclude judges the window measured last, and names what limited it.
func (t *trial) conclude(o offer, c cost, firstError error, leader string) {
	w := t.last()
	if o.probe {
		held := keptUp(w) && (o.holds == nil || o.holds())
		w.Held = &held
	}
	if w.Mode == results.ModeClosed || w.Held != nil && !*w.Held {
		w.Limit = limitOf(w, c, t.job.Setup, leader)
	}
	t.judge(judged{
		window: *w, cost: c, firstError: firstError,
		light: o.rate > 0, harmed: t.harmed(o), failed: w.Held != nil && !*w.Held,
	})
}

// harmed tells whether an experiment's faults fall into a window.
func (t *trial) harmed(o offer) bool { return t.harm != nil && o.Name == results.WindowCalm }

// offer runs the load, with the faults that go with it.
func (t *trial) offer(ctx context.Context, gen *loadgen.Generator, o offer) (loadgen.Recording, error) {
	if !t.harmed(o) {
		return gen.Run(ctx, o.Window)
	}
	wait := t.harm.during(ctx)
	rec, err := gen.Run(ctx, o.Window)
	return rec, errors.Join(err, wait(), t.harm.recover(ctx))
}

// keep takes a window into the trial's record.
func (t *trial) keep(rec loadgen.Recording, w results.Window, c cost) {
	t.record.Windows = append(t.record.Windows, w)
	t.histograms = append(t.histograms, histograms(rec)...)
	t.lastLatency = rec.Latency
	if rec.Writes == 0 {
		t.lastLatency = rec.ReadLatency
	}
	if w.Mode == results.ModeOpen || len(t.record.Links) == 0 {
		t.record.Links = c.links // a saturated host says little of the links
	}
	t.links.keep(c.links)
	t.record.Links = t.links.withBefore(t.record.Links)
}
