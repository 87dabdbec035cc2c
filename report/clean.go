package report

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// A run's folder may come from anybody, and its names are shown on terminals,
// pages and spreadsheets that act on what they read. So names are cleaned once,
// before anything is made of them.

// maxName and maxDetail are how many runes of a name, and of what an error
// said, are shown.
const (
	maxName   = 120
	maxDetail = 300
)

// clean takes from a text what could act on a terminal or turn a page around:
// controls, escapes, and marks that are not seen (direction, zero width).
// Each leaves a sign that something was there.
func clean(text string) string {
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

// Clean is a text of a foreign folder that is safe to show.
func Clean(text string) string { return clean(text) }

func cleanName(text string) string { return shorten(clean(text), maxName) }

// cleanDetail keeps the beginning: what an error said first. Several errors, each on a
// line of its own, are told one after another with a mark between them.
func cleanDetail(text string) string {
	r := []rune(clean(oneLine(text)))
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

func cleanMap(m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	out := make(map[string]string, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out[cleanName(k)] = cleanName(m[k])
	}
	return out
}

func cleanEnds(e *results.Ends) *results.Ends {
	if e == nil {
		return nil
	}
	return &results.Ends{From: cleanName(e.From), To: cleanName(e.To)}
}

func cleanEnvironment(e results.Environment) results.Environment {
	for _, s := range []*string{
		&e.RunID, &e.Label, &e.Hostname, &e.OS, &e.Arch, &e.Kernel, &e.CPUModel, &e.Filesystem, &e.GoVersion, &e.Version, &e.Commit, &e.NodeBinary,
	} {
		*s = cleanName(*s)
	}
	e.Versions = cleanMap(e.Versions)
	e.Arms = slices.Clone(e.Arms)
	for i := range e.Arms {
		for _, s := range []*string{&e.Arms[i].Arm, &e.Arms[i].Binary, &e.Arms[i].Build} {
			*s = cleanName(*s)
		}
	}
	return e
}

// cleanSummary is a copy that is safe to show.
func cleanSummary(s summary.Summary) summary.Summary {
	s.RunID = cleanName(s.RunID)
	s.Cells = slices.Clone(s.Cells)
	for i := range s.Cells {
		c := &s.Cells[i]
		for _, t := range []*string{&c.Cell, &c.Engine, &c.Profile, &c.Load, &c.Limit} {
			*t = cleanName(*t)
		}
		c.Sites = slices.Clone(c.Sites)
		for k := range c.Sites {
			c.Sites[k] = cleanName(c.Sites[k])
		}
		c.Params, c.Settings = cleanMap(c.Params), cleanMap(c.Settings)
		c.Remarks = slices.Clone(c.Remarks)
		for k := range c.Remarks {
			c.Remarks[k] = cleanRemark(c.Remarks[k])
		}
		c.Outages = cleanOutages(c.Outages)
		c.Faults.Safety, c.Faults.Liveness = cleanFindings(c.Faults.Safety), cleanFindings(c.Faults.Liveness)
	}
	s.Differences = slices.Clone(s.Differences)
	for i := range s.Differences {
		d := &s.Differences[i]
		d.From, d.To, d.Metric = cleanName(d.From), cleanName(d.To), cleanName(d.Metric)
	}
	return s
}

func cleanOutages(all []summary.Outages) []summary.Outages {
	out := slices.Clone(all)
	for i := range out {
		g := &out[i]
		g.Action, g.Target = cleanName(g.Action), cleanName(g.Target)
		g.Each = slices.Clone(g.Each)
		for k := range g.Each {
			o := &g.Each[k]
			o.Action, o.Target = cleanName(o.Action), cleanName(o.Target)
			o.Nodes = slices.Clone(o.Nodes)
			for n := range o.Nodes {
				o.Nodes[n] = cleanName(o.Nodes[n])
			}
		}
	}
	return out
}

func cleanRemark(r summary.Remark) summary.Remark {
	r.Code, r.Window = results.Code(cleanName(string(r.Code))), cleanName(r.Window)
	w := &r.Worst
	w.Code, w.Unit = results.Code(cleanName(string(w.Code))), results.Unit(cleanName(string(w.Unit)))
	w.Window, w.Node, w.Link = cleanName(w.Window), cleanName(w.Node), cleanEnds(w.Link)
	w.Detail = cleanDetail(w.Detail)
	return r
}

func cleanFindings(fs []summary.Findings) []summary.Findings {
	out := slices.Clone(fs)
	for i := range out {
		f := &out[i]
		f.Rule = cleanName(f.Rule)
		first := &f.First
		first.Rule, first.Node, first.Key = cleanName(first.Rule), cleanName(first.Node), cleanName(first.Key)
		first.Got, first.Want = cleanDetail(first.Got), cleanDetail(first.Want)
		first.Log = slices.Clone(first.Log)
		for k := range first.Log {
			first.Log[k] = cleanDetail(first.Log[k])
		}
	}
	return out
}

// defuse keeps a spreadsheet from taking a name for a formula: one that begins
// like one gets the apostrophe that says "this is text".
func defuse(name string) string {
	if name != "" && strings.ContainsRune("=+-@\t\r", rune(name[0])) {
		return "'" + name
	}
	return name
}

// defusedTrials are copies of trials whose names are safe in a spreadsheet.
func defusedTrials(trials []results.Trial) []results.Trial {
	out := slices.Clone(trials)
	safe := func(text string) string { return defuse(clean(text)) }
	for i := range out {
		t := &out[i]
		t.Engine, t.Profile, t.Load, t.Limit = safe(t.Engine), safe(t.Profile), safe(t.Load), safe(t.Limit)
		t.Params = defusedMap(t.Params)
		t.Remarks, t.Findings, t.Windows = slices.Clone(t.Remarks), slices.Clone(t.Findings), slices.Clone(t.Windows)
		for k := range t.Remarks {
			r := &t.Remarks[k]
			r.Severity, r.Code, r.Window = results.Severity(safe(string(r.Severity))), results.Code(clean(string(r.Code))), clean(r.Window)
		}
		for k := range t.Findings {
			f := &t.Findings[k]
			f.Class, f.Rule = results.Class(safe(string(f.Class))), clean(f.Rule)
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
		out[defuse(clean(k))] = clean(v)
	}
	return out
}
