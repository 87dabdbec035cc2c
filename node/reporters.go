package node

import (
	"context"
	"sync"
	"time"
)

// reportEvery is the least time between two reports of what grows with the load: a
// line for each write would be felt in what is measured.
const reportEvery = 50 * time.Millisecond

// reporters report what grows, as it grows, until they end.
type reporters struct {
	ctx    context.Context
	cancel context.CancelFunc
	all    sync.WaitGroup
}

func (r *reporters) begin() { r.ctx, r.cancel = context.WithCancel(context.Background()) }

// run calls report after each change, at most once in reportEvery, and once more at
// the end.
func (r *reporters) run(changed <-chan struct{}, report func()) {
	r.all.Go(func() { reportGrowth(r.ctx, changed, report) })
}

// end returns when all have reported for the last time.
func (r *reporters) end() {
	r.cancel()
	r.all.Wait()
}

func reportGrowth(ctx context.Context, changed <-chan struct{}, report func()) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for ctx.Err() == nil {
		select {
		case <-changed:
		case <-ctx.Done():
		}
		report()
		pause.Reset(reportEvery)
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	report()
}

// announce a change to a channel that holds one, without waiting. Where one waits
// already to be reported, as mostly under load, it costs a few nanoseconds.
func announce(changed chan struct{}) {
	select {
	case changed <- struct{}{}:
	default:
	}
}
