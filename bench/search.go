package bench

import (
	"errors"
	"fmt"
	"math"
)

// errNoRate says that a limit cannot be met at any rate worth the name.
var errNoRate = errors.New("no rate meets the limit")

const (
	// searchPrecision is how far apart the highest passing and the lowest
	// failing rate may end up.
	searchPrecision = 1.05
	// bracketStep widens the bracket; its square is the worst first guess
	// that costs only two extra probes.
	bracketStep = 1.5
	// lowestRate, per second: below it a window of seconds says nothing.
	lowestRate  = 5.0
	highestRate = 1e6
	maxProbes   = 40
)

// searchCapacity finds the highest rate for which probe says yes, to 5 %: it
// brackets from a guess, then bisects on a logarithmic scale. It takes probe
// to be monotonic; a probe that is not (noise) costs precision, which is why
// what is found is confirmed by fresh trials.
func searchCapacity(guess float64, probe func(rate float64) (bool, error)) (float64, error) {
	s := &search{probe: probe, rate: min(max(guess, lowestRate), highestRate)}
	if err := s.bracket(); err != nil {
		return 0, err
	}
	for s.high/s.low > searchPrecision && s.probes < maxProbes {
		if _, err := s.try(math.Sqrt(s.low * s.high)); err != nil {
			return 0, err
		}
	}
	return s.low, nil
}

// search holds the highest rate that passed (low) and the lowest that failed
// (high); zero and infinity when there is none yet.
type search struct {
	probe     func(rate float64) (bool, error)
	rate      float64
	low, high float64
	probes    int
}

// bracket moves away from the guess until one rate passed and one failed.
func (s *search) bracket() error {
	s.high = math.Inf(1)
	for s.low == 0 || math.IsInf(s.high, 1) {
		ok, err := s.try(s.rate)
		if err != nil {
			return err
		}
		switch {
		case ok && s.rate >= highestRate:
			return fmt.Errorf("the limit still holds at %.0f/s, as fast as this generator goes", highestRate)
		case ok:
			s.rate = min(s.rate*bracketStep, highestRate)
		case s.rate <= lowestRate:
			return fmt.Errorf("%w: it fails at %g/s already", errNoRate, lowestRate)
		default:
			s.rate = max(s.rate/bracketStep, lowestRate)
		}
		if s.probes >= maxProbes {
			return fmt.Errorf("%w within %d windows", errNoRate, maxProbes)
		}
	}
	return nil
}

func (s *search) try(rate float64) (bool, error) {
	s.probes++
	ok, err := s.probe(rate)
	if err != nil {
		return false, err
	}
	if ok {
		s.low = max(s.low, rate)
	} else {
		s.high = min(s.high, rate)
	}
	return ok, nil
}

// stepCapacity finds the highest rate that probe holds in steps of
// searchPrecision, at most maxSteps of them, from a rate that another cluster
// carried.
func stepCapacity(start float64, probe func(rate float64) (bool, error)) (float64, error) {
	held, failed, rate := 0.0, false, start
	for range maxSteps {
		ok, err := probe(rate)
		switch {
		case err != nil:
			return 0, err
		case ok && failed:
			return rate, nil // the step above it failed
		case ok:
			held, rate = rate, rate*searchPrecision
		case held > 0:
			return held, nil
		default:
			failed, rate = true, rate/searchPrecision
		}
	}
	if held == 0 {
		return 0, fmt.Errorf("capacity %.0f/s was not confirmed, nor %d steps of 5 %% below it", start, maxSteps-1)
	}
	return held, nil
}
