package summary

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/raftbench/raftbench/results"
)

// warnings gathers what was said of single trials: one line for each thing,
// with how many trials it was said of.
func warnings(run *results.Run, trials *cellTrials) []string {
	out := []string{}
	measured, proofs := len(trials.measure), len(trials.proof)
	out = append(out, gather(trials.measure, "of "+count(measured, "trial")+" invalid", reasons)...)
	out = append(out, gather(trials.proof, "of "+count(proofs, "proof trial")+" failed", reasons)...)
	out = append(out, gather(trials.measure, "of "+count(measured, "trial"), flags)...)
	out = append(out, gather(trials.proof, "of "+count(proofs, "proof trial"), flags)...)
	out = append(out, repeated(trials)...)
	out = append(out, gather(trials.all, "of "+objecting(len(trials.all)), findings)...)
	out = append(out, unpooled(run, trials)...)
	return append(out, aside(trials)...)
}

// unpooled tells of valid trials whose histograms are gone.
func unpooled(run *results.Run, trials *cellTrials) []string {
	shown := valid(trials.measure)
	missing := slices.DeleteFunc(slices.Clone(shown), func(t results.Trial) bool { return !run.Lacks(t) })
	if len(missing) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %s without a histogram file (.hlog): the latency chart and pooled percentiles leave them out",
		len(missing), count(len(shown), "valid trial"))}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func objecting(audits int) string {
	if audits == 1 {
		return "1 audit objects"
	}
	return fmt.Sprintf("%d audits object", audits)
}

func reasons(t results.Trial) []string {
	if t.Valid {
		return nil
	}
	if len(t.InvalidReasons) == 0 {
		return []string{"no reason was recorded"}
	}
	return t.InvalidReasons
}

func flags(t results.Trial) []string {
	if !t.Valid {
		return nil
	}
	return t.Flags
}

func findings(t results.Trial) []string {
	if t.Audit == nil || !promises(t) {
		return nil
	}
	return t.Audit.Findings
}

// repeated tells of attempts that a later one replaced: a choice was made.
func repeated(trials *cellTrials) []string {
	latest := map[string]int{}
	key := func(t results.Trial) string { return fmt.Sprint(t.Trial) }
	for _, t := range trials.all {
		latest[key(t)] = max(latest[key(t)], t.Attempt)
	}
	var replaced []results.Trial
	for _, t := range trials.all {
		if t.Attempt < latest[key(t)] {
			replaced = append(replaced, t)
		}
	}
	return gather(replaced, "repeated, since invalid", reasons)
}

// aside warns of what is true of the whole cell.
func aside(trials *cellTrials) []string {
	for _, t := range trials.measure {
		for _, w := range t.Windows {
			if w.Reads > 0 && w.Writes > 0 {
				return []string{"costs per write include those of the reads beside them"}
			}
		}
	}
	return nil
}

// digits differ from trial to trial where the thing said is the same.
var digits = regexp.MustCompile(`[-+−]?[0-9]+([.,][0-9]+)*(ns|µs|ms|s)?`)

// gather counts, for each thing said, the trials it was said of; it is quoted
// as it was said first.
func gather(trials []results.Trial, of string, said func(results.Trial) []string) []string {
	type thing struct {
		first  string
		trials int
		varies bool
	}
	things := map[string]*thing{}
	var order []*thing
	for _, t := range trials {
		seen := map[string]bool{}
		for _, text := range said(t) {
			key := digits.ReplaceAllString(text, "#")
			if seen[key] {
				continue
			}
			seen[key] = true
			if things[key] == nil {
				things[key] = &thing{first: text}
				order = append(order, things[key])
			}
			things[key].trials++
			things[key].varies = things[key].varies || text != things[key].first
		}
	}
	var out []string
	for _, th := range order {
		line := fmt.Sprintf("%d %s: %s", th.trials, of, th.first)
		if th.varies {
			line += " (and alike)"
		}
		out = append(out, line)
	}
	return out
}
