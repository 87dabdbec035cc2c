package report

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// armsSummary has two arms whose p50 and throughput differ by these ratios.
func armsSummary(p50, rate float64, decided stats.Decision) summary.Summary {
	num := func(v float64) *float64 { return &v }
	metric := func(v float64) summary.Metric { return summary.Metric{Median: num(v), N: 14} }
	cellOf := func(arm string, p50, rate float64) summary.Cell {
		return summary.Cell{
			Cell: "n3-x-" + arm, Nodes: 3, Params: map[string]string{summary.ArmAxis: arm},
			Metrics: map[string]summary.Metric{figures.WriteP50: metric(2e6 * p50), figures.Throughput: metric(8000 * rate), figures.CPUPerKwrite: metric(1.5)},
		}
	}
	difference := func(metric string, ratio float64) summary.Difference {
		return summary.Difference{
			Metric: metric, From: "n3-x-a", To: "n3-x-b", Ratio: num(ratio), CILow: num(ratio - 0.01), CIHigh: num(ratio + 0.01),
			Interval: true, P: 0.01, Questions: 2, N: 14, Primary: true, Decided: decided,
		}
	}
	cpu := difference(figures.CPUPerKwrite, p50)
	cpu.Primary = false
	return summary.Summary{
		Cells:       []summary.Cell{cellOf("a", 1, 1), cellOf("b", p50, rate)},
		Differences: []summary.Difference{difference(figures.WriteP50, p50), difference(figures.Throughput, rate), cpu},
	}
}

func TestArmsAreToldTheAnswerFirst(t *testing.T) {
	floor := &summary.Floor{Metrics: map[string]summary.FloorMetric{figures.WriteP50: {Ratio: 1, CILow: 0.96, CIHigh: 1.03, N: 20}}, At: time.Unix(0, 0)}
	for _, c := range []struct {
		name      string
		p50, rate float64
		decided   stats.Decision
		floor     *summary.Floor
		first     string
		rest      []string
	}{
		{"slower", 1.05, 0.9, stats.Found, nil, "3 nodes: b is worse: write p50 +5.0 % [+4.0, +6.0] and throughput −10 % [−11, −9.0].", []string{"worse", "`raftbench aa` does", "1.50 ms"}},
		{"faster", 0.9, 1.2, stats.Found, nil, "3 nodes: b is better: ", []string{"better"}},
		{"both ways", 1.05, 1.2, stats.Found, nil, "3 nodes: b is worse in one and better in the other: ", nil},
		{"alike", 1.0, 1.0, stats.Bounded, nil, "3 nodes: b is the same as the base; write p50 alike, −1.0 to +1.0 %; throughput alike", nil},
		{"open", 1.02, 1.0, stats.Undecided, nil, "3 nodes: nothing is found between b and the base; write p50 undecided, from", nil},
		{"below the floor", 1.03, 1.2, stats.Found, floor, "3 nodes: b is better: throughput", []string{"below the floor", "differ by up to 4.2 % in write p50 on this class of host (20 blocks, 1970-01-01)"}},
	} {
		var b strings.Builder
		if err := ArmsText(&b, armsSummary(c.p50, c.rate, c.decided).Arms(c.floor), c.floor); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(b.String()), " ")
		if !strings.HasPrefix(text, strings.Join(strings.Fields(c.first), " ")) {
			t.Errorf("%s: got %q, want it to begin with %q", c.name, text, c.first)
		}
		for _, want := range c.rest {
			if !strings.Contains(text, want) {
				t.Errorf("%s: got %q, want %q", c.name, text, want)
			}
		}
		for line := range strings.Lines(b.String()) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > armsWidth {
				t.Errorf("%s: too wide: %q", c.name, line)
			}
		}
	}
}
