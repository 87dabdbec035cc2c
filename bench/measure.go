package bench

import (
	"context"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// measure runs the windows of a measuring trial on a booted system.
func (t *trial) measure(ctx context.Context) error {
	l, faults, err := t.prepare(ctx)
	if err != nil {
		return err
	}
	t.tell(StageWarmingUp)
	if err := l.warmUp(ctx); err != nil {
		return err
	}
	t.canary(ctx)
	if err := t.offerAll(ctx, l, faults); err != nil {
		return err
	}
	t.record.remark(t.links.doubts(&t.record.Trial)...)
	return nil
}

// prepare connects the load generator to a booted system, and looks at the links
// between.
func (t *trial) prepare(ctx context.Context) (*load, *faults, error) {
	setup := t.job.Setup
	leader, err := t.system.Leader(ctx)
	if err != nil {
		return nil, nil, err
	}
	to, err := targets(ctx, t.system, setup.Workload.Target, leader)
	if err != nil {
		return nil, nil, err
	}
	var faults *faults
	if t.job.Kind == results.Watch { // whoever leads in the end
		all := &router{}
		if err := all.joinAll(ctx, t.system); err != nil {
			return nil, nil, err
		}
		to = []loadgen.Target{all}
	} else if len(setup.Faults) > 0 {
		if faults, err = newFaults(ctx, setup, t.system, t.events, t.record); err != nil {
			return nil, nil, err
		}
		to = []loadgen.Target{faults.router}
	}
	l := &load{setup: setup, seed: t.job.Seed, system: t.system, leader: leader, links: &t.links, record: t.record}
	l.disk, l.syncNS = t.disk()
	l.wakefulness = t.wakefulness()
	l.gen = loadgen.New(to, workload(setup, t.audit.prefix, t.job.Seed), append(t.audit.observers(), &l.seen)...)
	t.tell(StageCalibrating)
	return l, faults, t.links.calibrate(ctx, t.system, t.record)
}

// offerAll runs the windows of the setup's load.
func (t *trial) offerAll(ctx context.Context, l *load, faults *faults) error {
	if t.job.Setup.Load == configs.ModeCapacity {
		search := capacitySearch{load: l, tell: t.tell, known: t.runner.capacities[t.record.Cell]}
		err := search.run(ctx)
		t.capacityFound = search.found
		return err
	}
	for _, o := range l.windows() {
		if o.role == results.RoleLight && faults != nil {
			o.harmed, o.during = true, faults.during
		}
		t.tell(Stage(o.Name))
		if _, err := l.run(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// windows of the setup's load, in the order they are run.
func (l *load) windows() []offer {
	w := l.setup.Workload
	var out []offer
	switch l.setup.Load {
	case configs.ModeSweep:
		for _, rate := range w.Sweep {
			o := l.open(windowName("sweep", rate), results.RoleStep, rate)
			o.tries = true
			out = append(out, o)
		}
		return out
	case configs.ModeCalm, configs.ModeBoth:
		out = append(out, l.open(results.WindowCalm, results.RoleLight, w.Calm.Rate))
	}
	if l.setup.Load != configs.ModeCalm {
		out = append(out, l.closed(results.WindowSaturate, results.RoleFull, w.Saturate))
	}
	return out
}
