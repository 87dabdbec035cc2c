package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
)

// reasonCodes are all that a verdict may give as its reason.
func reasonCodes(t *testing.T) []gate.ReasonCode {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../gate/report.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []gate.ReasonCode
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, named := spec.Type.(*ast.Ident); named && of.Name == "ReasonCode" {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, gate.ReasonCode(code))
		}
		return true
	})
	if len(out) == 0 {
		t.Fatal("no ReasonCode in gate/report.go: has the file moved?")
	}
	return out
}

// A code that nobody found words for would be shown as a code.
func TestEveryReasonOfAVerdictHasWords(t *testing.T) {
	p := 0.03
	full := gate.Verdict{P: &p, PCorrected: &p, Questions: 4, Ratio: &gate.Ratio{Floor: &p}}
	for _, code := range reasonCodes(t) {
		if reasonWords[code] == nil {
			t.Errorf("%q has no words in reasons.go", code)
			continue
		}
		reason := gate.Reason{Code: code, Got: 2, Want: 6, By: &p, Worst: &results.Remark{Code: results.CodeSteal, Got: 0.1}, Old: "a", New: "b"}
		for _, v := range []gate.Verdict{full, {}} {
			v.Reasons = []gate.Reason{reason, {Code: code}}
			for _, text := range VerdictReasons(v) {
				if text == "" || strings.Contains(text, "%!") || strings.HasSuffix(text, ".") || text == string(code) {
					t.Errorf("%q is worded %q", code, text)
				}
			}
		}
	}
}
