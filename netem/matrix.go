package netem

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// ProfileError is a mistake in a profile's file.
type ProfileError struct {
	File         string
	Line, Column int // from 1
	Message      string
	// Excerpt shows the lines around the place.
	Excerpt string
	// Advice says what to do.
	Advice string
}

// Error is the place and the message, followed by the excerpt.
func (e *ProfileError) Error() string {
	return strings.TrimRight(e.Told()+"\n"+e.Excerpt, "\n")
}

// Told is the place and the message, on one line.
func (e *ProfileError) Told() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Hint says what to do.
func (e *ProfileError) Hint() string { return e.Advice }

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

// mistake that was noted; only the first in the file is told.
type mistake struct {
	token      *token.Token
	text, hint string
}

// recovered makes an error of a panic: goccy/go-yaml panics on some malformed
// tags, and such a file is a mistake like any other.
func (m *matrix) recovered(err *error) {
	if r := recover(); r != nil {
		*err = &ProfileError{File: m.name, Line: 1, Column: 1, Message: fmt.Sprintf("the YAML cannot be read: %v", r), Advice: startHint}
	}
}

// document is the file's only one; nil where the file says nothing.
func (m *matrix) document(data []byte) (ast.Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors' mark of UTF-8
	if !utf8.Valid(data) {
		return nil, m.at(nil, formatHint, "got bytes that are no text, want a matrix in YAML")
	}
	m.lines = strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, m.syntax(err)
	}
	if len(file.Docs) > 1 {
		return nil, m.at(file.Docs[1].Start, startHint, "got a second document, want one")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, nil
	}
	root := file.Docs[0].Body
	ast.Walk(anchors(m.anchors), root)
	return root, nil
}

// anchors collects what aliases stand for.
type anchors map[string]ast.Node

// Visit is called for each node.
func (a anchors) Visit(n ast.Node) ast.Visitor {
	if anchor, ok := n.(*ast.AnchorNode); ok {
		a[anchor.Name.GetToken().Value] = anchor.Value
	}
	return a
}

func (m *matrix) syntax(err error) error {
	var theirs yaml.Error
	if errors.As(err, &theirs) && theirs.GetToken() != nil {
		return m.at(theirs.GetToken(), startHint, "%s", theirs.GetMessage())
	}
	return &ProfileError{File: m.name, Line: 1, Column: 1, Message: err.Error(), Advice: startHint}
}

func (m *matrix) at(t *token.Token, hint, format string, args ...any) *ProfileError {
	if hint == "" {
		hint = startHint
	}
	e := &ProfileError{File: m.name, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...), Advice: hint}
	if t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
		e.Excerpt = m.excerpt(e.Line, e.Column)
	}
	return e
}

// longestLine that helps whoever reads it.
const longestLine = 400

// excerpt is of the file as it is: the YAML library's has nulls that nobody
// wrote.
func (m *matrix) excerpt(line, column int) string {
	if line > len(m.lines) || len(m.lines[line-1]) > longestLine {
		return ""
	}
	var b strings.Builder
	for i := max(0, line-3); i < line; i++ {
		mark := " "
		if i+1 == line {
			mark = ">"
		}
		fmt.Fprintf(&b, "%s%3d | %s\n", mark, i+1, m.lines[i])
	}
	fmt.Fprintf(&b, "%*s\n", len("> 12 | ")+column, "^")
	return b.String()
}

// wrong notes a mistake at a node.
func (m *matrix) wrong(n ast.Node, hint, format string, args ...any) {
	m.mistakes = append(m.mistakes, mistake{start(n), fmt.Sprintf(format, args...), hint})
}

// start of a node; a block's own token is the colon after its first key.
func start(n ast.Node) *token.Token {
	if block, ok := n.(*ast.MappingNode); ok && !block.IsFlowStyle && len(block.Values) > 0 {
		return block.Values[0].Key.GetToken()
	}
	return n.GetToken()
}

// first mistake in the order of the file.
func (m *matrix) first() error {
	if len(m.mistakes) == 0 {
		return nil
	}
	first := slices.MinFunc(m.mistakes, func(a, b mistake) int {
		p, q := a.token.Position, b.token.Position
		return cmp.Or(p.Line-q.Line, p.Column-q.Column)
	})
	return m.at(first.token, first.hint, "%s", first.text)
}

// entry is a value, and the node that a person looks for when it is missing:
// its key.
type entry struct {
	key   string
	at    ast.Node
	value ast.Node
}

// plain is what an anchor or an alias stands for. Aliases of aliases end
// somewhere, or the file is no tree.
func (m *matrix) plain(n ast.Node) ast.Node {
	for range 8 {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			to, known := m.anchors[v.Value.GetToken().Value]
			if !known {
				return v
			}
			n = to
		default:
			return n
		}
	}
	return n
}

// section lists what a mapping holds; want says what it should be.
func (m *matrix) section(e entry, want string) ([]entry, bool) {
	n, ok := m.plain(e.value).(*ast.MappingNode)
	if !ok {
		m.unfit(e, want, formatHint)
		return nil, false
	}
	entries := make([]entry, len(n.Values))
	for i, v := range n.Values {
		entries[i] = entry{key: v.Key.GetToken().Value, at: v.Key, value: v.Value}
	}
	return entries, true
}

func (m *matrix) list(e entry, want string) []entry {
	n, ok := m.plain(e.value).(*ast.SequenceNode)
	if !ok {
		m.unfit(e, want, formatHint)
		return nil
	}
	entries := make([]entry, len(n.Values))
	for i, v := range n.Values {
		entries[i] = entry{at: v, value: v}
	}
	return entries
}

// text of a plain value.
func (m *matrix) text(e entry, want string) (string, bool) {
	switch n := m.plain(e.value).(type) {
	case *ast.NullNode, *ast.TagNode, *ast.AliasNode:
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	m.unfit(e, want, "")
	return "", false
}

// unfit says that a value is of another kind than want.
func (m *matrix) unfit(e entry, want, hint string) {
	switch n := m.plain(e.value).(type) {
	case *ast.NullNode:
		m.wrong(e.at, hint, "got no value, want %s", want)
	case *ast.TagNode:
		m.wrong(n, hint, "got the tag %s, want %s", n.Start.Value, want)
	case *ast.AliasNode:
		m.wrong(n, hint, "got the alias *%s, which stands for nothing, want %s", n.Value.GetToken().Value, want)
	case *ast.MappingNode:
		m.wrong(e.value, hint, "got a section, want %s", want)
	case *ast.SequenceNode:
		m.wrong(e.value, hint, "got a list, want %s", want)
	default:
		m.wrong(e.value, hint, "got %.60q, want %s", n.GetToken().Value, want)
	}
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

// unknown key: most likely another's, or a guess at the format.
func (m *matrix) unknown(e entry, known []string) {
	hint := formatHint
	if slices.Contains([]string{"name", "nodes", "network", "workload", "raft", "storage", "trials", "engine", "faults"}, e.key) {
		hint = "this is a key of an experiment, which names its matrix under network.profile: `raftbench validate` checks one"
	} else if near := nearestKey(e.key, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	m.wrong(e.at, hint, "no key is called %q here, want one of %s", e.key, strings.Join(known, ", "))
}

func nearestKey(unknown string, known []string) string {
	best, least := "", 0
	for _, key := range known {
		d := levenshtein.ComputeDistance(strings.ToLower(unknown), key)
		if d <= max(1, len(key)/2) && (best == "" || d < least) {
			best, least = key, d
		}
	}
	return best
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
	rtt, err := ParseTime(text)
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
