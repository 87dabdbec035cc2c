package gate

import (
	_ "embed"
	"errors"
	"strings"

	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
)

// Safety is the name of the built-in rules: nothing lost, and every size
// survives and blocks as arithmetic says.
const Safety = "safety"

//go:embed safety.yaml
var safety []byte

const fileHint = "write\nrules:\n  - lost_writes == 0\n  - {rule: \"write_latency_p50 < 20ms\", where: {nodes: 3}}"

// Load reads a file of rules, or the built-in ones by the name Safety. Its
// errors are of type *strictyaml.Error or strictyaml.Errors.
func Load(path string) ([]Rule, error) {
	if path == Safety {
		return Parse(Safety, safety)
	}
	text, err := strictyaml.Read(path, "give a YAML file with `rules:`, or --rules safety for the built-in ones")
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse reads rules; file is the name that errors give. A name of an unknown
// metric is a mistake in the file, whatever the run holds.
func Parse(file string, text []byte) ([]Rule, error) {
	f, err := strictyaml.Parse(file, text, fileHint)
	if err != nil {
		return nil, err
	}
	r := reader{file: file, known: summary.MetricNames()}
	rules := r.document(f.Root())
	if err := f.Err(); err != nil {
		return nil, err
	}
	return rules, nil
}

// reader turns one file into rules. Mistakes are noted in the file.
type reader struct {
	file  string
	known []string
}

func (r reader) document(root strictyaml.Value) []Rule {
	sections, ok := root.Section("a section with a list of rules, `rules:`", "rules")
	if !ok {
		return nil
	}
	var rules []Rule
	listed := false
	for _, s := range sections {
		all, ok := s.List("a list of at least one rule")
		if ok && len(all) == 0 {
			s.Wrong("", "got an empty list, want a list of at least one rule")
		}
		for _, v := range all {
			rules = append(rules, r.rule(v))
		}
		listed = true
	}
	if !listed {
		root.Wrong("", "got no `rules`, want a list of at least one rule under it")
	}
	return rules
}

// rule is a text, or a section of `rule` and `where`.
func (r reader) rule(v strictyaml.Value) Rule {
	if !v.IsSection() {
		return r.expression(v, nil)
	}
	keys, _ := v.Section("a rule", "rule", "where")
	var text strictyaml.Value
	var where map[string]string
	for _, k := range keys {
		if k.Key() == "rule" {
			text = k
		} else {
			where = r.where(k)
		}
	}
	if text.Key() == "" {
		v.Wrong("", "got a section without `rule`, want one")
		return Rule{}
	}
	return r.expression(text, where)
}

func (r reader) where(v strictyaml.Value) map[string]string {
	where := map[string]string{}
	keys, _ := v.Entries("a section such as {nodes: 3}")
	for _, k := range keys {
		if text, ok := k.Text("one value: write one rule for each"); ok {
			where[plainKey(k.Key())] = text
		}
	}
	return where
}

func (r reader) expression(v strictyaml.Value, where map[string]string) Rule {
	text, ok := v.Text("a rule such as write_latency_p50 < 20ms")
	if !ok {
		return Rule{}
	}
	rule := Rule{Text: strings.TrimSpace(text), Where: where, File: r.file}
	rule.Line, rule.Column = v.At(0)
	var err error
	rule.expression, err = parse(text, r.known)
	var bad *badRule
	if errors.As(err, &bad) {
		v.WrongAt(bad.at, bad.do, "%s", bad.what)
	}
	return rule
}
