package configs

import (
	"fmt"
	"strings"
	"time"

	"github.com/raftbench/raftbench/quorum"
)

// MostWatched are the node processes that are watched at once on a host of two cores:
// three clusters of three. With heartbeats every few milliseconds and 40 writes a second
// a cluster takes a third of a core, so that one is nearly always free when a node needs
// it; where none was, that is on record.
const MostWatched = 9

// Watches tells whether a setup is watched: only whole clusters are, so one with dead
// followers would be watched as the setup without.
func (p Plan) Watches(s Setup) bool { return p.Watch > 0 && s.Dead == 0 }

// WatchGroups are the setups that are watched at once, as places in the plan's:
// neighbours, as many as have room.
func WatchGroups(p Plan) [][]int {
	return p.together(p.Watches)
}

// together are the setups that are wanted, as places in the plan's, in groups that live
// at once.
func (p Plan) together(wanted func(Setup) bool) [][]int {
	most := MostWatched
	if p.Processes > 0 {
		most = min(most, p.Processes)
	}
	var out [][]int
	processes := 0
	for i, s := range p.Setups {
		if !wanted(s) {
			continue
		}
		if len(out) == 0 || p.Apart || processes+s.Nodes > most {
			out, processes = append(out, nil), 0
		}
		out[len(out)-1] = append(out[len(out)-1], i)
		processes += s.Nodes
	}
	return out
}

// WatchTime is how long setups that are watched at once take.
func WatchTime(setups []Setup) time.Duration {
	var longest time.Duration
	for _, s := range setups {
		longest = max(longest, s.Workload.Warmup+s.Watch.Duration)
	}
	if longest == 0 {
		return 0
	}
	return longest + bootTime + blockProbe + time.Duration(len(setups))*blockAudit + auditTime
}

// watchTime is that of a whole plan.
func watchTime(p Plan) (sum time.Duration) {
	if p.Watch == 0 {
		return 0
	}
	for _, group := range WatchGroups(p) {
		var setups []Setup
		for _, i := range group {
			setups = append(setups, p.Setups[i])
		}
		sum += WatchTime(setups)
	}
	return sum
}

// onlyWatches tells of an experiment that asks for no cost and no proof: to see a
// leader fall over timeouts that are too short is then what is asked for.
func (e Experiment) onlyWatches() bool {
	return e.Watch.Duration > 0 && e.Trials == 0 && e.Proofs == 0 && e.Precision == 0 && !e.safe()
}

func (w WatchSet) resolve() Watch {
	out := Watch{Duration: span(w.Duration), Rate: float64(w.Rate.First())}
	for _, p := range w.Pauses {
		out.Pauses = append(out.Pauses, quorum.Interruption{Length: span(p.Length), Every: span(p.Every)})
	}
	return out
}

// pausesText is how processes are stopped: 125ms every 2s, 25ms every 15s.
func (w Watch) pausesText() string {
	var each []string
	for _, p := range w.Pauses {
		each = append(each, fmt.Sprintf("%s every %s", short(p.Length), short(p.Every)))
	}
	return strings.Join(each, ", ")
}
