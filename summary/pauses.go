package summary

import (
	"math"
	"slices"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// PauseKind is one length of the pauses that a watch made.
type PauseKind struct {
	LengthNS int64
	// Singly: what one such pause does is to be seen by itself (quorum.Exposure). The
	// others are the background before which that is seen.
	Singly bool
}

// Provoked is what the pauses of watches did to their leaders.
type Provoked struct {
	// Kinds are in the order of those that were asked about.
	Kinds []ProvokedBy `json:"kinds"`
	// Close are the pauses to be seen by themselves that stood close to another such,
	// so that it cannot be told what one of them does, and the leaders lost to them.
	Close ProvokedBy `json:"close"`
	// Unprovoked are those lost with no pause shortly before.
	Unprovoked int `json:"unprovoked"`
	// Host are those of all losses shortly before which this host, too, held a process
	// up, and UnprovokedHost those of the unprovoked ones. What did them cannot be told:
	// they are in the upper end of a bound alone.
	Host           int `json:"host"`
	UnprovokedHost int `json:"unprovoked_host"`
	// Untold are events that members could not tell of: each may have been a loss.
	Untold int64 `json:"untold"`
	// WatchedNS is the time of all watches in sum, Watches their number.
	WatchedNS int64 `json:"watched_ns"`
	Watches   int   `json:"watches"`
}

// ProvokedBy one kind of pause.
type ProvokedBy struct {
	LengthNS int64 `json:"length_ns"`
	// Made are all its pauses, Counted those of them that tell what one does: they
	// began while a leader was in office, and no other that is seen singly stood close.
	Made    int `json:"made"`
	Counted int `json:"counted"`
	// Elections are the leaders lost to those, Host those of them that this host may have
	// cost.
	Elections int `json:"elections"`
	Host      int `json:"host"`
}

// ProvokedIn sums over the valid watches among trials.
func ProvokedIn(trials []results.Trial, kinds []PauseKind) Provoked {
	p := Provoked{Kinds: make([]ProvokedBy, len(kinds))}
	for k := range kinds {
		p.Kinds[k].LengthNS = kinds[k].LengthNS
	}
	for i := range trials {
		t := &trials[i]
		w := t.Window(results.RoleWatch)
		if t.Kind != results.Watch || !t.Valid || w == nil || w.DurationNS == 0 {
			continue
		}
		p.Watches++
		p.WatchedNS += w.DurationNS
		p.add(t, w.StartNS, w.StartNS+w.DurationNS, kinds)
	}
	return p
}

// stop is a pause of the kind with this number.
type stop struct {
	begin, end int64
	kind       int
	singly     bool
}

func (p *Provoked) add(t *results.Trial, from, to int64, kinds []PauseKind) {
	s := follow(t, from, to)
	p.Untold += s.seen.Untold
	stops := stopsIn(t.Events, kinds)
	c := closeness{after: t.Timeouts.HeartbeatNS}
	for _, one := range stops {
		if one.singly {
			c.singly = append(c.singly, one)
		}
		c.all, c.longest = append(c.all, one), max(c.longest, one.end-one.begin)
	}
	for _, one := range stops {
		if one.begin < from || one.begin >= to {
			continue
		}
		by := &p.Kinds[one.kind]
		by.Made++
		switch led := s.ledAt(one.begin); {
		case led && c.single(one):
			by.Counted++
		case led && one.singly:
			p.Close.Counted++
		}
	}
	for _, l := range s.lost {
		p.blame(c, l)
	}
}

// blame what stood when a leader lost its place, or shortly before.
func (p *Provoked) blame(c closeness, l lostAt) {
	host := 0
	if l.host {
		host = 1
	}
	p.Host += host
	singly, others := c.reaching(c.singly, l.at), c.reaching(c.all, l.at)
	var by *ProvokedBy
	switch {
	case len(singly) > 1 || len(singly) == 1 && !c.single(singly[0]):
		by = &p.Close
	case len(singly) == 1:
		by = &p.Kinds[singly[0].kind]
	case len(others) > 0:
		longest := slices.MaxFunc(others, func(a, b stop) int { return int(a.end - a.begin - b.end + b.begin) })
		by = &p.Kinds[longest.kind]
	default:
		p.Unprovoked++
		p.UnprovokedHost += host
		return
	}
	by.Elections++
	by.Host += host
}

// stopsIn a trial, in the order of their beginnings. A stop is of the longest kind
// that it is not shorter than: two that ran into each other are told as one.
func stopsIn(events []results.Event, kinds []PauseKind) []stop {
	var out []stop
	for i := range events {
		e := &events[i]
		if e.Kind != results.EventPaused {
			continue
		}
		kind := -1
		for k := range kinds {
			if kinds[k].LengthNS <= e.Count && (kind < 0 || kinds[k].LengthNS > kinds[kind].LengthNS) {
				kind = k
			}
		}
		if kind >= 0 {
			out = append(out, stop{e.AtNS - e.Count, e.AtNS, kind, kinds[kind].Singly})
		}
	}
	slices.SortFunc(out, func(a, b stop) int { return int(a.begin - b.begin) })
	return out
}

// closeness says which pauses stand close enough to work together, and which may
// have cost a leader its place. After a pause all are heard again, and what was
// begun for its sake is over a heartbeat timeout later.
type closeness struct {
	after       int64
	longest     int64
	all, singly []stop
}

// single tells that no pause that is to be seen singly stands close to one.
func (c closeness) single(one stop) bool {
	for _, other := range c.near(c.singly, one.begin-c.longest-c.after, one.end+c.after) {
		if other != one && other.begin <= one.end+c.after && other.end+c.after >= one.begin {
			return false
		}
	}
	return true
}

// reaching are those that began by an instant, and ended shortly before or later.
func (c closeness) reaching(of []stop, at int64) (out []stop) {
	for _, one := range c.near(of, at-c.longest-c.after, at) {
		if one.end+c.after >= at {
			out = append(out, one)
		}
	}
	return out
}

// near are those that began in a stretch, both ends included.
func (c closeness) near(of []stop, from, to int64) []stop {
	first, _ := slices.BinarySearchFunc(of, from, func(s stop, at int64) int { return int(s.begin - at) })
	last := first
	for last < len(of) && of[last].begin <= to {
		last++
	}
	return of[first:last]
}

// ledAt tells whether somebody led at an instant.
func (s *reigns) ledAt(at int64) bool {
	n, _ := slices.BinarySearch(s.changes, at+1) // so many changes by then
	return n%2 == 1
}

// Bounded is how often an hour a healthy leader loses its place by what watches saw
// of its pauses: the estimate, and the ends that hold at 95 %. What this host may have
// cost a leader is in High alone.
type Bounded struct {
	PerHour float64 `json:"per_hour"`
	// Low is certain: what pauses cost alone that were seen singly.
	Low float64 `json:"low_per_hour"`
	// High bounds all that is stated. It holds under the stated pauses, stalls and
	// network and no others.
	High float64 `json:"high_per_hour"`
	// Rest is that part of High which no measuring lowers: coincidences that count as
	// if each cost the leader its place.
	Rest float64 `json:"rest_per_hour"`
}

// Bound weighs what was seen of each kind of pause with how often it comes. Where
// coincidences of the frequent kinds alone would come as often as most an hour, or
// half of it, it is measured what those pauses do; else they count as if each cost
// the leader its place. Times of a watch are a scale shorter than those stated.
//
// All bounds share what may be wrong in equal parts, so that their sum holds whatever
// they have to do with each other (Bonferroni).
func (p Provoked) Bound(e quorum.Exposure, most float64, scale int) Bounded {
	b := Bounded{Rest: e.Together}
	var terms []weighed
	for k, kind := range p.Kinds {
		switch {
		case e.Alone[k] || kind.Elections > 0:
			terms = append(terms, kind.weighed(e.PerHour[k], e.Singly[k]))
		case !e.Singly[k] && 2*e.Together > most:
			b.Rest = 0
			terms = append(terms, kind.weighed(e.PerHour[k], false))
		}
	}
	if e.Pairs > 0 {
		terms = append(terms, p.Close.weighed(e.Pairs, false))
	}
	if lost := p.Unprovoked + int(min(p.Untold, mostUntold)); lost > 0 {
		// Nothing is known to have caused these: they are counted by the hour.
		hours := float64(p.WatchedNS) / float64(time.Hour) * float64(scale)
		terms = append(terms, weighed{perHour: 1, of: hours, elections: lost, host: p.UnprovokedHost})
	}
	b.High = b.Rest
	for _, t := range terms {
		low, seen, high := t.rate(len(terms))
		b.PerHour += seen
		b.High += high
		if t.certain {
			b.Low += low
		}
	}
	return b
}

// weighed are the elections among so many of something that comes so often an hour;
// a share where each costs at most one; certain where it came about as it does in
// truth, and not in denser company. The host may have cost some of them.
type weighed struct {
	perHour         float64
	of              float64
	elections, host int
	share, certain  bool
}

func (p ProvokedBy) weighed(perHour float64, certain bool) weighed {
	return weighed{perHour: perHour, of: float64(p.Counted), elections: p.Elections, host: p.Host, share: true, certain: certain}
}

// rate of elections, with the ends of its interval where so many share the error.
func (w weighed) rate(sharing int) (low, seen, high float64) {
	if w.of == 0 {
		return 0, 0, w.perHour
	}
	sure := 1 - (1-stats.Confidence)/float64(sharing)
	// Each end is one-sided: an interval of both has twice the error.
	low, _ = stats.EventsInterval(w.elections-w.host, 2*sure-1)
	if _, high = stats.EventsInterval(w.elections, 2*sure-1); w.elections == 0 {
		_, high = stats.EventsInterval(0, sure)
	}
	at := func(elections float64) float64 {
		if w.share {
			elections = min(elections, w.of)
		}
		return w.perHour * elections / w.of
	}
	return at(low), at(float64(w.elections - w.host)), at(high)
}

// AtMost bounds the share of the pauses that cost a leader its place, at 95 % and by
// itself.
func (p ProvokedBy) AtMost() float64 {
	_, _, high := p.weighed(1, false).rate(1)
	return min(1, high)
}

// longestRun is how many times as long a run is thought of: of minutes, weeks.
const longestRun = 4096

// Longer is how many times as long the watches would have to be until their bound is
// at most so many an hour, if they went on as they did; 0 where it never would, or not
// in weeks.
func (p Provoked) Longer(e quorum.Exposure, most float64, scale int) float64 {
	if b := p.Bound(e, most, scale); b.Rest+b.PerHour >= most {
		return 0
	}
	for times := 1.0; times <= longestRun; times *= 1.25 {
		if p.times(times).Bound(e, most, scale).High <= most {
			return times
		}
	}
	return 0
}

// times as long: all counts are as many times as large.
func (p Provoked) times(by float64) Provoked {
	grown := func(k ProvokedBy) ProvokedBy {
		k.Counted, k.Elections = int(float64(k.Counted)*by), int(math.Round(float64(k.Elections)*by))
		k.Host = int(math.Round(float64(k.Host) * by))
		return k
	}
	p.Kinds = slices.Clone(p.Kinds)
	for k := range p.Kinds {
		p.Kinds[k] = grown(p.Kinds[k])
	}
	p.Close = grown(p.Close)
	p.UnprovokedHost = int(math.Round(float64(p.UnprovokedHost) * by))
	p.Unprovoked, p.WatchedNS = int(math.Round(float64(p.Unprovoked)*by)), int64(float64(p.WatchedNS)*by)
	return p
}
