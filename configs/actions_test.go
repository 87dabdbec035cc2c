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

// The page's example is one, on a cluster that has what it names.
func TestTheDocumentedTimelineIsValid(t *testing.T) {
	page, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	plan, err := planOf([]byte("nodes: 3\nworkload: {calm: {duration: 10s}}\n" + example))
	if err != nil || len(plan.Setups[0].Faults) != 5 {
		t.Errorf("got %v", err)
	}
}
