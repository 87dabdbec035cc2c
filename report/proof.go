package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
)

// unproven stands where a tolerance is theory only.
const unproven = "not proven"

// proven is the tolerance that was seen.
func proven(c summary.Cell) string {
	if c.Faults.Survived == nil {
		return unproven
	}
	return fmt.Sprint(*c.Faults.Survived)
}

// proofSentence says which tolerances were seen and not only computed; what
// contradicts theory is an alarm, and stands apart.
func proofSentence(cells []summary.Cell) string {
	var unproven, watched []string
	for _, c := range cells {
		if len(disagreements(c)) > 0 {
			return ""
		}
		if c.Faults.Survived == nil {
			unproven = append(unproven, fmt.Sprint(c.Nodes))
		}
		if c.Faults.BlockedAt == nil {
			watched = append(watched, fmt.Sprint(c.Nodes))
		}
	}
	switch {
	case len(unproven) == len(cells):
		return "The tolerances are theory: this run has not proven them."
	case len(unproven) > 0:
		return "Not proven in this run: " + nodesOf(unproven) + "."
	case len(watched) > 0:
		return "Writes went on with as many processes killed as theory tolerates; at one more a cluster of " + wording.List(watched) + " was not seen to stop."
	}
	return "Each tolerance was proven by killing processes: writes went on with that many dead and stopped at one more" + afterwards(cells)
}

// afterwards is how the proofs ended: the restart and the audit.
func afterwards(cells []summary.Cell) string {
	var open []string
	for _, c := range cells {
		if r := c.Faults.Recovered; r == nil || !*r {
			open = append(open, fmt.Sprint(c.Nodes))
		}
	}
	switch len(open) {
	case 0:
		return "; then all were killed and " + powerWords(cells)
	case len(cells):
		return ". A restart, and an audit after it, are not proven."
	}
	return ". A restart, and an audit after it, are not proven of " + nodesOf(open) + "."
}

// powerWords end the sentence on the restart of all.
func powerWords(cells []summary.Cell) string {
	asked, survived := false, true
	for _, c := range cells {
		if p := c.Faults.PowerLossSurvived; p != nil {
			asked, survived = true, survived && *p
		}
	}
	const found = "started again, and the audit found what was acknowledged."
	switch {
	case !asked:
		return found
	case survived:
		return "the power of their disks was cut: what was not synced was gone. They were " + found
	}
	return found + powerUnproven
}

// powerUnproven follows on what was found where power was to be cut, and was not.
const powerUnproven = " That they survive a loss of power is not proven."

// nodesOf joins sizes: 1 node; 3 and 4 nodes.
func nodesOf(sizes []string) string {
	if len(sizes) == 1 && sizes[0] == "1" {
		return "1 node"
	}
	return wording.List(sizes) + " nodes"
}

// proofLines are those of the groups, one for all where they say the same.
func proofLines(gs []group) []string {
	var texts []string
	same := true
	for _, g := range gs {
		text := proofSentence(g.cells)
		same = same && (len(texts) == 0 || text == texts[0])
		texts = append(texts, text)
	}
	if same && len(texts) > 0 {
		texts = texts[:1]
	}
	var out []string
	for i, text := range texts {
		if text == "" {
			continue
		}
		if !same {
			text = gs[i].name + ": " + text
		}
		out = append(out, strings.TrimPrefix(text, ": "))
	}
	return out
}

// provenLines are what stands below the tables of the sizes: what was proven,
// and what too few trials cannot decide.
func (r *Report) provenLines() []string {
	switch {
	case r.outagesAlone() || r.onlyWatched():
		return nil // nobody was killed, and nothing was to be proven
	case r.onlyTested():
		return r.safetyDetails()
	}
	out := slices.Concat(r.toleranceLines(), proofLines(r.groups), r.electionLines(), r.safetyLines(), r.safetyDetails())
	for _, a := range r.answers {
		if few := r.fewLine(a); few != "" {
			if a.name != "" {
				few = a.name + ": " + few
			}
			out = append(out, few)
		}
	}
	return out
}
