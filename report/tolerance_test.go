package report

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftbench/raftbench/summary"
)

// flat is a report's text without its line ends.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// The table fits a terminal of 80 columns with all that it has, in any of the cases.
func TestTheTableOfToleranceFits(t *testing.T) {
	for _, name := range []string{"typical", "noisy", "bare", "dead", "many"} {
		text := table(t, cases()[name], 80)
		at := strings.Index(text, toleranceName)
		if at < 0 {
			t.Errorf("%s: no table", name)
			continue
		}
		lines := strings.Split(text[at:], "\n")
		if !strings.Contains(lines[3], "stop at") || !strings.Contains(lines[3], "its zone") {
			t.Errorf("%s: columns were left out: %s", name, lines[3])
		}
		for _, line := range lines[:8] {
			if utf8.RuneCountInString(line) > 80 {
				t.Errorf("%s: wider than 80: %s", name, line)
			}
		}
	}
}

// Three against four and five against six are told in words, and what was seen is
// told from what arithmetic alone says.
func TestEvenSizesBuyNoToleranceInWords(t *testing.T) {
	s := summary.Summary{Cells: []summary.Cell{cell(3, 1, 1000), cell(4, 2, 900), cell(5, 2, 800), cell(6, 3, 700), cell(9, 4, 600)}}
	text := flat(table(t, s, 100))
	for _, want := range []string{
		"The 4th node tolerates no more: 4 nodes go on with one dead, as 3 do, and they die with zone a, where 3 go on without any one.",
		"The 6th node tolerates no more: 6 nodes go on with two dead, as 5 do.",
		"With their fullest zone lost, 3, 5 and 6 nodes have none to spare, 9 nodes have one to spare (by arithmetic).",
		"members: a→n1, n4, n7; b→n2, n5, n8; c→n3, n6, n9",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	s.Cells[1].Faults.ZonesSurvived = nil
	if text := flat(table(t, s, 100)); !strings.Contains(text, "they die with zone a (by arithmetic)") || !strings.Contains(text, "– of 0") {
		t.Errorf("what was not seen reads as if it were:\n%s", text)
	}
}

// A placement of its own is told beside the others; without sites nothing is.
func TestPlacementsAreTold(t *testing.T) {
	r := reportOf(summary.Summary{Cells: []summary.Cell{cell(3, 1, 1000), standing(cell(5, 2, 900), "a", "b")}})
	if got, want := r.placements(), "a→n1; b→n2; c→n3 · or a→n1, n3, n5; b→n2, n4"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := reportOf(summary.Summary{Cells: []summary.Cell{standing(cell(3, 1, 1000))}}).placements(); got != "" {
		t.Errorf("got %q of members that stand nowhere", got)
	}
	if got, want := placedAt(strings.Split(strings.Repeat("a", 12), "")), "a→n1, n2, n3, n4, n5, n6, n7, n8, n9, 3 more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The same table as CSV: a row a setup, nothing where nothing is known.
func TestToleranceAsCSV(t *testing.T) {
	bare := standing(cell(3, 1, 1000))
	bare.Faults, bare.Losses = summary.Faults{}, nil
	text, err := reportOf(summary.Summary{Cells: []summary.Cell{cell(4, 1, 1000), bare}}).toleranceCSV()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("got %q, %v, want a head and two rows", rows, err)
	}
	if got, want := strings.Join(rows[1][2:], " "), "4 3 1 1 2 a=2,b=1,c=1 0 0  4.1e+06 6.3e+06 2 2.1e+09 2.1e+09 1 1.9e+09 2.4e+09 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := strings.Join(rows[2][2:], ","), "3,2,1,,,,,,,,,,,,,,,"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
