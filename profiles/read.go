package profiles

import (
	"errors"
	"regexp"
	"slices"

	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/units"
)

const (
	startHint  = "`raftbench profiles multi-az -o yaml` prints a profile that works"
	formatHint = "a profile is written sites: [a, b, c] and rtt: {a: {b: 0.69ms, c: 0.74ms}, b: {c: 0.28ms}}; " + startHint
)

// Parse reads a profile; name is the built-in's name or the file's, and
// stands in mistakes: the error is of type strictyaml.Errors and tells them all.
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
func Parse(name string, data []byte) (Profile, error) {
	p, err := parse(name, data)
	if err == nil && len(p.Sites) == 0 {
		err = strictyaml.Errors{{File: name, Message: "got no sites: a profile needs sites", Advice: formatHint}}
	}
	if err != nil {
		return Profile{}, err
	}
	return p, nil
}

// parse also takes one without sites.
func parse(name string, data []byte) (Profile, error) {
	file, err := strictyaml.Parse(name, data, formatHint)
	if err != nil {
		return Profile{}, err
	}
	if file.Root().Empty() {
		return Profile{Name: name}, nil
	}
	p := Profile{Name: name, Links: map[string]map[string]netem.Shape{}}
	reader{file}.read(file.Root(), &p)
	return p, file.Err()
}

// reader fills a profile; what it cannot take is noted in the file.
type reader struct{ file *strictyaml.File }

// mistakes found so far.
func (r reader) mistakes() int { return len(r.file.Mistakes()) }

var topKeys = []string{"source", "date", "sites", "local", "rtt", "links"}

func (r reader) read(root strictyaml.Value, p *Profile) {
	keys := map[string]strictyaml.Value{}
	top, _ := root.Entries("a section with sites and rtt")
	for _, v := range top {
		keys[v.Key()] = v
		switch v.Key() {
		case "source":
			p.Source, _ = v.Text("a text: who published the figures")
		case "date":
			p.Date, _ = v.Text("a text: when they were measured")
		case "sites", "local", "rtt", "links":
		default:
			v.Unknown(meant(v.Key(), topKeys), "", topKeys...)
		}
	}
	if !r.sites(keys, p) {
		return // what follows would only repeat it
	}
	r.local(keys, p)
	r.rtt(keys, p)
	if links, given := keys["links"]; given {
		r.links(links, p)
	}
}

// meant says which key an unknown one may be meant for: most likely it is an
// experiment's, or a guess at the format.
func meant(key string, known []string) string {
	experiments := []string{"name", "nodes", "network", "workload", "raft", "storage", "trials", "engine", "faults"}
	if slices.Contains(experiments, key) {
		return "this is a key of an experiment, which names its profile under network.profile: `raftbench validate` checks one"
	}
	return strictyaml.Meant(key, known, formatHint)
}

// mostSites is how many members one host carries at most.
const mostSites = 99

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
func (r reader) sites(keys map[string]strictyaml.Value, p *Profile) bool {
	v, given := keys["sites"]
	if !given {
		for _, key := range []string{"local", "rtt", "links"} {
			if figures, any := keys[key]; any {
				figures.WrongKey(formatHint, "got figures and no sites: a profile needs sites")
			}
		}
		return false
	}
	before := r.mistakes()
	list, ok := v.List("a list of sites, [a, b, c]")
	switch {
	case ok && len(list) == 0:
		v.Wrong(formatHint, "got an empty list: a profile needs sites")
	case len(list) > mostSites:
		v.Wrong("one host carries no more members than that", "got %d sites, want at most %d", len(list), mostSites)
		return false
	}
	for _, s := range list {
		site, ok := s.Text("a site's name")
		switch why := taken(site); {
		case !ok:
		case site == "" || slices.Contains(p.Sites, site):
			s.Wrong("give each site a name of its own", "site %q is empty or named twice", site)
		case why != "":
			s.Wrong("name the site otherwise, such as zone-1", "got a site called %q, want another name: %s", site, why)
		}
		p.Sites = append(p.Sites, site)
	}
	return r.mistakes() == before
}

// trip reads a round trip and halves it.
func trip(v strictyaml.Value) (netem.Shape, bool) {
	text, ok := v.Text("a round trip such as 0.69ms")
	if !ok {
		return netem.Shape{}, false
	}
	rtt, err := units.ParseDuration(text)
	if err != nil {
		v.Wrong(hint(err), "%v", err)
		return netem.Shape{}, false
	}
	s := netem.Shape{Delay: rtt / 2}
	if err := s.Validate(); err != nil {
		v.Wrong("a one-way delay is half of the round trip", "got a round trip of %v, half of it each way: %v", units.FormatDuration(rtt), err)
		return netem.Shape{}, false
	}
	return s, true
}

func (r reader) local(keys map[string]strictyaml.Value, p *Profile) {
	v, given := keys["local"]
	if p.NoLocal = !given; given {
		p.Local, _ = trip(v)
	}
}

// rtt takes each pair's round trip from either order of its sites.
func (r reader) rtt(keys map[string]strictyaml.Value, p *Profile) {
	v, given := keys["rtt"]
	rows := map[string]strictyaml.Value{}
	before := r.mistakes()
	if given {
		all, _ := v.Entries("a row for each site, {a: {b: 0.69ms}}")
		for _, row := range all {
			rows[row.Key()] = row
			readRow(row, p)
		}
	} else {
		v = keys["sites"]
	}
	if r.mistakes() > before {
		return // a pair may be missing because it is written wrong
	}
	for i, a := range p.Sites {
		at := v
		if row, any := rows[a]; any {
			at = row
		}
		for _, b := range p.Sites[i+1:] {
			if _, ok := p.Links[a][b]; !ok {
				at.WrongKey("every pair of sites needs its round trip, once: rtt: {"+a+": {"+b+": 0.69ms}}", "the round trip %s–%s is missing", a, b)
				break // one a row says enough
			}
		}
	}
}

func readRow(row strictyaml.Value, p *Profile) {
	if !slices.Contains(p.Sites, row.Key()) {
		row.WrongKey(siteHint(row.Key(), p.Sites), "got a row of site %q, wanted one of %v", row.Key(), p.Sites)
		return
	}
	trips, _ := row.Entries("the round trips to other sites, {b: 0.69ms}")
	for _, t := range trips {
		readPair(p, row.Key(), t)
	}
}

func readPair(p *Profile, from string, v strictyaml.Value) {
	to := v.Key()
	switch {
	case !slices.Contains(p.Sites, to):
		v.WrongKey(siteHint(to, p.Sites), "got a round trip of site %q, wanted one of %v", to, p.Sites)
		return
	case from == to:
		v.WrongKey("local: is the round trip inside a site", "got a round trip from %s to itself", from)
		return
	}
	s, ok := trip(v)
	if !ok {
		return
	}
	if before, both := p.Links[from][to]; both && before != s {
		v.Wrong("a link of each direction may have its own delay: under links",
			"the round trip %s–%s is given twice, as %v and %v", from, to, 2*before.Delay, 2*s.Delay)
		return
	}
	p.set(from, to, s)
	p.set(to, from, s)
}

func siteHint(site string, sites []string) string {
	return strictyaml.MeantName(site, sites, "sites lists the sites there are")
}

// hint of an error of units, or where a figure is seen as it is written.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		return h.Hint()
	}
	return startHint
}

func (p *Profile) set(from, to string, s netem.Shape) {
	if p.Links[from] == nil {
		p.Links[from] = map[string]netem.Shape{}
	}
	p.Links[from][to] = s
}
