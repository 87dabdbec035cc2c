package summary

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/units"
)

// Scaled holds two watched cells against each other of which one is the other
// with all time Factor times as long: timeouts, links' delays and jitter, stalls
// and the time between two operations. If nothing but ratios of times mattered,
// Factor times as few elections would be seen in it an hour. Where that holds,
// short timeouts tell in minutes what long ones would in hours.
type Scaled struct {
	From   string  `json:"from"` // cells
	To     string  `json:"to"`
	Factor float64 `json:"factor"`
	// Seen in To are so many elections that this host did not cause, and Expected,
	// were From's rate scaled. P is the probability of counts so unlike by chance.
	Seen     int     `json:"seen"`
	Expected float64 `json:"expected"`
	P        float64 `json:"p"`
}

// scalings are all such pairs of a run.
func scalings(cells []Cell) []Scaled {
	var out []Scaled
	for _, a := range cells {
		for _, b := range cells {
			if f := factor(a, b); f > 1 {
				out = append(out, scaled(a, b, f))
			}
		}
	}
	return out
}

func scaled(a, b Cell, f float64) Scaled {
	before, seen := a.Watched.own(), b.Watched.own()
	from, to := float64(a.Watched.WatchedNS)*f, float64(b.Watched.WatchedNS)
	return Scaled{
		From: a.Cell, To: b.Cell, Factor: f, Seen: seen, Expected: float64(before) / from * to,
		P: stats.SameRate(before, from, seen, to),
	}
}

// own are the elections that this host did not cause.
func (w *Watched) own() int { return w.Elections - w.Host }

// factor by which all time of b is that of a; 0 where it is not all alike.
func factor(a, b Cell) float64 {
	if a.Watched == nil || b.Watched == nil || a.Watched.ValidTrials == 0 || b.Watched.ValidTrials == 0 {
		return 0
	}
	f := ratio(a.Timeouts.HeartbeatNS, b.Timeouts.HeartbeatNS)
	switch {
	case f <= 1 || a.Nodes != b.Nodes || a.Engine != b.Engine || a.Profile != b.Profile || a.Profile != noNetwork,
		!nearly(ratio(a.Timeouts.ElectionNS, b.Timeouts.ElectionNS), f),
		!nearly(ratio(a.Timeouts.LeaseNS, b.Timeouts.LeaseNS), f),
		!nearly(a.Watched.OfferedOps/b.Watched.OfferedOps, f),
		!scaledSettings(a, b, f):
		return 0
	}
	return f
}

// noNetwork is the profile that injects nothing: all delays are then in the
// changes of its links.
const noNetwork = "none"

func ratio(a, b int64) float64 { return float64(b) / math.Max(float64(a), 1) }

func nearly(got, want float64) bool { return math.Abs(got/want-1) < 1e-6 }

// scaledSettings compares what differs from the defaults, path by path. The time
// between stalls counts where there are any.
func scaledSettings(a, b Cell, f float64) bool {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a.Settings)), maps.Keys(b.Settings))
	for _, key := range keys {
		if slices.Contains([]string{"raft.heartbeat_timeout", "raft.election_timeout", "raft.leader_lease_timeout"}, key) ||
			key == stallEvery && a.Settings[stallLength] == "" && b.Settings[stallLength] == "" {
			continue
		}
		if !scaledFigures(a.Settings[key], b.Settings[key], f) {
			return false
		}
	}
	// Defaults do not scale: that of the time between stalls, and of the longest time
	// until followers hear how far the commit is, which tells them that they are led.
	if a.Settings[commitTimeout] == "" || b.Settings[commitTimeout] == "" {
		return false
	}
	return a.Settings[stallLength] == "" || a.Settings[stallEvery] != "" && b.Settings[stallEvery] != ""
}

const commitTimeout = "raft.commit_timeout"

const stallLength, stallEvery = "storage.stall_length", "storage.stall_every"

// scaledFigures compares settings such as "delay 1ms, jitter 10ms".
func scaledFigures(a, b string, f float64) bool {
	as, bs := strings.Split(a, ", "), strings.Split(b, ", ")
	if len(as) != len(bs) {
		return false
	}
	for i := range as {
		keyA, valueA := lastWord(as[i])
		keyB, valueB := lastWord(bs[i])
		x, errA := units.Duration.Parse(valueA)
		y, errB := units.Duration.Parse(valueB)
		switch {
		case keyA != keyB:
			return false
		case errA != nil || errB != nil:
			if valueA != valueB {
				return false
			}
		case !nearly(y/x, f) && (x != 0 || y != 0):
			return false
		}
	}
	return true
}

// lastWord cuts the value off a figure.
func lastWord(text string) (key, value string) {
	i := strings.LastIndex(text, " ")
	return text[:i+1], text[i+1:]
}
