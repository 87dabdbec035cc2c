package summary

import (
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/raftbench/raftbench/results"
)

// source is one histogram of a trial that goes into a pool.
type source struct {
	key                 poolKey
	failed, independent int64
}

// sources are the histograms of a trial, by name, that are wanted.
func (p pools) sources(t *results.Trial) map[string]source {
	out := map[string]source{}
	take := func(w *results.Window, key poolKey, kind string, l *results.Latency) {
		if _, wanted := p[key]; wanted && l != nil {
			out[w.Name+"."+kind] = source{key, l.Failed, l.EffectiveN}
		}
	}
	for _, w := range windows(t) {
		for _, k := range kinds {
			take(w, poolKey{placeOf(w), k.histogram}, k.histogram, k.of(w))
		}
	}
	for i := range t.Windows {
		if w := &t.Windows[i]; placeOf(w).curved() {
			take(w, rateKey(w), "latency", &w.Latency)
		}
	}
	return out
}

// unpooled is a trial whose histograms cannot be had: they are damaged, or gone where
// the error is nil.
type unpooled struct {
	trial *results.Trial
	why   error
}

// read fills the pools from the trials' files, each of which is read once, and
// returns the trials whose file is gone or damaged, in their order.
func (p pools) read(run *results.Run, trials []*results.Trial) (without []unpooled) {
	if len(p) == 0 || run.Dir == "" {
		return lacking(run, trials, nil)
	}
	todo := make(chan int)
	damaged := make([]error, len(trials))
	parts := make([]pools, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i := range parts {
		parts[i] = pools{}
		wg.Go(func() {
			for n := range todo {
				damaged[n] = p.readTrial(run, trials[n], parts[i])
			}
		})
	}
	for n := range trials {
		todo <- n
	}
	close(todo)
	wg.Wait()
	for _, part := range parts {
		p.join(part)
	}
	return lacking(run, trials, damaged)
}

// lacking are the trials whose file is gone, or was found damaged.
func lacking(run *results.Run, trials []*results.Trial, damaged []error) (out []unpooled) {
	for n, t := range trials {
		switch {
		case damaged != nil && damaged[n] != nil:
			out = append(out, unpooled{t, damaged[n]})
		case run.Lacks(*t):
			out = append(out, unpooled{trial: t})
		}
	}
	return out
}

// readTrial adds one trial's histograms to a part of the pools.
func (p pools) readTrial(run *results.Run, t *results.Trial, into pools) error {
	sources := p.sources(t)
	if len(sources) == 0 {
		return nil
	}
	hs, err := run.Histograms(t.Cell, t.Trial, slices.Collect(maps.Keys(sources))...)
	if err != nil {
		return err
	}
	for _, h := range hs {
		s, wanted := sources[h.Name]
		if !wanted {
			continue
		}
		if into[s.key] == nil {
			into[s.key] = &Pool{}
		}
		into[s.key].add(h.Histogram, s.failed, s.independent)
	}
	return nil
}

// join adds a part to the pools.
func (p pools) join(part pools) {
	for key, pool := range part {
		if p[key] == nil {
			p[key] = &Pool{}
		}
		p[key].join(pool)
	}
}
