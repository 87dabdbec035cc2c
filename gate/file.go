package gate

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/raftbench/raftbench/summary"
)

// Safety is the name of the built-in rules: nothing lost, and every size
// survives and blocks as arithmetic says.
const Safety = "safety"

//go:embed safety.yaml
var safety []byte

// Error is a mistake in a file of rules.
type Error struct {
	File         string
	Line, Column int // from 1; 0 where no single place is meant
	What         string
	Excerpt      string // the source around the place
	Do           string
}

// Error names the place, the mistake and shows the source.
func (e *Error) Error() string {
	text := e.File + ": " + e.What
	if e.Line > 0 {
		text = fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.What)
	}
	if e.Excerpt != "" {
		text += "\n" + strings.TrimRight(e.Excerpt, "\n")
	}
	return text
}

// Hint says what to do.
func (e *Error) Hint() string { return e.Do }

// Load reads a file of rules, or the built-in ones by the name Safety. Its
// errors are of type *Error.
func Load(path string) ([]Rule, error) {
	if path == Safety {
		return Parse(Safety, safety)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, &Error{File: path, What: "cannot be read: " + err.Error(), Do: "give a YAML file with `rules:`, or --rules safety for the built-in ones"}
	}
	return Parse(path, text)
}

const fileHint = "write\nrules:\n  - lost_writes == 0\n  - {rule: \"write_latency_p50 < 20ms\", where: {nodes: 3}}"

// Parse reads rules; file is the name that errors give. A name of an unknown
// metric is a mistake in the file, whatever the run holds.
func Parse(file string, text []byte) ([]Rule, error) {
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntax(file, err)
	}
	r := &reader{file: file, source: text, known: summary.MetricNames()}
	if len(tree.Docs) != 1 {
		return nil, r.fail(nil, fmt.Sprintf("got %d YAML documents, want one", len(tree.Docs)), fileHint)
	}
	return r.document(tree.Docs[0].Body)
}

// syntax tells where YAML itself was broken.
func syntax(file string, err error) error {
	out := &Error{File: file, What: "no YAML: " + err.Error(), Do: fileHint}
	var s yaml.Error
	if errors.As(err, &s) && s.GetToken() != nil {
		at := s.GetToken().Position
		out.What, out.Line, out.Column = s.GetMessage(), at.Line, at.Column
	}
	return out
}

// reader turns the tree of one file into rules.
type reader struct {
	file   string
	source []byte
	known  []string
}

func (r *reader) fail(at *token.Token, what, do string) error {
	e := &Error{File: r.file, What: what, Do: do}
	if at != nil {
		e.Line, e.Column = at.Position.Line, at.Position.Column
	}
	e.Excerpt = excerpt(r.source, e.Line, e.Column)
	return e
}

// excerpt is the line with a mark under the column.
func excerpt(source []byte, line, column int) string {
	lines := strings.Split(string(source), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	head := fmt.Sprintf("%4d | ", line)
	return head + strings.TrimRight(lines[line-1], "\r") + "\n" + strings.Repeat(" ", len(head)+max(column, 1)-1) + "^"
}

func (r *reader) document(body ast.Node) ([]Rule, error) {
	m, err := r.mapping(body, "rules")
	if err != nil {
		return nil, err
	}
	list, ok := m["rules"].(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		var at *token.Token
		if m["rules"] != nil {
			at = m["rules"].GetToken()
		}
		return nil, r.fail(at, "want a list of at least one rule under `rules`", fileHint)
	}
	var rules []Rule
	for _, n := range list.Values {
		rule, err := r.rule(n)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// mapping reads a mapping that may hold these keys only, each once.
func (r *reader) mapping(n ast.Node, keys ...string) (map[string]ast.Node, error) {
	if n == nil {
		return nil, r.fail(nil, "the file is empty: want `rules`", fileHint)
	}
	m, ok := n.(ast.MapNode)
	if !ok {
		return nil, r.fail(n.GetToken(), fmt.Sprintf("got a %s, want a mapping of %s", kind(n), strings.Join(keys, " and ")), fileHint)
	}
	out := map[string]ast.Node{}
	for i := m.MapRange(); i.Next(); {
		key := i.Key().GetToken()
		if len(keys) > 0 && !slices.Contains(keys, key.Value) {
			return nil, r.fail(key, fmt.Sprintf("unknown key %q: want %s", key.Value, strings.Join(keys, " or ")), fileHint)
		}
		if out[key.Value] != nil {
			return nil, r.fail(key, fmt.Sprintf("key %q stands here twice, want each once", key.Value), "leave one of them out")
		}
		out[key.Value] = i.Value()
	}
	return out, nil
}

func kind(n ast.Node) string { return strings.ToLower(n.Type().String()) }

// rule is a text, or a mapping of `rule` and `where`.
func (r *reader) rule(n ast.Node) (Rule, error) {
	if _, ok := n.(ast.MapNode); !ok {
		return r.expression(n, nil)
	}
	m, err := r.mapping(n, "rule", "where")
	if err != nil {
		return Rule{}, err
	}
	if m["rule"] == nil {
		return Rule{}, r.fail(n.GetToken(), "a mapping without `rule`", fileHint)
	}
	where, err := r.where(m["where"])
	if err != nil {
		return Rule{}, err
	}
	return r.expression(m["rule"], where)
}

func (r *reader) where(n ast.Node) (map[string]string, error) {
	if n == nil {
		return nil, nil
	}
	m, err := r.mapping(n)
	if err != nil {
		return nil, err
	}
	where := map[string]string{}
	for key, value := range m {
		if _, ok := value.(ast.ScalarNode); !ok {
			return nil, r.fail(value.GetToken(), fmt.Sprintf("where.%s: got a %s, want one value", key, kind(value)), "write one rule for each value")
		}
		where[key] = value.GetToken().Value
	}
	return where, nil
}

func (r *reader) expression(n ast.Node, where map[string]string) (Rule, error) {
	s, ok := n.(*ast.StringNode)
	if !ok {
		return Rule{}, r.fail(n.GetToken(), fmt.Sprintf("got a %s, want a rule", kind(n)), fileHint)
	}
	at := s.GetToken()
	rule := Rule{Text: strings.TrimSpace(s.Value), Where: where, File: r.file, Line: at.Position.Line, Column: at.Position.Column}
	if strings.ContainsAny(at.Origin, `"'`) && strings.HasPrefix(strings.TrimSpace(at.Origin), at.Origin[strings.IndexAny(at.Origin, `"'`):][:1]) {
		rule.Column++ // the quote
	}
	var err error
	rule.left, rule.op, rule.right, err = parse(s.Value, r.known)
	var bad *badRule
	if errors.As(err, &bad) {
		place := *at.Position
		place.Column = rule.Column + bad.at
		return Rule{}, r.fail(&token.Token{Position: &place}, bad.what, bad.do)
	}
	return rule, err
}
