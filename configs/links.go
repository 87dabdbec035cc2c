package configs

import (
	"fmt"
	"maps"
	"slices"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// links is the shape of every directed link of the setup: by the id of the
// member that sends and of the one that receives. The load generator is
// called control.ClientLink. Links that inject nothing are left out.
func (c cell) links(s Setup) map[string]map[string]netem.Shape {
	ends := s.ends()
	links := map[string]map[string]netem.Shape{}
	for _, from := range ends {
		for _, to := range ends {
			if shape := c.shape(s, from, to); from != to && !shape.IsZero() {
				if links[from.id] == nil {
					links[from.id] = map[string]netem.Shape{}
				}
				links[from.id][to.id] = shape
			}
		}
	}
	return links
}

// end of a link.
type end struct{ id, site string }

func (e end) is(name string) bool { return name == "" || name == e.id || name == e.site }

func (s Setup) ends() []end {
	ends := make([]end, s.Nodes, s.Nodes+1)
	for i := range ends {
		ends[i] = end{MemberID(i), s.Network.Site(i)}
	}
	return append(ends, end{control.ClientLink, s.Client})
}

func (c cell) shape(s Setup, from, to end) netem.Shape {
	ofClient := from.id == control.ClientLink || to.id == control.ClientLink
	if ofClient && s.Client == "" {
		// Beside the leader: nothing is injected, whatever the links are.
		return netem.Shape{}
	}
	shape := s.Network.Shape(from.site, to.site)
	for _, l := range c.Network.Links {
		if from.is(l.From) && to.is(l.To) {
			l.change(&shape)
		}
	}
	return shape
}

// change sets what is written, and leaves the rest.
func (l Link) change(s *netem.Shape) {
	s.Delay = span(written(l.Delay, Duration(s.Delay)))
	s.Jitter = span(written(l.Jitter, Duration(s.Jitter)))
	s.Correlation = float64(written(l.Correlation, Percent(s.Correlation)))
	s.Distribution = netem.Distribution(written(l.Distribution, string(s.Distribution)))
	s.Loss = float64(written(l.Loss, Percent(s.Loss)))
	s.Rate = int64(written(l.Rate, Bitrate(s.Rate)))
	s.Limit = int64(written(l.Limit, Size(s.Limit)))
	s.SlowClose = span(written(l.SlowClose, Duration(s.SlowClose)))
}

func written[T any](l List[T], otherwise T) T {
	if len(l) > 0 {
		return l[0]
	}
	return otherwise
}

// clampWarnings tells where jitter cannot do what it says.
func clampWarnings(setups []Setup) []string {
	seen := map[string]bool{}
	for _, s := range setups {
		for _, from := range s.Links {
			for _, shape := range from {
				if shape.Clamped() {
					seen[fmt.Sprintf("a jitter of %s around a delay of %s is cut off at zero: the mean is above %s",
						shape.Jitter, shape.Delay, shape.Delay)] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
