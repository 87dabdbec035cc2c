package report

import (
	"testing"

	"github.com/raftbench/raftbench/results"
)

func TestHowTrueTheLinksWere(t *testing.T) {
	link := func(asked, samples, p50, p99 int64) results.Link {
		return results.Link{AskedNS: asked, Samples: samples, ErrorP50NS: p50, ErrorP99NS: p99}
	}
	idle := link(140_000, 2, 9_000_000, 9_000_000)
	idle.Before = &results.LinkProbe{Samples: 18, ErrorP50NS: 3_000, ErrorP99NS: 20_000}
	trials := []results.Trial{
		{Valid: true, Kind: results.Measure, Links: []results.Link{link(370_000, 50, 5_000, 40_000), idle, link(0, 50, 1, 1)}},
		{Valid: true, Kind: results.Measure, Links: []results.Link{link(370_000, 50, 70_000, 60_000), link(370_000, 4, 1, 1)}},
		{Valid: false, Kind: results.Measure, Links: []results.Link{link(1_000_000, 50, 900_000, 900_000)}},
		{Valid: true, Kind: results.Proof, Links: []results.Link{link(1_000_000, 50, 900_000, 900_000)}},
	}
	want := "The emulated one-way delays of 0.14 ms to 0.37 ms came 5.00 µs late at the median and 40.0 µs at p99 (the middle of all links of 2 trials; 70.0 µs at the worst link's median)."
	if got := linkTruth(trials); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := linkTruth(trials[2:]); got != "" {
		t.Errorf("got %q of no valid trial", got)
	}
	old := link(370_000, 0, 5_000, 40_000)
	old.Frames = 50
	if got := linkTruth([]results.Trial{{Valid: true, Kind: results.Measure, Links: []results.Link{old}}}); got == "" {
		t.Error("a record without a count of samples says nothing")
	}
}
