package summary

import (
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Windows whose name begins so belong to the curve.
const (
	sweepPrefix   = "sweep-"
	probePrefix   = "capacity-probe-"
	confirmPrefix = "capacity-confirm-"
)

// guess is a closed loop that only starts a search.
const guess = "capacity-guess"

func ofCurve(name string) bool {
	for _, p := range []string{sweepPrefix, probePrefix, confirmPrefix} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// capacities are what the trials that started from a known capacity found,
// each on a fresh cluster. The search itself is not among them: of many rates
// tried it took the highest that held, which favours luck. Where nobody
// confirmed it, it is all there is.
func capacities(measured []results.Trial) stats.Sample {
	var confirmed, searched stats.Sample
	for _, t := range measured {
		if rate := highest(t, confirmPrefix); rate > 0 {
			confirmed = append(confirmed, rate)
		}
		if rate := highest(t, probePrefix); rate > 0 && len(searched) == 0 {
			searched = append(searched, rate)
		}
	}
	if len(confirmed) > 0 {
		return confirmed
	}
	return searched
}

// confirms counts the fresh clusters behind a capacity.
func confirms(measured []results.Trial) int {
	n := 0
	for _, t := range measured {
		if highest(t, confirmPrefix) > 0 {
			n++
		}
	}
	return n
}

// highest rate that held among a trial's windows whose names begin so; 0 where
// none did.
func highest(t results.Trial, prefix string) float64 {
	rate := 0.0
	for _, w := range t.Windows {
		if strings.HasPrefix(w.Name, prefix) && w.Held != nil && *w.Held {
			rate = max(rate, w.OfferedOps)
		}
	}
	return rate
}
