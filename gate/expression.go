package gate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
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

const (
	wordShape     = `[A-Za-z_][A-Za-z0-9_]*`
	selectorShape = `\[[^\]]*\]?`
)

var (
	ruleShape = regexp.MustCompile(`^\s*(` + wordShape + `)\s*(` + selectorShape + `)?\s*(==|!=|<=|>=|<|>|=)\s*(\S.*?)\s*$`)
	factShape = regexp.MustCompile(`^(` + wordShape + `)\s*(?:([+-])\s*([0-9]{1,6}))?$`)
	// ratioShape is a factor and what it multiplies; either may be missing, to be
	// told so.
	ratioShape = regexp.MustCompile(`^([-+0-9.,eE%]*)\s*(x|×|\*)?\s*(` + wordShape + `)\s*(` + selectorShape + `)?$`)
)

// baselineWord stands for what a relative rule is held against.
const baselineWord = "baseline"

// expression is what a rule's text says.
type expression struct {
	left  name
	op    op
	right operand
}

// parse reads a rule's text. known are the metrics there can be.
func parse(text string, known []string) (e expression, err error) {
	m := ruleShape.FindStringSubmatchIndex(text)
	if m == nil {
		return e, &badRule{0, fmt.Sprintf("got %q, want METRIC OP LIMIT", text), "write it like `write_latency_p50 < 20ms`, `write_latency_p50 <= 1.05x baseline` or `survived == tolerates`"}
	}
	if e.left, err = parseName(text[m[2]:m[3]], m[2], known); err != nil {
		return e, err
	}
	if m[4] >= 0 {
		if e.left.selects, err = parseSelector(text[m[4]:m[5]], m[4]); err != nil {
			return e, err
		}
	}
	e.op = op(text[m[6]:m[7]])
	if e.op == "=" {
		return e, &badRule{m[6], "got =, want == to ask for equality", "write ==, or <, <=, > or >="}
	}
	if e.op.exact() && !e.left.fact {
		return e, &badRule{m[6], fmt.Sprintf("got %s on %s, which is measured and never exact: want <, <=, > or >=", e.op, e.left.text), e.left.like("<")}
	}
	e.right, err = parseOperand(text[m[8]:m[9]], m[8], e.left, e.op, known)
	return e, err
}

// parseName finds what a name means: a fact, or a metric with or without its unit.
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

// parseOperand reads what the left side is held against: the baseline or another
// setup, a fact, or a limit in the left side's unit.
func parseOperand(text string, at int, left name, o op, known []string) (operand, error) {
	if m := ratioShape.FindStringSubmatchIndex(text); m != nil {
		// A number and a unit look alike, and so does a fact.
		word := text[m[6]:m[7]]
		if m[4] >= 0 || m[8] >= 0 || word == baselineWord || m[2] == m[3] && misspelt(word, known) {
			return parseRatio(text, m, at, left, known)
		}
	}
	m := factShape.FindStringSubmatch(text)
	if m == nil && strings.Contains(text, baselineWord) {
		return operand{}, &badRule{at, fmt.Sprintf("got %q, want a factor of the baseline, FACTORx baseline", text), "write `" + left.ratioSample() + "`"}
	}
	if m == nil {
		v, err := literal(text, left.kind())
		if err != nil {
			return operand{}, &badRule{at, left.text + ": " + err.Error(), cmp.Or(hint(err), left.like(o))}
		}
		return operand{value: v, at: at}, nil
	}
	switch {
	case facts[m[1]] == nil:
		return operand{}, &badRule{at, fmt.Sprintf("got %q, want a number or one of %s", m[1], factNames()),
			"write a number such as 20ms, a fact, or a ratio such as `" + left.ratioSample() + "`"}
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

// misspelt tells whether a word that stands alone is a metric, or nearly the word
// baseline, and so a ratio whose factor was left out.
func misspelt(word string, known []string) bool {
	_, err := parseName(word, 0, known)
	return facts[word] == nil && err == nil || len(strictyaml.NearestName(word, []string{baselineWord}, 1)) > 0
}

// parseRatio reads FACTORx baseline, or FACTORx METRIC[n=3]; m are the parts of
// ratioShape.
func parseRatio(text string, m []int, at int, left name, known []string) (operand, error) {
	word, wordAt := text[m[6]:m[7]], at+m[6]
	if left.fact {
		return operand{}, &badRule{at, fmt.Sprintf("%s is a fact, which no factor allows for: got %q, want a number or a fact", left.text, text), left.like("==")}
	}
	if left.metric == summary.FalseElections {
		return operand{}, &badRule{at, fmt.Sprintf("%s counts what is rare and often not seen at all, so that no ratio of it is judged: got %q, want a number", left.text, text), left.like("<")}
	}
	out := operand{at: at}
	switch near := strictyaml.Nearest(word, append(names(known), baselineWord), 1); {
	case word == baselineWord:
		out.baseline = true
		if m[8] >= 0 {
			return operand{}, &badRule{at + m[8], "got a selector of the baseline, which is that of the same setup", "write the selector on the left: `" + left.text + text[m[8]:m[9]] + " <= 1.05x baseline`"}
		}
	case slices.Contains(near, baselineWord):
		return operand{}, &badRule{wordAt, fmt.Sprintf("got %q, want baseline or %s with a selector", word, left.text), "did you mean baseline?"}
	default:
		other, err := parseName(word, wordAt, known)
		if err != nil {
			return operand{}, err
		}
		if other.metric != left.metric {
			return operand{}, &badRule{wordAt, fmt.Sprintf("got %s against %s, want one metric on both sides", left.text, word), "write `" + left.ratioSample() + "`"}
		}
		if m[8] < 0 || left.selects == nil {
			return operand{}, &badRule{wordAt, fmt.Sprintf("got %s on both sides without a selector on each, want to know which setups", left.text),
				fmt.Sprintf("write `%s[n=5] <= 1.2x %s[n=3]`", left.text, left.text)}
		}
		if out.selects, err = parseSelector(text[m[8]:m[9]], at+m[8]); err != nil {
			return operand{}, err
		}
	}
	var err error
	out.value, err = parseFactor(text[m[2]:m[3]], text[m[6]:], at)
	return out, err
}

// largestFactor is beyond what anybody allows for; a slip of the unit is more.
const largestFactor = 1000

// parseFactor reads the number before the x.
func parseFactor(text, rest string, at int) (float64, error) {
	do := "write 1.05x " + rest + " to allow for 5 % more, or 0.95x to ask for no more than 5 % less"
	if text == "" {
		return 0, &badRule{at, fmt.Sprintf("got no factor before %q, want one such as 1.05x", rest), do}
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0) || v > largestFactor || math.IsInf(v, 0) {
		return 0, &badRule{at, fmt.Sprintf("got the factor %q, want a number above 0 and at most %d, such as 1.05x", text, largestFactor), do}
	}
	return v, nil
}

// parseSelector reads [n=5, profile=multi-az].
func parseSelector(text string, at int) ([]selector, error) {
	const do = "write it like [n=5], or [n=5, raft.max_rpcs_in_flight=16]"
	inner, closed := strings.CutSuffix(text[1:], "]")
	if !closed {
		return nil, &badRule{at, fmt.Sprintf("got %q, want a closing ]", text), do}
	}
	var out []selector
	offset := at + 1
	for part := range strings.SplitSeq(inner, ",") {
		key, value, both := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		place := offset + len(part) - len(strings.TrimLeft(part, " \t"))
		offset += len(part) + 1
		switch {
		case !both || key == "" || value == "" || strings.ContainsAny(value, "="):
			return nil, &badRule{place, fmt.Sprintf("got the selector %q, want KEY=VALUE", strings.TrimSpace(part)), do}
		case slices.ContainsFunc(out, func(s selector) bool { return s.key == plainKey(key) }):
			return nil, &badRule{place, fmt.Sprintf("got %s twice in a selector, want it once", key), do}
		}
		out = append(out, selector{key: plainKey(key), value: value, at: place})
	}
	return out, nil
}

// plainKey is the one name of a key that has several.
func plainKey(key string) string {
	switch key {
	case "n":
		return "nodes"
	case "cell":
		return "setup"
	}
	return key
}

// like shows how a rule on the name is written.
func (n name) like(o op) string {
	return fmt.Sprintf("write it like `%s %s %s`", n.text, o, n.kind().Sample())
}

// ratioSample is how a relative rule on the name is written.
func (n name) ratioSample() string { return n.text + " <= 1.05x baseline" }

// hint of an error that has one.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
