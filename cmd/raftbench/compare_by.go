package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/summary"
)

// runCompareBy answers "which setting helps?" from one run: its blocks held all
// settings side by side, so that no host's drift lies between them.
func runCompareBy(stdout, stderr io.Writer, o compareOptions) error {
	run, err := openHonest(stderr, o.runs[0])
	if err != nil {
		return err
	}
	if err := checkValid(run); err != nil {
		return err
	}
	s, err := summary.Build(run)
	if err != nil {
		return unreadable(err)
	}
	if err := checkAxis(s, o); err != nil {
		return err
	}
	floor, err := summary.FloorFor(run)
	if err != nil {
		return unreadable(err)
	}
	return printCompared(stdout, report.NewSteps(s, o.by, floor, o.all), o.output)
}

// checkAxis refuses an axis along which the run does not vary.
func checkAxis(s summary.Summary, o compareOptions) error {
	all := s.Axes()
	var vary []string
	for _, axis := range slices.Sorted(maps.Keys(all)) {
		if len(all[axis]) > 1 {
			vary = append(vary, plain(axis))
		}
	}
	hint := "a run varies a setting where it is given several values: --set raft.max_rpcs_in_flight=1,2,16"
	if len(vary) > 0 {
		hint = "its setups differ in " + listed(vary)
	}
	switch values, known := all[o.by]; {
	case !known:
		return usage(fmt.Errorf("got --by %s, wanted one of the axes of %s", o.by, o.runs[0]), hint)
	case len(values) == 1:
		return usage(fmt.Errorf("--by %s: %s has one value of it, %s: there is nothing to compare", o.by, o.runs[0], cmp.Or(plain(values[0]), "the default")), hint)
	}
	return nil
}
