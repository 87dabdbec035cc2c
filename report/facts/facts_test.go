package facts

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
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../results/"+file, nil, 0)
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
		bare := Worst{Remark: results.Remark{Code: r.Code}}
		if _, ok := remarkWords[r.Code]; !ok {
			t.Errorf("%s (%q) has no words in remarks.go", name, code)
		}
		for _, text := range []string{Say(Worst{r, "at worst "}), Say(bare)} {
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
	if got := Say(Worst{Remark: results.Remark{Code: "gamma-rays", Detail: "seen"}}); !strings.Contains(got, `"gamma-rays"`) || !strings.Contains(got, "seen") {
		t.Errorf("got %q", got)
	}
	if got := Rule("second-law"); !strings.Contains(got, `"second-law"`) {
		t.Errorf("got %q", got)
	}
	if got := Limit(results.Limit{Resource: "patience"}); !strings.Contains(got, `"patience"`) {
		t.Errorf("got %q", got)
	}
}

// A line of progress says the same as the report, and is as harmless.
func TestWordsForALineOfProgress(t *testing.T) {
	got := Remark(results.Remark{Code: results.CodeFailed, Window: results.WindowCalm, Detail: "no\x1b[2J leader"})
	if want := "light load: the trial did not get to its end: “no\uFFFD[2J leader”"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = Finding(results.Finding{Rule: results.RuleApplied, Node: "n3", Got: "index 4", Want: "index 9"})
	if want := "a replica did not catch up (n3: got index 4, wanted index 9)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = Finding(results.Finding{Rule: results.RuleUnreadable, Node: "n3", Got: "no log", Want: "its own data", Times: 3})
	if want := "a node cannot open its own data (n3: got no log, wanted its own data, 3 times)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
