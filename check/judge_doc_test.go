package check

import (
	"os"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/history"
)

// docs/safety.md tells of every forged history, and its example can be read.
func TestTheDocumentationTellsOfEachAnomaly(t *testing.T) {
	text, err := os.ReadFile("../docs/safety.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range forged {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/safety.md does not tell of %s", name)
		}
	}
	_, example, _ := strings.Cut(string(text), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	if h, err := history.Decode("docs/safety.md", strings.NewReader(example)); err != nil || len(h.Operations) != 2 {
		t.Errorf("the example: %v", err)
	}
}
