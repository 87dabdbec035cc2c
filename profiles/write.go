package profiles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/units"
)

// YAML writes the profile as a file that gives the same profile when it is
// read. None is written for a profile without sites.
func (p Profile) YAML() []byte {
	var b bytes.Buffer
	b.WriteString("# Round trips; a one-way delay is half of them. For your own profile: change this\n" +
		"# file, and name it under network.profile or with --profile.\n")
	for _, line := range [][2]string{{"source", p.Source}, {"date", p.Date}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "%s: %s\n", line[0], quoted(line[1]))
		}
	}
	names := make([]string, len(p.Sites))
	for i, site := range p.Sites {
		names[i] = word(site)
	}
	fmt.Fprintf(&b, "sites: [%s]\n", strings.Join(names, ", "))
	if !p.NoLocal {
		fmt.Fprintf(&b, "local: %s # between two members of one site\n", units.FormatMillis(2*p.Local.Delay))
	}
	p.writeRTT(&b)
	p.writeLinks(&b)
	return b.Bytes()
}

func (p Profile) writeRTT(b *bytes.Buffer) {
	for i, from := range p.Sites[:max(0, len(p.Sites)-1)] {
		if i == 0 {
			b.WriteString("rtt: # each pair once\n")
		}
		var cells []string
		for _, to := range p.Sites[i+1:] {
			cells = append(cells, word(to)+": "+units.FormatMillis(p.RTT(from, to)))
		}
		fmt.Fprintf(b, "  %s: {%s}\n", word(from), strings.Join(cells, ", "))
	}
}

func (p Profile) writeLinks(b *bytes.Buffer) {
	for i, l := range p.Shaped() {
		if i == 0 {
			b.WriteString("links: # one direction each\n")
		}
		fields := []string{"from: " + word(l.From), "to: " + word(l.To)}
		if l.Shape.Delay == 0 {
			fields = append(fields, "delay: 0s")
		}
		for _, f := range l.Shape.Figures() {
			fields = append(fields, f.Key+": "+f.Value)
		}
		fmt.Fprintf(b, "  - {%s}\n", strings.Join(fields, ", "))
	}
}

var plainWord = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// word is a site's name in YAML. Some words are no text there.
func word(site string) string {
	if plainWord.MatchString(site) && !slices.Contains([]string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}, site) {
		return site
	}
	return quoted(site)
}

// quoted is a JSON string, which is one in YAML too.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string into memory
	return strings.TrimSpace(b.String())
}
