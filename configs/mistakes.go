package configs

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/strictyaml"
)

// mistake is one in an experiment; setups that differ in size may share it.
type mistake struct {
	told *strictyaml.Error
	// nodes is the size of the setup that it was found in, 0 where it is not a
	// single setup's; rank is how much that setup asks for.
	nodes int
	rank  time.Duration
}

type mistakes []*mistake

// told is what a person is told, each once; nil where there is nothing.
func (ms mistakes) told() error {
	if len(ms) == 0 {
		return nil
	}
	errs := make(strictyaml.Errors, len(ms))
	for i, m := range ms {
		errs[i] = m.told
	}
	return errs.Told()
}

// figures of a message, which differ from size to size where the mistake is
// the same.
var figures = regexp.MustCompile(`[0-9]+([.,][0-9]+)*`)

// ofSize are the mistakes of a setup of so many nodes.
func (ms mistakes) ofSize(nodes int) mistakes {
	for _, m := range ms {
		m.nodes = nodes
	}
	return ms
}

// once says a mistake that several sizes share a single time, with the sizes.
func (ms mistakes) once() mistakes {
	var order []string
	groups := map[string]mistakes{}
	for _, m := range ms {
		kind := m.told.Place() + figures.ReplaceAllString(m.told.Message, "#")
		if groups[kind] == nil {
			order = append(order, kind)
		}
		groups[kind] = append(groups[kind], m)
	}
	out := make(mistakes, len(order))
	for i, kind := range order {
		out[i] = groups[kind].hardest()
	}
	return out
}

// hardest of mistakes of one kind; it names the other sizes.
func (ms mistakes) hardest() *mistake {
	hardest := ms[0]
	for _, m := range ms {
		if m.rank > hardest.rank {
			hardest = m
		}
	}
	var others []string
	for _, m := range ms {
		// What reads the same at every size is no matter of size.
		if size := strconv.Itoa(m.nodes); m.told.Message != hardest.told.Message && m.nodes != hardest.nodes && !slices.Contains(others, size) {
			others = append(others, size)
		}
	}
	if len(others) > 0 {
		hardest.told.Message += " (the same with nodes: " + strings.Join(others, ", ") + ")"
	}
	return hardest
}

// advice of an error that has one.
func advice(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
