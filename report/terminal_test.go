package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden holds what is made against a file of testdata.
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

func table(t *testing.T, s summary.Summary, width int) string {
	t.Helper()
	return tableOf(t, reportOf(s), Terminal{Width: width})
}

func tableOf(t *testing.T, r *Report, at Terminal) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Table(&b, at); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func pageText(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsPrinted(t *testing.T) {
	for _, name := range []string{"typical", "noisy", "harmed", "broken", "matrix", "bare", "dead", "capacity", "none"} {
		t.Run(name, func(t *testing.T) {
			s := cases()[name]
			golden(t, name+".txt", []byte(table(t, s, 100)))
			golden(t, name+".md", []byte(pageText(t, reportOf(s))))
			var csv bytes.Buffer
			if err := export.CSV(&csv, s); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".csv", csv.Bytes())
		})
	}
}

// No line is wider than the terminal, whatever the names and remarks; no field
// prints a number that is none.
func TestTheTableFitsItsTerminal(t *testing.T) {
	for name, s := range cases() {
		for _, width := range []int{40, 60, 80, 100, 140} {
			text := table(t, s, width)
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
	painted := tableOf(t, reportOf(noisy()), Terminal{Color: true})
	if !strings.Contains(painted, "\x1b[") {
		t.Fatal("no colour, want some")
	}
	plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(painted, "")
	if diff := cmp.Diff(table(t, noisy(), 100), plain); diff != "" {
		t.Errorf("without its colour the table differs:\n%s", diff)
	}
}

// What a reader came for stands above the tables.
func TestTheAnswerComesFirst(t *testing.T) {
	text := table(t, broken(), 80)
	order := []string{"SAFETY VIOLATED", "LIVENESS", "No advice: safety", "What each size buys", "All N nodes share"}
	last := -1
	for _, want := range order {
		at := strings.Index(text, want)
		if at <= last {
			t.Fatalf("%q stands at %d, want it behind %d:\n%s", want, at, last, text)
		}
		last = at
	}
}

// No line ends with a number whose unit begins the next one.
func TestNoLinePartsANumberFromItsUnit(t *testing.T) {
	torn := regexp.MustCompile(`\d\n *(%|[nµm]?s|min|h|[KMG]iB|B)[^\pL\d]`)
	run := open(t, "../results/reference")
	for width := 60; width <= 120; width++ {
		if at := torn.FindStringIndex(tableOf(t, run, Terminal{Width: width})); at != nil {
			text := tableOf(t, run, Terminal{Width: width})
			t.Errorf("at %d columns a number is torn from its unit: %q", width, text[max(0, at[0]-40):min(len(text), at[1]+20)])
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("one two three", 20)
	f.Add(strings.Repeat("x", 300), 33)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = 20 + (width%100+100)%100
		lines := wording.Wrap(text, width, "  ")
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
