package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// What follows words what theory says beside what was measured: the floor of a write,
// what sizes are predicted to take, and on which part of a write that is wrong.

// theoriesOf a summary, by the names under which the report has its setups.
func theoriesOf(s summary.Summary) map[string]summary.Theory {
	out := map[string]summary.Theory{}
	for _, t := range s.Theories {
		out[clean.Name(t.Cell)] = t
	}
	return out
}

// ofTheory shows something of a setup that theory tells of.
func (r *Report) ofTheory(over, title string, keep int, words func(t summary.Theory) entry) column {
	col := column{over: over, title: title, keep: keep, value: func(c summary.Cell) entry {
		if t, ok := r.theories[c.Cell]; ok {
			return words(t)
		}
		return entry{main: units.Absent}
	}}
	return col.from(ofTheory)
}

// ofPrediction shows what is predicted of a setup, which rests on others.
func (r *Report) ofPrediction(title string, keep int, words func(t summary.Theory) entry) column {
	col := r.ofTheory("predicted", title, keep, words)
	value := col.value
	col.value = func(c summary.Cell) entry {
		e := value(c)
		e.of = r.predictedFrom(c)
		return e
	}
	return col
}

// predictedFrom is the larger of the sizes that a setup's prediction rests on: 1 node
// rests on itself alone.
func (r *Report) predictedFrom(c summary.Cell) chart.Origin {
	if c.Nodes == 1 {
		return chart.Origin{Setup: c.Cell, Name: ofPrediction}
	}
	for _, g := range r.groups {
		if !slices.ContainsFunc(g.cells, func(o summary.Cell) bool { return o.Cell == c.Cell }) {
			continue
		}
		for i := range g.cells {
			if last := g.cells[len(g.cells)-1-i]; r.theories[last.Cell].Fitted {
				return chart.Origin{Setup: last.Cell, Name: ofPrediction}
			}
		}
	}
	return chart.Origin{}
}

// inTime is a time in ns that may not be known.
func inTime(ns *float64) entry {
	if ns == nil {
		return entry{main: units.Absent}
	}
	return entry{main: wording.Duration(*ns)}
}

// The heads of the columns of floors.
const (
	ownDisks   = "own disks"
	sharedDisk = "shared disk"
)

// theorySheets hold measured beside predicted beside floor, and the parts of a write;
// none where theory tells of no setup.
func (r *Report) theorySheets() []sheet {
	if len(r.theories) == 0 {
		return nil
	}
	floors := sheet{title: "What a write takes, what theory predicts, and the floor below it", groups: r.groups, columns: []column{
		nodesColumn(),
		measured("measured", "p50", 0, figures.WriteP50, units.Duration),
		r.ofPrediction("here", 0, func(t summary.Theory) entry { return inTime(t.PredictedNS) }),
		r.ofPrediction("off by", 5, predictedOff),
		r.ofPrediction("own machines", 6, func(t summary.Theory) entry { return inTime(t.OwnMachines) }),
		r.ofTheory("floor", ownDisks, 8, func(t summary.Theory) entry { return floorTime(t.FloorAlone) }).from(ofFloor),
		r.ofTheory("floor", sharedDisk, 4, func(t summary.Theory) entry { return floorTime(t.FloorShared) }),
		r.ofTheory("floor over measured", ownDisks, 7, func(t summary.Theory) entry { return efficiency(t.FloorAlone) }).from(ofFloor),
		r.ofTheory("floor over measured", sharedDisk, 3, func(t summary.Theory) entry { return efficiency(t.FloorShared) }),
	}}
	parts := sheet{title: "Where a typical write's time goes: as measured, and below it as predicted from 1 and 3 nodes", groups: r.groups, columns: []column{nodesColumn()}}
	for i, term := range summary.Terms() {
		parts.columns = append(parts.columns, r.ofTheory("", termTitles[term], 9-i, func(t summary.Theory) entry { return partOf(t, term) }))
	}
	var out []sheet
	for _, sh := range []sheet{floors, parts} {
		sh.groups = saying(sh.groups, sh.columns[min(2, len(sh.columns)-1)-1:])
		sh.columns = filled(sh.columns, summary.Summary{Cells: sh.cells()})
		if len(sh.columns) > 2 {
			out = append(out, sh)
		}
	}
	return out
}

// termTitles are the heads of the columns of a write's parts, termNames the parts in a
// sentence.
var (
	termTitles = map[summary.Term]string{
		summary.TermClient: "client", summary.TermQueue: "queue", summary.TermLeaderLog: "leader's log", summary.TermNetwork: "links",
		summary.TermHandOver: "hand-over", summary.TermFollowerLog: "quorum-th follower's log", summary.TermApply: "apply",
	}
	termNames = map[summary.Term]string{
		summary.TermClient: "the client's path", summary.TermQueue: "the leader's queue", summary.TermLeaderLog: "the leader's log",
		summary.TermNetwork: "the links", summary.TermHandOver: "the hand-over between processes", summary.TermFollowerLog: "the quorum-th follower's log",
		summary.TermApply: "applying and answering",
	}
)

func floorTime(f *summary.Floored) entry {
	if f == nil {
		return entry{main: units.Absent}
	}
	return inTime(&f.NS)
}

// efficiency is the floor's share of what was measured, with its interval.
func efficiency(f *summary.Floored) entry {
	if f == nil || f.Efficiency == nil {
		return entry{main: units.Absent}
	}
	e := entry{main: wording.Share(*f.Efficiency)}
	if f.CILow != nil && f.CIHigh != nil {
		e.interval = fmt.Sprintf("%s–%s", wording.Share(*f.CILow), wording.Share(*f.CIHigh))
	}
	return e
}

// predictedOff is by how much a prediction misses, and nothing of the sizes that it
// rests on.
func predictedOff(t summary.Theory) entry {
	switch {
	case t.Error == nil:
		return entry{main: units.Absent}
	case t.Fitted:
		return entry{main: "fitted"}
	}
	e := entry{main: units.Change(1 + *t.Error)}
	if t.ErrorLow != nil && t.ErrorHigh != nil {
		e.interval = fmt.Sprintf("%s to %s", units.Change(1+*t.ErrorLow), units.Change(1+*t.ErrorHigh))
	}
	return e
}

func partOf(t summary.Theory, term summary.Term) entry {
	if t.Parts == nil {
		return entry{main: units.Absent}
	}
	e := entry{main: wording.Duration(t.Parts[term])}
	if t.Predicted != nil && !t.Fitted {
		e.interval = wording.Duration(t.Predicted[term])
	}
	return e
}

// theoryNotes say what the figures are, and which part of a write is not as predicted.
func (r *Report) theoryNotes() []string {
	if len(r.theories) == 0 {
		return nil
	}
	out := []string{"Floor: the links' delays and the writes to logs, no processor time: with " + ownDisks + " two syncs a write as the disk was probed alone, with the " + sharedDisk + " what the logs took in place. A floor over 2 % above what was measured has no share: its calibration is wrong."}
	if slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool { return r.theories[c.Cell].Parts != nil }) {
		out = append(out, "Links, quorum-th follower's log: of the follower whose answer completes the majority; what waits on its way is the hand-over. The chart of where a write's time goes has the follower that answered first, and its waits in the network.")
	}
	predicted := slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool { return r.theories[c.Cell].PredictedNS != nil })
	if !predicted {
		return append(out, "Nothing is predicted here: that takes the record of where writes' time goes at 1 and at 3 nodes (workload.spans, light load).")
	}
	out = append(out, "Predicted: from the parts of a write at 1 and 3 nodes alone (docs/model.md). Own machines: the same for members on machines of their own, each like this one; a prediction that nobody has measured.")
	out = append(out, r.untimedNotes()...)
	for _, g := range r.groups {
		for _, c := range g.cells {
			if note := offNote(sizeName(g, c), r.theories[c.Cell]); note != "" {
				out = append(out, note)
			}
		}
	}
	return out
}

// untimedNotes tell of the sizes that predictions rest on where not all of their valid
// trials have a record that counts.
func (r *Report) untimedNotes() (out []string) {
	latest, listed := r.latestAttempts(), r.trialsByCell()
	for _, g := range r.groups {
		for _, c := range g.cells {
			if !r.theories[c.Cell].Fitted || r.theories[c.Cell].PredictedNS == nil {
				continue
			}
			timed, valid := 0, 0
			for _, t := range listed[c.Cell] {
				if t.Kind != results.Measure || !t.Valid || !latest[attemptOf(t)] {
					continue
				}
				valid++
				if summary.Timed(t) != nil {
					timed++
				}
			}
			if timed < valid {
				out = append(out, fmt.Sprintf("%s: predictions rest on %d of its %s; the others are %s.", sizeName(g, c), timed, units.Plural(valid, "valid trial"), leftUntimed))
			}
		}
	}
	return out
}

// offNote names the part of a write that is most of what a prediction misses and, where
// the whole is right, one that is wrong all the same. It is empty of sizes that the
// prediction rests on, and where nothing misses.
func offNote(name string, t summary.Theory) string {
	if t.Fitted || t.Error == nil || t.Parts == nil || t.Predicted == nil {
		return ""
	}
	if math.Abs(*t.Error) <= summary.TolerableError {
		return partNote(name, t)
	}
	direction := "above"
	if *t.Error < 0 {
		direction = "below"
	}
	text := fmt.Sprintf("%s: the prediction is %s %s what was measured. ", name, wording.Share(math.Abs(*t.Error)), direction)
	if t.Off == "" {
		return text + "No part of it misses in that direction: what its parts took does not add up to the median."
	}
	miss := math.Abs(t.Predicted[t.Off] - t.Parts[t.Off])
	share := "Most"
	if miss < math.Abs(*t.PredictedNS-*t.Measured.Median)/2 {
		share = "The largest part"
	}
	return text + fmt.Sprintf("%s of that is %s: %s.", share, termNames[t.Off], missWords(t, t.Off))
}

func missWords(t summary.Theory, term summary.Term) string {
	return fmt.Sprintf("%s predicted, %s measured", wording.Duration(t.Predicted[term]), wording.Duration(t.Parts[term]))
}

// partNote tells of parts that miss where they cancel each other.
func partNote(name string, t summary.Theory) string {
	miss := func(term summary.Term) float64 { return math.Abs(t.Predicted[term] - t.Parts[term]) }
	most := slices.MaxFunc(summary.Terms(), func(a, b summary.Term) int { return cmp.Compare(miss(a), miss(b)) })
	if miss(most) <= summary.TolerableError**t.Measured.Median {
		return ""
	}
	return fmt.Sprintf("%s: the whole is predicted, and yet %s is not, which others cancel: %s.", name, termNames[most], missWords(t, most))
}
