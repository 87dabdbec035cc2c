package configs

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Three and four nodes go on without one member, five without two: what has more
// dead than its size tolerates is left out, and said.
func TestDeadBeyondASizesToleranceAreLeftOut(t *testing.T) {
	p := mustPlan(t, "nodes: [3, 4, 5]\ndead: [0, 1, 2]\nleader: [a, b]")
	var want []string
	for _, s := range []string{"n3-0", "n3-1", "n4-0", "n4-1", "n5-0", "n5-1", "n5-2"} {
		size, dead, _ := strings.Cut(s, "-")
		for _, leader := range []string{"a", "b"} {
			want = append(want, size+"-hashicorp-multi-az-dead-"+dead+"-leader-"+leader)
		}
	}
	if diff := cmp.Diff(want, cellNames(p)); diff != "" {
		t.Error(diff)
	}
	if w := []string{"with 2 followers dead, nodes: 3, 4 is left out: so many dead are more than it tolerates"}; !slices.Equal(p.Warnings, w) {
		t.Errorf("warned %q, want %q", p.Warnings, w)
	}
	last := p.Setups[len(p.Setups)-1]
	if last.Dead != 2 || last.Params[DeadAxis] != "2" || !last.SideBySide() || Changed(last)[DeadAxis] != "2" {
		t.Errorf("the last setup has %d dead, params %v, settings %v: want 2, on record, beside the others", last.Dead, last.Params, Changed(last))
	}
}

// The preset's setups are those that the sizes go on with, in the time it promises.
func TestDegradedPreset(t *testing.T) {
	e, err := Preset("degraded")
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Setups) != 14 || p.Budget.Minutes() > 6 {
		t.Errorf("%d setups in %s, want 14 in at most 6 minutes: %q", len(p.Setups), p.Budget, cellNames(p))
	}
}

// Outages begin with a whole cluster, and only whole clusters are watched: a setup
// with dead followers would be that without them under another name.
func TestSetupsWithDeadFollowersAreOnlyMeasured(t *testing.T) {
	p := mustPlan(t, "nodes: [3, 5]\ndead: [0, 1]\ntrials: 5\noutages: {repeat: 5}\nwatch: {duration: 1m}")
	for name, groups := range map[string][][]int{"timed": p.OutageGroups(), "watched": WatchGroups(p)} {
		all := slices.Sorted(slices.Values(slices.Concat(groups...)))
		if len(all) != 2 || p.Setups[all[0]].Dead+p.Setups[all[1]].Dead > 0 {
			t.Errorf("%s: got the setups %v of %q, want the two without dead followers", name, all, cellNames(p))
		}
	}
	for _, s := range p.Setups {
		if got, want := p.OutagesOf(s), 5*(1-s.Dead); got != want {
			t.Errorf("%s: got %d outages, want %d", s.Cell, got, want)
		}
	}
	if !slices.ContainsFunc(p.Warnings, func(w string) bool { return strings.Contains(w, "only measured") }) {
		t.Errorf("warnings %q do not tell that setups with dead followers are only measured", p.Warnings)
	}
}
