package report

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// watchedCell is a watch of two minutes, at a heartbeat timeout of so many
// milliseconds under a jitter, in which a leader lost its place so many times, by
// this host's doing in some.
func watchedCell(ms int64, jitter string, elections, host int) summary.Cell {
	const hours = 1.0 / 30
	w := &summary.Watched{
		Trials: 1, ValidTrials: 1, WatchedNS: int64(2 * time.Minute), OfferedOps: 20, Attempted: 2400, Completed: 2400 - 5*int64(elections),
		Losses: summary.Losses{Elections: elections, LeaseLost: elections, Host: host},
	}
	w.PerHour = float64(elections-host) / hours
	w.Low, _ = stats.EventsInterval(elections-host, stats.Confidence)
	_, w.High = stats.EventsInterval(elections, stats.Confidence)
	w.Low, w.High = w.Low/hours, w.High/hours
	t := inMS(ms)
	return summary.Cell{
		Cell: "n3-hashicorp-none-jitter-" + jitter + "-t" + t, Nodes: 3, Quorum: 2, Tolerates: 1, Engine: "hashicorp", Profile: "none", Load: "calm+saturate",
		Params:   map[string]string{"network.links[0].jitter": jitter, summary.ArmAxis: "t" + t},
		Timeouts: results.Timeouts{HeartbeatNS: ms * 1e6, ElectionNS: ms * 1e6, LeaseNS: ms * 5e5}, Durable: true, Watched: w,
		Metrics: map[string]summary.Metric{figures.FalseElections: {Median: &w.PerHour, CILow: &w.Low, CIHigh: &w.High, N: 1, Interval: true}},
	}
}

func inMS(ms int64) string { return time.Duration(ms * 1e6).String() }

// watchedRun has two timeouts under two jitters.
func watchedRun() summary.Summary {
	return summary.Summary{SchemaVersion: summary.SchemaVersion, RunID: "timeouts", Cells: []summary.Cell{
		watchedCell(50, "5ms", 1, 1), watchedCell(150, "5ms", 0, 0), watchedCell(50, "20ms", 40, 0), watchedCell(150, "20ms", 0, 0),
	}}
}

// A run that only watched answers how often a leader loses its place, first, and says
// nothing of costs and of sizes.
func TestAWatchAnswersHowOftenALeaderLosesItsPlace(t *testing.T) {
	r := reportOf(watchedRun())
	text := strings.Join(strings.Fields(tableOf(t, r, Terminal{Width: 140})), " ")
	for _, want := range []string{
		"With a heartbeat timeout of 50ms and 20ms of jitter a healthy leader loses its place 1,200 times an hour (857 to 1,630); " +
			"at 150ms none was seen in 2 min: fewer than 90 an hour.",
		"With a heartbeat timeout of 50ms and 5ms of jitter none was seen that this host did not cause in 2 min: fewer than 167 an hour.",
		"In 41 of 41 elections it was the leader that gave up",
		"20ms of jitter: 40 elections where 5ms of jitter saw 0 in as long.",
		"How often a healthy leader loses its place",
		"exact 95 % bound",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	for _, other := range []string{"tolerances are theory", "not measured", "What each size buys", "NaN", "compare RUN"} {
		if strings.Contains(text, other) {
			t.Errorf("it says %q:\n%s", other, text)
		}
	}
	if got := r.Closing(); got != "A leader loses its place 1,200 times an hour (857 to 1,630) at timeouts of 50ms." {
		t.Errorf("it closes with %q", got)
	}
	if plain := tableOf(t, reportOf(typical()), Terminal{}); strings.Contains(plain, "loses its place") {
		t.Error("a run that watched nothing tells of false elections")
	}
}

// A commit timeout of its own is part of the failover that is simulated: followers
// heard the leader a shorter time ago, and miss it later.
func TestTheFailoverIsThatOfTheCommitTimeout(t *testing.T) {
	r, c := reportOf(watchedRun()), watchedCell(100, "5ms", 0, 0)
	usual := r.failoverNS(c)
	c.Settings = map[string]string{"raft.commit_timeout": "2ms"}
	if often := r.failoverNS(c); often <= usual {
		t.Errorf("with a commit timeout of 2 ms it takes %v, with the default's 50 ms %v; want longer", often, usual)
	}
}

// Whether short timeouts may stand for long ones is said as the pairs have it.
func TestWhetherTimeScalesIsSaid(t *testing.T) {
	s := watchedRun()
	if got := reportOf(s).scalingLines(); len(got) > 0 {
		t.Errorf("without a pair it says %q", got)
	}
	s.Scalings = []summary.Scaled{{Factor: 2, Seen: 1, Expected: 0.5, P: 0.7}}
	if got := reportOf(s).scalingLines(); len(got) > 0 {
		t.Errorf("of one election it says %q", got)
	}
	s.Scalings = append(s.Scalings, summary.Scaled{Factor: 2, Seen: 28, Expected: 30, P: 0.8})
	if got := strings.Join(reportOf(s).scalingLines(), ""); !strings.HasPrefix(got, "Time scales, as far as so few tell: in 1 pair of setups") || !strings.Contains(got, "28 elections were seen where 30 were expected") {
		t.Errorf("got %q", got)
	}
	s.Scalings = append(s.Scalings, summary.Scaled{Factor: 4, Seen: 60, Expected: 15, P: 1e-6})
	if got := strings.Join(reportOf(s).scalingLines(), ""); !strings.HasPrefix(got, "Time does not scale: in 1 of 2 pairs") {
		t.Errorf("got %q", got)
	}
}

// The map has a tile for each setup; the more elections the darker, and none is
// the lightest, with its bound.
func TestTheMapOfFalseElections(t *testing.T) {
	charts := reportOf(watchedRun()).charts(nil)
	i := slices.IndexFunc(charts, func(c chart.Chart) bool { return c.Name == "elections" })
	if i < 0 {
		t.Fatalf("no map among %d charts", len(charts))
	}
	c := charts[i]
	tiles := map[string]chart.Point{}
	for _, p := range c.Series[0].Points {
		tiles[c.Y.Ticks[int(*p.Y)-1].Label[:4]+" "+c.X.Ticks[int(p.X)].Label] = p
	}
	if len(tiles) != 4 {
		t.Fatalf("tiles are %v", slices.Sorted(maps.Keys(tiles)))
	}
	if p := tiles["50ms 20ms"]; p.Text != "1,200" || p.Under != "857–1,630" || p.Shade < 0.9 {
		t.Errorf("got %+v, want 1,200 in the darkest shade", p)
	}
	if p := tiles["150m 20ms"]; p.Text != "none" || p.Under != "<90" || p.Shade != 0 {
		t.Errorf("got %+v, want none, with its bound, in the lightest shade", p)
	}
	if _, err := draw.Lay(c).PNG(); err != nil {
		t.Error(err)
	}
}
