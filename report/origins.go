package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// A number is believed when one can see what it was made of. An origin names a number; of
// each there is a figure: which trials of the setup count for it, what each of them says
// of it, and how the number was made of that. A trial that does not count (it is invalid,
// was repeated, or was for something else) is in no figure.

// Names of numbers that are no metrics of a setup; those that end in a colon begin a name.
const (
	ofTrials     = "trials"
	ofFailures   = "operations failed"
	ofAvailable  = "operations answered"
	ofSurvived   = "failures survived"
	ofBlocked    = "failures that stop writes"
	ofZones      = "zones survived"
	ofFaults     = "faults"
	ofTested     = "safety"
	ofTheory     = "theory"
	ofFloor      = "floor"
	ofPrediction = "prediction"
	ofLoss       = "loss:"
	ofOperation  = "operation:"
	ofPart       = "part:"
	ofStep       = "step:"
	ofFollower   = "follower:"
	ofDifference = "difference:"
	ofTrial      = "trial:"
	ofPooled     = "pooled:"
)

// The wholes of a write's way, beside its parts.
const (
	wholeWay     = "in all"
	unattributed = "unattributed"
	learned      = "learned"
)

// made is how a number was made.
type made struct {
	// title is what it is, and how completes "Write p50 of 3 nodes: "; it is given the
	// number of trials that count.
	title string
	how   func(trials string) string
	// say is what a trial says of the number, and whether it counts for it.
	say func(t *results.Trial, latest bool) (text string, counts bool)
	// lacking completes "2 " with what a valid trial that measures has not, where it does
	// not count; empty where such a trial is for something else.
	lacking string
}

// figure of a number; nil where its trials are not on record.
func (r *Report) figure(o chart.Origin) *tables.Figure {
	if o.Name == "" {
		return nil
	}
	if f, known := r.figures[o]; known {
		return f
	}
	if r.figures == nil {
		r.figures, r.latest, r.listed = map[chart.Origin]*tables.Figure{}, r.latestAttempts(), r.trialsByCell()
	}
	f := r.figureOf(o)
	r.figures[o] = f
	return f
}

func (r *Report) figureOf(o chart.Origin) *tables.Figure {
	place := slices.IndexFunc(r.summary.Cells, func(c summary.Cell) bool { return c.Cell == o.Setup })
	if place < 0 {
		return nil
	}
	s := r.sourceOf(place, o.Name)
	f := &tables.Figure{Anchor: r.trialsAnchor(o.Setup), Title: s.title}
	left := map[string]int{}
	for row, t := range r.listed[o.Setup] {
		latest := r.latest[attemptOf(t)]
		if text, counts := s.say(t, latest); counts {
			f.Values = append(f.Values, tables.Value{Row: row, Text: text})
		} else {
			left[s.whyLeft(t, latest)]++
		}
	}
	if len(f.Values) == 0 {
		return nil
	}
	f.Text = fmt.Sprintf("%s of %s: %s.", wording.Capital(s.title), r.testedName(r.summary.Cells[place]), s.how(units.Plural(len(f.Values), "trial")))
	if text := leftWords(left); text != "" {
		f.Text += " " + text
	}
	return f
}

// Why a trial does not count for a number.
const (
	leftInvalid  = "invalid"
	leftRepeated = "repeated"
	leftOther    = "for something else"
	leftHarmed   = "without an undisturbed light load"
	leftUntimed  = "without an undisturbed record of where writes’ time went"
	leftUntold   = "without a record of where writes’ time went"
)

func (s made) whyLeft(t *results.Trial, latest bool) string {
	switch {
	case !latest:
		return leftRepeated
	case !t.Valid:
		return leftInvalid
	case t.Kind == results.Measure && s.lacking != "":
		return s.lacking
	}
	return leftOther
}

// leftWords tell of the trials that do not count: 1 invalid and 3 for something else.
func leftWords(left map[string]int) string {
	var parts []string
	for _, why := range []string{leftInvalid, leftRepeated, leftHarmed, leftUntimed, leftUntold, leftOther} {
		if left[why] > 0 {
			parts = append(parts, fmt.Sprint(left[why], " ", why))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Not among them: " + wording.List(parts) + "."
}

// counting are the valid trials of a kind; say is nil where none has a value of its own.
func counting(kind results.TrialKind, say func(t *results.Trial) (string, bool)) func(*results.Trial, bool) (string, bool) {
	return func(t *results.Trial, latest bool) (string, bool) {
		switch {
		case !latest || !t.Valid || t.Kind != kind:
			return "", false
		case say == nil:
			return "", true
		}
		return say(t)
	}
}

// valued are those trials that have a value, each with all of its values.
func valued(k units.Kind, scale float64, values []summary.TrialValue) func(*results.Trial, bool) (string, bool) {
	texts := map[attempt][]string{}
	for _, v := range values {
		texts[attemptOf(v.Trial)] = append(texts[attemptOf(v.Trial)], wording.Show(k, v.Value*scale))
	}
	return func(t *results.Trial, _ bool) (string, bool) {
		text, has := texts[attemptOf(t)]
		return strings.Join(text, ", "), has
	}
}

func together(what string) func(string) string {
	return func(trials string) string { return what + " " + trials + " together" }
}

func medianOver(trials string) string { return "the median over " + trials }

// sourceOf a number of the setup that stands at a place of the summary.
func (r *Report) sourceOf(place int, name string) made {
	c := r.summary.Cells[place]
	if m, known := c.Metrics[name]; known {
		return r.metricSource(place, name, m)
	}
	for _, of := range []struct {
		prefix string
		made   func(place int, rest string) made
	}{
		{ofLoss, r.lossSource}, {ofOperation, r.operationSource}, {ofPart, r.partSource}, {ofStep, r.stepSource},
		{ofFollower, r.followerSource}, {ofDifference, r.differenceSource}, {ofTrial, r.trialSource}, {ofPooled, r.pooledSource},
	} {
		if rest, ok := strings.CutPrefix(name, of.prefix); ok {
			return of.made(place, rest)
		}
	}
	if name == ofPrediction {
		return r.predictionSource(place)
	}
	return countSource(name)
}

// rawName is a metric's name in the analysis: at full load alone, those of full load
// stand for those of the light load.
func (r *Report) rawName(place int, name string) string {
	if _, full := r.analysis.Summary.Cells[place].Metrics[figures.FullPrefix+name]; r.full && full {
		return figures.FullPrefix + name
	}
	return name
}

// shownAs is in which unit a metric's values are told, and what they are multiplied by.
func shownAs(name string) (units.Kind, float64) {
	if strings.HasSuffix(name, figures.CPUPerKwrite) {
		return units.Seconds, 1.0 / 1000 // of one write, as the tables have it
	}
	return units.Of(name), 1
}

func (r *Report) metricSource(place int, name string, m summary.Metric) made {
	c, raw := r.analysis.Summary.Cells[place].Cell, r.rawName(place, name)
	kind, scale := shownAs(name)
	s := made{title: figures.Name(name), how: medianOver}
	switch {
	case m.Pooled:
		s.how = func(trials string) string {
			return "of the operations of " + trials + " taken together; beside each trial stands its own, which has too few operations to be a result"
		}
		s.say = counting(results.Measure, func(t *results.Trial) (string, bool) {
			v, ok := summary.Percentile(t, raw)
			return wording.Show(kind, v), ok
		})
		return s
	case name == figures.FalseElections:
		s.how, s.say = together("counted over"), counting(results.Watch, nil)
		return s
	case name == figures.SplitShare:
		s.how, s.say = together("of the elections of"), counting(results.Outages, nil)
		return s
	case name == figures.OutageP90, name == figures.OutageMax:
		which := map[string]string{figures.OutageP90: "the 90th percentile", figures.OutageMax: "the longest"}[name]
		s.how = func(trials string) string { return which + " of all faults of " + trials }
		raw = figures.Outage
	case summary.OfFaults(name):
		s.how = func(trials string) string { return "the median over all faults of " + trials }
	}
	s.say = valued(kind, scale, r.analysis.TrialValues(c, raw))
	return s
}

// where are the latest trials of which a window counts.
func where(counts func(*results.Trial) *results.Window) func(*results.Trial, bool) (string, bool) {
	return func(t *results.Trial, latest bool) (string, bool) { return "", latest && counts(t) != nil }
}

// predictionSource is of the parts that predictions are made from: of 1 node alone, and
// of 3 nodes, with those of 1.
func (r *Report) predictionSource(place int) made {
	s := made{title: "parts of a write", say: where(summary.Timed), lacking: leftUntimed}
	s.how = func(trials string) string {
		if r.summary.Cells[place].Nodes == 1 {
			return "medians over " + trials + ", which predict 1 node alone; larger sizes take those of 3 nodes too"
		}
		return "medians over " + trials + ", from which, and from those of 1 node, larger sizes are predicted"
	}
	return s
}

// countSource is of what is counted, and proven, over a setup's trials.
func countSource(name string) made {
	least := func(trials string) string { return "the least that was seen in " + trials }
	switch name {
	case ofFailures, ofAvailable:
		return made{title: name, how: together("those of"), say: counting(results.Measure, func(t *results.Trial) (string, bool) {
			w := t.Window(results.RoleLight)
			if w == nil && len(t.Windows) > 0 {
				w = &t.Windows[0]
			}
			if w == nil {
				return "", false
			}
			return fmt.Sprintf("%s failed of %s", wording.Count(w.Failed()), wording.Count(w.Attempted)), true
		})}
	case ofSurvived:
		return made{title: name, how: least, say: proofs(func(t *results.Trial) bool { return t.Proof.Survived < (t.Nodes-1)/2 }, func(t *results.Trial) string { return fmt.Sprint(t.Proof.Survived) })}
	case ofBlocked:
		return made{title: name, how: least, say: proofs(func(t *results.Trial) bool { return t.Proof.BlockedAt <= (t.Nodes-1)/2 }, blockedText)}
	case ofZones:
		return made{title: name, how: func(trials string) string { return "as proven by " + trials }, say: counting(results.Proof, func(t *results.Trial) (string, bool) { return zonesText(t), t.Proof != nil })}
	case ofFaults:
		return made{title: name, how: together("counted over"), say: counting(results.Outages, func(t *results.Trial) (string, bool) { return units.Plural(len(t.Faults), "fault"), true })}
	case ofTheory:
		return made{title: "floor and parts of a write", how: together("computed from"), say: where(summary.Timed), lacking: leftUntimed}
	case ofFloor:
		return made{title: "floor of a write", how: together("computed from the links of"), say: where(summary.Undisturbed), lacking: leftHarmed}
	case ofTested:
		return made{title: "safety", how: together("judged in"), say: func(t *results.Trial, latest bool) (string, bool) {
			return string(t.Judgement()), latest && t.Kind == results.SafetyTest
		}}
	}
	return made{title: name, how: func(trials string) string { return trials + " that count" }, say: counting(results.Measure, nil)}
}

// proofs are the trials that proved something. That something does not hold is believed
// of a trial that is not valid too, as the summary does.
func proofs(worse func(*results.Trial) bool, text func(*results.Trial) string) func(*results.Trial, bool) (string, bool) {
	return func(t *results.Trial, latest bool) (string, bool) {
		if t.Proof == nil || len(t.Proof.Killed) == 0 && t.Nodes > 1 {
			return "", false
		}
		if believed := latest && t.Valid; !believed && !worse(t) {
			return "", false
		}
		return text(t), true
	}
}

func blockedText(t *results.Trial) string {
	if t.Proof.BlockedAt == 0 {
		return "not seen"
	}
	return fmt.Sprint(t.Proof.BlockedAt)
}

func zonesText(t *results.Trial) string {
	var parts []string
	for _, z := range t.Proof.Zones {
		became := "not seen"
		switch {
		case z.Survived:
			became = "survived"
		case z.Blocked:
			became = "writes stopped"
		}
		parts = append(parts, clean.Name(strings.Join(z.Sites, " and "))+" "+became)
	}
	return strings.Join(parts, ", ")
}

func (r *Report) lossSource(place int, of string) made {
	var all []*results.Trial
	for _, t := range r.listed[r.summary.Cells[place].Cell] {
		if r.latest[attemptOf(t)] && t.Valid && (t.Kind == results.Outages || t.Kind == results.Proof) {
			all = append(all, t)
		}
	}
	return made{title: "outage on losing " + lostWords[summary.Lost(of)], how: func(trials string) string { return "the median over the kills of " + trials },
		say: valued(units.Duration, 1, summary.LostValues(all, summary.Lost(of)))}
}

// lostWords are what a cluster can lose.
var lostWords = map[summary.Lost]string{summary.LostFollower: "a follower", summary.LostLeader: "the leader", summary.LostZone: "the leader’s zone"}

func (r *Report) operationSource(place int, name string) made {
	o, kind := operated(r.summary.Cells[place]), units.Of(name)
	s := made{title: strings.ReplaceAll(strings.TrimSuffix(name, "_ns"), "_", " "), how: func(trials string) string { return "over every time in " + trials }}
	s.say = counting(results.Outages, func(t *results.Trial) (string, bool) {
		if o == nil {
			return "", false
		}
		// The metrics of the longest are of the same values as those of the median.
		var texts []string
		for _, v := range summary.OperationValues(t, o.Action, strings.Replace(name, "_max_", "_p50_", 1)) {
			texts = append(texts, wording.Show(kind, v))
		}
		return strings.Join(texts, ", "), len(texts) > 0
	})
	return s
}

// ofSpans is of trials that tell where the time of their writes went.
func ofSpans(title string, k units.Kind, of func(*results.Spans) (float64, bool)) made {
	return made{title: title, how: medianOver, say: counting(results.Measure, func(t *results.Trial) (string, bool) {
		w := t.Window(results.RoleLight)
		if w == nil || w.Spans == nil || w.Spans.Joined == 0 {
			return "", false
		}
		v, ok := of(w.Spans)
		return wording.Show(k, v), ok
	}), lacking: leftUntold}
}

func (r *Report) partSource(_ int, name string) made {
	switch name {
	case wholeWay:
		return ofSpans("a typical write", units.Duration, func(s *results.Spans) (float64, bool) { return s.TotalNS, true })
	case unattributed:
		return ofSpans("unattributed share", units.Share, func(s *results.Spans) (float64, bool) { return s.UnattributedShare(), true })
	case learned:
		return ofSpans("until followers apply it", units.Duration, func(s *results.Spans) (float64, bool) { return s.LearnedNS, s.LearnedCount > 0 })
	}
	part := summary.PartName(name)
	return ofSpans(partWords[part], units.Duration, func(s *results.Spans) (float64, bool) { return summary.PartNS(s, part), true })
}

func (r *Report) stepSource(_ int, number string) made {
	n, _ := strconv.Atoi(number)
	return ofSpans("step "+number, units.Duration, func(s *results.Spans) (float64, bool) { return summary.StepNS(s, n), true })
}

// The times of a follower's answer.
var followerTimes = map[string]func(f *results.FollowerSpans) float64{
	"network and waits": func(f *results.FollowerSpans) float64 { return f.OutNS + f.BackNS },
	"follower's log":    func(f *results.FollowerSpans) float64 { return f.LogNS },
	"there after":       func(f *results.FollowerSpans) float64 { return f.AnsweredNS },
}

func (r *Report) followerSource(_ int, of string) made {
	number, what, _ := strings.Cut(of, " ")
	rank, _ := strconv.Atoi(number)
	return ofSpans(what+", answer "+number, units.Duration, func(s *results.Spans) (float64, bool) {
		for i := range s.Followers {
			if f := &s.Followers[i]; f.Rank == rank {
				return followerTimes[what](f), true
			}
		}
		return 0, false
	})
}

// differenceOrigin names the difference of a metric from one setup to another.
func differenceOrigin(metric, from, to string) chart.Origin {
	return chart.Origin{Setup: to, Name: ofDifference + metric + " " + from}
}

func (r *Report) differenceSource(place int, of string) made {
	name, from, _ := strings.Cut(of, " ")
	base := slices.IndexFunc(r.summary.Cells, func(c summary.Cell) bool { return c.Cell == from })
	s := made{title: figures.Name(name), say: counting(results.Measure, func(*results.Trial) (string, bool) { return "", false })}
	if base < 0 {
		return s
	}
	raw := r.analysis.Summary.Cells
	texts := map[attempt]string{}
	kind, scale := shownAs(name)
	for _, v := range r.analysis.Ratios(r.rawName(place, name), raw[base].Cell, raw[place].Cell) {
		texts[attemptOf(v.Trial)] = ratioText(kind, scale, v)
	}
	against := r.testedName(r.summary.Cells[base])
	s.title += " against " + against
	s.how = func(trials string) string {
		return "the centre of the ratios in " + trials + " to those of " + against + " in the same blocks (Hodges–Lehmann, on logarithms)"
	}
	s.say = func(t *results.Trial, _ bool) (string, bool) {
		text, has := texts[attemptOf(t)]
		return text, has
	}
	return s
}

// ratioText is what one block says, from the size that is weighed against to the other:
// 3.46 ms to 4.12 ms: +19 %.
func ratioText(k units.Kind, scale float64, v summary.TrialRatio) string {
	ratio := v.Value / v.Against
	change := ""
	if units.Finite(ratio) && !math.IsNaN(ratio) {
		change = units.Change(ratio)
	}
	if v.Chained {
		return change
	}
	text := wording.Show(k, v.Against*scale) + " to " + wording.Show(k, v.Value*scale)
	if change != "" {
		text += ": " + change
	}
	return text
}

// trialSource is of one trial alone.
func (r *Report) trialSource(_ int, number string) made {
	return made{title: "trial " + number, how: func(string) string { return "what happened in it" }, say: func(t *results.Trial, latest bool) (string, bool) {
		return "", latest && t.Valid && fmt.Sprint(t.Trial) == number
	}}
}

// pooledSource is of a percentile of the writes of all trials: the digits of its number.
func (r *Report) pooledSource(place int, digits string) made {
	s := r.metricSource(place, "write_latency_p"+digits+"_ns", summary.Metric{Pooled: true})
	s.title = "write p" + digits
	return s
}

// trialsByCell are the trials of each setup as they are listed, by its cleaned name.
func (r *Report) trialsByCell() map[string][]*results.Trial {
	out := map[string][]*results.Trial{}
	for i := range r.run.Trials {
		t := &r.run.Trials[i]
		out[clean.Name(t.Cell)] = append(out[clean.Name(t.Cell)], t)
	}
	return out
}
