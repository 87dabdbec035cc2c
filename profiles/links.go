package profiles

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/strictyaml"
)

// links replaces what single directions do.
func (r reader) links(v strictyaml.Value, p *Profile) {
	seen := map[[2]string]bool{}
	all, _ := v.List("a list of links, each {from: a, to: b, delay: 5ms}")
	for _, l := range all {
		ends, ok := r.link(l, p)
		if ok && seen[ends] {
			l.Wrong("write one link for each direction, with all its figures", "the link %s→%s is given twice", ends[0], ends[1])
		}
		seen[ends] = true
	}
}

// link changes one direction, and reports which.
func (r reader) link(l strictyaml.Value, p *Profile) (ends [2]string, ok bool) {
	keys, ok := l.Entries("a link such as {from: a, to: b, delay: 5ms}")
	if !ok {
		return ends, false
	}
	before := r.mistakes()
	change := figures(keys)
	fine := r.mistakes() == before
	for i, name := range []string{"from", "to"} {
		ends[i] = readEnd(l, name, p.Sites, fine)
	}
	if ends[0] == ends[1] && ends[0] != "" {
		l.Wrong("`local: 0.1ms` is the round trip inside a site, for all of them", "got a link from %s to itself, want two sites", ends[0])
	}
	if r.mistakes() > before {
		return ends, false
	}
	s := p.Shape(ends[0], ends[1])
	change(&s)
	p.set(ends[0], ends[1], s)
	p.doubt(ends, len(keys) == 2, s)
	return ends, true
}

// readEnd reads one end of a link; empty where it is wrong. Where it is missing
// another key may be meant for it: that was told unless all keys were fine.
func readEnd(l strictyaml.Value, name string, sites []string, fine bool) string {
	v, given := l.Get(name)
	switch {
	case !given && fine:
		l.Wrong("a link is one direction: {from: a, to: b, delay: 5ms}", "got a link without `%s`, want one of %v", name, sites)
		return ""
	case !given:
		return ""
	}
	site, ok := v.Text("a site")
	if ok && !slices.Contains(sites, site) {
		v.Wrong(siteHint(site, sites), "got a link of site %q, wanted one of %v", site, sites)
		return ""
	}
	return site
}

// figures reads what a link says beside its ends: a change to a shape.
func figures(keys []strictyaml.Value) func(*netem.Shape) {
	var changes []func(*netem.Shape)
	for _, key := range keys {
		if key.Key() != "from" && key.Key() != "to" {
			changes = append(changes, figure(key))
		}
	}
	return func(s *netem.Shape) {
		for _, change := range changes {
			change(s)
		}
	}
}

// figure reads one key of a link; nil where it is wrong.
func figure(v strictyaml.Value) func(*netem.Shape) {
	if slices.Contains(netem.FigureKeys(), v.Key()) {
		text, ok := v.Text("a plain value, as tc has it")
		if !ok {
			return nil
		}
		change, err := netem.ReadFigure(v.Key(), text)
		if err != nil {
			v.Wrong(hint(err), "%v", err)
		}
		return change
	}
	names := append([]string{"from", "to"}, netem.FigureKeys()...)
	what, advice := "", meant(v.Key(), names)
	if slices.Contains([]string{"reorder", "duplicate", "corrupt"}, v.Key()) {
		// What a stream cannot do is more than an unknown key.
		err := netem.Unsupported(v.Key())
		what, advice = err.Error(), err.Hint()
	}
	v.Unknown(advice, what, names...)
	return nil
}

// doubt warns of a link that does nothing, or less than it says.
func (p *Profile) doubt(ends [2]string, empty bool, s netem.Shape) {
	warn := func(what string) {
		p.Warnings = append(p.Warnings, fmt.Sprintf("link %s→%s %s", ends[0], ends[1], what))
	}
	switch {
	case empty:
		warn("changes nothing: it has no figures")
	case s.Jitter == 0 && (s.Correlation > 0 || s.Distribution != ""):
		warn("has a correlation or distribution of jitter, and no jitter: they do nothing")
	}
}
