package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/replay"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

const (
	// timeBins are about how many stretches the time of a trial is cut into; leastBin is
	// the shortest of them: in shorter ones there are few writes.
	timeBins = 60
	leastBin = int64(200e6)
)

// The looks of what happened: a fault that lasted is a band, one of an instant a line.
var (
	faultLook    = chart.Look{Number: 1, Dashed: true}
	electionLook = chart.Look{Number: 6}
	worstLook    = chart.Look{Number: 3, Hollow: true}
)

// timelines are latency and throughput over time of the most telling trials with faults.
func (r *Report) timelines() []chart.Chart {
	var of []*results.Trial
	for i := range r.run.Trials {
		if t := &r.run.Trials[i]; t.Kind == results.Measure && replay.Possible(t) && t.Writes != nil {
			of = append(of, t)
		}
	}
	var out []chart.Chart
	for _, t := range replay.MostTelling(of) {
		if c, ok := r.timeChart(numbered("timeline", len(out)), t); ok {
			out = append(out, c)
		}
	}
	return out
}

func (r *Report) timeChart(name string, t *results.Trial) (chart.Chart, bool) {
	d := binned(t.Writes)
	d.of(chart.Origin{Setup: clean.Name(t.Cell), Name: ofTrial + fmt.Sprint(t.Trial)})
	if d.latency.high == 0 {
		return chart.Chart{}, false
	}
	c := r.base(name, longestSilence(t))
	c.Subtitle = []string{
		fmt.Sprintf("%s, trial %d: the writes of each %s, by when they were sent (latency) and answered (throughput).", clean.Name(t.Cell), t.Trial, wording.Duration(float64(d.every))),
	}
	x := chart.Linear(d.length, units.Seconds.Scale(1).Tick)
	x.Max = d.length // nothing is on record beyond it
	x.Ticks = slices.DeleteFunc(x.Ticks, func(t chart.Tick) bool { return t.At > x.Max })
	x.Title, x.Unit = "seconds since the first write", chart.Seconds
	latency := latencyAxis("write latency", "acknowledged writes", d.latency)
	through := chart.Linear(d.most*1.05, units.Rate.Scale(d.most).Tick)
	through.Title, through.Unit = "acknowledged writes per second", chart.PerSecond
	c.Panels, c.Stacked = []chart.Panel{{X: x, Y: latency}, {X: x, Y: through}}, true
	for i := range c.Panels {
		p := &c.Panels[i]
		p.Series, p.Labels = happened(t, p.Y, d.length)
	}
	c.Keys = append([]chart.Key{
		{Text: "p50", Sign: chart.SignDot, Look: d.p50.Look}, {Text: "slowest", Sign: chart.SignDot, Look: d.worst.Look},
	}, happenedKeys(c.Panels[0].Series)...)
	c.Panels[1].Labels = nil // what happened is the same
	c.Panels[0].Series = append(c.Panels[0].Series, d.p50, d.worst)
	c.Panels[1].Series = append(c.Panels[1].Series, d.acked)
	return c, true
}

// happenedKeys explain the looks that there are.
func happenedKeys(series []chart.Series) []chart.Key {
	var keys []chart.Key
	for _, k := range []struct {
		series string
		key    chart.Key
	}{
		{faultLasts, chart.Key{Text: "a fault, as long as it lasts", Sign: chart.SignBand, Look: faultLook}},
		{faultAtOnce, chart.Key{Text: "a fault of an instant", Sign: chart.SignLine, Look: faultLook, Plain: true}},
		{leaderElected, chart.Key{Text: "a leader is elected", Sign: chart.SignLine, Look: electionLook, Plain: true}},
	} {
		if slices.ContainsFunc(series, func(s chart.Series) bool { return s.Name == k.series }) {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// longestSilence is the title: what stopped writes the longest.
func longestSilence(t *results.Trial) string {
	var worst *results.Fault
	for i := range t.Faults {
		if f := &t.Faults[i]; f.SilentNS > 0 && (worst == nil || f.SilentNS > worst.SilentNS) {
			worst = f
		}
	}
	if worst == nil {
		return "Write latency and throughput while faults were done"
	}
	return fmt.Sprintf("%s: no client had an answer for %s", wording.Capital(doneTo(worst)), wording.Duration(float64(worst.SilentNS)))
}

// doneTo is a fault in few words: kill n1.
func doneTo(f *results.Fault) string {
	return strings.TrimSpace(clean.Name(f.Action) + " " + wording.Shorten(wording.List(f.Nodes), 24))
}

// The names of the series of what happened.
const (
	faultLasts    = "fault"
	faultAtOnce   = "fault of an instant"
	leaderElected = "election"
)

// happened are the faults that lasted as bands, and the others and the elections as upright
// lines over them; each with its name.
func happened(t *results.Trial, y chart.Axis, length float64) (out []chart.Series, labels []chart.Label) {
	height := ptrTo(below(y))
	since := func(ns int64) float64 { return float64(ns-t.Writes.StartNS) / 1e9 }
	bands := chart.Series{Name: faultLasts, Form: chart.Bands, Look: chart.Look{Number: faultLook.Number}}
	var lines []chart.Series
	line := func(ns int64, look chart.Look, name, text string) {
		at := since(ns)
		if at < 0 || at > length {
			return
		}
		l := chart.Upright(at, y)
		l.Name, l.Look, l.Points[1].Y = name, look, height
		l.Points[0].Text, l.Points[1].Text = text, text // pointed at, it says what happened
		lines = append(lines, l)
	}
	for i := range t.Faults {
		f := &t.Faults[i]
		if f.Failed != "" && len(f.Nodes) == 0 {
			continue // nothing was done
		}
		from, to := since(f.AtNS), length
		over, known := faultOver(t, f)
		if known {
			to = min(since(over), length)
		}
		switch {
		case known && over <= f.DoneNS:
			line(f.AtNS, faultLook, faultAtOnce, doneTo(f))
		case from <= length && to > 0:
			bands.Points = append(bands.Points, chart.Point{X: to, From: max(from, 0), Y: height, Text: doneTo(f) + stoodFor(f, over, known)})
		}
	}
	for i := range t.Events {
		if e := &t.Events[i]; e.Kind == results.EventRole && e.State == results.StateLeader {
			line(e.AtNS, electionLook, leaderElected, clean.Name(e.Node)+" leads")
		}
	}
	if len(bands.Points) > 0 {
		out = append(out, bands)
	}
	for i, p := range bands.Points {
		name, _, _ := strings.Cut(p.Text, ",")
		labels = append(labels, chart.Label{Value: name, Of: []chart.Ref{{Point: i}}})
	}
	for _, l := range lines {
		labels = append(labels, chart.Label{Value: l.Points[1].Text, Of: []chart.Ref{{Series: len(out), Point: 1}}})
		out = append(out, l)
	}
	return out, labels
}

// faultOver is when a fault was: when it was undone, or, where nobody undid it, when the
// last of the members that it ended came back; false where that is not within the trial.
func faultOver(t *results.Trial, f *results.Fault) (ns int64, known bool) {
	if f.EndNS != 0 {
		return f.EndNS, true
	}
	ns = f.DoneNS
	for _, node := range f.Nodes {
		i := slices.IndexFunc(t.Events, func(e results.Event) bool {
			return e.Node == node && e.Kind == results.EventRestart && e.AtNS > f.AtNS
		})
		if i < 0 {
			return 0, false
		}
		ns = max(ns, t.Events[i].AtNS)
	}
	return ns, len(f.Nodes) > 0
}

// stoodFor says for how long a fault stood.
func stoodFor(f *results.Fault, over int64, known bool) string {
	if !known {
		return ", until the end"
	}
	return ", for " + wording.Duration(float64(over-f.AtNS))
}

// below the end of an axis, with room for a label beside it.
func below(a chart.Axis) float64 {
	const share = 0.93
	if a.Log {
		return a.Min * math.Pow(a.Max/a.Min, share)
	}
	return a.Min + share*(a.Max-a.Min)
}

// bins are a trial's writes by stretches of its time.
type bins struct {
	every             int64   // ns
	length, most      float64 // s, and writes a second
	latency           span
	p50, worst, acked chart.Series
}

// of one trial is all that they show.
func (d *bins) of(o chart.Origin) {
	for _, s := range []*chart.Series{&d.p50, &d.worst, &d.acked} {
		for i := range s.Points {
			s.Points[i].Of = o
		}
	}
}

// binned writes: a stretch in which none was acknowledged has no latency, and a
// throughput of 0.
func binned(w *results.Writes) bins {
	d := bins{
		p50:   chart.Series{Name: "p50", Form: chart.Dots, Look: chart.Look{Number: 0}},
		worst: chart.Series{Name: "slowest", Form: chart.Dots, Look: worstLook},
		acked: chart.Series{Name: "acknowledged", Form: chart.Line, Look: chart.Look{Number: 0}},
	}
	var sent, last int64
	for i := range w.SentUS {
		sent += w.SentUS[i] * 1000
		last = max(last, sent+1)
	}
	d.every = leastBin * max(1, last/timeBins/leastBin)
	took, answered := make([][]int64, last/d.every+1), make([]int64, last/d.every+1)
	sent = 0
	for i := range w.SentUS {
		sent += w.SentUS[i] * 1000
		if w.Outcomes[i] != results.WriteAcked {
			continue
		}
		ns := w.TookUS[i] * 1000
		took[sent/d.every] = append(took[sent/d.every], ns)
		if at := (sent + ns) / d.every; at < int64(len(answered)) {
			answered[at] += max(w.Every, 1)
		}
	}
	d.length = float64(last) / 1e9
	for i, of := range took {
		x := (float64(i) + 0.5) * float64(d.every) / 1e9
		if i+1 < len(took) { // the last is cut short
			rate := float64(answered[i]) * 1e9 / float64(d.every)
			d.most = max(d.most, rate)
			d.acked.Points = append(d.acked.Points, chart.Point{X: x, Y: &rate, Plain: true})
		}
		if len(of) > 0 {
			slices.Sort(of)
			mid, worst := float64(of[(len(of)-1)/2]), float64(of[len(of)-1])
			d.latency.add(mid)
			d.latency.add(worst)
			d.p50.Points, d.worst.Points = append(d.p50.Points, chart.Point{X: x, Y: &mid}), append(d.worst.Points, chart.Point{X: x, Y: &worst})
		}
	}
	return d
}
