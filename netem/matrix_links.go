package netem

import (
	"fmt"
	"slices"
)

// links replaces what single directions do.
func (m *matrix) links(e entry, p *Profile) {
	seen := map[[2]string]bool{}
	for _, l := range m.list(e, "a list of links, each {from: a, to: b, delay: 5ms}") {
		ends, ok := m.link(l, p)
		if ok && seen[ends] {
			m.wrong(l.value, "write one link for each direction, with all its figures", "the link %s→%s is given twice", ends[0], ends[1])
		}
		seen[ends] = true
	}
}

// link changes one direction, and reports which.
func (m *matrix) link(l entry, p *Profile) (ends [2]string, ok bool) {
	keys, ok := m.section(l, "a link such as {from: a, to: b, delay: 5ms}")
	if !ok {
		return ends, false
	}
	mistakes := len(m.mistakes)
	change := m.figures(keys)
	fine := len(m.mistakes) == mistakes
	for i, name := range []string{"from", "to"} {
		ends[i] = m.end(l, keys, name, p.Sites, fine)
	}
	if ends[0] == ends[1] && ends[0] != "" {
		m.wrong(l.value, "`local: 0.1ms` is the round trip inside a site, for all of them", "got a link from %s to itself, want two sites", ends[0])
	}
	if len(m.mistakes) > mistakes {
		return ends, false
	}
	s := p.Shape(ends[0], ends[1])
	change(&s)
	p.set(ends[0], ends[1], s)
	p.doubt(ends, len(keys) == 2, s)
	return ends, true
}

// end reads one end of a link; empty where it is wrong. Where it is missing
// another key may be meant for it: that was told unless all keys were fine.
func (m *matrix) end(l entry, keys []entry, name string, sites []string, fine bool) string {
	i := slices.IndexFunc(keys, func(e entry) bool { return e.key == name })
	switch {
	case i < 0 && !fine:
		return ""
	case i < 0:
		m.wrong(l.value, "a link is one direction: {from: a, to: b, delay: 5ms}", "got a link without `%s`, want one of %v", name, sites)
		return ""
	}
	site, ok := m.text(keys[i], "a site")
	if ok && !slices.Contains(sites, site) {
		m.wrong(keys[i].value, "sites lists the sites there are", "got a link of site %q, wanted one of %v", site, sites)
		return ""
	}
	return site
}

// figures reads what a link says beside its ends: a change to a shape.
func (m *matrix) figures(keys []entry) func(*Shape) {
	var changes []func(*Shape)
	for _, key := range keys {
		if key.key != "from" && key.key != "to" {
			changes = append(changes, m.figure(key))
		}
	}
	return func(s *Shape) {
		for _, change := range changes {
			change(s)
		}
	}
}

// figure reads one key of a link; nil where it is wrong.
func (m *matrix) figure(e entry) func(*Shape) {
	if slices.Contains([]string{"reorder", "duplicate", "corrupt"}, e.key) {
		// What a stream cannot do is more than an unknown key.
		err := Unsupported(e.key)
		m.wrong(e.value, err.Hint(), "%v", err)
		return nil
	}
	names := []string{"from", "to"}
	for _, k := range linkKeys {
		names = append(names, k.name)
		if k.name != e.key {
			continue
		}
		text, ok := m.text(e, "a plain value, as tc has it")
		if !ok {
			return nil
		}
		change, err := k.read(text)
		if err != nil {
			m.wrong(e.value, "", "%v", err)
		}
		return change
	}
	m.unknown(e, names)
	return nil
}

// doubt warns of a link that does nothing, or less than it says.
func (p *Profile) doubt(ends [2]string, empty bool, s Shape) {
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
