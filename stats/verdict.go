package stats

// Answer to "does it keep the limit?". There are three: a gate that must say
// yes or no cries wolf on noise.
type Answer int

// The answers.
const (
	Inconclusive Answer = iota
	Pass
	Fail
)

func (a Answer) String() string {
	return [...]string{"inconclusive", "pass", "fail"}[a]
}
