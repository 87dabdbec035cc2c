package report

import (
	"fmt"
	"os"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/summary"
)

func subjectOf(s summary.Summary) subject {
	return subject{summary: s, groups: groups(s), env: host(), options: options()}
}

func distributions(s summary.Summary, count int) []distribution {
	var out []distribution
	for gi, g := range groups(s) {
		for i, c := range g.cells {
			h := hdrhistogram.New(1, 60e9, 3)
			for _, v := range samples(uint64(i), count, c.Metrics[writeP50].Median) {
				_ = h.RecordValue(v)
			}
			out = append(out, distribution{gi, c, h})
		}
	}
	return out
}

func withCurves(s summary.Summary) summary.Summary {
	for i := range s.Cells {
		c := &s.Cells[i]
		for _, share := range []float64{0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95} {
			base, rate := c.Metrics[writeP50].Median, c.Metrics[throughput].Median*share
			done := rate
			if share > 0.92 {
				done = rate * 0.9
			}
			c.Curve = append(c.Curve, summary.CurvePoint{
				OfferedOps: rate,
				P50:        &summary.Metric{Median: base * (1 + share/(1-share)/4)},
				P99:        &summary.Metric{Median: base * (2 + 2*share/(1-share))},
				Throughput: &summary.Metric{Median: done},
			})
		}
	}
	return s
}

func withReads(s summary.Summary) summary.Summary {
	for i := range s.Cells {
		m := s.Cells[i].Metrics
		m[readP50] = around(m[writeP50].Median*0.4, 5)
		m[readP90] = around(m[writeP50].Median*0.7, 8)
	}
	return s
}

func TestDraw(t *testing.T) {
	for name, s := range map[string]summary.Summary{"typical": typical(), "noisy": noisy(), "matrix": matrix()} {
		sub := subjectOf(withCurves(withReads(s)))
		var all []chart
		for _, f := range []func(subject) (chart, bool){tradeoff, throughputs, reads} {
			c, ok := f(sub)
			if !ok {
				t.Fatal("no chart")
			}
			all = append(all, c)
		}
		all = append(all, latencies(sub, distributions(s, 6000), "calm")...)
		all = append(all, loads(sub)...)
		for _, c := range all {
			b, err := c.scene.png()
			if err != nil {
				t.Fatal(err)
			}
			_ = os.WriteFile(fmt.Sprintf("/tmp/rep/%s-%s.png", c.name, name), b, 0o644)
		}
	}
}
