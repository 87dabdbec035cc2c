package ci

import (
	"fmt"
	"io"
	"strings"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/verdicts"
	"github.com/raftbench/raftbench/stats"
)

// mostAnnotations of a level are shown of one step by GitHub; the rest it drops
// without a word, so the last one counts them.
const mostAnnotations = 10

// Annotations writes the verdict as GitHub's workflow commands, a line each:
// what is unsafe or failed is an error, what is inconclusive a warning, and that
// all passed is a notice. A rule that stands in a file is shown there.
func Annotations(w io.Writer, j Judged) error {
	a := annotations{w: w}
	var errs, warnings []annotation
	for _, f := range j.findings() {
		errs = append(errs, annotation{title: string(f.Class) + " finding", text: verdicts.Found(f)})
	}
	for _, rule := range verdicts.ByRule(j.Report.Verdicts, stats.Fail) {
		errs = append(errs, j.annotate(rule))
	}
	for _, rule := range verdicts.ByRule(j.Report.Verdicts, stats.Inconclusive) {
		warnings = append(warnings, j.annotate(rule))
	}
	a.write("error", errs)
	a.write("warning", warnings)
	if len(errs)+len(warnings) == 0 {
		a.write("notice", []annotation{{title: program, text: verdicts.Line(j.Report)}})
	}
	return a.err
}

// annotation is one of GitHub's, on a line of a file where there is one.
type annotation struct {
	title, text string
	file        string
	line        int
}

type annotations struct {
	w   io.Writer
	err error
}

func (a *annotations) write(level string, all []annotation) {
	for i, one := range all {
		if rest := len(all) - i; i == mostAnnotations-1 && rest > 1 {
			one = annotation{title: program, text: fmt.Sprintf("%s, %d more of this kind", one.title, rest-1)}
		} else if i >= mostAnnotations {
			return
		}
		if a.err == nil {
			_, a.err = fmt.Fprintf(a.w, "::%s %s::%s\n", level, one.properties(), commandData(one.text))
		}
	}
}

func (a annotation) properties() string {
	out := "title=" + commandProperty(clean.Text(a.title))
	if a.file != "" {
		out += fmt.Sprintf(",file=%s,line=%d", commandProperty(a.file), max(1, a.line))
	}
	return out
}

// annotate tells of a rule on every setup with the same answer.
func (j Judged) annotate(rule []gate.Verdict) annotation {
	a := annotation{title: rule[0].Answer + ": " + rule[0].Rule}
	var lines []string
	for _, v := range rule {
		lines = append(lines, verdicts.Place(v)+": "+verdicts.Text(v))
	}
	a.text = strings.Join(lines, "\n")
	for _, r := range j.Rules {
		if r.Text == rule[0].Rule && r.File != gate.Safety {
			a.file, a.line = r.File, r.Line
			break
		}
	}
	return a
}

// A command's text is one line, and its properties end at commas and colons;
// GitHub takes these escapes back.
var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func commandData(text string) string     { return dataEscapes.Replace(text) }
func commandProperty(text string) string { return propertyEscapes.Replace(text) }
