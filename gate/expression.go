package gate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
)

// badRule is a mistake inside a rule's text.
type badRule struct {
	at   int // offset in bytes
	what string
	do   string
}

func (e *badRule) Error() string { return e.what }

var (
	shape     = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(==|!=|<=|>=|<|>|=)\s*(\S.*?)\s*$`)
	factShape = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\s*(?:([+-])\s*([0-9]{1,6}))?$`)
)

// parse reads a rule's text. known are the metrics there can be.
func parse(text string, known []string) (left name, o op, right operand, err error) {
	m := shape.FindStringSubmatchIndex(text)
	if m == nil {
		return left, o, right, &badRule{0, fmt.Sprintf("got %q, want METRIC OP LIMIT", text), "write it like `write_latency_p50 < 20ms` or `survived == tolerates`"}
	}
	left, err = parseName(text[m[2]:m[3]], m[2], known)
	if err != nil {
		return left, o, right, err
	}
	o = op(text[m[4]:m[5]])
	if o == "=" {
		return left, o, right, &badRule{m[4], "got =, want == to ask for equality", "write ==, or <, <=, > or >="}
	}
	if o.exact() && !left.fact {
		return left, o, right, &badRule{m[4], fmt.Sprintf("got %s on %s, which is measured and never exact: want <, <=, > or >=", o, left.text), left.like("<")}
	}
	right, err = parseOperand(text[m[6]:m[7]], m[6], left, o)
	return left, o, right, err
}

// parseName finds what the left side means: a fact, or a metric with or
// without its unit.
func parseName(text string, at int, known []string) (name, error) {
	if facts[text] != nil {
		return name{text: text, fact: true, at: at}, nil
	}
	for _, full := range []string{text, text + "_ns", text + "_ops"} {
		if slices.Contains(known, full) {
			return name{text: text, metric: full, at: at}, nil
		}
	}
	do := "metrics are named as in summary.json, such as write_latency_p50; facts are " + factNames()
	if near := strictyaml.Nearest(text, names(known), 3); len(near) > 0 {
		do = "did you mean " + strings.Join(near, ", ") + "?"
	}
	return name{}, &badRule{at, fmt.Sprintf("unknown metric %q: want a metric or a fact", text), do}
}

func factNames() string { return strings.Join(slices.Sorted(maps.Keys(facts)), ", ") }

// names are all that a rule may say, as it is written most simply.
func names(known []string) []string {
	out := slices.Collect(maps.Keys(facts))
	for _, k := range known {
		out = append(out, summary.Name(k))
	}
	slices.Sort(out)
	return out
}

// parseOperand reads what the left side is held against: a fact, or a limit in
// the left side's unit.
func parseOperand(text string, at int, left name, o op) (operand, error) {
	m := factShape.FindStringSubmatch(text)
	if m == nil {
		v, err := literal(text, left.kind())
		if err != nil {
			return operand{}, &badRule{at, left.text + ": " + err.Error(), cmp.Or(hint(err), left.like(o))}
		}
		return operand{value: v, at: at}, nil
	}
	switch {
	case facts[m[1]] == nil:
		return operand{}, &badRule{at, fmt.Sprintf("got %q, want a number or one of %s", m[1], factNames()), "a metric cannot stand on the right; write a number such as 20ms, or a fact"}
	case !left.fact:
		return operand{}, &badRule{at, fmt.Sprintf("%s is measured: got %s, want a number", left.text, m[1]), left.like("<")}
	}
	offset := 0
	if m[2] != "" {
		// The shape admits no text that does not convert.
		offset, _ = strconv.Atoi(m[2] + m[3])
	}
	return operand{fact: m[1], value: float64(offset), at: at}, nil
}

// like shows how a rule on the name is written.
func (n name) like(o op) string {
	return fmt.Sprintf("write it like `%s %s %s`", n.text, o, n.kind().Sample())
}

// hint of an error that has one.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
