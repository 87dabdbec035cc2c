package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// What people read has people's words for loads and sizes.
func TestReportsUseNoPrivateWords(t *testing.T) {
	for name, s := range cases() {
		r := reportOf(withCurves(withReads(s)))
		text := tableOf(t, r, Terminal{}) + pageText(t, r)
		for _, c := range r.charts(distributions(r, 100)) {
			text += strings.Join(append(append(c.Subtitle, c.Notes...), c.Title, c.X.Title, c.Y.Title), "\n")
		}
		for _, word := range []string{"calm", "saturate", " cell", "and alike", "unavailability", "pause"} {
			if strings.Contains(text, word) {
				t.Errorf("%s says %q:\n%s", name, word, text)
			}
		}
	}
}

func TestWhatLimitedTheFullLoad(t *testing.T) {
	full := func(cell string, l *results.Limit) results.Trial {
		return results.Trial{Cell: cell, Kind: results.Measure, Valid: true, Windows: []results.Window{{Role: results.RoleFull, Limit: l}}}
	}
	cpu := &results.Limit{Resource: results.LimitCPU, User: results.UserFollowers}
	trials := []results.Trial{
		full("n1-hashicorp-multi-az", cpu), full("n1-hashicorp-multi-az", cpu), full("n1-hashicorp-multi-az", nil),
		full("n3-hashicorp-multi-az", cpu),
		full("n4-hashicorp-multi-az", &results.Limit{Resource: results.LimitPipeline, MaxOps: 5_900}),
	}
	want := []string{
		"Full load was limited by the host's CPU, most of it used by the followers. 1 node: 2 of 3 trials; 3 nodes: 1 of 1.",
		"Full load was limited by raft's own pipeline, which carries at most 5,900/s over this round trip. 4 nodes: 1 of 1 trial.",
	}
	got := limitLines(groups(typical()), limits(trials))
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
