package bench

import (
	"os/exec"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

// wakefulness decides whether the cores are kept from halting while a light
// window runs, and by which process.
//
// On a virtual machine one node took 1.1 ms at 40 writes/s, 0.6 at 200/s, and
// 0.65 at 40/s with a spinner on each core: alone, a latency depends less on the
// rate where the host is kept awake. Side by side the systems keep it awake for
// each other, and spinners gave nothing. Under full load they took a quarter of
// the throughput. So `auto` is on for light windows of what is measured alone.
type wakefulness struct {
	spinner func() *exec.Cmd // nil: cores may halt
	record  *record          // takes what goes wrong
}

// wakefulness of a trial, by its plan.
func (t *trial) wakefulness() wakefulness {
	w := wakefulness{record: t.record}
	alone := len(t.record.Beside) == 0 && len(t.runner.Endpoints) == 0
	if p := t.runner.Plan.Awake; p == configs.AwakeOn || p == configs.AwakeAuto && alone {
		w.spinner = t.runner.Spinner
	}
	return w
}

// awake is a stretch in which the cores are kept from halting, or not: nil.
type awake struct {
	*host.Awake
	before time.Duration // used before the stretch
	over   bool
}

// begin keeps the cores awake from now on, where that is wanted for a window of
// this role. Where it cannot be done the window's record says so.
func (w wakefulness) begin(role results.Role) *awake {
	if w.spinner == nil || role != results.RoleLight {
		return nil
	}
	a, err := host.KeepAwake(w.spinner())
	if err != nil {
		w.record.remark(results.Remark{Code: results.CodeNotAwake, Severity: results.Note, Detail: err.Error()})
		return nil
	}
	return &awake{Awake: a, before: a.CPU()}
}

// end lets the cores halt again, and tells what was no work. Called once more it
// does nothing.
func (a *awake) end() company {
	if a == nil || a.over {
		return company{}
	}
	a.over = true
	defer a.Stop()
	return company{awake: true, spun: a.CPU() - a.before, pids: map[int]bool{a.PID(): true}}
}

// begin keeps the cores awake for all sides of a block.
func (b *block) begin() *awake {
	for _, s := range b.living() {
		if s.load.spinner != nil {
			return s.load.begin(results.RoleLight)
		}
	}
	return nil
}
