package main

import (
	"errors"
	"slices"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
)

// forecastOutages settle a median to a percent.
const forecastOutages = 3000

// forecasts simulates the deaths of the leaders of a run's setups, one after the
// other as the trials have them, under the same clients, on a host with as slow a
// disk and as busy processors as the trials found. Each setup is simulated when it is
// first asked for, and once.
func forecasts(run *results.Run) func(cell string) (report.Forecast, bool) {
	known := map[string]*report.Forecast{}
	return func(cell string) (report.Forecast, bool) {
		f, asked := known[cell]
		if !asked {
			f = forecastOf(run, cell)
			known[cell] = f
		}
		if f == nil {
			return report.Forecast{}, false
		}
		return *f, true
	}
}

// forecastOf a setup; nil where the experiment cannot be read, or nothing is
// tolerated.
func forecastOf(run *results.Run, cell string) *report.Forecast {
	plan, err := recordedPlan(run.Dir)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(plan.Setups, func(s configs.Setup) bool { return s.Cell == cell })
	if i < 0 {
		return nil
	}
	e, err := asMeasured(run, plan.Setups[i]).Predict(forecastOutages, plan.Seed)
	if errors.Is(err, quorum.ErrNotElected) {
		return &report.Forecast{NotElected: true}
	}
	if err != nil {
		return nil
	}
	return &report.Forecast{P50: float64(e.Acknowledged.P50), P90: float64(e.Acknowledged.P90), SplitShare: e.SplitShare}
}

// asMeasured is a setup's failover with what its outage trials have on record: how
// long a write to the log took, and how late the links delivered what was due, which
// is what waiting for a processor costs. What is not on record is taken as the disk's
// sync alone, and as no time.
func asMeasured(run *results.Run, s configs.Setup) quorum.Failover {
	f := s.Failover(time.Duration(run.Environment.FsyncP50NS))
	f.Repeat = true
	if rate := s.Outage.Rate; rate > 0 { // of all members' clients together
		f.Every = time.Duration(float64(time.Second) / rate)
	}
	var write, late percentiles
	for i := range run.Trials {
		if t := &run.Trials[i]; t.Cell == s.Cell && t.Kind == results.Outages {
			write.ofWrites(t)
			late.ofLinks(t)
		}
	}
	if p50, p99 := write.medians(); p50 > 0 {
		f.Store, f.Slow = p50, quorum.LongTail(0, p99-p50)
	}
	if len(late.p50) > 0 {
		f.Late = quorum.LongTail(late.medians())
	}
	return f
}

// percentiles of a time, as several have measured it, in ns.
type percentiles struct{ p50, p99 []int64 }

func (p *percentiles) ofWrites(t *results.Trial) {
	for _, r := range t.Resources {
		if r.StoreTimeP50NS > 0 { // a node that was killed may have written nothing since
			p.p50, p.p99 = append(p.p50, r.StoreTimeP50NS), append(p.p99, r.StoreTimeP99NS)
		}
	}
}

func (p *percentiles) ofLinks(t *results.Trial) {
	for _, l := range t.Links {
		if b := l.Before; b != nil && b.Samples >= results.MinLinkSamples {
			p.p50, p.p99 = append(p.p50, b.ErrorP50NS), append(p.p99, b.ErrorP99NS)
		}
	}
}

// medians over all, which no single one that was disturbed moves; 0 of none.
func (p *percentiles) medians() (p50, p99 time.Duration) {
	return middle(p.p50), middle(p.p99)
}

func middle(ns []int64) time.Duration {
	if len(ns) == 0 {
		return 0
	}
	slices.Sort(ns)
	return time.Duration(ns[len(ns)/2])
}
