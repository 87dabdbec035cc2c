package ci

import (
	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/verdicts"
)

// named is a name that is never empty, as readers want it.
func named(text string) string {
	if text = clean.Text(text); text == "" {
		return program
	}
	return text
}

// program is what stands where a reader wants a name and there is none better.
const program = "raftbench"

// testName is what a verdict is called among those of its setup. It is the same
// from run to run, so that a reader can follow it.
func testName(v gate.Verdict) string {
	switch v.Kind {
	case gate.Shape:
		return named(v.Rule) + ", " + verdicts.Place(v)
	case gate.Always: // a rule of the file may ask the same
		return "always: " + named(v.Rule)
	}
	return named(v.Rule)
}
