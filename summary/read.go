package summary

import (
	"maps"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

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

// read fills the pools from the trials' files, each of which is read once, and
// counts the trials whose file is gone.
func (p pools) read(run *results.Run, trials []*results.Trial) (missing int, err error) {
	for _, t := range trials {
		if run.Lacks(*t) {
			missing++
		}
	}
	if len(p) == 0 || run.Dir == "" {
		return missing, nil
	}
	todo := make(chan *results.Trial)
	parts := make([]pools, runtime.GOMAXPROCS(0))
	var g errgroup.Group
	for i := range parts {
		parts[i] = pools{}
		g.Go(func() error {
			var first error
			for t := range todo {
				if err := p.readTrial(run, t, parts[i]); first == nil {
					first = err
				}
			}
			return first
		})
	}
	for _, t := range trials {
		todo <- t
	}
	close(todo)
	err = g.Wait()
	for _, part := range parts {
		p.join(part)
	}
	return missing, err
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
