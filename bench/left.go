package bench

import (
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// Left is how many trials of a plan an interrupted run has still to do, and
// about how long they take when none is repeated.
func Left(plan configs.Plan, done []results.Trial) (trials int, takes time.Duration) {
	jobs := remaining(plan, done)
	return len(jobs), newEstimate(plan, jobs).left(0)
}
