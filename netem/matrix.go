package netem

import (
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/raftbench/raftbench/units"
)

const (
	startHint  = "`raftbench profiles multi-az -o yaml` prints a profile that works"
	formatHint = "a matrix is written sites: [a, b, c] and rtt: {a: {b: 0.69ms, c: 0.74ms}, b: {c: 0.28ms}}; " + startHint
)

// ParseProfile reads a profile; name is the built-in's name or the file's, and
// stands in errors, which give line and column and are of type *ProfileError.
//
//	source: where the figures are from
//	date: when they were measured
//	sites: [a, b, c]
//	local: 0.1ms                 # round trip between two members of one site
//	rtt:                         # each pair once; a one-way delay is half
//	  a: {b: 0.69ms, c: 0.74ms}
//	  b: {c: 0.28ms}
//	links:                       # optional: one direction each, in tc's words
//	  - {from: a, to: b, delay: 5ms, jitter: 1ms, distribution: normal, loss: 0.1%, rate: 1gbit}
//
// The mistake that is told is the first in the file.
func ParseProfile(name string, data []byte) (Profile, error) {
	p, err := parseProfile(name, data)
	if err == nil && len(p.Sites) == 0 {
		err = siteless(name)
	}
	if err != nil {
		return Profile{}, err
	}
	return p, nil
}

// parseProfile also takes one without sites.
func parseProfile(name string, data []byte) (p Profile, err error) {
	m := matrix{name: name, anchors: map[string]ast.Node{}}
	defer m.recovered(&err)
	root, err := m.document(data)
	if err != nil || root == nil {
		return Profile{Name: name}, err
	}
	p = Profile{Name: name, Links: map[string]map[string]Shape{}}
	m.read(root, &p)
	return p, m.first()
}

func siteless(name string) error {
	return &ProfileError{File: name, Line: 1, Column: 1, Message: "got no sites: a profile needs sites", Advice: formatHint}
}

// matrix is a profile being read.
type matrix struct {
	name     string
	lines    []string
	anchors  map[string]ast.Node
	mistakes []mistake
}

// read fills the profile; what it cannot take it notes.
func (m *matrix) read(root ast.Node, p *Profile) {
	keys := map[string]entry{}
	top, _ := m.section(entry{at: root, value: root}, "sites and rtt, each a key")
	for _, e := range top {
		keys[e.key] = e
		switch e.key {
		case "source":
			p.Source, _ = m.text(e, "a text: who published the figures")
		case "date":
			p.Date, _ = m.text(e, "a text: when they were measured")
		case "sites", "local", "rtt", "links":
		default:
			m.unknown(e, []string{"source", "date", "sites", "local", "rtt", "links"})
		}
	}
	if len(m.mistakes) > 0 || !m.sites(keys, p) {
		return // what follows would only repeat it
	}
	m.local(keys, p)
	m.rtt(keys, p)
	if links, given := keys["links"]; given {
		m.links(links, p)
	}
}

// mostSites is far above what one host carries members for.
const mostSites = 256

var memberID = regexp.MustCompile(`^n[0-9]+$`)

// taken says what a site's name means already, or nothing.
func taken(site string) string {
	switch {
	case site == "any":
		return "`leader: any` leaves the leader's place to the election"
	case site == "client":
		return "`client` is the load generator's end of a link"
	case memberID.MatchString(site):
		return "n1, n2 and so on are members"
	}
	return ""
}

// sites are read before what refers to them.
func (m *matrix) sites(keys map[string]entry, p *Profile) bool {
	e, given := keys["sites"]
	if !given {
		for _, key := range []string{"local", "rtt", "links"} {
			if figures, any := keys[key]; any {
				m.wrong(figures.at, formatHint, "got figures and no sites: a profile needs sites")
			}
		}
		return false
	}
	list := m.list(e, "a list of sites, [a, b, c]")
	switch {
	case len(list) == 0 && len(m.mistakes) == 0:
		m.wrong(e.value, formatHint, "got an empty list: a profile needs sites")
	case len(list) > mostSites:
		m.wrong(e.value, "one host carries no more members than that", "got %d sites, want at most %d", len(list), mostSites)
		return false
	}
	for _, s := range list {
		site, ok := m.text(s, "a site's name")
		switch why := taken(site); {
		case !ok:
		case site == "" || slices.Contains(p.Sites, site):
			m.wrong(s.value, "give each site a name of its own", "site %q is empty or named twice", site)
		case why != "":
			m.wrong(s.value, "name the site otherwise, such as zone-1", "got a site called %q, want another name: %s", site, why)
		}
		p.Sites = append(p.Sites, site)
	}
	return len(m.mistakes) == 0
}

// trip reads a round trip and halves it.
func (m *matrix) trip(e entry) (Shape, bool) {
	text, ok := m.text(e, "a round trip such as 0.69ms")
	if !ok {
		return Shape{}, false
	}
	rtt, err := units.ParseDuration(text)
	if err != nil {
		m.wrong(e.value, "", "%v", err)
		return Shape{}, false
	}
	s := Shape{Delay: rtt / 2}
	if err := s.Validate(); err != nil {
		m.wrong(e.value, "a one-way delay is half of the round trip", "got a round trip of %v, half of it each way: %v", rtt, err)
		return Shape{}, false
	}
	return s, true
}

func (m *matrix) local(keys map[string]entry, p *Profile) {
	e, given := keys["local"]
	if p.NoLocal = !given; given {
		p.Local, _ = m.trip(e)
	}
}

// rtt takes each pair's round trip from either order of its sites.
func (m *matrix) rtt(keys map[string]entry, p *Profile) {
	e, given := keys["rtt"]
	rows := map[string]ast.Node{}
	if given {
		all, _ := m.section(e, "a row for each site, {a: {b: 0.69ms}}")
		for _, row := range all {
			rows[row.key] = row.at
			m.row(row, p)
		}
	} else {
		e.at = keys["sites"].at
	}
	if len(m.mistakes) > 0 {
		return // a pair may be missing because it is written wrong
	}
	for i, a := range p.Sites {
		for _, b := range p.Sites[i+1:] {
			if _, ok := p.Links[a][b]; !ok {
				at := e.at
				if row, any := rows[a]; any {
					at = row
				}
				m.wrong(at, "every pair of sites needs its round trip, once: rtt: {"+a+": {"+b+": 0.69ms}}", "the round trip %s–%s is missing", a, b)
				break // one a row says enough
			}
		}
	}
}

func (m *matrix) row(row entry, p *Profile) {
	if !slices.Contains(p.Sites, row.key) {
		m.wrong(row.at, "sites lists the sites there are", "got a row of site %q, wanted one of %v", row.key, p.Sites)
		return
	}
	cells, _ := m.section(row, "the round trips to other sites, {b: 0.69ms}")
	for _, cell := range cells {
		m.pair(p, row.key, cell)
	}
}

func (m *matrix) pair(p *Profile, from string, cell entry) {
	to := cell.key
	switch {
	case !slices.Contains(p.Sites, to):
		m.wrong(cell.value, "sites lists the sites there are", "got a round trip of site %q, wanted one of %v", to, p.Sites)
		return
	case from == to:
		m.wrong(cell.value, "local: is the round trip inside a site", "got a round trip from %s to itself", from)
		return
	}
	s, ok := m.trip(cell)
	if !ok {
		return
	}
	if before, both := p.Links[from][to]; both && before != s {
		m.wrong(cell.value, "a link of each direction may have its own delay: under links",
			"the round trip %s–%s is given twice, as %v and %v", from, to, 2*before.Delay, 2*s.Delay)
		return
	}
	p.set(from, to, s)
	p.set(to, from, s)
}

func (p *Profile) set(from, to string, s Shape) {
	if p.Links[from] == nil {
		p.Links[from] = map[string]Shape{}
	}
	p.Links[from][to] = s
}
