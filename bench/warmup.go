package bench

import (
	"context"
	"time"

	"github.com/raftbench/raftbench/loadgen"
)

const (
	// warmClients keep a warm-up's closed loop busy without saturating.
	warmClients = 4
	// maxWarmup bounds `warmup: auto`, in warm-ups.
	maxWarmup = 10
)

// warmUp loads the cluster before anything is recorded: connections open,
// pools fill, files grow. With `auto` it goes on until a stretch looks steady.
func (t *trial) warmUp(ctx context.Context, gen *loadgen.Generator) error {
	w := t.job.Setup.Workload
	if w.Warmup <= 0 {
		return nil
	}
	// Many operations warm what few would not: pools, files, branch
	// predictors. The rest of the time is the calm window's own pace.
	if _, err := gen.Run(ctx, t.closed("warm-up", warmClients, w.Warmup/2).Window); err != nil {
		return err
	}
	for range maxWarmup {
		rec, err := gen.Run(ctx, t.warmth(w.Warmup/2))
		if err != nil {
			return err
		}
		if !w.WarmupAuto || unsteady(record(rec, 0)) == "" {
			return nil
		}
	}
	t.record.Flags = append(t.record.Flags, "warm-up: not steady after "+(maxWarmup*w.Warmup/2).String())
	return nil
}

// warmth is one stretch at the calm window's rate where there is one, so that
// what follows continues it.
func (t *trial) warmth(d time.Duration) loadgen.Window {
	if rate := t.job.Setup.Workload.Calm.Rate; rate > 0 {
		return t.open("warm-up", rate, d).Window
	}
	return t.closed("warm-up", warmClients, d).Window
}
