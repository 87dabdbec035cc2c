package results

import "slices"

// Crossings is how many links one of the trial's operations crosses one after
// another: to a follower and back; to the load generator and back where it
// stands at a site; to the leader and back where a follower forwards.
func (t *Trial) Crossings() int {
	n := 2
	if t.ClientSite != "" {
		n += 2
	}
	if target := t.setting("workload.target"); target != "" && target != "leader" {
		n += 2
	}
	return n
}

// setting of the trial's experiment, by its YAML path; empty for the default.
func (t *Trial) setting(path string) string {
	if v, axis := t.Params[path]; axis {
		return v
	}
	return t.Settings[path]
}

// Effect bounds what so many ns on each of an operation's crossings did to the
// window's median operation, as a share of it. Where the median operation was
// never answered, that of those that were is meant; where none was, nobody knows
// a bound, and it is +Inf.
func (w *Window) Effect(crossings int, ns float64) float64 {
	return ns * float64(crossings) / float64(w.Median())
}

// Median latency of the window's writes or reads, whichever is shorter, and so
// more easily spoilt; 0 where nothing was answered.
func (w *Window) Median() Nanos {
	m := Never
	for _, l := range []*Latency{&w.Latency, w.ReadLatency} {
		if l != nil && l.Count > 0 {
			m = min(m, l.P50NS)
		}
	}
	if m != Never {
		return m
	}
	var answered []int64
	for _, p := range w.Parts {
		if p.Completed > 0 && p.P50NS > 0 {
			answered = append(answered, p.P50NS)
		}
	}
	if len(answered) == 0 {
		return 0
	}
	slices.Sort(answered)
	return Nanos(answered[(len(answered)-1)/2])
}

// Loaded tells whether the link carried frames of the load, under one of these
// leaders: an operation crosses links of the load generator's and of the
// leader's. What two followers send each other is no part of it.
func (l *Link) Loaded(leaders ...string) bool {
	touches := func(end string) bool { return end == Client || slices.Contains(leaders, end) }
	return l.Frames > 0 && (touches(l.From) || touches(l.To))
}

// Leaders are the members that led while the load ran, or were elected in the
// trial.
func (t *Trial) Leaders() []string {
	out := []string{t.Leader}
	for _, e := range t.Events {
		if e.Kind == EventRole && e.State == StateLeader && !slices.Contains(out, e.Node) {
			out = append(out, e.Node)
		}
	}
	return out
}

// LinksOf is the window that the trial's links are recorded of: the last open one,
// or the last where none was open; nil where there was none.
func (t *Trial) LinksOf() *Window {
	var last *Window
	for i := range t.Windows {
		if w := &t.Windows[i]; last == nil || w.Mode == ModeOpen || last.Mode != ModeOpen {
			last = w
		}
	}
	return last
}
