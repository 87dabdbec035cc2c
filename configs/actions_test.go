package configs

import (
	"os"
	"strings"
	"testing"
)

// Whatever may be asked for, or is asked for elsewhere and refused here, is told of.
func TestEveryActionIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	names := actionNames()
	for name := range impossible {
		names = append(names, name)
	}
	for _, name := range append(names, Setup{Nodes: 3}.roles(false)...) {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/faults.md does not tell of %s", name)
		}
	}
}

// The page's example runs as it stands, saved to a file.
func TestTheDocumentedTimelineIsValid(t *testing.T) {
	page, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	plan, err := planOf([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Setups) != 1 || len(plan.Setups[0].Faults) != 5 || plan.Trials != 1 || plan.Proofs != 0 {
		t.Errorf("got %d setups, %d trials and %d proofs, want one trial of five faults", len(plan.Setups), plan.Trials, plan.Proofs)
	}
}

// So do those of the page on outages and on watching, and each preset is told there.
func TestTheDocumentedOutagesAndWatchAreValid(t *testing.T) {
	page, err := os.ReadFile("../docs/outages.md")
	if err != nil {
		t.Fatal(err)
	}
	var plans []Plan
	for _, part := range strings.Split(string(page), "```yaml\n")[1:] {
		example, _, _ := strings.Cut(part, "```")
		plan, err := planOf([]byte(example))
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, plan)
	}
	if len(plans) != 2 || plans[0].Outages == 0 || plans[0].Trials != 0 || plans[1].Watch == 0 || plans[1].Trials != 0 {
		t.Errorf("got %d files, want one of outages alone and one that watches alone", len(plans))
	}
	for _, name := range PresetNames() {
		if !strings.Contains(string(page), "| `"+name+"` |") {
			t.Errorf("docs/outages.md does not tell of the preset %s", name)
		}
	}
}

// Jitter is spread around a delay: without any, half of it is cut off at zero.
func TestJitterAloneIsNoSlowness(t *testing.T) {
	for name, c := range map[string]struct {
		network, faults string
		refused         bool
	}{
		"no delay anywhere":      {"{profile: none}", "[{at: 1s, action: slow, target: n1, link: {jitter: 5ms}}]", true},
		"on one link":            {"{profile: none}", "[{at: 1s, action: slow, target: n1->n2, link: {jitter: 5ms, loss: 1%}}]", true},
		"a delay of its own":     {"{profile: none}", "[{at: 1s, action: slow, target: n1, link: {delay: 5ms, jitter: 5ms}}]", false},
		"a delay of the links":   {"{profile: multi-az}", "[{at: 1s, action: slow, target: n1, link: {jitter: 5ms}}]", false},
		"a delay by a fault":     {"{profile: none}", "[{at: 1s, action: slow, target: n1, link: {delay: 5ms}}, {at: 2s, action: slow, target: n1, link: {jitter: 5ms}}]", false},
		"neither delay nor that": {"{profile: none}", "[{at: 1s, action: slow, target: n1, link: {loss: 1%}}]", false},
	} {
		got := told([]byte("nodes: 3\nproofs: 0\nworkload: {load: {mode: calm}, calm: {rate: 100/s, duration: 5s}}\nnetwork: " + c.network + "\nfaults: " + c.faults + "\n"))
		if !c.refused && got != "accepted\n" {
			t.Errorf("%s: got %s", name, got)
		}
		for _, want := range []string{"faults[0].link", "got a jitter of 5ms and no delay", "want a delay", "hint: add one of at least the jitter: link: {delay: 5ms, jitter: 5ms}"} {
			if c.refused && !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %q in it", name, got, want)
			}
		}
	}
}
