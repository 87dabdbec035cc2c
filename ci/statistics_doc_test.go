package ci

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

const (
	reference     = "../results/reference"
	statisticsDoc = "../docs/statistics.md"
	exampleBegins = "<!-- worked example: computed from results/reference -->\n"
	exampleEnds   = "<!-- end of the worked example -->"
)

func referenceRun(t *testing.T) summary.Analysis {
	t.Helper()
	run, err := results.Open(reference)
	if err != nil {
		t.Fatal(err)
	}
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The worked example of docs/statistics.md is computed from the reference run by the code
// that reports are made by. `go test ./ci -run StatisticsPage -update` writes it anew.
func TestTheStatisticsPageHasTheReferenceRun(t *testing.T) {
	text := read(t, statisticsDoc)
	before, rest, begun := strings.Cut(text, exampleBegins)
	got, after, ended := strings.Cut(rest, exampleEnds)
	if !begun || !ended {
		t.Fatalf("%s has no %q … %q", statisticsDoc, exampleBegins, exampleEnds)
	}
	want := "\n```text\n" + workedExample(t) + "```\n\n"
	if *update {
		if err := os.WriteFile(statisticsDoc, []byte(before+exampleBegins+want+exampleEnds+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("%s: the worked example is\n%s\nwant\n%s", statisticsDoc, got, want)
	}
}

// What the page says in words about the example: the host differed more between blocks than
// the two sizes do, and the intervals of the medians overlap.
func TestTheStatisticsPageSaysWhatTheExampleShows(t *testing.T) {
	a := referenceRun(t)
	from, to := setupOf(t, a, 3), setupOf(t, a, 4)
	old, tried := a.Values(from.Cell, writeP50).Median(), a.Values(to.Cell, writeP50).Median()
	if old.High < tried.Low {
		t.Errorf("the medians' intervals do not overlap: %v, %v", old, tried)
	}
	var slowest, fastest float64 = 0, math.Inf(1)
	for _, p := range a.Ratio(writeP50, from.Cell, to.Cell).Pairs {
		slowest, fastest = max(slowest, p.A), min(fastest, p.A)
	}
	if slowest < 1.7*fastest {
		t.Errorf("the slowest block was %.2f times as slow as the fastest, and the page says twice", slowest/fastest)
	}
}

// The half-widths that docs/side-by-side.md has of the reference run.
func TestTheSideBySidePageHasTheReferenceRunsWidths(t *testing.T) {
	a := referenceRun(t)
	row := "| `results/reference` "
	for _, metric := range []string{writeP50, "throughput_ops"} {
		var widths []string
		for _, step := range [][2]int{{3, 4}, {4, 5}, {5, 7}} {
			d := differenceBetween(t, a, metric, setupOf(t, a, step[0]).Cell, setupOf(t, a, step[1]).Cell)
			widths = append(widths, fmt.Sprintf("%.1f", 100*(math.Sqrt(*d.CIHigh / *d.CILow)-1)))
		}
		row += "| " + strings.Join(widths, ", ") + " "
	}
	if page := "../docs/side-by-side.md"; !strings.Contains(read(t, page), row+"|\n") {
		t.Errorf("%s has not the row\n%s|", page, row)
	}
}

const writeP50 = "write_latency_p50_ns"

func setupOf(t *testing.T, a summary.Analysis, nodes int) summary.Cell {
	t.Helper()
	i := slices.IndexFunc(a.Summary.Cells, func(c summary.Cell) bool { return c.Nodes == nodes })
	if i < 0 {
		t.Fatalf("%s has no setup of %d nodes", reference, nodes)
	}
	return a.Summary.Cells[i]
}

// workedExample is the step from 3 to 4 nodes, from the blocks' values to what is printed.
func workedExample(t *testing.T) string {
	a := referenceRun(t)
	from, to := setupOf(t, a, 3), setupOf(t, a, 4)
	pairs := a.Ratio(writeP50, from.Cell, to.Cell).Pairs
	var b strings.Builder
	row := func(name, first, second, third string) {
		fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("%-10s%12s%12s%12s", name, first, second, third), " "))
	}
	row("block", "3 nodes", "4 nodes", "change")
	slower := 0
	for i, p := range pairs {
		row(fmt.Sprintf("%5d", i+1), units.Duration.Show(p.A), units.Duration.Show(p.B), units.Change(p.B/p.A))
		if p.B > p.A {
			slower++
		}
	}
	old, tried := a.Values(from.Cell, writeP50).Median(), a.Values(to.Cell, writeP50).Median()
	row("median", units.Duration.Show(old.Center), units.Duration.Show(tried.Center), "")
	row("95 %", span(old), span(tried), "")
	d := differenceBetween(t, a, writeP50, from.Cell, to.Cell)
	fmt.Fprintf(&b, "\nof the medians  %s\n", units.Change(tried.Center/old.Center))
	fmt.Fprintf(&b, "within blocks   %s, 95 %% interval %s to %s\n", units.Change(*d.Ratio), units.Change(*d.CILow), units.Change(*d.CIHigh))
	fmt.Fprintf(&b, "printed         %s\n", printedStep(t, "3 → 4"))
	fmt.Fprintf(&b, "4 nodes slower  in %d of %d blocks: p = %.2g, corrected for %d questions %.2g: %s\n",
		slower, len(pairs), stats.PairsAgainst(pairs, 1), d.Questions, d.P, d.Decided)
	return b.String()
}

// span is an interval as tables have it: in its median's unit and to its digit.
func span(i stats.Interval) string {
	low, high := units.Duration.Ends(i.Center, i.Low, i.High)
	return low + "–" + high
}

func differenceBetween(t *testing.T, a summary.Analysis, metric, from, to string) summary.Difference {
	t.Helper()
	i := slices.IndexFunc(a.Summary.Differences, func(d summary.Difference) bool {
		return d.Metric == metric && d.From == from && d.To == to && d.Interval
	})
	if i < 0 {
		t.Fatalf("%s has no difference of %s with an interval from %s to %s", reference, metric, from, to)
	}
	return a.Summary.Differences[i]
}

// printedStep is the latency of a step as the README shows it, which a test of the command
// holds to what is printed.
func printedStep(t *testing.T, step string) string {
	t.Helper()
	for line := range strings.Lines(read(t, "../README.md")) {
		if rest, found := strings.CutPrefix(line, step); found {
			fields := strings.Fields(rest)
			at := slices.IndexFunc(fields, func(f string) bool { return strings.HasPrefix(f, "±") })
			if at < 1 {
				t.Fatalf("README.md: the step %s has no interval: %s", step, line)
			}
			return fields[at-1] + " " + fields[at]
		}
	}
	t.Fatalf("README.md has no step %s", step)
	return ""
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
