package configs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The example says what the defaults are; it must not lie.
func TestExampleIsTheDefault(t *testing.T) {
	got, err := planOf(Example)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Default().Plan()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the example is not the default: -default +example\n%s", diff)
	}
}

// Every key stands in the example, with a comment or a comment above it.
func TestExampleHasEveryKey(t *testing.T) {
	for _, path := range keyPaths() {
		key := path[strings.LastIndex(path, ".")+1:]
		if !strings.Contains(string(Example), key+":") {
			t.Errorf("the example does not have %s", path)
		}
	}
}

// What the example shows in comments can be uncommented.
func TestExamplesInCommentsAreValid(t *testing.T) {
	text := string(Example)
	link := text[strings.Index(text, "  #   - from: a"):strings.Index(text, "  links: []")]
	fault := text[strings.Index(text, "#   - {at:"):strings.Index(text, "# With one size")]
	text = strings.Replace(text, "  links: []", "  links:\n"+strings.ReplaceAll("\n"+link, "\n  #", "\n   "), 1)
	text = strings.Replace(text, "faults: []", "faults:\n"+strings.ReplaceAll(fault, "#", " "), 1)
	// A single node has no follower.
	plan, err := planOf([]byte(strings.Replace(text, "nodes: [1, 3,", "nodes: [2, 3,", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Setups[1].Faults) != 5 || plan.Setups[1].Links["n1"]["n2"].Rate != 1e9 {
		t.Errorf("the uncommented link or fault is not in the plan: %+v", plan.Setups[1])
	}
}
