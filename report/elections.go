package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// A false election costs a healthy leader its place. How often that happens is
// told for each timeout under each condition: jitter, stalls, load.

// condition is the watched setups that differ in their timeouts alone.
type condition struct {
	params map[string]string
	cells  []summary.Cell // by their heartbeat timeout
}

// timeoutParams are the axes that a timeout may be varied by.
var timeoutParams = []string{summary.ArmAxis, "raft.heartbeat_timeout", "raft.election_timeout", "raft.leader_lease_timeout"}

// conditions of all watched setups, in the order of the numbers in what varies.
func (r *Report) conditions() []condition {
	var out []condition
	at := map[string]int{}
	for _, c := range r.summary.Cells {
		if !watchedWell(c) {
			continue
		}
		params := map[string]string{}
		key := fmt.Sprint(c.Nodes, c.Engine, c.Profile)
		for _, d := range dimensions(r.summary.Cells) {
			if !slices.Contains(timeoutParams, d) && varies(r.summary.Cells, d) {
				params[d] = trait(c, d)
				key += "\x00" + params[d]
			}
		}
		i, there := at[key]
		if !there {
			i = len(out)
			at[key] = i
			out = append(out, condition{params: params})
		}
		out[i].cells = append(out[i].cells, c)
	}
	slices.SortStableFunc(out, func(a, b condition) int {
		for _, path := range slices.Sorted(maps.Keys(a.params)) {
			if c := wording.Natural(a.params[path], b.params[path]); c != 0 {
				return c
			}
		}
		return 0
	})
	for _, c := range out {
		slices.SortStableFunc(c.cells, func(a, b summary.Cell) int { return cmp.Compare(a.Timeouts.HeartbeatNS, b.Timeouts.HeartbeatNS) })
	}
	return out
}

func watchedWell(c summary.Cell) bool { return c.Watched != nil && c.Watched.ValidTrials > 0 }

// onlyWatched tells of a run that measured no cost and proved nothing.
func (r *Report) onlyWatched() bool {
	return len(r.conditions()) > 0 && !slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool {
		return costed(c) || c.Trials > 0 || c.Proofs > 0 || c.OutageTrials > 0
	})
}

// conditionWords are said of a value of an axis that conditions differ in: by the
// last part of its path, for zero and for any other value.
var conditionWords = map[string][2]string{
	"jitter": {"no jitter", "%s of jitter"}, "delay": {"no delay", "a delay of %s"}, "loss": {"no loss", "%s of loss"},
	"stall_length": {"no stalls", "disks that stall for %s"}, "stall_every": {"", "stalls every %s"},
	"rate": {"no load", "writes at %s"}, "nodes": {"", "%s nodes"}, "distribution": {"", "%s jitter"},
}

// conditionWord says one value; of what has no words of its own it names the key.
func conditionWord(path, value string) string {
	words, known := conditionWords[shortPath(path)]
	switch {
	case !known:
		return shortPath(path) + " " + value
	case words[0] != "" && isZero(value):
		return words[0]
	}
	return fmt.Sprintf(words[1], value)
}

// isZero tells of a value such as 0s or 0%.
func isZero(value string) bool {
	var v float64
	n, _ := fmt.Sscanf(value, "%f", &v)
	return n == 1 && v == 0
}

// name of a condition: 20ms of jitter, disks that stall for 100ms, 20/s.
func (c condition) name() string { return strings.Join(c.words(), ", ") }

func (c condition) words() []string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(c.params)) {
		out = append(out, conditionWord(path, c.params[path]))
	}
	return out
}

// worst is the cell in which a leader loses its place most often.
func (c condition) worst() summary.Cell {
	return slices.MaxFunc(c.cells, func(a, b summary.Cell) int { return cmp.Compare(a.Watched.PerHour, b.Watched.PerHour) })
}

// maxElectionLines answer in a verdict; the table has all.
const maxElectionLines = 3

// electionLines answer, the condition that unsettles most first, and then what the
// conditions do and whether time can be scaled.
func (r *Report) electionLines() []string {
	all := r.conditions()
	slices.SortStableFunc(all, func(a, b condition) int { return cmp.Compare(b.worst().Watched.PerHour, a.worst().Watched.PerHour) })
	var out []string
	for _, c := range all[:min(len(all), maxElectionLines)] {
		out = append(out, c.answer())
	}
	return slices.Concat(out, r.causes(), r.axisEffects(), r.scalingLines())
}

// electionMessage is the answer in a line: how often at worst, with its interval, and
// under which timeouts.
func (r *Report) electionMessage() string {
	all := r.conditions()
	worst := slices.MaxFunc(all, func(a, b condition) int { return cmp.Compare(a.worst().Watched.PerHour, b.worst().Watched.PerHour) }).worst()
	at := wording.Setting(worst.Timeouts.HeartbeatNS)
	if worst.Watched.PerHour == 0 {
		return "No healthy leader lost its place: fewer than " + hourly(worst.Watched.High) + " an hour at timeouts of " + at + "."
	}
	w := worst.Watched
	return fmt.Sprintf("A leader loses its place %s times an hour (%s to %s) at timeouts of %s.", hourly(w.PerHour), hourly(w.Low), hourly(w.High), at)
}

// causes tell how leaders lost their place, where any did.
func (r *Report) causes() []string {
	lease, all := 0, 0
	for _, c := range r.summary.Cells {
		if watchedWell(c) {
			lease, all = lease+c.Watched.LeaseLost, all+c.Watched.Elections
		}
	}
	switch {
	case all == 0:
		return nil
	case lease == 0:
		return []string{fmt.Sprintf("No lease ended: in each of %s a follower stood and was elected.", units.Plural(all, "election"))}
	}
	return []string{fmt.Sprintf("In %s of %s it was the leader that gave up, since it had not heard a quorum for its lease's time: a longer leader_lease_timeout, up to the heartbeat timeout, keeps it longer.",
		wording.Count(int64(lease)), wording.Count(int64(all))+" elections")}
}

// answer says how often at the timeouts that see most, and at the shortest of those
// above that see least.
func (c condition) answer() string {
	worst := c.worst()
	with := ""
	if name := c.name(); name != "" {
		with = " and " + name
	}
	text := fmt.Sprintf("With a heartbeat timeout of %s%s ", wording.Setting(worst.Timeouts.HeartbeatNS), with)
	if worst.Watched.PerHour == 0 {
		return text + noneSeen(worst) + "."
	}
	text += "a healthy leader loses its place " + often(worst.Watched)
	safer := slices.DeleteFunc(slices.Clone(c.cells), func(o summary.Cell) bool {
		return o.Timeouts.HeartbeatNS <= worst.Timeouts.HeartbeatNS || o.Watched.PerHour >= worst.Watched.PerHour
	})
	if len(safer) == 0 {
		return text + "."
	}
	best := slices.MinFunc(safer, func(a, b summary.Cell) int { return cmp.Compare(a.Watched.PerHour, b.Watched.PerHour) })
	text += "; at " + wording.Setting(best.Timeouts.HeartbeatNS) + " "
	if best.Watched.PerHour == 0 {
		return text + noneSeen(best) + "."
	}
	return text + often(best.Watched) + "."
}

// noneSeen is what a quiet watch proves, or one in which this host alone was not.
func noneSeen(c summary.Cell) string {
	but := ""
	if c.Watched.Elections > 0 {
		but = " that this host did not cause"
	}
	return fmt.Sprintf("none was seen%s in %s: fewer than %s an hour%s", but, units.About(time.Duration(c.Watched.WatchedNS)), hourly(c.Watched.High), untold(c.Watched))
}

// untold says how much of the upper end is what nobody heard of.
func untold(w *summary.Watched) string {
	if w.Untold == 0 {
		return ""
	}
	return fmt.Sprintf(", counting each of %s that members could not tell of as one", units.Plural(int(w.Untold), "event"))
}

// often is a rate with its interval: 12 times an hour (7 to 20).
func often(w *summary.Watched) string {
	return fmt.Sprintf("%s times an hour (%s to %s%s)", hourly(w.PerHour), hourly(w.Low), hourly(w.High), untold(w))
}

// hourly writes a rate an hour: of less than ten with a digit more.
func hourly(v float64) string {
	if v < 10 && v != math.Trunc(v) {
		return fmt.Sprintf("%.1f", v)
	}
	return units.Count.Show(math.Round(roundTo(v, 3)))
}

// roundTo so many significant digits.
func roundTo(v float64, digits int) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, float64(digits)-math.Ceil(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// sureDifference is the probability below which a difference is no chance.
const sureDifference = 0.05

// axisEffects tell what each condition does to the number of elections: the same
// timeouts and other conditions, from an axis's first value to its last.
func (r *Report) axisEffects() []string {
	all := r.conditions()
	if len(all) < 2 {
		return nil
	}
	var out []string
	for _, path := range slices.Sorted(maps.Keys(all[0].params)) {
		values := valuesAlong(all, path)
		if len(values) < 2 {
			continue
		}
		from, to := values[0], values[len(values)-1]
		var seen, watched [2]float64
		for _, c := range all {
			for i, v := range []string{from, to} {
				if c.params[path] != v {
					continue
				}
				for _, cell := range c.cells {
					seen[i] += float64(cell.Watched.Elections - cell.Watched.Host)
					watched[i] += float64(cell.Watched.WatchedNS)
				}
			}
		}
		p := stats.SameRate(int(seen[0]), watched[0], int(seen[1]), watched[1])
		expected := seen[0] * watched[1] / watched[0]
		text := fmt.Sprintf("%s: %s elections where %s saw %s in as long", wording.Capital(conditionWord(path, to)), wording.Count(int64(seen[1])), conditionWord(path, from), wording.Count(int64(math.Round(expected))))
		if p >= sureDifference {
			text += ", which may be chance"
		}
		out = append(out, text+".")
	}
	return out
}

// valuesAlong an axis, in the order of the conditions.
func valuesAlong(all []condition, path string) []string {
	var out []string
	for _, c := range all {
		if v := c.params[path]; !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// fewestToScale are the elections, seen and expected, that a pair of setups tells
// anything with of whether time scales: three against none may be chance.
const fewestToScale = 4

// scalingLines say whether short timeouts may stand for long ones.
func (r *Report) scalingLines() []string {
	agree, told, seen, expected := 0, 0, 0, 0.0
	for _, s := range r.summary.Scalings {
		if float64(s.Seen)+s.Expected < fewestToScale {
			continue
		}
		told++
		seen, expected = seen+s.Seen, expected+s.Expected
		if s.P >= sureDifference {
			agree++
		}
	}
	switch {
	case told == 0:
		return nil
	case agree == told:
		return []string{fmt.Sprintf("Time scales, as far as so few tell: in %s that differ in time alone, %d elections were seen where %.0f were expected. So short timeouts tell what longer ones do under as much longer jitter: as many elections a timeout.",
			units.Plural(told, "pair")+" of setups", seen, expected)}
	}
	return []string{fmt.Sprintf("Time does not scale: in %d of %s that differ in time alone, other than so many elections were seen as were expected (%d, and %.0f, in all). What short timeouts show is no measure of long ones: the host's own delays, which do not scale, may be part of it.",
		told-agree, units.Plural(told, "pair")+" of setups", seen, expected)}
}

const electionTitle = "How often a healthy leader loses its place"

// electionSheet has a row for each timeout under each condition.
func (r *Report) electionSheet() sheet {
	sh := sheet{title: electionTitle}
	for _, c := range r.conditions() {
		sh.groups = append(sh.groups, group{c.name(), c.cells})
	}
	of := func(f func(*summary.Watched) string) func(summary.Cell) string {
		return func(c summary.Cell) string {
			if !watchedWell(c) {
				return units.Absent
			}
			return f(c.Watched)
		}
	}
	number := func(f func(*summary.Watched) int) func(summary.Cell) string {
		return of(func(w *summary.Watched) string { return wording.Count(int64(f(w))) })
	}
	sh.columns = []column{
		plain("heartbeat", "timeout", 0, func(c summary.Cell) string { return wording.Setting(c.Timeouts.HeartbeatNS) }),
		plain("failover", "predicted", 6, r.failover),
		plain("watched", "for", 3, of(func(w *summary.Watched) string { return units.About(time.Duration(w.WatchedNS)) })),
		plain("", "elections", 9, number(func(w *summary.Watched) int { return w.Elections })),
		{over: "false elections", title: "an hour", metric: figures.FalseElections, value: func(c summary.Cell) entry {
			if !watchedWell(c) {
				return entry{main: units.Absent}
			}
			return electionRate(c.Watched)
		}},
		{over: "false elections", title: "predicted", keep: 8, value: r.predictedElections},
		plain("of them", "lease lost", 5, number(func(w *summary.Watched) int { return w.LeaseLost })),
		plain("of them", "voted out", 5, number(func(w *summary.Watched) int { return w.VotedOut })),
		plain("by this host", "surely", 7, number(func(w *summary.Watched) int { return w.Host })),
		plain("by this host", "maybe", 7, number(func(w *summary.Watched) int { return w.Unclear })),
		plain("suspicions", "refused", 4, number(func(w *summary.Watched) int { return w.Suspicions })),
		plain("writes held", "by stalls", 2, number(func(w *summary.Watched) int { return int(w.HeldWrites) })),
		plain("", "availability", 4, of(func(w *summary.Watched) string {
			return wording.Share(float64(w.Completed) / float64(max(w.Attempted, 1)))
		})),
	}
	return sh
}

// electionRate is a rate and its interval; of none seen what is proven alone.
func electionRate(w *summary.Watched) entry {
	if w.Elections == 0 {
		return entry{main: "none", interval: "<" + hourly(w.High)}
	}
	return entry{main: hourly(w.PerHour), interval: hourly(w.Low) + "–" + hourly(w.High)}
}

// FalseForecast is how often a model expects a healthy leader to lose its place.
type FalseForecast struct {
	// PerHour is the estimate, UpperPerHour its bound at 95 % confidence.
	PerHour, UpperPerHour float64
	// Unknown is why nothing is expected; empty where something is.
	Unknown string
}

func (r *Report) falseForecast(c summary.Cell) FalseForecast {
	if r.options.FalseElections == nil {
		return FalseForecast{Unknown: "no model was asked"}
	}
	return r.options.FalseElections(c.Cell)
}

// predictedElections stand beside the measured rate; of none expected there is the bound
// that so much of a simulation proves.
func (r *Report) predictedElections(c summary.Cell) entry {
	switch f := r.falseForecast(c); {
	case f.Unknown != "" || !watchedWell(c):
		return entry{main: units.Absent}
	case f.PerHour == 0 && f.UpperPerHour < 0.05:
		return entry{main: "none"}
	case f.PerHour == 0:
		return entry{main: "none", interval: "<" + hourly(f.UpperPerHour)}
	default:
		return entry{main: hourly(f.PerHour)}
	}
}

// predictionNotes say what the predicted rates rest on, and why some have none.
func (r *Report) predictionNotes() []string {
	if r.options.FalseElections == nil {
		return nil
	}
	var why []string
	any := false
	for _, cond := range r.conditions() {
		for _, c := range cond.cells {
			if f := r.falseForecast(c); f.Unknown != "" {
				why = appendOnce(why, clean.Text(f.Unknown))
			} else {
				any = true
			}
		}
	}
	var out []string
	if any {
		out = append(out, "Predicted is by a simulation of raft's heartbeats, lease and timers over the links as they were asked for. "+
			"What this host does, and load, are not in it: where more is seen than predicted, these are why, or the model is wrong.")
	}
	for _, text := range why {
		out = append(out, "Where no rate is predicted: "+text+".")
	}
	return out
}

// failoverDraws settle a median to some percent.
const failoverDraws = 2000

// failover is what a setup's timeouts let a failover take, by simulation, without
// the network's delay.
func (r *Report) failover(c summary.Cell) string {
	if ns := r.failoverNS(c); ns > 0 {
		return wording.Duration(float64(ns))
	}
	return units.Absent
}

func (r *Report) failoverNS(c summary.Cell) time.Duration {
	t := c.Timeouts
	if t.HeartbeatNS <= 0 || c.Nodes < 3 {
		return 0
	}
	rules := quorum.HashiCorp(quorum.Timeouts{
		Heartbeat: time.Duration(t.HeartbeatNS), Election: time.Duration(t.ElectionNS), Lease: time.Duration(t.LeaseNS),
	})
	if ns, err := units.Duration.Parse(c.Settings["raft.commit_timeout"]); err == nil {
		rules.CommitIndex = quorum.Twice(time.Duration(ns))
	}
	e, err := quorum.Failover{Nodes: quorum.Size(c.Nodes), Dead: 1, Rules: rules}.Predict(failoverDraws, 1)
	if err != nil {
		return 0
	}
	return e.Elected.P50
}

// electionNotes say what the table's columns rest on.
func (r *Report) electionNotes() []string {
	if len(r.conditions()) == 0 {
		return nil
	}
	return append([]string{
		"A false election costs a healthy leader its place: nothing was done to the cluster. Where none was seen, “<” is the exact 95 % bound of what that proves (3 over the time watched); elsewhere the interval is exact too. It holds what this host may have caused in its upper end alone: elections shortly before which some node's process was held up for a tenth of the heartbeat timeout (maybe) or half of it (surely).",
		"A suspicion is refused when the others still hear the leader (pre-vote): it costs nothing. Disks that stall hold writes, and no heartbeat: hashicorp/raft answers those past its log. The failover is simulated, without the network's delay.",
	}, r.predictionNotes()...)
}
