package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

const (
	// timeBins are about how many stretches the time of a trial is cut into; leastBin is
	// the shortest of them: in shorter ones there are few writes.
	timeBins = 60
	leastBin = int64(200e6)
)

// The lines of what happened.
var (
	faultLook    = chart.Look{Number: 1, Dashed: true}
	electionLook = chart.Look{Number: 6}
	worstLook    = chart.Look{Number: 3, Hollow: true}
)

// timelines are latency and throughput over time of the most telling trials with faults.
func (r *Report) timelines() []chart.Chart {
	var of []*results.Trial
	for i := range r.run.Trials {
		if t := &r.run.Trials[i]; t.Kind == results.Measure && replayable(t) && t.Writes != nil {
			of = append(of, t)
		}
	}
	var out []chart.Chart
	for _, t := range mostTelling(of) {
		if c, ok := r.timeChart(numbered("timeline", len(out)), t); ok {
			out = append(out, c)
		}
	}
	return out
}

func (r *Report) timeChart(name string, t *results.Trial) (chart.Chart, bool) {
	d := binned(t.Writes)
	d.of(chart.Origin{Setup: cleanName(t.Cell), Name: ofTrial + fmt.Sprint(t.Trial)})
	if d.latency.high == 0 {
		return chart.Chart{}, false
	}
	c := r.base(name, longestSilence(t))
	c.Subtitle = []string{
		fmt.Sprintf("%s, trial %d: the writes of each %s, by when they were sent (latency) and answered (throughput).", cleanName(t.Cell), t.Trial, duration(float64(d.every))),
	}
	x := chart.Linear(d.length, units.Seconds.Scale(1).Tick)
	x.Title = "seconds since the first write"
	latency := latencyAxis("write latency", "acknowledged writes", d.latency)
	through := chart.Linear(d.most*1.05, units.Rate.Scale(d.most).Tick)
	through.Title, through.Unit = "acknowledged writes per second", chart.PerSecond
	c.Panels = []chart.Panel{{X: x, Y: latency}, {X: x, Y: through}}
	for i := range c.Panels {
		p := &c.Panels[i]
		p.Series, p.Labels = happened(t, p.Y, d.length)
	}
	c.Panels[1].Labels = nil // the same lines
	c.Panels[0].Series = append(c.Panels[0].Series, d.p50, d.worst)
	c.Panels[1].Series = append(c.Panels[1].Series, d.acked)
	c.Keys = []chart.Key{
		{Text: "p50", Sign: chart.SignDot, Look: d.p50.Look}, {Text: "slowest", Sign: chart.SignDot, Look: d.worst.Look},
		{Text: "a fault begins", Sign: chart.SignLine, Look: faultLook, Plain: true},
		{Text: "a leader is elected", Sign: chart.SignLine, Look: electionLook, Plain: true},
	}
	return c, true
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
	return fmt.Sprintf("%s: no client had an answer for %s", capital(doneTo(worst)), duration(float64(worst.SilentNS)))
}

// doneTo is a fault in few words: kill n1.
func doneTo(f *results.Fault) string {
	return strings.TrimSpace(cleanName(f.Action) + " " + shorten(list(f.Nodes), 24))
}

// happened are upright lines at the faults and elections, with their names.
func happened(t *results.Trial, y chart.Axis, length float64) (out []chart.Series, labels []chart.Label) {
	marks := chart.Series{Name: "what happened", Form: chart.Points, Look: chart.Look{Number: chart.Neutral}}
	add := func(ns int64, look chart.Look, name, text string) {
		at := float64(ns-t.Writes.StartNS) / 1e9
		if at < 0 || at > length {
			return
		}
		line := upright(at, y)
		line.Name, line.Look = name, look
		line.Points[1].Y = ptrTo(below(y))
		line.Points[0].Text, line.Points[1].Text = text, text // pointed at, it says what happened
		marks.Points = append(marks.Points, chart.Point{X: at, Y: line.Points[1].Y, Text: text})
		out = append(out, line)
	}
	for i := range t.Faults {
		if f := &t.Faults[i]; f.Failed == "" || len(f.Nodes) > 0 {
			add(f.AtNS, faultLook, "fault", doneTo(f))
		}
	}
	for i := range t.Events {
		if e := &t.Events[i]; e.Kind == results.EventRole && e.State == results.StateLeader {
			add(e.AtNS, electionLook, "election", cleanName(e.Node)+" leads")
		}
	}
	for i, p := range marks.Points {
		labels = append(labels, chart.Label{Value: p.Text, Of: []chart.Ref{{Series: len(out), Point: i}}})
	}
	return append(out, marks), labels
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
