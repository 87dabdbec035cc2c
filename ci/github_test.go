package ci

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/summary"
)

// command is a workflow command as GitHub's runner reads it from a line of
// output.
type command struct {
	level, text string
	properties  map[string]string
}

var commandLine = regexp.MustCompile(`^::([a-z-]+) ([^:]*)::(.*)$`)

func commandsOf(t *testing.T, lines string) []command {
	t.Helper()
	back := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
	var out []command
	for _, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		m := commandLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("no command: %q", line)
		}
		c := command{m[1], back.Replace(m[3]), map[string]string{}}
		for _, p := range strings.Split(m[2], ",") {
			name, value, _ := strings.Cut(p, "=")
			c.properties[name] = back.Replace(value)
		}
		out = append(out, c)
	}
	return out
}

func TestAnnotationsAreCommands(t *testing.T) {
	got := commandsOf(t, text(t, func(w io.Writer) error { return Annotations(w, judged()) }))
	if len(got) != 4 {
		t.Fatalf("got %+v, want a finding, two failures and what is open", got)
	}
	if c := got[1]; c.level != "error" || c.properties["file"] != "perf/rules.yaml" || c.properties["line"] != "3" ||
		c.properties["title"] != "fail: write_latency_p50 <= 1.05x baseline" || !strings.Contains(c.text, "%") {
		t.Errorf("got %+v", c)
	}
	if c := got[3]; c.level != "warning" || c.properties["file"] != "" {
		t.Errorf("got %+v", c)
	}
	for _, c := range commandsOf(t, text(t, func(w io.Writer) error { return Annotations(w, hostile()) })) {
		for key := range c.properties {
			if key != "title" && key != "file" && key != "line" {
				t.Errorf("a name became the property %q of %+v", key, c)
			}
		}
		if strings.ContainsAny(c.text+c.properties["title"], "\x1b\x00\u202e") {
			t.Errorf("got what acts on a terminal: %q", c.text)
		}
	}
	passed := judged()
	passed.Report = gate.Report{Answer: "pass", Verdicts: passed.Report.Verdicts[:1]}
	passed.Summary.Cells[1].Faults.LostWrites = 0
	if c := commandsOf(t, text(t, func(w io.Writer) error { return Annotations(w, passed) })); len(c) != 1 || c[0].level != "notice" {
		t.Errorf("all passed: got %+v, want a notice", c)
	}
}

// GitHub shows ten of a level and drops the rest, so that the tenth tells of
// them.
func TestAnnotationsThatDoNotFitAreCounted(t *testing.T) {
	for n, want := range map[int]int{9: 9, 10: 10, 11: 10, 40: 10} {
		j := judged()
		j.Report.Findings, j.Report.Verdicts, j.Summary.Cells[1].Faults.LostWrites = nil, nil, 0
		for i := range n {
			j.Report.Verdicts = append(j.Report.Verdicts, gate.Verdict{Rule: fmt.Sprintf("rule %d", i), Cell: "n3", Answer: "fail", Fact: of(1), Op: "==", Limit: of(0)})
		}
		got := commandsOf(t, text(t, func(w io.Writer) error { return Annotations(w, j) }))
		if len(got) != want {
			t.Fatalf("%d rules: got %d commands, want %d", n, len(got), want)
		}
		if said := strings.Contains(got[want-1].text, fmt.Sprintf("%d more", n-want)); said != (n > want) {
			t.Errorf("%d rules: the last is %+v", n, got[want-1])
		}
	}
}

// A summary that is larger than GitHub takes would be refused whole.
func TestASummaryStaysBelowGitHubsLimit(t *testing.T) {
	j := hostile()
	long := strings.Repeat("<x>&", 300)
	for i := range 3000 {
		answer := []string{"fail", "inconclusive", "pass"}[i%3]
		j.Report.Verdicts = append(j.Report.Verdicts, gate.Verdict{Rule: fmt.Sprint(i, long), Cell: long, Answer: answer})
		f := j.Report.Findings[0]
		j.Report.Findings = append(j.Report.Findings, f)
		c := setup(fmt.Sprint(i))
		c.Cell += long
		j.Summary.Cells = append(j.Summary.Cells, c)
		d := j.Summary.Differences[i%4]
		d.From, d.To = j.Summary.Cells[0].Cell, c.Cell
		j.Summary.Differences = append(j.Summary.Differences, d)
	}
	page := text(t, func(w io.Writer) error { return GitHubSummary(w, j) })
	if len(page) > 1<<20 {
		t.Errorf("got %d bytes, want at most a MiB", len(page))
	}
	if !strings.Contains(page, "more: see the run's folder") {
		t.Error("rows were left out, and nothing says so")
	}
}

// No name of a run becomes a link, a tag or a block of its own.
func TestHostileNamesStayText(t *testing.T) {
	page := text(t, func(w io.Writer) error { return GitHubSummary(w, hostile()) })
	inside := false
	for _, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "```") {
			inside = !inside
			continue
		}
		if inside {
			continue
		}
		for _, live := range []string{"<script", "](", "http://", "@all", "\x1b", "\x00", "\u202e"} {
			if strings.Contains(strings.ReplaceAll(line, `\]`, ""), live) {
				t.Errorf("got %q in %q", live, line)
			}
		}
		if cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); strings.HasPrefix(line, "| ") && cells != 6 && cells != 8 && cells != 5 {
			t.Errorf("a name made cells: %q", line)
		}
	}
	if inside {
		t.Error("a block of code has no end")
	}
	if n := strings.Count(page, "```"); n != 4 {
		t.Errorf("got %d fences, want those of two charts:\n%s", n, page)
	}
}

// A chart of intervals has its marks where the numbers are.
func TestIntervalsAreDrawnToScale(t *testing.T) {
	const reach = 0.24 // a hundredth a place
	for name, c := range map[string]struct {
		ratio, low, high float64
		want             string
	}{
		"above":            {1.05, 1.02, 1.08, "                        | ├──●──┤"},
		"around":           {1, 0.97, 1.03, "                     ├──●──┤"},
		"beyond the left":  {0.9, 0.5, 0.95, "◀─────────────●────┤    |"},
		"beyond the right": {1.2, 1.1, 1.9, "                        |         ├─────────●───▶"},
	} {
		if got := intervalLine(difference("m", c.ratio, c.low, c.high, ""), reach); got != c.want {
			t.Errorf("%s: got\n%s, want\n%s", name, got, c.want)
		}
	}
	if got := intervalLine(judged().Summary.Differences[3], reach); !strings.HasSuffix(got, "▶") {
		t.Errorf("a bound above every number: got %q", got)
	}
}

// What the table of differences says is what the verdicts above it and raftbench ab say:
// nothing below the floor is called found.
func TestTheTableOfArmsSpeaksAsTheVerdictsDo(t *testing.T) {
	row := func(j Judged) string {
		for line := range strings.Lines(text(t, func(w io.Writer) error { return GitHubSummary(w, j) })) {
			if strings.HasPrefix(line, "| write p50 | n3-hashicorp-multi-az-a |") {
				return line
			}
		}
		return ""
	}
	j := judged()
	if got := row(j); !strings.Contains(got, "| worse |") {
		t.Errorf("without a floor: got %q", got)
	}
	j.Floor = &summary.Floor{Metrics: map[string]summary.FloorMetric{"write_latency_p50_ns": {Ratio: 1, CILow: 0.9, CIHigh: 1.1, N: 20}}}
	if got := row(j); !strings.Contains(got, "| below the floor |") {
		t.Errorf("with a floor of 10 %%: got %q", got)
	}
}
