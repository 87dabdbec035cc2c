package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// constants of a file of package results whose names begin with a prefix, by
// name.
func constants(t *testing.T, file, prefix string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../results/"+file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if !strings.HasPrefix(name.Name, prefix) || i >= len(spec.Values) {
				continue
			}
			if lit, ok := spec.Values[i].(*ast.BasicLit); ok {
				if out[name.Name], err = strconv.Unquote(lit.Value); err != nil {
					t.Fatal(err)
				}
			}
		}
		return true
	})
	if len(out) == 0 {
		t.Fatalf("no constant %s… in %s: has the file moved?", prefix, file)
	}
	return out
}

// A code that the record may hold and that nobody found words for would be
// shown as a code.
func TestEverythingOnRecordHasWords(t *testing.T) {
	full := results.Remark{
		Node: "n1", Link: &results.Ends{From: "a", To: "b"}, Got: 12, Want: 7, Unit: results.UnitNS, Count: 3, Of: 20, Detail: "no route",
	}
	for name, code := range constants(t, "remark.go", "Code") {
		r := full
		r.Code = results.Code(code)
		bare := worst{Remark: results.Remark{Code: r.Code}}
		if _, ok := remarkWords[r.Code]; !ok {
			t.Errorf("%s (%q) has no words in remarks.go", name, code)
		}
		for _, text := range []string{sayRemark(worst{r, "at worst "}), sayRemark(bare)} {
			if strings.Contains(text, "%!") || strings.HasSuffix(text, ".") || strings.Contains(text, code) && strings.Contains(code, "-") {
				t.Errorf("%s is worded %q", name, text)
			}
		}
	}
	for name, rule := range constants(t, "remark.go", "Rule") {
		if ruleWords[rule] == "" {
			t.Errorf("%s (%q) has no words in findings.go", name, rule)
		}
	}
	for name, role := range constants(t, "window.go", "Role") {
		if roleWords[results.Role(role)] == "" {
			t.Errorf("%s (%q) has no words in remarks.go", name, role)
		}
	}
	for name, resource := range constants(t, "window.go", "Limit") {
		if limitWords[resource] == nil {
			t.Errorf("%s (%q) has no words in limits.go", name, resource)
		}
	}
	for name, user := range constants(t, "window.go", "User") {
		if userWords[user] == "" {
			t.Errorf("%s (%q) has no words in limits.go", name, user)
		}
	}
}

// What a later raftbench wrote is told as it stands, and not passed over.
func TestWhatHasNoWordsIsToldAsItStands(t *testing.T) {
	if got := sayRemark(worst{Remark: results.Remark{Code: "gamma-rays", Detail: "seen"}}); !strings.Contains(got, `"gamma-rays"`) || !strings.Contains(got, "seen") {
		t.Errorf("got %q", got)
	}
	if got := sayRule("second-law"); !strings.Contains(got, `"second-law"`) {
		t.Errorf("got %q", got)
	}
	if got := sayLimit(results.Limit{Resource: "patience"}); !strings.Contains(got, `"patience"`) {
		t.Errorf("got %q", got)
	}
}

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

// A line of progress says the same as the report, and is as harmless.
func TestWordsForALineOfProgress(t *testing.T) {
	got := RemarkText(results.Remark{Code: results.CodeFailed, Window: results.WindowCalm, Detail: "no\x1b[2J leader"})
	if want := "light load: the trial did not get to its end: “no\uFFFD[2J leader”"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = FindingText(results.Finding{Rule: results.RuleApplied, Node: "n3", Got: "index 4", Want: "index 9"})
	if want := "a replica did not catch up (n3: got index 4, wanted index 9)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = FindingText(results.Finding{Rule: results.RuleUnreadable, Node: "n3", Got: "no log", Want: "its own data", Times: 3})
	if want := "a node cannot open its own data (n3: got no log, wanted its own data, 3 times)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
