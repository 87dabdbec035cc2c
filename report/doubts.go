package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// doubt is what one remark can have done to the numbers that are shown.
type doubt struct {
	said  *said
	moved []movedSetup
}

// movedSetup names the numbers of one setup.
type movedSetup struct {
	name       string
	trials, of int
	metrics    []string           // by name
	most       map[string]float64 // share of the number, by name; absent where no bound is known
}

// doubts explain the daggers of some metrics, a line for each remark.
func (r *Report) doubts(metrics []string) []doubt {
	byKind := map[remarkKind]*doubt{}
	for _, g := range r.groups {
		for _, c := range g.cells {
			for i, rem := range c.Remarks {
				m := movedBy(rem, c, i, metrics)
				if len(m.metrics) == 0 {
					continue
				}
				m.name = sizeName(g, c)
				k := kindOf(rem)
				if byKind[k] == nil {
					byKind[k] = &doubt{}
				}
				byKind[k].add(m)
			}
		}
	}
	var out []doubt
	for _, s := range r.remarks {
		if d := byKind[s.kind]; d != nil {
			d.said = s
			out = append(out, *d)
		}
	}
	return out
}

// add keeps one entry a setup, of however many windows it was said.
func (d *doubt) add(m movedSetup) {
	n := len(d.moved)
	if n == 0 || d.moved[n-1].name != m.name {
		d.moved = append(d.moved, m)
		return
	}
	last := &d.moved[n-1]
	last.trials = max(last.trials, m.trials)
	for _, name := range m.metrics {
		if by, bounded := m.most[name]; bounded {
			last.moved(name, &by)
		} else {
			last.moved(name, nil)
		}
	}
}

// movedBy are the metrics of a setup that its i-th remark makes doubtful.
func movedBy(rem summary.Remark, c summary.Cell, i int, metrics []string) movedSetup {
	m := movedSetup{trials: rem.Trials, of: rem.Of, most: map[string]float64{}}
	for _, name := range metrics {
		f, ok := figures.Of(c, name)
		if !ok || !slices.Contains(f.Doubts, i) {
			continue
		}
		m.moved(figures.Name(name), rem.Bounds[name])
	}
	return m
}

// moved adds a metric, once under each name: the largest bound of them counts, and
// none where one of them has none.
func (m *movedSetup) moved(name string, by *float64) {
	known := slices.Contains(m.metrics, name)
	if !known {
		m.metrics = append(m.metrics, name)
	}
	if before, bounded := m.most[name]; by != nil && (!known || bounded) {
		m.most[name] = max(before, *by)
	} else {
		delete(m.most, name)
	}
}

// what is "write p50 and write p90 by at most 4.8 %, CPU time by an unknown share
// (1 of 6 trials)": what has a bound is told apart from what has none.
func (m movedSetup) what() string {
	var bounded, open, parts []string
	most := 0.0
	for _, name := range m.metrics {
		if by, ok := m.most[name]; ok {
			bounded, most = append(bounded, name), max(most, by)
		} else {
			open = append(open, name)
		}
	}
	if len(bounded) > 0 {
		parts = append(parts, wording.List(bounded)+" by at most "+wording.Share(most))
	}
	if len(open) > 0 {
		parts = append(parts, wording.List(open)+" by an unknown share")
	}
	return fmt.Sprintf("%s (%d of %s)", strings.Join(parts, ", "), m.trials, units.Plural(m.of, "trial"))
}

// line explains a dagger; it names at most so many setups, those of which the
// same is to be said together.
func (d doubt) line(setups int) string {
	var parts []string
	for i := 0; i < len(d.moved); {
		if i >= setups {
			parts = append(parts, units.Plural(len(d.moved)-i, "more setup"))
			break
		}
		what, names := d.moved[i].what(), []string{}
		for ; i < len(d.moved) && d.moved[i].what() == what; i++ {
			names = append(names, d.moved[i].name)
		}
		if n := len(names) - setups; n > 0 {
			names = append(names[:setups], fmt.Sprintf("%d more", n))
		}
		parts = append(parts, wording.List(names)+": "+what)
	}
	return figures.Dagger + " " + d.said.sentence() + ". It can have moved, of " + strings.Join(parts, "; ") + "."
}

// doubtLines explain the daggers of some metrics in at most so many lines,
// each of at most so many setups.
func (r *Report) doubtLines(metrics []string, most, setups int) []string {
	all := r.doubts(metrics)
	var out []string
	for i, d := range all {
		if i == most-1 && len(all) > most {
			return append(out, fmt.Sprintf("%s %s more remarks may have moved these numbers: %s", figures.Dagger, wording.Count(int64(len(all)-i)), pageFile))
		}
		out = append(out, d.line(setups))
	}
	return out
}
