package configs

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// links is the shape of every directed link of the setup: by the id of the
// member that sends and of the one that receives. The load generator is
// called control.ClientLink. Links that inject nothing are left out.
func (c combination) links(s Setup) map[string]map[string]netem.Shape {
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
		ends[i] = end{control.MemberID(i), s.Network.Site(i)}
	}
	return append(ends, end{control.ClientLink, s.Client})
}

func (c combination) shape(s Setup, from, to end) netem.Shape {
	if s.beside(from, to) {
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

// beside the leader stands a load generator without a site: nothing is
// injected, whatever the links are.
func (s Setup) beside(from, to end) bool {
	ofClient := from.id == control.ClientLink || to.id == control.ClientLink
	return ofClient && s.Client == ""
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

// name says which links it changes.
func (l Link) name() string {
	return "the link " + cmp.Or(l.From, "every end") + "→" + cmp.Or(l.To, "every end")
}

// checkLinks holds each changed link against what a link can do, and its ends
// against sites and members.
func (c combination) checkLinks(s Setup) mistakes {
	var errs mistakes
	for i, l := range c.Network.Links {
		link := fmt.Sprintf("network.links[%d]", i)
		for _, f := range []struct {
			key  string
			only Link
		}{{"delay", Link{Delay: l.Delay}}, {"jitter", Link{Jitter: l.Jitter}}, {"rate", Link{Rate: l.Rate}}, {"slow_close", Link{SlowClose: l.SlowClose}}} {
			var shape netem.Shape
			f.only.change(&shape)
			if err := shape.Validate(); err != nil {
				errs = append(errs, c.origin.mistake(err.Error(), "", c.at(link+"."+f.key), link))
			}
		}
		for _, end := range [][2]string{{"from", l.From}, {"to", l.To}} {
			if name := end[1]; name != "" && !slices.Contains(s.Network.Sites, name) && !isMember(name) {
				errs = append(errs, c.origin.mistake(s.noEnd(name), siteAdvice(s.Network, "members are n1, n2 and so on"), link+"."+end[0]))
			}
		}
	}
	return errs
}

func (s Setup) noEnd(name string) string {
	if len(s.Network.Sites) == 0 {
		return wanted(name, "a member such as n1: profile "+s.Network.Name+" has no sites").Error()
	}
	return wanted(name, "a site of profile "+s.Network.Name+" or a member such as n1").Error()
}
