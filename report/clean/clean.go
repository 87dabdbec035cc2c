// Package clean makes foreign texts safe to show. A run's folder may come from anybody, and
// its names are shown on terminals, pages and spreadsheets that act on what they read: each is
// cleaned once, before anything is made of it.
package clean

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// maxName and maxDetail are how many runes of a name, and of what an error
// said, are shown.
const (
	MaxName   = 120
	maxDetail = 300
)

// Text takes from a text what could act on a terminal or turn a page around:
// controls, escapes, and marks that are not seen (direction, zero width).
// Each leaves a sign that something was there.
func Text(text string) string {
	text = strings.ToValidUTF8(text, string(unicode.ReplacementChar))
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp):
			return unicode.ReplacementChar
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}

// Name is a name of a foreign folder that is safe to show, shortened in its middle where
// it has more than MaxName runes.
func Name(text string) string { return wording.Shorten(Text(text), MaxName) }

// Detail keeps the beginning: what an error said first. Several errors, each on a
// line of its own, are told one after another with a mark between them.
func Detail(text string) string {
	r := []rune(Text(oneLine(text)))
	if len(r) <= maxDetail {
		return string(r)
	}
	return strings.TrimSpace(string(r[:maxDetail-1])) + "…"
}

// oneLine are a text's lines in one, with a semicolon where a line ends without a mark.
func oneLine(text string) string {
	out := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if out != "" {
			if !strings.ContainsRune(".,:;", rune(out[len(out)-1])) {
				out += ";"
			}
			out += " "
		}
		out += line
	}
	return out
}

func texts(m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	out := make(map[string]string, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out[Name(k)] = Name(m[k])
	}
	return out
}

// Ends are a link's ends that are safe to show; nil of nil.
func Ends(e *results.Ends) *results.Ends {
	if e == nil {
		return nil
	}
	return &results.Ends{From: Name(e.From), To: Name(e.To)}
}

// Environment is a copy that is safe to show.
func Environment(e results.Environment) results.Environment {
	for _, s := range []*string{
		&e.RunID, &e.Label, &e.Hostname, &e.OS, &e.Arch, &e.Kernel, &e.CPUModel, &e.Filesystem, &e.GoVersion, &e.Version, &e.Commit, &e.NodeBinary,
	} {
		*s = Name(*s)
	}
	e.Versions = texts(e.Versions)
	e.Arms = slices.Clone(e.Arms)
	for i := range e.Arms {
		for _, s := range []*string{&e.Arms[i].Arm, &e.Arms[i].Binary, &e.Arms[i].Build} {
			*s = Name(*s)
		}
	}
	return e
}

// Summary is a copy that is safe to show.
func Summary(s summary.Summary) summary.Summary {
	s.RunID = Name(s.RunID)
	s.Cells = slices.Clone(s.Cells)
	for i := range s.Cells {
		c := &s.Cells[i]
		for _, t := range []*string{&c.Cell, &c.Engine, &c.Profile, &c.Load, &c.Limit} {
			*t = Name(*t)
		}
		c.Sites = slices.Clone(c.Sites)
		for k := range c.Sites {
			c.Sites[k] = Name(c.Sites[k])
		}
		c.Params, c.Settings = texts(c.Params), texts(c.Settings)
		c.Remarks = slices.Clone(c.Remarks)
		for k := range c.Remarks {
			c.Remarks[k] = Remark(c.Remarks[k])
		}
		c.Outages = outages(c.Outages)
		c.Faults.Safety, c.Faults.Liveness = Findings(c.Faults.Safety), Findings(c.Faults.Liveness)
	}
	s.Differences = slices.Clone(s.Differences)
	for i := range s.Differences {
		d := &s.Differences[i]
		d.From, d.To, d.Metric = Name(d.From), Name(d.To), Name(d.Metric)
	}
	return s
}

func outages(all []summary.Outages) []summary.Outages {
	out := slices.Clone(all)
	for i := range out {
		g := &out[i]
		g.Action, g.Target = Name(g.Action), Name(g.Target)
		g.Each = slices.Clone(g.Each)
		for k := range g.Each {
			o := &g.Each[k]
			o.Action, o.Target = Name(o.Action), Name(o.Target)
			o.Nodes = slices.Clone(o.Nodes)
			for n := range o.Nodes {
				o.Nodes[n] = Name(o.Nodes[n])
			}
		}
	}
	return out
}

// Remark is a copy that is safe to show.
func Remark(r summary.Remark) summary.Remark {
	r.Code, r.Window = results.Code(Name(string(r.Code))), Name(r.Window)
	w := &r.Worst
	w.Code, w.Unit = results.Code(Name(string(w.Code))), results.Unit(Name(string(w.Unit)))
	w.Window, w.Node, w.Link = Name(w.Window), Name(w.Node), Ends(w.Link)
	w.Detail = Detail(w.Detail)
	return r
}

// Findings are copies that are safe to show.
func Findings(fs []summary.Findings) []summary.Findings {
	out := slices.Clone(fs)
	for i := range out {
		f := &out[i]
		f.Rule = Name(f.Rule)
		first := &f.First
		first.Rule, first.Node, first.Key = Name(first.Rule), Name(first.Node), Name(first.Key)
		first.Got, first.Want = Detail(first.Got), Detail(first.Want)
		first.Log = slices.Clone(first.Log)
		for k := range first.Log {
			first.Log[k] = Detail(first.Log[k])
		}
	}
	return out
}

// Defuse keeps a spreadsheet from taking a name for a formula: one that begins
// like one gets the apostrophe that says "this is text".
func Defuse(name string) string {
	if name != "" && strings.ContainsRune("=+-@\t\r", rune(name[0])) {
		return "'" + name
	}
	return name
}

// DefusedTrials are copies of trials whose names are safe in a spreadsheet.
func DefusedTrials(trials []results.Trial) []results.Trial {
	out := slices.Clone(trials)
	safe := func(text string) string { return Defuse(Text(text)) }
	for i := range out {
		t := &out[i]
		t.Engine, t.Profile, t.Load, t.Limit = safe(t.Engine), safe(t.Profile), safe(t.Load), safe(t.Limit)
		t.Params = defusedMap(t.Params)
		t.Remarks, t.Findings, t.Windows = slices.Clone(t.Remarks), slices.Clone(t.Findings), slices.Clone(t.Windows)
		for k := range t.Remarks {
			r := &t.Remarks[k]
			r.Severity, r.Code, r.Window = results.Severity(safe(string(r.Severity))), results.Code(Text(string(r.Code))), Text(r.Window)
		}
		for k := range t.Findings {
			f := &t.Findings[k]
			f.Class, f.Rule = results.Class(safe(string(f.Class))), Text(f.Rule)
		}
		for k := range t.Windows {
			w := &t.Windows[k]
			w.Name, w.Role, w.Mode = safe(w.Name), results.Role(safe(string(w.Role))), safe(w.Mode)
		}
	}
	return out
}

func defusedMap(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[Defuse(Text(k))] = Text(v)
	}
	return out
}
