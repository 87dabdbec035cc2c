package gate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
		return left, o, right, &badRule{m[4], fmt.Sprintf("got %s on %s, which is measured and never exact: want <, <=, > or >=", o, left.text), "write it like `" + left.text + " < " + sample[unitOf(left.metric)] + "`"}
	}
	right, err = parseOperand(text[m[6]:m[7]], m[6])
	if err != nil {
		return left, o, right, err
	}
	return left, o, right, agree(left, o, right)
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
	if near := nearest(text, names(known), 3); len(near) > 0 {
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

func parseOperand(text string, at int) (operand, error) {
	if m := factShape.FindStringSubmatch(text); m != nil {
		if facts[m[1]] == nil {
			return operand{}, &badRule{at, fmt.Sprintf("got %q, want a number or one of %s", m[1], factNames()), "a metric cannot stand on the right; write a number such as 20ms, or a fact"}
		}
		offset := 0
		if m[2] != "" {
			// The shape admits no text that does not convert.
			offset, _ = strconv.Atoi(m[2] + m[3])
		}
		return operand{fact: m[1], value: float64(offset), at: at}, nil
	}
	v, u, err := literal(text)
	if err != nil {
		return operand{}, &badRule{at, err.Error(), "write a number with the metric's unit: 20ms, 1000/s, 4KiB, 85%; or a fact such as tolerates"}
	}
	return operand{value: v, unit: u, at: at}, nil
}

// agree refuses sides that cannot be held against each other.
func agree(left name, o op, right operand) error {
	switch {
	case right.fact != "" && !left.fact:
		return &badRule{right.at, fmt.Sprintf("%s is measured: got %s, want a number", left.text, right.fact), "write it like `" + left.text + " < " + sample[unitOf(left.metric)] + "`"}
	case right.fact != "":
		return nil
	}
	want := plain
	if !left.fact {
		want = unitOf(left.metric)
	}
	if !right.unit.fits(want, right.value) {
		return &badRule{right.at, fmt.Sprintf("%s wants %s", left.text, examples[want]), "write it like `" + left.text + " " + string(o) + " " + sample[want] + "`"}
	}
	return nil
}
