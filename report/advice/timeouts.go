// Package advice words what models advise before anything is measured: which timeouts to set,
// and what a year's downtime is by size. What to do comes first, and a prediction is never
// called a measurement.
package advice

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/units"
)

// Timeouts is which timeouts to set, and what others get there. All of it is
// predicted.
type Timeouts struct {
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
	Advised *quorum.Tuned `json:"advised"`
	Why     string        `json:"why,omitempty"`
	Others  []Product     `json:"others"`
	// Multiplied is what the least multiplier of Consul, Nomad and Vault gets that
	// keeps the rate; nil where none does.
	Multiplied *quorum.Tuned `json:"multiplied"`
	Multiplier int           `json:"multiplier,omitempty"`
	// Measure is the command that measures what is predicted here; empty where that
	// is being done.
	Measure  string    `json:"measure,omitempty"`
	Measured *Measured `json:"measured,omitempty"`
}

// Product are a product's defaults and what they get there.
type Product struct {
	Name string `json:"name"`
	What string `json:"what"`
	quorum.Tuned
}

// TimeoutsText words the advice: what to set first, then the table, then what it
// rests on.
func TimeoutsText(w io.Writer, a Timeouts) error {
	var b strings.Builder
	say := func(text, hang string) {
		for i, line := range wording.Wrap(text, wording.Width, hang) {
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
	if a.Measure != "" {
		b.WriteString("To measure it, in minutes:\n" + wrapCommand(a.Measure, wording.Width, "  ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// TimeoutsMarkdown is the same for a page.
func TimeoutsMarkdown(w io.Writer, a Timeouts) error {
	var b strings.Builder
	b.WriteString(a.answer() + "\n\n")
	rows := a.rows()
	markdown.Line(&b, rows[0])
	markdown.Line(&b, slices.Repeat([]string{"---"}, len(rows[0])))
	for _, row := range rows[1:] {
		markdown.Line(&b, row)
	}
	b.WriteString("\n")
	markdown.Bullets(&b, a.notes())
	if a.Measure != "" {
		b.WriteString("\nTo measure it, in minutes:\n\n" + wrapCommand(a.Measure, wording.Width, "    ") + "\n")
	}
	if m := a.Measured; m != nil {
		b.WriteString("\n" + m.answer() + "\n\n")
		rows := m.rows()
		markdown.Line(&b, rows[0])
		markdown.Line(&b, slices.Repeat([]string{"---"}, len(rows[0])))
		for _, row := range rows[1:] {
			markdown.Line(&b, row)
		}
		b.WriteString("\n")
		markdown.Bullets(&b, m.notes())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a Timeouts) answer() string {
	if a.Advised == nil {
		return fmt.Sprintf("No timeouts keep false elections under %s here: %s.", rateOf(a.MostPerHour), a.Why)
	}
	t := a.Advised
	return fmt.Sprintf("Set heartbeat_timeout %s, election_timeout %s and leader_lease_timeout %s: the fastest failover, %s at the median and %s at p99, "+
		"whose false elections stay under %s (%s expected, %s at most).",
		units.FormatDuration(t.Heartbeat), units.FormatDuration(t.Election), units.FormatDuration(t.Lease),
		wording.Duration(float64(t.Failover.Committed.P50)), wording.Duration(float64(t.Failover.Committed.P99)),
		rateOf(a.MostPerHour), rateOf(t.False.PerHour), rateOf(t.False.UpperPerHour))
}

// rows are the table, its head first.
func (a Timeouts) rows() [][]string {
	rows := [][]string{{"", "heartbeat", "election", "lease", "failover", "p99", "false/year", "at most"}}
	add := func(name string, t quorum.Tuned) {
		row := []string{name, units.FormatDuration(t.Heartbeat), units.FormatDuration(t.Election), units.FormatDuration(t.Lease)}
		switch {
		case t.Normal:
			row = append(row, "none lasts", units.Absent, units.Absent, units.Absent)
		case t.Unelected:
			row = append(row, "unknown", units.Absent, perYear(t.False.PerHour), perYear(t.False.UpperPerHour))
		default:
			row = append(row, wording.Duration(float64(t.Failover.Committed.P50)), wording.Duration(float64(t.Failover.Committed.P99)),
				perYear(t.False.PerHour), perYear(t.False.UpperPerHour))
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
func (a Timeouts) notes() []string {
	out := []string{fmt.Sprintf("All of this is a prediction, of %s over %s, with %s for a sync of the disk. Failover is from the death of the leader to its successor's first commit, at the median and at p99; "+
		"an election is false where nothing has failed, and the last two columns are how many a year are expected, and at most.", units.Plural(a.Nodes, "node"), a.network(), units.FormatDuration(a.Sync))}
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
	if slices.ContainsFunc(a.Others, func(o Product) bool { return o.Normal }) {
		out = append(out, "None lasts: silences as long as the lease or the timeout are normal there, so that no leader stays in office, and nothing else is predicted (–).")
	}
	if slices.ContainsFunc(a.Others, func(o Product) bool { return o.Unelected }) {
		out = append(out, "Unknown: no leader is elected under those timeouts with that time for a sync.")
	}
	out = append(out, a.multiplierNote())
	var what []string
	for _, o := range a.Others {
		what = append(what, o.Name+": "+o.What)
	}
	return append(out, "The defaults: "+strings.Join(what, "; ")+".")
}

// multiplierNote says what those can do who cannot set each timeout by itself.
func (a Timeouts) multiplierNote() string {
	const who = "Consul, Nomad and Vault cannot set them one by one: their multiplier scales all three, and leaves the lease half of the others."
	t := a.Multiplied
	if t == nil {
		return who + " None of 1 to 10 keeps the rate here."
	}
	return fmt.Sprintf("%s The least that keeps the rate is %d (%s, %s and %s), with a failover of %s at the median.", who, a.Multiplier,
		units.FormatDuration(t.Heartbeat), units.FormatDuration(t.Election), units.FormatDuration(t.Lease), wording.Duration(float64(t.Failover.Committed.P50)))
}

// wrapCommand over lines that a shell takes as one, broken before flags alone.
func wrapCommand(command string, width int, hang string) string {
	var lines []string
	line := ""
	for i, part := range strings.Split(command, " --") {
		if i > 0 {
			part = "--" + part
		}
		if line != "" && utf8.RuneCountInString(hang+line+" "+part+` \`) > width {
			lines, line = append(lines, line), ""
		}
		if line == "" {
			line = hang + part
			if len(lines) > 0 {
				line = hang + "  " + part
			}
			continue
		}
		line += " " + part
	}
	return strings.Join(append(lines, line), " \\\n")
}

func (a Timeouts) network() string {
	if a.Profile == "none" {
		return "no network"
	}
	return "the network " + clean.Name(a.Profile)
}

func interruptions(all []quorum.Interruption) string {
	var each []string
	for _, i := range all {
		each = append(each, fmt.Sprintf("%s once in %s", units.FormatDuration(i.Length), units.About(i.Every)))
	}
	return wording.List(each)
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
		return units.Absent
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

// perYear is a rate in a column of such.
func perYear(perHour float64) string {
	switch v := perHour * hoursPerYear; {
	case v == 0:
		return "none"
	case math.IsInf(v, 0) || math.IsNaN(v):
		return units.Absent
	case v < leastPerYear:
		return fmt.Sprintf("<%v", leastPerYear)
	default:
		return fewDigits(v)
	}
}

// fewDigits are three at most: an estimate has no more.
func fewDigits(v float64) string {
	if v >= 1000 {
		return units.Count.Show(v)
	}
	return fmt.Sprintf("%.3g", v)
}
