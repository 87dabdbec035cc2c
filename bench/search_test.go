package bench

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// A server that holds its limit up to a rate and fails above it is found to
// 5 % from any guess.
func TestSearchFindsTheCapacityFromAnyGuess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.Float64Range(lowestRate, highestRate/2).Draw(t, "capacity")
		guess := rapid.Float64Range(0, 2*highestRate).Draw(t, "guess")
		got, err := searchCapacity(guess, func(rate float64) (bool, error) { return rate <= capacity, nil })
		if err != nil {
			t.Fatal(err)
		}
		if got > capacity || got < capacity/searchPrecision {
			t.Fatalf("capacity %.1f/s from guess %.1f/s: got %.1f/s", capacity, guess, got)
		}
	})
}

func TestSearchRefusesALimitThatNoRateMeets(t *testing.T) {
	probes := 0
	_, err := searchCapacity(1000, func(float64) (bool, error) { probes++; return false, nil })
	if !errors.Is(err, errNoRate) {
		t.Fatalf("got %v, want errNoRate", err)
	}
	if probes > maxProbes {
		t.Fatalf("%d probes, want at most %d", probes, maxProbes)
	}
}

func TestSearchEndsWhereNothingEverFails(t *testing.T) {
	if _, err := searchCapacity(1, func(float64) (bool, error) { return true, nil }); err == nil {
		t.Fatal("a server without any limit was given a capacity")
	}
}

func TestSearchPassesOnTheErrorOfAProbe(t *testing.T) {
	broken := errors.New("node died")
	got, err := searchCapacity(100, func(float64) (bool, error) { return false, broken })
	if !errors.Is(err, broken) || !(got == 0) || math.IsNaN(got) {
		t.Fatalf("got %v, %v; want the probe's error", got, err)
	}
}

// A fresh cluster corrects what another carried, up or down, to a step.
func TestStepsGoEitherWay(t *testing.T) {
	for capacity, want := range map[float64]float64{
		1000: 1000, 1049: 1000, 1051: 1050, 1110: 1102.5, // up
		999: 1000 / 1.05, 930: 1000 / 1.05 / 1.05, // down
	} {
		tried := map[float64]bool{}
		got, err := stepCapacity(1000, func(rate float64) (bool, error) {
			if tried[rate] {
				t.Errorf("capacity %.0f: %.1f/s was tried twice", capacity, rate)
			}
			tried[rate] = true
			return rate <= capacity, nil
		})
		if err != nil || math.Abs(got-want) > 0.01 {
			t.Errorf("capacity %.0f: got %.2f, %v; want %.2f", capacity, got, err, want)
		}
	}
	if _, err := stepCapacity(1000, func(float64) (bool, error) { return false, nil }); err == nil {
		t.Error("a rate that no cluster confirmed was taken for capacity")
	}
}
