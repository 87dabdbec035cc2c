package report

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/summary"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden holds what is printed against a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (run with -update and read the change):\n%s", path, diff)
	}
}

func table(t *testing.T, s summary.Summary, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Table(&b, s, host(), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsPrinted(t *testing.T) {
	for _, name := range []string{"typical", "noisy", "matrix", "bare", "dead", "capacity", "none"} {
		t.Run(name, func(t *testing.T) {
			s := cases()[name]
			golden(t, name+".txt", []byte(table(t, s, options())))
			var md, csv bytes.Buffer
			if err := Markdown(&md, s, host(), options()); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".md", md.Bytes())
			if err := CSV(&csv, s); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".csv", csv.Bytes())
		})
	}
}

// No line is wider than the terminal, whatever the names and warnings; no cell
// prints a number that is none.
func TestTheTableFitsItsTerminal(t *testing.T) {
	for name, s := range cases() {
		for _, width := range []int{40, 60, 80, 100, 140} {
			o := options()
			o.Width = width
			text := table(t, s, o)
			for line := range strings.Lines(text) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%s at %d columns: a line of %d: %q", name, width, n, line)
				}
			}
			for _, bad := range []string{"NaN", "Inf", "%!"} {
				if strings.Contains(text, bad) {
					t.Errorf("%s prints %s:\n%s", name, bad, text)
				}
			}
		}
	}
}

func TestColourAddsNothingButColour(t *testing.T) {
	o := options()
	o.Color = true
	painted := table(t, noisy(), o)
	if !strings.Contains(painted, "\x1b[") {
		t.Fatal("no colour, want some")
	}
	plain := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(painted, "")
	if diff := cmp.Diff(table(t, noisy(), options()), plain); diff != "" {
		t.Errorf("without its colour the table differs:\n%s", diff)
	}
}

func TestADifferenceIsClaimedOnlyWhereItShows(t *testing.T) {
	four := func(change func(*summary.Cell)) string {
		s := typical()
		change(&s.Cells[2])
		return strings.Join(verdict(groups(s)[0]), "\n")
	}
	for _, c := range []struct {
		name   string
		change func(*summary.Cell)
		want   string
	}{
		{"slower", func(*summary.Cell) {}, "The 4th node costs +0.57 ms (+33 %) and buys no further failure."},
		{"touching intervals", func(c *summary.Cell) { c.Metrics[writeP50] = around(1.8e6, 4) },
			"The 4th node buys no further failure; in latency no difference can be shown."},
		{"faster", func(c *summary.Cell) { c.Metrics[writeP50] = around(1.2e6, 1) },
			"The 4th node is measured −0.54 ms (−31 %) and buys no further failure."},
		{"no interval", func(c *summary.Cell) { c.Metrics[writeP50] = summary.Metric{Median: 2.31e6, N: 1} },
			"The 4th node costs +0.57 ms (+33 %) (a hint only: an interval is missing) and buys no further failure."},
		{"not measured", func(c *summary.Cell) { c.Metrics = nil },
			"4 nodes: no valid latency, nothing can be said."},
		{"proof fails", func(c *summary.Cell) { c.Faults.Survived = p(0) },
			"Proof and theory disagree: 4 nodes went on after no failure where theory says 1."},
		{"not seen to stop", func(c *summary.Cell) { c.Faults.BlockedAt = p(0) },
			"Proof and theory disagree: a cluster of 4 was not seen to stop with 2 of 4 dead, one more than it tolerates."},
		{"not watched", func(c *summary.Cell) { c.Faults.BlockedAt = nil },
			"at one more a cluster of 4 was not seen to stop."},
		{"not restarted", func(c *summary.Cell) { c.Faults.Recovered = p(false) },
			"stopped at one more. A restart, and an audit after it, are not proven of 4 nodes."},
		{"restarted and audited", func(*summary.Cell) {},
			"stopped at one more; all were restarted, and the audit found what was acknowledged."},
		{"not proven", func(c *summary.Cell) { c.Faults = summary.Faults{} }, "Not proven in this run: 4 nodes."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := four(c.change); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwant in it\n%s", got, c.want)
			}
		})
	}
}

// A loss is shouted, whatever the speed.
func TestALossIsSaidInEveryForm(t *testing.T) {
	s := typical()
	s.Cells[1].Faults.LostWrites, s.Cells[1].Faults.Violations = 3, 1
	var md bytes.Buffer
	if err := Markdown(&md, s, host(), options()); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"table": table(t, s, options()), "markdown": md.String()} {
		if !strings.Contains(text, "SAFETY VIOLATED: 3 acknowledged writes lost") {
			t.Errorf("the %s says nothing of the loss:\n%s", name, text)
		}
	}
	for _, c := range every(subjectOf(s), 1000) {
		if !strings.Contains(texts(c), "SAFETY VIOLATED") {
			t.Errorf("the chart %s says nothing of the loss", c.name)
		}
	}
}

func TestNumbersReadWell(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{duration(0), "0 ns"}, {duration(87), "87.0 ns"}, {duration(42_000), "42.0 µs"}, {duration(460_000), "0.46 ms"},
		{duration(1_234_567), "1.23 ms"}, {duration(12.34e6), "12.3 ms"}, {duration(263.4e6), "263 ms"},
		{duration(999.9e6), "1.00 s"}, {duration(2.13e9), "2.13 s"}, {duration(math.NaN()), absent},
		{in(rateScale, 9924), "9,920/s"}, {in(rateScale, 21340), "21,300/s"}, {in(rateScale, 99.4), "99.4/s"},
		{in(rateScale, 1234567), "1,230,000/s"}, {in(bytesScale, 921), "921 B"}, {in(bytesScale, 9000), "8.79 KiB"},
		{in(cpuScale, 1.05), "1.05 ms"}, {in(countScale, 9.6), "9.60"},
		{signed(durationScale, -570_000), "−0.57 ms"}, {percent(1.29), "+29 %"}, {percent(0.957), "−4.3 %"},
		{between(durationScale, summary.Metric{Median: 1e6, CILow: p(950_000.0), CIHigh: p(1.2e6)}), "0.95–1.20"},
		{ordinal(2), "2nd"}, {ordinal(4), "4th"}, {ordinal(11), "11th"}, {ordinal(21), "21st"}, {ordinal(33), "33rd"},
		{plural(1, "node"), "1 node"}, {list([]string{"3", "4", "5"}), "3, 4 and 5"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// A run that saturates only has its latencies from the closed loop, and says so.
func TestClosedLoopStandsInForCalm(t *testing.T) {
	s := typical()
	for i, c := range s.Cells {
		renamed := map[string]summary.Metric{throughput: c.Metrics[throughput]}
		renamed["saturate_"+writeP50] = c.Metrics[writeP50]
		s.Cells[i].Metrics = renamed
	}
	text := table(t, s, options())
	for _, want := range []string{"full load", "1.74 ms"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

func TestGroupsDifferInAllButSize(t *testing.T) {
	gs := groups(matrix())
	var got []string
	for _, g := range gs {
		got = append(got, fmt.Sprintf("%s: %d", g.name, len(g.cells)))
	}
	want := []string{
		"hashicorp, max_rpcs_in_flight 2: 5", "etcd, max_rpcs_in_flight 2: 5",
		"hashicorp, max_rpcs_in_flight 16: 5", "etcd, max_rpcs_in_flight 16: 5",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Where no store keeps anything, that is said of all.
func TestAStoreThatKeepsNothingProvesNoRestart(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Faults.Recovered = p(false)
	}
	got := proofSentence(s.Cells)
	want := "Each tolerance was proven by killing processes: writes went on with that many dead and stopped at one more. A restart, and an audit after it, are not proven."
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A cluster that was not seen to stop is doubted wherever it is shown.
func TestACellThatDidNotStopIsDoubted(t *testing.T) {
	s := typical()
	s.Cells[1].Faults.BlockedAt = p(0)
	if got := doubts(s.Cells[1]); !strings.Contains(strings.Join(got, "\n"), "not seen to stop with 2 of 3 dead") {
		t.Errorf("got %q", got)
	}
}

func TestAnIntervalThatPrintsAsItsMedianIsLeftOut(t *testing.T) {
	for _, c := range []struct {
		low, median, high float64
		want              string
	}{
		{2, 2, 2, ""}, {1.999, 2, 2.001, ""}, {0, 0, 0, ""}, {115, 115, 115.2, ""},
		{1.99, 2, 2, "1.99–2.00"}, {2, 2, 2.01, "2.00–2.01"}, {2.1, 2, 2.1, "2.10–2.10"},
	} {
		if got := between(countScale, summary.Metric{Median: c.median, CILow: &c.low, CIHigh: &c.high}); got != c.want {
			t.Errorf("%v in %v to %v: got %q, want %q", c.median, c.low, c.high, got, c.want)
		}
	}
}

// What differs in its figures only is said once; the gravest comes first and
// whole, and a terminal shows no more than a reader reads.
func TestNoticesAreFewAndTheGravestComeFirst(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Warnings = append(
			[]string{fmt.Sprintf("%d of 6 trials: calm: the host's CPU was %d %% busy", i+1, 86+i)},
			strings.Fields("alpha beta gamma delta epsilon zeta eta theta iota")...)
	}
	s.Cells[3].Faults.LostWrites, s.Cells[4].Faults.LostWrites = 1, 2
	got := notices(s)
	want := []string{
		"† 5 nodes: SAFETY VIOLATED: 1 acknowledged write lost, 0 findings of the audits",
		"† 7 nodes: SAFETY VIOLATED: 2 acknowledged writes lost, 0 findings of the audits",
		"† all sizes: 5 of 6 trials: calm: the host's CPU was 90 % busy (and alike)",
	}
	if diff := cmp.Diff(want, got[:3]); diff != "" || len(got) != 12 {
		t.Errorf("%d notices: %s", len(got), diff)
	}
	shown := fewer(got)
	if len(shown) != maxNotices || shown[maxNotices-1] != "5 more: see report.md" || shown[0] != want[0] {
		t.Errorf("shown: %q", shown)
	}
	if text := table(t, s, options()); !strings.Contains(text, "5 more: see report.md") || strings.Contains(text, "iota") {
		t.Errorf("the terminal shows all:\n%s", text)
	}
	var md bytes.Buffer
	if err := Markdown(&md, s, host(), options()); err != nil || !strings.Contains(md.String(), "iota") {
		t.Errorf("the page lacks some: %v\n%s", err, md.String())
	}
}

func TestOneThingInSeveralWindowsIsOneNotice(t *testing.T) {
	s := typical()
	s.Cells[1].Warnings = []string{
		"1 of 6 trials: calm: the host's CPU was 91 % busy", "2 of 6 trials: capacity-probe-3: the host's CPU was 95 % busy",
		"1 of 6 trials invalid: calm: the leader or the term changed",
	}
	s.Cells[2].Warnings = []string{"3 of 6 trials: sweep-500: the host's CPU was 88 % busy (and alike)", "1 of 6 trials: calm: the leader or the term changed"}
	want := []string{
		"† 3 nodes: 1 of 6 trials invalid: calm: the leader or the term changed",
		"† 3 and 4 nodes: 3 of 6 trials: sweep-500: the host's CPU was 88 % busy (and alike)",
		"† 4 nodes: 1 of 6 trials: calm: the leader or the term changed",
	}
	if diff := cmp.Diff(want, notices(s)); diff != "" {
		t.Error(diff)
	}
}

// The table and the verdict say at which limit a size carries what it does.
func TestCapacityIsSaidWithItsLimit(t *testing.T) {
	text := table(t, limited(), options())
	for _, want := range []string{
		"p99 < 20ms", "at 50 % of capacity", "at 80 % of capacity", "at p99 < 20ms.",
		"A cluster of 4 tolerates 1 failure and carries 6,580/s at p99 < 20ms, which no fresh cluster confirmed.",
		"A capacity is what 0 to 6 fresh clusters a size carried",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	s := limited()
	s.Cells[1].Load = "capacity at p50 < 5ms"
	if got := commonLimit(s); got != anyLimit {
		t.Errorf("two limits: got %q in the title, want %q", got, anyLimit)
	}
}

func TestWhatWasNotCarriedIsCrossedOut(t *testing.T) {
	rate, done := 100.0, &summary.Metric{Median: 100}
	for name, c := range map[string]struct {
		held *bool
		done *summary.Metric
		want bool
	}{
		"kept up, limit broken": {p(false), done, true},
		"held":                  {p(true), &summary.Metric{Median: 90}, false},
		"an old record":         {nil, done, false},
		"an old record, behind": {nil, &summary.Metric{Median: 90}, true},
	} {
		if got := fellShort(summary.CurvePoint{OfferedOps: rate, Throughput: c.done, Held: c.held}); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("one two three", 20)
	f.Add(strings.Repeat("x", 300), 33)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = 20 + (width%100+100)%100
		lines := wrapText(text, width, "  ")
		for i, l := range lines {
			if n := utf8.RuneCountInString(l); n > width {
				t.Errorf("line %d has %d runes, want at most %d", i, n, width)
			}
		}
		if utf8.ValidString(text) && strings.Join(strings.Fields(text), "") != strings.ReplaceAll(strings.Join(lines, ""), " ", "") {
			// Other white space than blanks inside a word cannot be: Fields splits at it.
			t.Errorf("text was lost: %q became %q", text, lines)
		}
	})
}

// One thing that weakens several sizes is said once.
func TestNoticesGatherSizes(t *testing.T) {
	s := typical()
	for _, i := range []int{1, 2} {
		s.Cells[i].Warnings = []string{"the host was busy"}
	}
	s.Cells[4].Warnings = []string{"a snapshot fell in the window"}
	want := []string{"† 3 and 4 nodes: the host was busy", "† 7 nodes: a snapshot fell in the window"}
	if diff := cmp.Diff(want, notices(s)); diff != "" {
		t.Error(diff)
	}
	for i := range s.Cells {
		s.Cells[i].Warnings = []string{"the host was busy"}
	}
	if diff := cmp.Diff([]string{"† all sizes: the host was busy"}, notices(s)); diff != "" {
		t.Error(diff)
	}
}
