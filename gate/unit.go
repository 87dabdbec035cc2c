package gate

import "github.com/raftbench/raftbench/units"

// literal reads a limit in the unit that summary.json uses. A plain number is
// what stands there, but for durations: a limit of 20 could be meant as
// anything.
func literal(text string, want units.Kind) (float64, error) {
	v, err := want.Parse(text)
	if err == nil || want == units.Duration {
		return v, err
	}
	if bare, notBare := units.Count.Parse(text); notBare == nil {
		return bare, nil
	}
	return 0, err
}

// kind is what the left side measures; facts are plain numbers.
func (n name) kind() units.Kind {
	if n.fact {
		return units.Count
	}
	return units.Of(n.metric)
}
