package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// dagger stands beside a number that a remark may have moved by more than a
// third of its interval, and beside nothing else: what weakens no number that
// is shown stands in the details.
const dagger = "†"

// mark is the dagger of a doubted figure, nothing otherwise.
func (f figure) mark() string {
	if len(f.doubts) > 0 {
		return dagger
	}
	return ""
}

// doubt is what one remark can have done to the numbers that are shown.
type doubt struct {
	said  *said
	moved []movedSetup
}

// movedSetup names the numbers of one setup.
type movedSetup struct {
	name       string
	trials, of int
	metrics    []string
	most       float64 // share of the number; the largest over the metrics
	unknown    bool    // no bound is known for one of them
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
	last.trials, last.most, last.unknown = max(last.trials, m.trials), max(last.most, m.most), last.unknown || m.unknown
	for _, name := range m.metrics {
		if !slices.Contains(last.metrics, name) {
			last.metrics = append(last.metrics, name)
		}
	}
}

// movedBy are the metrics of a setup that its i-th remark makes doubtful.
func movedBy(rem summary.Remark, c summary.Cell, i int, metrics []string) movedSetup {
	m := movedSetup{trials: rem.Trials, of: rem.Of}
	for _, name := range metrics {
		f, ok := metric(c, name)
		if !ok || !slices.Contains(f.doubts, i) {
			continue
		}
		m.add(name, rem)
	}
	return m
}

func (m *movedSetup) add(name string, rem summary.Remark) {
	m.metrics = append(m.metrics, MetricName(name))
	if bound := rem.Bounds[name]; bound != nil {
		m.most = max(m.most, *bound)
	} else {
		m.unknown = true
	}
}

// what is "write p50 and write p90 by at most 4.8 % (1 of 6 trials)".
func (m movedSetup) what() string {
	by := "by an unknown share"
	if !m.unknown {
		by = "by at most " + share(m.most)
	}
	return fmt.Sprintf("%s %s (%d of %s)", list(m.metrics), by, m.trials, units.Plural(m.of, "trial"))
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
		parts = append(parts, list(names)+": "+what)
	}
	return dagger + " " + d.said.sentence() + ". It can have moved, of " + strings.Join(parts, "; ") + "."
}

// doubtLines explain the daggers of some metrics in at most so many lines,
// each of at most so many setups.
func (r *Report) doubtLines(metrics []string, most, setups int) []string {
	all := r.doubts(metrics)
	var out []string
	for i, d := range all {
		if i == most-1 && len(all) > most {
			return append(out, fmt.Sprintf("%s %s more remarks may have moved these numbers: %s", dagger, count(int64(len(all)-i)), pageFile))
		}
		out = append(out, d.line(setups))
	}
	return out
}
