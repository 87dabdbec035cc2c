package netem

import (
	"fmt"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// matrixFile is what a profile's YAML says. Figures between sites are round
// trips, as they are published; links replace single directions.
type matrixFile struct {
	Source string                             `yaml:"source"`
	Date   string                             `yaml:"date"`
	Sites  []string                           `yaml:"sites"`
	Local  yamlDuration                       `yaml:"local"`
	RTT    map[string]map[string]yamlDuration `yaml:"rtt"`
	Links  []linkEntry                        `yaml:"links"`
}

// ParseProfile reads a profile; name is the built-in's name or the file's, and
// stands in errors, which give line and column.
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
func ParseProfile(name string, data []byte) (Profile, error) {
	m := matrix{name: name}
	if err := m.read(data); err != nil {
		return Profile{}, err
	}
	p := Profile{Name: name, Source: m.file.Source, Date: m.file.Date, Sites: m.file.Sites, Links: map[string]map[string]Shape{}}
	for _, step := range []func(*Profile) error{m.sites, m.local, m.pairs, m.links} {
		if err := step(&p); err != nil {
			return Profile{}, err
		}
	}
	return p, nil
}

// read fills the file's figures. goccy/go-yaml panics on some malformed tags;
// such a file is a mistake like any other.
func (m *matrix) read(data []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = m.syntax(fmt.Errorf("the YAML cannot be read: %v", r))
		}
	}()
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return m.syntax(err)
	}
	m.root = body(file)
	if err := m.refuseUnsupported(); err != nil {
		return err
	}
	if err := yaml.UnmarshalWithOptions(data, &m.file, yaml.Strict()); err != nil {
		return m.syntax(err)
	}
	return nil
}

func body(f *ast.File) ast.Node {
	if len(f.Docs) == 0 {
		return nil
	}
	return f.Docs[0].Body
}

// matrix is a profile being read.
type matrix struct {
	name string
	root ast.Node
	file matrixFile
}

// mistake is an error of a profile file.
type mistake struct {
	text, hint string
}

func (e mistake) Error() string { return e.text }
func (e mistake) Hint() string  { return e.hint }

func (m *matrix) syntax(err error) error {
	return mistake{text: m.name + ": " + yaml.FormatError(err, false, true), hint: "`raftbench profiles multi-az` prints a profile that works"}
}

// wrong is a mistake at the node that keys lead to, or the nearest above it.
func (m *matrix) wrong(keys []any, hint, format string, args ...any) error {
	place := m.name
	if n := locate(m.root, keys); n != nil && n.GetToken() != nil {
		at := n.GetToken().Position
		place = fmt.Sprintf("%s:%d:%d", m.name, at.Line, at.Column)
	}
	return mistake{text: place + ": " + fmt.Sprintf(format, args...), hint: hint}
}

// locate follows mapping keys and sequence indices as far as they lead.
func locate(n ast.Node, keys []any) ast.Node {
	for _, key := range keys {
		next := child(n, key)
		if next == nil {
			break
		}
		n = next
	}
	return n
}

func child(n ast.Node, key any) ast.Node {
	switch n := n.(type) {
	case *ast.SequenceNode:
		if i, ok := key.(int); ok && i < len(n.Values) {
			return n.Values[i]
		}
	case *ast.MappingNode:
		for _, v := range n.Values {
			if v.Key.String() == key {
				return v.Value
			}
		}
	}
	return nil
}

// refuseUnsupported explains what a stream cannot do before strict decoding
// calls the key unknown.
func (m *matrix) refuseUnsupported() error {
	links, ok := child(m.root, "links").(*ast.SequenceNode)
	if !ok {
		return nil
	}
	for i := range links.Values {
		for _, key := range []string{"reorder", "duplicate", "corrupt"} {
			if child(links.Values[i], key) != nil {
				err := Unsupported(key)
				return m.wrong([]any{"links", i, key}, err.Hint(), "%v", err)
			}
		}
	}
	return nil
}

func (m *matrix) sites(p *Profile) error {
	seen := map[string]bool{}
	for i, site := range p.Sites {
		if site == "" || seen[site] {
			return m.wrong([]any{"sites", i}, "", "site %q is empty or named twice", site)
		}
		seen[site] = true
	}
	if len(p.Sites) == 0 && (m.file.Local != 0 || len(m.file.RTT) != 0 || len(m.file.Links) != 0) {
		return m.wrong([]any{"sites"}, "list them: sites: [a, b, c]", "got figures and no sites")
	}
	return nil
}

func (m *matrix) local(p *Profile) error {
	if m.file.Local < 0 {
		return m.wrong([]any{"local"}, "", "got a round trip of %v, wanted zero or more", time.Duration(m.file.Local))
	}
	p.Local = Shape{Delay: time.Duration(m.file.Local) / 2}
	return nil
}

// pairs takes each pair's round trip from either order of its sites.
func (m *matrix) pairs(p *Profile) error {
	for from, row := range m.file.RTT {
		for to := range row {
			if err := m.pair(p, from, to); err != nil {
				return err
			}
		}
	}
	for i, a := range p.Sites {
		for _, b := range p.Sites[i+1:] {
			if _, ok := p.Links[a][b]; !ok {
				return m.wrong([]any{"rtt", a}, "every pair of sites needs its round trip, once", "the round trip %s–%s is missing", a, b)
			}
		}
	}
	return nil
}

func (m *matrix) pair(p *Profile, from, to string) error {
	rtt := time.Duration(m.file.RTT[from][to])
	at := []any{"rtt", from, to}
	for _, site := range []string{from, to} {
		if !slices.Contains(p.Sites, site) {
			return m.wrong(at, "sites lists the sites there are", "got a round trip of site %q, wanted one of %v", site, p.Sites)
		}
	}
	switch back, both := m.file.RTT[to][from]; {
	case from == to:
		return m.wrong(at, "local: is the round trip inside a site", "got a round trip from %s to itself", from)
	case rtt < 0:
		return m.wrong(at, "", "got a round trip of %v, wanted zero or more", rtt)
	case both && time.Duration(back) != rtt:
		return m.wrong(at, "a link of each direction may have its own delay: under links", "the round trip %s–%s is given twice, as %v and %v", from, to, rtt, time.Duration(back))
	}
	p.set(from, to, Shape{Delay: rtt / 2})
	p.set(to, from, Shape{Delay: rtt / 2})
	return nil
}

func (p *Profile) set(from, to string, s Shape) {
	if p.Links[from] == nil {
		p.Links[from] = map[string]Shape{}
	}
	p.Links[from][to] = s
}

// links replaces what single directions do.
func (m *matrix) links(p *Profile) error {
	for i, l := range m.file.Links {
		for _, site := range []string{l.From, l.To} {
			if !slices.Contains(p.Sites, site) {
				return m.wrong([]any{"links", i}, "sites lists the sites there are", "got a link of site %q, wanted one of %v", site, p.Sites)
			}
		}
		s := l.over(p.Shape(l.From, l.To))
		if err := s.Validate(); err != nil {
			return m.wrong([]any{"links", i}, "", "link %s→%s: %v", l.From, l.To, err)
		}
		if l.From == l.To {
			p.Local = s
			continue
		}
		p.set(l.From, l.To, s)
	}
	return nil
}
