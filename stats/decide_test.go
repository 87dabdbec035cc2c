package stats

import (
	"math"
	"testing"
)

// ratiosOf makes pairs with these ratios.
func ratiosOf(ratios ...float64) []Pair {
	var out []Pair
	for i, r := range ratios {
		out = append(out, Pair{float64(i + 1), float64(i+1) * r})
	}
	return out
}

func TestThreeAnswers(t *testing.T) {
	slower := ratiosOf(1.10, 1.12, 1.11, 1.13, 1.09, 1.14, 1.15, 1.16, 1.08)
	alike := ratiosOf(1.01, 0.99, 1.02, 0.98, 1.0, 1.01, 0.99, 1.01, 1.0)
	noisy := ratiosOf(1.3, 0.8, 1.2, 0.7, 1.1, 1.4, 0.9, 1.0, 1.2)
	few := ratiosOf(2, 2, 2, 2, 2)
	got, err := DecidePairs([][]Pair{slower, alike, noisy, few, nil}, Precision)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Decision{Found, Bounded, Undecided, Undecided, Undecided} {
		if got[i].Decided != want || got[i].Questions != 5 {
			t.Errorf("question %d: got %+v, want %s", i, got[i], want)
		}
	}
	if bounded := got[3].Ratio.Bounded(); bounded {
		t.Errorf("5 pairs: got %+v, want no interval", got[3])
	}
	if p := got[4].P; p != 1 || !math.IsNaN(got[4].Ratio.Center) {
		t.Errorf("no pairs: got %+v, want p = 1 and no ratio", got[4])
	}
}

// Six pairs answer one question and not two, however clear they are: the family
// counts, also those of it that nobody could answer.
func TestTheFamilyCounts(t *testing.T) {
	clear := ratiosOf(2, 2.1, 2.2, 2.3, 2.4, 2.5)
	for questions, want := range map[int]Decision{1: Found, 2: Undecided} {
		family := make([][]Pair, questions)
		family[0] = clear
		got, err := DecidePairs(family, Precision)
		if err != nil || got[0].Decided != want {
			t.Errorf("%d questions: got %+v, %v, want %s", questions, got[0], err, want)
		}
		if enough := len(clear) >= PairsNeeded(questions, Alpha); enough != (want == Found) {
			t.Errorf("%d questions: got enough pairs %v", questions, enough)
		}
	}
}
