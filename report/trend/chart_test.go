package trend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw"
	"github.com/raftbench/raftbench/report/draw/drawtest"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// madeHistory has a series of so many runs whose level changes at each of these,
// up by a tenth.
func madeHistory(runs int, changes ...int) summary.History {
	rng := rand.New(rand.NewPCG(1, 2))
	h := summary.History{Kinds: []summary.HistoryKind{{Runs: runs, Host: summary.Host{OS: "linux", Arch: "amd64", CPUModel: "AMD EPYC", Cores: 2, Filesystem: "ext4"}}}, Questions: 2, Alpha: 0.05, LeastChange: 1, Last: 200}
	s := summary.HistorySeries{Cell: "n3-hashicorp-multi-az", Nodes: 3, Metric: figures.WriteP50, Judged: runs, Least: 9}
	level := 2e6
	for i := range runs {
		before := level
		for _, at := range changes {
			if at == i {
				level *= 1.1
				ratio, low, high := level/before, level/before-0.01, level/before+0.01
				s.Changes = append(s.Changes, summary.HistoryChange{Before: i - 1, After: i, From: before, To: level, Ratio: &ratio, CILow: &low, CIHigh: &high, Interval: true, Moved: true, P: 0.001,
					Unlike: []summary.Contrast{{What: summary.TraitRaftbench, Old: "1.0.0 aaaaaaa", New: "1.0.0 bbbbbbb"}}})
			}
		}
		v := level * math.Exp(0.015*rng.NormFloat64())
		low, high := v*0.99, v*1.01
		p := summary.HistoryPoint{Run: i, Metric: &summary.Metric{Median: &v, CILow: &low, CIHigh: &high, N: 6, Interval: true}}
		switch i % 17 {
		case 7:
			p.Doubts = []summary.Remark{{Code: results.CodeHostBusy, Severity: results.Doubtful}}
		case 11:
			p.Metric = nil
		}
		s.Points = append(s.Points, p)
		h.Runs = append(h.Runs, summary.HistoryRun{Dir: fmt.Sprintf("results/nightly/night-%03d", i+1), RunID: fmt.Sprintf("night-%03d", i+1), StartedAt: time.Date(2026, 1, i+1, 4, 0, 0, 0, time.UTC)})
	}
	h.Series = []summary.HistorySeries{s}
	return h
}

// No text of a trend's chart overlaps another or leaves the picture, however many
// runs and changes there are. With CHARTS set to a folder the pictures are kept.
func TestTrendChartsAreLegible(t *testing.T) {
	for name, h := range map[string]summary.History{
		"few": madeHistory(5), "step": madeHistory(26, 13), "steps": madeHistory(60, 10, 13, 30, 57), "many": madeHistory(150, 40, 100), "most": madeHistory(2000, 1000),
		"none": madeHistory(40), "late": madeHistory(30, 27),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range New(h).charts() {
				drawtest.Check(t, c.Name, drawtest.SVG(t, c))
				if dir := os.Getenv("CHARTS"); dir != "" {
					raster, err := draw.Lay(c).PNG()
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(dir, name+".png"), raster, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// What a trend's chart says, as data: an upright line between the two runs, the
// level on either side, hollow marks where something may have moved a number.
func TestWhatATrendsChartSays(t *testing.T) {
	charts := New(madeHistory(26, 13)).charts()
	c := charts[0]
	if c.Name != "trend-n3-hashicorp-multi-az-write-latency-p50" || c.Title != "Write latency p50 of 3 nodes rose by 10.0 % at run 14 (2026-01-14)" && c.Title != "Write latency p50 of 3 nodes rose by 10 % at run 14 (2026-01-14)" {
		t.Errorf("got %q, %q", c.Name, c.Title)
	}
	step := c.Series[0]
	if step.Form != chart.Line || !step.Look.Dashed || step.Points[0].X != 13.5 || step.Points[1].X != 13.5 || *step.Points[0].Y != c.Y.Min || *step.Points[1].Y != c.Y.Max {
		t.Errorf("got %+v, want an upright line at 13.5", step)
	}
	before, after := c.Series[1], c.Series[2]
	if *before.Points[0].Y != 2e6 || math.Abs(*after.Points[0].Y-2.2e6) > 1 || before.Points[1].X >= 13.5 || after.Points[0].X <= 13.5 {
		t.Errorf("got levels %+v and %+v", before, after)
	}
	var hollow, struck, whiskers int
	for _, s := range c.Series[3:] {
		for _, p := range s.Points {
			if s.Look.Hollow {
				hollow++
			}
			if p.Y == nil {
				struck++
			} else if p.Low != nil && p.High != nil {
				whiskers++
			}
		}
	}
	if hollow != 2 || struck != 1 || whiskers != 25 {
		t.Errorf("got %d hollow, %d struck out, %d with an interval, want 2, 1 and 25", hollow, struck, whiskers)
	}
	if len(c.Labels) != 1 || c.Labels[0].Value != "run 14, 2026-01-14" || c.Series[c.Labels[0].Of[0].Series].Points[c.Labels[0].Of[0].Point].X != 14 {
		t.Errorf("got labels %+v", c.Labels)
	}
	if !strings.Contains(strings.Join(c.Notes, " "), "aaaaaaa") {
		t.Errorf("got notes %q, want what changed there", c.Notes)
	}
}

// Two setups of one size, and names from anywhere, have files of their own.
func TestTrendChartsHaveFilesOfTheirOwn(t *testing.T) {
	h := madeHistory(12)
	for _, cell := range []string{"n3-hashicorp-multi-az-b", "../../etc/passwd", "../../ETC/passwd", "n3 \x1b[31m"} {
		s := h.Series[0]
		s.Cell = cell
		h.Series = append(h.Series, s)
	}
	dir := t.TempDir()
	paths, err := New(h).Write(dir)
	if err != nil || len(paths) != 2*len(h.Series) {
		t.Fatalf("got %q, %v", paths, err)
	}
	seen := map[string]bool{}
	for _, p := range paths {
		if filepath.Dir(p) != dir || seen[p] {
			t.Errorf("%s: outside of the folder, or twice", p)
		}
		seen[p] = true
	}
	if title := New(h).charts()[0].Title; !strings.Contains(title, "n3-hashicorp-multi-az") {
		t.Errorf("got %q, want the setup's whole name where sizes do not tell them apart", title)
	}
}
