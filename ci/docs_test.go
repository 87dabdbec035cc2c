package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/summary"
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

// steps are those of a job, or of a part of one.
func steps(t *testing.T, text string) []step {
	t.Helper()
	whole := struct {
		Jobs map[string]struct{ Steps []step }
	}{}
	if err := yaml.Unmarshal([]byte(text), &whole); err == nil && len(whole.Jobs) > 0 {
		return whole.Jobs["ab"].Steps
	}
	var out []step
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return out
}

// What is copied from here runs beside a stranger's code: its scripts hold no
// expressions, and no checkout leaves a token behind.
func TestTheDocumentedWorkflowsAreSafeToCopy(t *testing.T) {
	for _, text := range examples(t, "${{") {
		for _, s := range steps(t, text) {
			if strings.Contains(s.Run, "${{") {
				t.Errorf("an expression in the script\n%s", s.Run)
			}
			if strings.HasPrefix(s.Uses, "actions/checkout") && s.With["persist-credentials"] != "false" {
				t.Errorf("the checkout %v leaves its token in the workspace", s.With)
			}
		}
	}
}

// fakeGh answers a filter for raftbench's own comments with $GH_COMMENTS, and logs
// what it is asked.
const fakeGh = `#!/bin/sh
echo "$*" >> "$GH_LOG"
case "$*" in
*--jq*startswith*"## raftbench: "*) printf '%s' "$GH_COMMENTS" ;;
esac
`

// A comment of another tool is never written over.
func TestTheDocumentedCommentReplacesItsOwn(t *testing.T) {
	script := steps(t, examples(t, "gh api")[0])[0].Run
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gh"), []byte(fakeGh), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	for mine, want := range map[string]string{
		"":         "--method POST repos/o/r/issues/7/comments -F body=@/s.md",
		"11\n12\n": "--method PATCH repos/o/r/issues/comments/12 -F body=@/s.md",
	} {
		log := filepath.Join(t.TempDir(), "log")
		cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", script)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "GH_LOG="+log, "GH_COMMENTS="+mine,
			"COMMENTS=repos/o/r/issues/7/comments", "COMMENT=repos/o/r/issues/comments", "SUMMARY=/s.md")
		out, err := cmd.CombinedOutput()
		text, _ := os.ReadFile(log)
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%q: %v: got %s\n%s\nwant %s", mine, err, out, text, want)
		}
	}
}

// A workflow gives the action only inputs that it has, and reads only its
// outputs.
func TestTheDocumentedWorkflowsFitTheAction(t *testing.T) {
	a := readAction(t)
	inputs := 0
	for _, text := range examples(t, "raftbench/raftbench@main") {
		for _, s := range steps(t, text) {
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
		if (m.Direction > 0) != summary.MoreIsBetter(m.Column[strings.LastIndex(m.Column, ".")+1:]) {
			t.Errorf("%s: got the direction %d", m.Column, m.Direction)
		}
	}
	for _, column := range want {
		if !slices.Contains(head, column) {
			t.Errorf("no history has the column %q: %q", column, head)
		}
	}
}
