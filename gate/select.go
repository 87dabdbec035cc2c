package gate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
)

// task is a rule and what it is held against: a cell, and the one that it is
// divided by where a ratio is judged.
type task struct {
	rule Rule
	cell summary.Cell
	from *summary.Cell
}

// hasArms tells whether a run measured two variants side by side.
func hasArms(cells []summary.Cell) bool {
	has := func(arm string) bool {
		return slices.ContainsFunc(cells, func(c summary.Cell) bool { return c.Params[summary.ArmAxis] == arm })
	}
	return has(summary.ArmBase) && has(summary.ArmTry)
}

// tasks of a rule in the run.
func (e evaluation) tasks(r Rule) ([]task, error) {
	cells := e.Run.Summary.Cells
	if len(cells) == 0 {
		return nil, nil
	}
	left, err := r.selected(cells, r.left.selects, e.arms)
	if err != nil {
		return nil, err
	}
	switch {
	case r.right.selects != nil:
		tasks, err := r.shapes(left, cells, e.arms)
		return r.inBlocks(tasks, err)
	case !r.right.baseline:
		return alone(r, left), nil
	case e.Baseline != nil && e.arms:
		return nil, r.mistake(0, "the run has arms, so that its baseline is arm a of itself", "leave out the other baseline, or judge a run without arms")
	case e.Baseline != nil:
		return alone(r, left), nil
	case !e.arms:
		return nil, r.mistake(r.right.at, "the run has no arms, and no other run was given as baseline",
			"measure two variants side by side with `raftbench ab`, or name a stored run with --baseline DIR")
	}
	return r.inBlocks(r.againstBase(left, cells))
}

// inBlocks refuses ratios of what has no blocks: trials that do a fault again and again
// have many draws each, and none of one setup's goes with any of another's.
func (r Rule) inBlocks(tasks []task, err error) ([]task, error) {
	if err != nil {
		return nil, err
	}
	metric := r.left.metric
	for _, t := range tasks {
		if summary.OfFaults(metric) && (t.cell.Source(metric) == results.Outages || t.from.Source(metric) == results.Outages) {
			return nil, r.mistake(r.right.at, fmt.Sprintf("%s of faults that were done again and again has no blocks within which a ratio could be taken: got %s against %s, want a number",
				r.left.text, t.cell.Cell, t.from.Cell), r.left.like("<")+", for each setup, or hold the run against a stored one with --baseline DIR")
		}
	}
	return tasks, nil
}

func alone(r Rule, cells []summary.Cell) []task {
	var out []task
	for _, c := range cells {
		out = append(out, task{rule: r, cell: c})
	}
	return out
}

// againstBase pairs each cell with the same setup's arm a.
func (r Rule) againstBase(left, cells []summary.Cell) ([]task, error) {
	var out []task
	for _, c := range left {
		if c.Params[summary.ArmAxis] != summary.ArmTry {
			continue
		}
		i := slices.IndexFunc(cells, func(o summary.Cell) bool {
			return o.Params[summary.ArmAxis] == summary.ArmBase && alike(c, o, []string{summary.ArmAxis})
		})
		if i < 0 {
			return nil, r.mistake(0, fmt.Sprintf("%s has no arm a in the run", c.Cell), "the run has "+cellNames(cells))
		}
		out = append(out, task{rule: r, cell: c, from: &cells[i]})
	}
	if len(out) == 0 {
		return nil, r.mistake(0, "no setup of arm b is selected: arm a is the baseline itself", "select arm b, or no arm")
	}
	return out, nil
}

// shapes pair the cells on the left with those on the right that are like them but
// for what the selectors name, one to one.
func (r Rule) shapes(left, cells []summary.Cell, arms bool) ([]task, error) {
	right, err := r.selected(cells, r.right.selects, arms)
	if err != nil {
		return nil, err
	}
	var named []string
	for _, s := range slices.Concat(r.left.selects, r.right.selects) {
		named = append(named, s.key)
	}
	if slices.Contains(named, "setup") {
		named = slices.Collect(maps.Keys(traitsOf(left[0])))
		for _, c := range slices.Concat(left, right) {
			named = slices.AppendSeq(named, maps.Keys(traitsOf(c)))
		}
	}
	used := map[string]string{}
	var out []task
	for _, c := range left {
		var partners []summary.Cell
		for _, o := range right {
			if o.Cell != c.Cell && alike(c, o, named) {
				partners = append(partners, o)
			}
		}
		switch {
		case len(partners) == 0:
			return nil, r.mistake(r.right.at, fmt.Sprintf("%s has no partner among what the right side selects: %s", c.Cell, cellNames(right)),
				"select setups that are alike but for what the selectors name")
		case len(partners) > 1:
			return nil, r.mistake(r.right.at, fmt.Sprintf("%s has several partners on the right: %s", c.Cell, cellNames(partners)), "name more in the selectors, so that setups pair up one to one")
		case used[partners[0].Cell] != "":
			return nil, r.mistake(r.left.at, fmt.Sprintf("%s and %s are both held against %s", used[partners[0].Cell], c.Cell, partners[0].Cell), "name more in the selectors, so that setups pair up one to one")
		}
		used[partners[0].Cell] = c.Cell
		out = append(out, task{rule: r, cell: c, from: &partners[0]})
	}
	for _, o := range right {
		if used[o.Cell] == "" {
			return nil, r.mistake(r.left.at, fmt.Sprintf("%s, which the right side selects, has no partner on the left", o.Cell), "select setups that are alike but for what the selectors name")
		}
	}
	return out, nil
}

// alike tells whether two cells share every trait but those that are named.
func alike(a, b summary.Cell, but []string) bool {
	x, y := traitsOf(a), traitsOf(b)
	for _, key := range slices.Concat(but, []string{"setup"}) {
		delete(x, key)
		delete(y, key)
	}
	return maps.Equal(x, y)
}

// selected returns the cells that `where` and a side's selector pick. In a run with
// arms, where neither names an arm, arm b is meant.
func (r Rule) selected(cells []summary.Cell, selects []selector, arms bool) ([]summary.Cell, error) {
	for _, s := range selects {
		if err := r.known(cells, s.key, s.at); err != nil {
			return nil, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Where)) {
		if err := r.known(cells, key, 0); err != nil {
			return nil, err
		}
	}
	var out []summary.Cell
	byArm := r.Where[summary.ArmAxis] != "" || slices.ContainsFunc(selects, func(s selector) bool { return s.key == summary.ArmAxis })
	for _, c := range cells {
		if r.matches(c, selects) && (!arms || byArm || c.Params[summary.ArmAxis] != summary.ArmBase) {
			out = append(out, c)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	at, what := 0, "`where` matches no setup of the run"
	if len(selects) > 0 {
		at, what = selects[0].at, fmt.Sprintf("the selector matches no setup of the run: got %s", selectorText(selects))
	}
	return nil, r.mistake(at, what, "the run has "+cellNames(cells))
}

// known refuses a key that no setup has.
func (r Rule) known(cells []summary.Cell, key string, at int) error {
	all := map[string]bool{}
	for _, c := range cells {
		for k := range traitsOf(c) {
			all[k] = true
		}
	}
	if all[key] {
		return nil
	}
	keys := slices.Sorted(maps.Keys(all))
	do := "setups are told apart by " + strings.Join(keys, ", ")
	if near := strictyaml.Nearest(key, keys, 1); len(near) > 0 {
		do = "did you mean " + near[0] + "?"
	}
	return r.mistake(at, fmt.Sprintf("no setup of the run has a %q", key), do)
}

func (r Rule) matches(c summary.Cell, selects []selector) bool {
	traits := traitsOf(c)
	for _, s := range selects {
		if traits[s.key] != s.value {
			return false
		}
	}
	for key, want := range r.Where {
		if got, ok := traits[key]; !ok || got != want {
			return false
		}
	}
	return true
}

// traitsOf a cell, by which rules select it.
func traitsOf(c summary.Cell) map[string]string {
	out := map[string]string{"setup": c.Cell, "nodes": strconv.Itoa(c.Nodes), "engine": c.Engine, "profile": c.Profile, "load": c.Load}
	maps.Copy(out, c.Params)
	return out
}

func selectorText(selects []selector) string {
	var parts []string
	for _, s := range selects {
		parts = append(parts, s.key+"="+s.value)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func cellNames(cells []summary.Cell) string {
	var names []string
	for _, c := range cells {
		names = append(names, c.Cell)
	}
	return strings.Join(names, ", ")
}

// mistake is an error at a place in the rule's text.
func (r Rule) mistake(at int, what, do string) error {
	return &strictyaml.Error{File: r.File, Line: r.Line, Column: r.Column + at, Message: fmt.Sprintf("%q: %s", r.Text, what), Advice: do}
}
