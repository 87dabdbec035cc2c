package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/units"
)

// TimeoutAdvice is which timeouts to set, and what others get there. All of it is
// predicted.
type TimeoutAdvice struct {
	Nodes   int    `json:"nodes"`
	Profile string `json:"profile"`
	// MostPerHour is the rate that false elections must stay under.
	MostPerHour float64               `json:"max_false_elections_per_hour"`
	Pauses      []quorum.Interruption `json:"pauses"`
	Stalls      []quorum.Interruption `json:"stalls"`
	// Assumed tells that the pauses were not asked for.
	Assumed bool          `json:"pauses_assumed,omitempty"`
	Sync    time.Duration `json:"fsync_ns"`
	// Advised is nil where no timeouts that were tried keep the rate, and Why tells.
	Advised *quorum.Tuned     `json:"advised"`
	Why     string            `json:"why,omitempty"`
	Others  []ProductTimeouts `json:"others"`
	// Measure is the command that measures what is predicted here.
	Measure string `json:"measure"`
}

// ProductTimeouts are a product's defaults and what they get there.
type ProductTimeouts struct {
	Name string `json:"name"`
	What string `json:"what"`
	quorum.Tuned
}

// AdvisedTimeouts words the advice: what to set first, then the table, then what it
// rests on.
func AdvisedTimeouts(w io.Writer, a TimeoutAdvice) error {
	var b strings.Builder
	say := func(text, hang string) {
		for i, line := range wrapText(text, comparedWidth, hang) {
			if i > 0 {
				line = hang + line
			}
			b.WriteString(line + "\n")
		}
	}
	say(a.answer(), "")
	b.WriteString("\n" + alignedRows(a.rows(), alignLeft) + "\n")
	for _, note := range a.notes() {
		say(note, "  ")
	}
	b.WriteString("To measure it:\n  " + a.Measure + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// AdvisedTimeoutsMarkdown is the same for a page.
func AdvisedTimeoutsMarkdown(w io.Writer, a TimeoutAdvice) error {
	var b strings.Builder
	b.WriteString(a.answer() + "\n\n")
	rows := a.rows()
	tableLine(&b, rows[0])
	tableLine(&b, slices.Repeat([]string{"---"}, len(rows[0])))
	for _, row := range rows[1:] {
		tableLine(&b, row)
	}
	b.WriteString("\n")
	bullets(&b, a.notes())
	b.WriteString("\nTo measure it:\n\n    " + a.Measure + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (a TimeoutAdvice) answer() string {
	if a.Advised == nil {
		return fmt.Sprintf("No timeouts keep false elections under %s here: %s.", rateOf(a.MostPerHour), a.Why)
	}
	t := a.Advised
	return fmt.Sprintf("Set heartbeat_timeout %s, election_timeout %s and leader_lease_timeout %s: the fastest failover, %s at the median and %s at p99, "+
		"whose false elections stay under %s (%s expected, %s at most).",
		units.FormatDuration(t.Heartbeat), units.FormatDuration(t.Election), units.FormatDuration(t.Lease),
		duration(float64(t.Failover.Committed.P50)), duration(float64(t.Failover.Committed.P99)),
		rateOf(a.MostPerHour), rateOf(t.False.PerHour), rateOf(t.False.UpperPerHour))
}

// rows are the table, its head first.
func (a TimeoutAdvice) rows() [][]string {
	rows := [][]string{{"", "heartbeat", "election", "lease", "failover p50", "p99", "false elections", "at most"}}
	add := func(name string, t quorum.Tuned) {
		row := []string{name, units.FormatDuration(t.Heartbeat), units.FormatDuration(t.Election), units.FormatDuration(t.Lease)}
		switch {
		case t.Normal:
			row = append(row, "no leader lasts", "", "", "")
		case t.Unelected:
			row = append(row, "no prediction", "", rateOf(t.False.PerHour), rateOf(t.False.UpperPerHour))
		default:
			row = append(row, duration(float64(t.Failover.Committed.P50)), duration(float64(t.Failover.Committed.P99)),
				rateOf(t.False.PerHour), rateOf(t.False.UpperPerHour))
		}
		rows = append(rows, row)
	}
	if a.Advised != nil {
		add("advised", *a.Advised)
	}
	for _, o := range a.Others {
		add(o.Name, o.Tuned)
	}
	return rows
}

// notes say what the figures rest on.
func (a TimeoutAdvice) notes() []string {
	out := []string{fmt.Sprintf("All of this is a prediction, of %s over %s, with %s for a sync of the disk. Failover is from the death of the leader to its successor's first commit; "+
		"an election is false where nothing has failed.", units.Plural(a.Nodes, "node"), a.network(), units.FormatDuration(a.Sync))}
	said := "Stated"
	if a.Assumed {
		said = "Assumed (say --pause)"
	}
	if len(a.Pauses) > 0 {
		out = append(out, fmt.Sprintf("%s: each process does not run for %s. False elections come from what is stated, and no bound holds beyond it.", said, interruptions(a.Pauses)))
	}
	if len(a.Stalls) > 0 {
		out = append(out, fmt.Sprintf("Each disk stalls for %s. hashicorp/raft sends and answers heartbeats past the disk, so its stalls delay writes and depose nobody; etcd's leader sends none meanwhile.", interruptions(a.Stalls)))
	}
	var what []string
	if slices.ContainsFunc(a.Others, func(o ProductTimeouts) bool { return o.Unelected }) {
		out = append(out, "No prediction: no leader is elected under those timeouts with that time for a sync.")
	}
	for _, o := range a.Others {
		what = append(what, o.Name+": "+o.What)
	}
	return append(out, "The defaults: "+strings.Join(what, "; ")+".")
}

func (a TimeoutAdvice) network() string {
	if a.Profile == "none" {
		return "no network"
	}
	return "the network " + cleanName(a.Profile)
}

func interruptions(all []quorum.Interruption) string {
	var each []string
	for _, i := range all {
		each = append(each, fmt.Sprintf("%s once in %s", units.FormatDuration(i.Length), units.About(i.Every)))
	}
	return list(each)
}

const hoursPerYear = 365.25 * 24

// leastPerYear is shown; what is rarer is nobody's concern, and no host runs so
// long as it was stated.
const leastPerYear = 0.001

// rateOf so many an hour in the unit that has the most readable number.
func rateOf(perHour float64) string {
	switch perYear := perHour * hoursPerYear; {
	case perHour == 0:
		return "none"
	case math.IsInf(perHour, 0) || math.IsNaN(perHour):
		return absent
	case perHour >= 1:
		return fewDigits(perHour) + " an hour"
	case perHour*24 >= 1:
		return fewDigits(perHour*24) + " a day"
	case perYear < leastPerYear:
		return fmt.Sprintf("<%v a year", leastPerYear)
	default:
		return fewDigits(perYear) + " a year"
	}
}

// fewDigits are three at most: an estimate has no more.
func fewDigits(v float64) string {
	if v >= 1000 {
		return units.Count.Show(v)
	}
	return fmt.Sprintf("%.3g", v)
}
