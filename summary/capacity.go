package summary

import "github.com/raftbench/raftbench/results"

// capacities are what the trials that started from a known capacity found,
// each on a fresh cluster. The search itself is not among them: of many rates
// tried it took the highest that held, which favours luck. Where nobody
// confirmed it, it is all there is.
func capacities(measured []*results.Trial) []observation {
	var confirmed, searched []observation
	for _, t := range measured {
		if rate := highest(t, results.RoleConfirm); rate > 0 {
			confirmed = append(confirmed, observation{t, rate})
		}
		if rate := highest(t, results.RoleSearch); rate > 0 && len(searched) == 0 {
			searched = append(searched, observation{t, rate})
		}
	}
	if len(confirmed) > 0 {
		return confirmed
	}
	return searched
}

// confirms counts the fresh clusters behind a capacity.
func confirms(measured []*results.Trial) int {
	n := 0
	for _, t := range measured {
		if highest(t, results.RoleConfirm) > 0 {
			n++
		}
	}
	return n
}

// highest rate that held among a trial's windows of a role; 0 where none did.
func highest(t *results.Trial, r results.Role) float64 {
	rate := 0.0
	for _, w := range t.Windows {
		if w.Role == r && w.Held != nil && *w.Held {
			rate = max(rate, w.OfferedOps)
		}
	}
	return rate
}
