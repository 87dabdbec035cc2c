package advice

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// LimitVerdict is what a measuring says of a limit on false elections.
type LimitVerdict string

// The verdicts. Undecided is a run that was too short, or a limit that coincidences
// alone, which no run lowers, may break.
const (
	LimitKept      LimitVerdict = "kept"
	LimitBroken    LimitVerdict = "broken"
	LimitUndecided LimitVerdict = "undecided"
)

// Measured is what a run saw of the timeouts of one row of the advice.
type Measured struct {
	Row string `json:"row"`
	quorum.Timeouts
	Verdict LimitVerdict `json:"verdict"`
	// Scale divides all times of the run.
	Scale    int              `json:"scale"`
	Seen     summary.Provoked `json:"seen"`
	Bounded  summary.Bounded  `json:"false_elections"`
	Exposure quorum.Exposure  `json:"exposure"`
	// EnoughNS is how long a run of as many clusters would have to be that proves the
	// limit, if it went on as this one; 0 where it is proven, or none would.
	EnoughNS int64 `json:"enough_ns,omitempty"`
	// Dir is the folder of the run.
	Dir string `json:"dir"`

	pauses      []quorum.Interruption
	mostPerHour float64
}

// NewMeasured judges what was seen by the advice's limit.
func NewMeasured(row string, t quorum.Timeouts, scale int, e quorum.Exposure, seen summary.Provoked, a Timeouts) Measured {
	m := Measured{
		Row: row, Timeouts: t, Scale: scale, Seen: seen, Exposure: e, pauses: a.Pauses, mostPerHour: a.MostPerHour,
		Bounded: seen.Bound(e, a.MostPerHour, scale), Verdict: LimitUndecided,
	}
	switch {
	case seen.Watches == 0:
	case m.Bounded.High <= a.MostPerHour:
		m.Verdict = LimitKept
	case m.Bounded.Low > a.MostPerHour:
		m.Verdict = LimitBroken
	default:
		longer := seen.Longer(e, a.MostPerHour, scale)
		m.EnoughNS = int64(longer * float64(seen.WatchedNS) / float64(seen.Watches))
	}
	return m
}

// MeasuredText answers first: is the limit kept, and what is the bound.
func MeasuredText(w io.Writer, a Timeouts) error {
	m := a.Measured
	var b strings.Builder
	b.WriteString("\n" + strings.Join(wording.Wrap(m.answer(), wording.Width, ""), "\n") + "\n")
	b.WriteString("\n" + alignedRows(m.rows(), alignLeft) + "\n")
	for _, note := range m.notes() {
		b.WriteString(strings.Join(wording.Wrap(note, wording.Width, "  "), "\n  ") + "\n")
	}
	b.WriteString("results: " + m.Dir + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (m Measured) answer() string {
	if m.Seen.Watches == 0 {
		return "Not measured: no watch of the run counts."
	}
	limit := rateOf(m.mostPerHour)
	seen := fmt.Sprintf("With heartbeat_timeout %s, election_timeout %s and leader_lease_timeout %s %s.",
		units.FormatDuration(m.Heartbeat), units.FormatDuration(m.Election), units.FormatDuration(m.Lease), m.lostWords())
	bound := fmt.Sprintf("At 95 %% confidence false elections are %s", upTo(m.Bounded.High))
	switch m.Verdict {
	case LimitKept:
		return fmt.Sprintf("Measured: the limit of %s is kept. %s %s.", limit, seen, bound)
	case LimitBroken:
		return fmt.Sprintf("Measured: the limit of %s is broken. %s %s, and at least %s.", limit, seen, bound, rateOf(m.Bounded.Low))
	case LimitUndecided:
	}
	why := m.hopeless()
	if m.EnoughNS > 0 {
		why = fmt.Sprintf("The run is too short: to prove the limit would take %s, if it went on like this", units.About(time.Duration(m.EnoughNS)))
	}
	return fmt.Sprintf("Measured: the limit of %s is not proven. %s %s. %s.", limit, seen, bound, why)
}

// hopeless says why no run of a reasonable length would prove the limit.
func (m Measured) hopeless() string {
	switch {
	case m.Bounded.Rest >= m.mostPerHour:
		return fmt.Sprintf("No longer run would prove the limit: coincidences that may cost a leader its place come %s, and are too seldom to be measured", rateOf(m.Bounded.Rest))
	case m.Seen.Host > 0:
		return fmt.Sprintf("Before %d of the losses this host held a process up, too, so that it cannot be told what cost the leader its place: measure on an idle host", m.Seen.Host)
	case m.Bounded.Rest+m.Bounded.PerHour >= m.mostPerHour:
		return "No longer run would prove the limit, if it went on like this: more were lost than it allows"
	}
	return "To prove the limit would take weeks: so close to it is what was seen, or so many are the pauses of a year"
}

// Hint is what helps where the limit is not decided.
func (m Measured) Hint() string {
	const allowMore = "allow more with --max-false-elections"
	longer := m.EnoughNS > 0 || m.Seen.Watches == 0
	switch {
	case m.Bounded.Rest >= m.mostPerHour && !longer:
		return allowMore
	case m.Seen.Host > 0 && longer:
		return "measure on an idle host, or for longer with --for"
	case m.Seen.Host > 0:
		return "measure on an idle host"
	case longer:
		return "measure for longer with --for, or " + allowMore
	}
	return "take longer timeouts, or " + allowMore
}

// upTo is a rate that bounds.
func upTo(perHour float64) string {
	text := rateOf(perHour)
	if rest, less := strings.CutPrefix(text, "<"); less {
		return "fewer than " + rest
	}
	return "at most " + text
}

func (m Measured) lostWords() string {
	switch lost := m.lost(); lost {
	case 0:
		return "no healthy leader lost its place"
	case 1:
		return "1 healthy leader lost its place"
	default:
		return fmt.Sprintf("%d healthy leaders lost their place", lost)
	}
}

// lost are all leaders that lost their place.
func (m Measured) lost() int {
	lost := m.Seen.Close.Elections + m.Seen.Unprovoked
	for _, k := range m.Seen.Kinds {
		lost += k.Elections
	}
	return lost
}

// rows tell what each kind of pause did, its head first.
func (m Measured) rows() [][]string {
	rows := [][]string{{"pauses, as stated", "a year", "made", "counted", "lost", "at most"}}
	for k, p := range m.pauses {
		kind := m.Seen.Kinds[k]
		rows = append(rows, []string{
			interruptions([]quorum.Interruption{p}), fewDigits(m.Exposure.PerHour[k] * hoursPerYear),
			wording.Count(int64(kind.Made)), wording.Count(int64(kind.Counted)), wording.Count(int64(kind.Elections)), mostShare(kind),
		})
	}
	if m.Seen.Close.Counted > 0 || m.Exposure.Pairs > 0 {
		c := m.Seen.Close
		rows = append(rows, []string{"close to another", perYear(m.Exposure.Pairs), units.Absent, wording.Count(int64(c.Counted)), wording.Count(int64(c.Elections)), mostShare(c)})
	}
	return append(rows, []string{"no pause before", units.Absent, units.Absent, units.Absent, wording.Count(int64(m.Seen.Unprovoked)), units.Absent})
}

// mostShare is the upper bound of the share of such pauses that cost a leader its place.
func mostShare(k summary.ProvokedBy) string {
	if k.Counted == 0 {
		return units.Absent
	}
	return units.Share.Show(k.AtMost())
}

// notes say how it was measured and what the bound rests on.
func (m Measured) notes() []string {
	watched := time.Duration(m.Seen.WatchedNS)
	how := fmt.Sprintf("Watched: %s for %s in sum", units.Plural(m.Seen.Watches, "cluster"), units.About(watched))
	if m.Scale > 1 {
		how += fmt.Sprintf(", all their times 1/%d as long (a heartbeat_timeout of %s), which stand for %s. Shorter ones this host does not resolve: to stop a process and to wake it takes it a millisecond or two",
			m.Scale, units.FormatDuration(m.Heartbeat/time.Duration(m.Scale)), units.About(watched*time.Duration(m.Scale)))
	}
	out := []string{
		how + ".",
		"Pauses are as frequent as can be told apart, and the others and stalls more frequent than stated. Counted are those that began under a leader and stood by themselves, and at most so large a share of them costs a leader its place. The bound is, for each kind that may suffice alone, its number a year times the most of them that may cost a leader its place.",
		fmt.Sprintf("Without a pause no silence is longer than %s under the stated network, and of several that are too short only as many count as add up to the lease: such coincidences come %s, and are in the bound as if each cost the leader its place.",
			units.FormatDuration(m.Exposure.Quiet.Round(time.Millisecond)), upTo(m.Bounded.Rest)),
	}
	if m.Seen.Unprovoked == 0 && m.Seen.WatchedNS > 0 {
		hours := watched.Hours() * float64(m.Scale)
		out = append(out, fmt.Sprintf("That none was lost without a pause is no proof of what is not stated: by the time watched alone it is fewer than %s.", rateOf(-math.Log(0.05)/hours)))
	}
	if m.Seen.Host > 0 {
		out = append(out, fmt.Sprintf("Shortly before %d of the losses this host held a process up, too: they are in the upper end of the bound alone. On an idle host there are fewer.", m.Seen.Host))
	}
	return out
}
