package ci

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/verdicts"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// JUnit writes the verdicts as JUnit's XML: a suite for each setup, in it a
// test for each rule. A failed rule is a failure, and an inconclusive one is
// skipped: nothing is known to be wrong. What no Raft may do is an error, and a
// test of its own, for it belongs to no rule.
//
// There is no one schema. This keeps to the strictest, that of Ant's reports
// (windyroad/JUnit-Schema), which Jenkins, GitLab and the others read too: all
// its attributes are there, and a test holds no system-out, but its suite does.
func JUnit(w io.Writer, j Judged) error {
	doc := junitSuites{}
	for i, setup := range j.setups() {
		doc.Suites = append(doc.Suites, j.suite(i, setup))
	}
	if len(doc.Suites) == 0 {
		// Readers take a file without a test for a broken one.
		s := j.suite(0, program)
		s.add(junitCase{Name: "verdicts", Class: program, Skipped: &junitSkipped{Message: verdicts.Line(j.Report)}})
		doc.Suites = []junitSuite{s}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

// junitSuite has its fields in the order in which the schema wants them.
type junitSuite struct {
	ID         int             `xml:"id,attr"`
	Package    string          `xml:"package,attr"`
	Name       string          `xml:"name,attr"`
	Hostname   string          `xml:"hostname,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        string          `xml:"system-out"`
	Err        string          `xml:"system-err"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Skipped *junitSkipped `xml:"skipped"`
	Error   *junitProblem `xml:"error"`
	Failure *junitProblem `xml:"failure"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// noTime is how long a rule took: it is judged after all was measured.
const noTime = "0"

// suite is one setup's. The schema's timestamps have no zone; they are UTC.
func (j Judged) suite(id int, setup string) junitSuite {
	s := junitSuite{
		ID: id, Package: program, Name: named(setup), Hostname: named(j.Run.Environment.Hostname), Time: noTime,
		Timestamp: j.Run.Environment.StartedAt.UTC().Format("2006-01-02T15:04:05"), Properties: j.properties(setup),
	}
	if j.Run.Environment.Hostname == "" {
		s.Hostname = "localhost"
	}
	var out strings.Builder
	for _, f := range j.findings() {
		if f.Cell == setup {
			s.add(findingCase(f))
			fmt.Fprintln(&out, verdicts.Found(f))
		}
	}
	for _, v := range j.Report.Verdicts {
		if v.Cell == setup {
			s.add(verdictCase(v))
			fmt.Fprintf(&out, "%s: %s: %s\n", v.Answer, clean.Text(v.Rule), verdicts.Text(v))
		}
	}
	for _, c := range j.Summary.Cells {
		if c.Cell == setup {
			writeFigures(&out, c)
		}
	}
	s.Out = out.String()
	return s
}

// writeFigures writes what tables show of a setup unasked.
func writeFigures(w io.Writer, c summary.Cell) {
	for _, name := range summary.Headlines() {
		if m, has := c.Metrics[name]; has {
			fmt.Fprintf(w, "%s: %s\n", figures.Name(name), verdicts.Value(gate.Verdict{Metric: name, Measured: &m}))
		}
	}
}

// add counts a test as its reader does. Readers follow a test by its name, so a
// second one of a name, of rules that differ in where they hold, is numbered.
func (s *junitSuite) add(c junitCase) {
	c.Time = noTime
	name := c.Name
	for n := 2; slices.ContainsFunc(s.Cases, func(other junitCase) bool { return other.Name == c.Name }); n++ {
		c.Name = fmt.Sprintf("%s (%d)", name, n)
	}
	s.Tests++
	switch {
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func verdictCase(v gate.Verdict) junitCase {
	c := junitCase{Name: testName(v), Class: named(v.Cell)}
	why := verdicts.Text(v)
	switch v.Answer {
	case stats.Fail.String():
		c.Failure = &junitProblem{Message: why, Type: v.Answer, Text: clean.Text(v.Rule) + ": " + why}
	case stats.Inconclusive.String():
		c.Skipped = &junitSkipped{Message: v.Answer + ": " + why}
	}
	return c
}

func findingCase(f gate.Finding) junitCase {
	text := verdicts.Found(f)
	return junitCase{
		Name: named(string(f.Class) + ": " + f.Rule), Class: named(f.Cell),
		Error: &junitProblem{Message: text, Type: named(string(f.Class)), Text: strings.Join(append([]string{text}, cleaned(f.First.Log)...), "\n")},
	}
}

// properties are what was run, and what a setup is.
func (j Judged) properties(setup string) []junitProperty {
	out := []junitProperty{{"run", clean.Text(j.Summary.RunID)}, {"version", clean.Text(j.Run.Environment.Version)}, {"commit", clean.Text(j.Run.Environment.Commit)}, {"verdict", verdicts.Word(j.Report)}}
	for _, c := range j.Summary.Cells {
		if c.Cell == setup {
			out = append(out, cellProperties(c)...)
		}
	}
	return out
}

func cellProperties(c summary.Cell) []junitProperty {
	return []junitProperty{
		{"nodes", strconv.Itoa(c.Nodes)}, {"engine", clean.Text(c.Engine)}, {"profile", clean.Text(c.Profile)}, {"load", clean.Text(c.Load)},
		{"valid_trials", strconv.Itoa(c.ValidTrials)}, {"trials", strconv.Itoa(c.Trials)},
	}
}

func cleaned(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = clean.Text(l)
	}
	return out
}
