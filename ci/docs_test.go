package ci

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/raftbench/raftbench/gate"
)

// The documentation's examples are read by what they are examples of.

var fence = regexp.MustCompile("(?s)\n```yaml\n(.*?)\n```\n")

// examples are the blocks of YAML in the documentation that hold a word.
func examples(t *testing.T, word string) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], word) {
			out = append(out, m[1])
		}
	}
	if len(out) == 0 {
		t.Fatalf("no example has %q", word)
	}
	return out
}

func TestTheDocumentedRulesAreRules(t *testing.T) {
	for _, text := range examples(t, "rules:\n  - write") {
		if rules, err := gate.Parse("docs/ci.md", []byte(text)); err != nil || len(rules) < 4 {
			t.Errorf("got %d rules, %v", len(rules), err)
		}
	}
}

// A workflow gives the action only inputs that it has, and reads only its
// outputs.
func TestTheDocumentedWorkflowsFitTheAction(t *testing.T) {
	a := readAction(t)
	inputs := 0
	for _, text := range examples(t, "raftbench/raftbench@main") {
		var steps []step
		whole := struct {
			Jobs map[string]struct{ Steps []step }
		}{}
		if err := yaml.Unmarshal([]byte(text), &whole); err == nil && len(whole.Jobs) > 0 {
			steps = whole.Jobs["ab"].Steps
		} else if err := yaml.Unmarshal([]byte(text), &steps); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		for _, s := range steps {
			for name := range s.With {
				if _, known := a.Inputs[name]; s.Uses == "raftbench/raftbench@main" && !known {
					t.Errorf("the action has no input %q", name)
				} else if known && strings.HasPrefix(s.Uses, "raftbench/") {
					inputs++
				}
			}
		}
	}
	if inputs < 8 {
		t.Errorf("got %d inputs in the workflows, want all that were written there", inputs)
	}
	text, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`steps\.raftbench\.outputs\.([a-z-]+)`).FindAllStringSubmatch(string(text), -1) {
		if _, known := a.Outputs[m[1]]; !known {
			t.Errorf("the action has no output %q", m[1])
		}
	}
	for name := range a.Inputs {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("the input %s is not documented", name)
		}
	}
}

// Otava's configuration names columns that a history has.
func TestTheDocumentedHistoryIsWhatIsWritten(t *testing.T) {
	var config struct {
		Tests map[string]struct {
			TimeColumn string `yaml:"time_column"`
			Attributes []string
			Metrics    map[string]struct {
				Column    string
				Direction int
			}
		}
	}
	if err := yaml.Unmarshal([]byte(examples(t, "time_column")[0]), &config); err != nil {
		t.Fatal(err)
	}
	history, err := Otava(nil, judged())
	if err != nil {
		t.Fatal(err)
	}
	head := otavaReads(t, history)[0]
	test := config.Tests["three-nodes"]
	want := append([]string{test.TimeColumn}, test.Attributes...)
	for _, m := range test.Metrics {
		want = append(want, m.Column)
		if (m.Direction > 0) != biggerIsBetter(m.Column[strings.LastIndex(m.Column, ".")+1:]) {
			t.Errorf("%s: got the direction %d", m.Column, m.Direction)
		}
	}
	for _, column := range want {
		if !slices.Contains(head, column) {
			t.Errorf("no history has the column %q: %q", column, head)
		}
	}
}
