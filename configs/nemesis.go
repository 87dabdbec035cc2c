package configs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/strictyaml"
)

// NemesisVersion is that of the generator. Whatever changes what it makes of a seed
// raises it: a seed of another version would be another timeline, and no replay.
const NemesisVersion = 1

// Blackout is the nemesis' word for the kill of all members at once, which are started
// again soon after.
const Blackout = "blackout"

// leftToUndo are the actions that a nemesis has no use for: it undoes what it does.
var leftToUndo = []string{"resume", Heal}

// NemesisActions are the words that a nemesis takes.
func NemesisActions() []string {
	names := []string{Blackout}
	for _, name := range actionNames() {
		if !slices.Contains(leftToUndo, name) {
			names = append(names, name)
		}
	}
	return names
}

// nemesisAction is the action that stands for a nemesis' word.
func nemesisAction(word string) Action {
	if word == Blackout {
		word = "kill"
	}
	action, _ := ActionNamed(word)
	return action
}

// NemesisSet is a nemesis as it is run.
type NemesisSet struct {
	Actions []string
	Every   time.Duration
}

func (c *checker) nemesis(e Experiment) {
	n := e.Nemesis
	between(c, "nemesis.every", One(n.Every), Duration(50*time.Millisecond), Duration(time.Hour))
	seen := map[string]bool{}
	for i, name := range n.Actions {
		at := element("nemesis.actions", i, len(n.Actions))
		switch {
		case !slices.Contains(NemesisActions(), name):
			c.errs = append(c.errs, c.origin.mistake(wanted(name, "one of "+strings.Join(NemesisActions(), ", ")).Error(),
				strictyaml.Meant(name, NemesisActions(), "docs/faults.md tells what each does"), at, "nemesis.actions"))
		case seen[name]:
			c.errs = append(c.errs, c.origin.mistake("got "+name+" twice, want each action once", "leave one of them out", at, "nemesis.actions"))
		}
		seen[name] = true
	}
	if len(n.Actions) == 0 {
		return
	}
	if !e.safe() {
		c.errs = append(c.errs, c.origin.mistake("got a nemesis and no safety trial that it could do faults in",
			"say how many there are: safety: {trials: 1}; or leave nemesis out", "nemesis.actions", "nemesis"))
	}
	if n.Version != NemesisVersion {
		c.errs = append(c.errs, c.origin.mistake(
			fmt.Sprintf("got a nemesis of version %d, want %d: of the same seed they make different faults", n.Version, NemesisVersion),
			"replay it with the raftbench that ran it; or leave version out for new trials", "nemesis.version", "nemesis"))
	}
}

// checkNemesis holds what it may do against the cluster that it is done to. What takes
// more nodes is left out of smaller clusters.
func (c combination) checkNemesis(s Setup) mistakes {
	if !c.safe() || len(s.Nemesis.Actions) == 0 {
		return nil
	}
	var errs mistakes
	for i, word := range s.Nemesis.Actions {
		at := faultCheck{combination: c, setup: s, f: TimedFault{Action: nemesisAction(word).Name}, action: nemesisAction(word),
			section: element("nemesis.actions", i, len(s.Nemesis.Actions))}
		at.means()
		errs = append(errs, at.errs...)
	}
	if len(s.fitting()) == 0 {
		errs = append(errs, c.origin.mistake(
			fmt.Sprintf("got a nemesis that can do nothing to a cluster of %d: each of its actions takes more nodes", s.Nodes),
			"add kill, or leave that size out of nodes", "nemesis.actions", c.at("nodes")))
	}
	return errs
}

// fitting are the nemesis' actions that take no more nodes than there are.
func (s Setup) fitting() []string {
	return slices.DeleteFunc(slices.Clone(s.Nemesis.Actions), func(word string) bool { return nemesisAction(word).Fewest > s.Nodes })
}

// The nemesis' draws. Faults overlap now and then, and there is quiet in between: a
// cluster that is never whole commits too little to be wrong about.
const (
	// fewestDrawn of the actions are those of one trial; see nemesisRun.draw.
	fewestDrawn = 3
	// A fault stands for a share of the mean time between two, uniformly.
	shortestStand, longestStand = 0.2, 1.1
	// All are dead for less: nothing happens meanwhile.
	shortestBlackout, longestBlackout = 0.05, 0.4
)

// drawn is what the nemesis does in the trial with this seed, in order. It is a
// pure function of the seed, the setup's size, timeouts and duration, and the nemesis.
// All is undone by the end of the load; nothing is lost for good.
func (s Setup) drawn(seed int64) []TimedFault {
	possible := s.fitting()
	if len(possible) == 0 || s.Nemesis.Every <= 0 {
		return nil
	}
	r := nemesisRun{setup: s, rng: rand.New(rand.NewPCG(uint64(seed), 0x6e656d65736973))} //nolint:gosec // a recorded seed, no secret
	some := r.draw(possible)
	every := float64(s.Nemesis.Every)
	var out []TimedFault
	for at := r.between(0.3, 1) * every; at < float64(s.Safety.Duration); at += r.between(0.5, 1.5) * every {
		f := r.fault(some[r.rng.IntN(len(some))], time.Duration(at))
		out = append(out, f)
	}
	return out
}

type nemesisRun struct {
	setup Setup
	rng   *rand.Rand
}

// draw is the part of the actions that one trial's faults are of: each with even odds,
// and a few at least. Trials then differ more than if all of them did everything, and
// a fault that keeps others from doing harm is left out of half of them (Groce and
// others, Swarm Testing, ISSTA 2012).
func (r nemesisRun) draw(possible []string) []string {
	var drawn, left []string
	for _, word := range possible {
		if r.rng.IntN(2) == 0 {
			drawn = append(drawn, word)
		} else {
			left = append(left, word)
		}
	}
	r.rng.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	more := max(0, min(fewestDrawn-len(drawn), len(left)))
	return append(drawn, left[:more]...)
}

func (r nemesisRun) between(low, high float64) float64 { return low + r.rng.Float64()*(high-low) }

// span is a uniform draw, to the millisecond: timelines are read by people.
func (r nemesisRun) span(low, high time.Duration) time.Duration {
	return time.Duration(r.between(float64(low), float64(high))).Round(time.Millisecond)
}

// fault is one of these words at an instant.
func (r nemesisRun) fault(word string, at time.Duration) TimedFault {
	action := nemesisAction(word)
	f := TimedFault{At: at.Truncate(time.Millisecond), Action: action.Name, Target: r.target(word, action)}
	if action.Lasts {
		f.For = r.stand(word, f.At)
	}
	heartbeat := r.setup.Raft.HeartbeatTimeout
	switch action.Needs {
	case "groups":
		f.Groups = r.groups()
	case "sync":
		f.Sync = r.span(time.Millisecond, heartbeat/5)
	case "link":
		f.Link = FaultLink{Delay: Duration(r.span(time.Millisecond, heartbeat/5)), Jitter: Duration(r.span(0, heartbeat/10))}
	case "messages":
		f.Messages = r.messages()
	}
	return f
}

// stand is how long a fault lasts; it is over when the load is.
func (r nemesisRun) stand(word string, at time.Duration) time.Duration {
	low, high := shortestStand, longestStand
	if word == Blackout {
		low, high = shortestBlackout, longestBlackout
	}
	every := float64(r.setup.Nemesis.Every)
	lasts := r.span(time.Duration(low*every), time.Duration(high*every))
	return max(time.Millisecond, min(lasts, r.setup.Safety.Duration-at))
}

// target of an action: the leader as often as not, since that is where it hurts; any
// member by its name, which may be the leader too; or a minority.
func (r nemesisRun) target(word string, a Action) string {
	someone := control.MemberID(r.rng.IntN(r.setup.Nodes))
	draw := r.rng.Float64()
	switch {
	case word == Blackout || word == "rolling-restart":
		return Everybody
	case a.Leader || a.Needs == "groups":
		return ""
	case word == MessageFaults && draw < 0.5:
		return Everybody
	case draw < 0.45:
		return Leader
	case draw > 0.85 && a.Members && r.setup.Nodes > 2:
		return Minority
	}
	return someone
}

// groups are two halves of any size, or three where there are members for them.
func (r nemesisRun) groups() [][]string {
	members := make([]string, r.setup.Nodes)
	for i := range members {
		members[i] = control.MemberID(i)
	}
	r.rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	first := 1 + r.rng.IntN(len(members)-1)
	groups := [][]string{members[:first], members[first:]}
	if rest := groups[1]; len(rest) > 1 && r.rng.IntN(3) == 0 {
		groups[1] = rest[:1]
		groups = append(groups, rest[1:])
	}
	return groups
}

// messages are harmed in shares that still let some through.
func (r nemesisRun) messages() *control.MessageFaults {
	share := func(most float64) float64 { return float64(int(r.between(0, most)*100)) / 100 }
	return &control.MessageFaults{
		Drop: share(0.2), Duplicate: share(0.2), Reorder: share(0.1), Delay: share(0.3),
		MaxDelay: r.span(time.Millisecond, r.setup.Raft.HeartbeatTimeout),
	}
}
