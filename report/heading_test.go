package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// What was set otherwise than usual is in the heading of every form: a network
// with a link of its own is no longer the published one.
func TestTheHeadingTellsWhatWasChanged(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		c := &s.Cells[i]
		c.Timeouts.ElectionNS = 2e9
		c.Settings = map[string]string{"network.links.a→b": "delay 20ms", "raft.commit_timeout": "5ms", "raft.election_timeout": "2s"}
	}
	r := reportOf(s)
	for name, text := range map[string]string{"table": tableOf(t, r, Terminal{}), "page": pageText(t, r), "chart": saidBy(r.charts(nil)[0])} {
		flat := strings.ReplaceAll(strings.Join(strings.Fields(text), " "), `\_`, "_")
		for _, want := range []string{"network multi-az, 1 link changed: a→b delay 20ms", "raft.election_timeout 2s", "raft.commit_timeout 5ms", "Network profile multi-az, before its links were changed"} {
			if !strings.Contains(flat, want) {
				t.Errorf("the %s lacks %q:\n%s", name, want, text)
			}
		}
	}
	if text := tableOf(t, r, Terminal{}); strings.Count(text, "election_timeout") != 1 {
		t.Errorf("the timeout is told twice:\n%s", text)
	}
	if text := table(t, typical(), 100); strings.Contains(text, "set:") {
		t.Errorf("nothing was changed, and yet it is told:\n%s", text)
	}
}

// An axis is told by the setups' names, and is no change.
func TestAnAxisIsNoChange(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Timeouts.ElectionNS = 2e9
		s.Cells[i].Settings = map[string]string{"raft.election_timeout": "2s"}
		s.Cells[i].Params = map[string]string{"raft.election_timeout": "2s"}
	}
	if got := reportOf(s).changed(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

// Whose the disks were is told as it was.
func TestWhoseTheDisksWere(t *testing.T) {
	said := func(change func(i int, c *summary.Cell)) string {
		s := typical()
		for i := range s.Cells {
			change(i, &s.Cells[i])
		}
		return reportOf(s).colocation()
	}
	for _, c := range []struct {
		name, want string
		change     func(int, *summary.Cell)
	}{
		{"the host's", "2 cores and one disk", func(int, *summary.Cell) {}},
		{"emulated", "each has an emulated disk of its own, 2ms a sync, of which a write transaction makes two", func(_ int, c *summary.Cell) { c.EmulatedSyncNS = 2e6 }},
		{"some emulated", "its one disk where each has no emulated one of its own (2ms a sync)", func(i int, c *summary.Cell) { c.EmulatedSyncNS = int64(i%2) * 2e6 }},
	} {
		if got := said(c.change); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want in it %q", c.name, got, c.want)
		}
	}
	env := host()
	env.Endpoints = []string{"10.0.0.1:2379"}
	r := New(&results.Run{Environment: env}, summary.Analysis{Summary: typical()}, Options{})
	if got := r.colocation(); !strings.Contains(got, "ran already") || strings.Contains(got, "share this host") {
		t.Errorf("a cluster elsewhere: got %q", got)
	}
}

func TestHowTrueTheLinksWere(t *testing.T) {
	link := func(asked, samples, p50, p99 int64) results.Link {
		return results.Link{From: "n1", To: "n2", Frames: samples, AskedNS: asked, LinkTruth: results.LinkTruth{
			Samples: samples, OwnErrorP50NS: p50, OwnErrorP99NS: p99, CoreWaitP50NS: 2 * p50}}
	}
	idle := link(140_000, 2, 9_000_000, 9_000_000)
	unloaded := link(5_000_000, 50, 9_000_000, 9_000_000)
	unloaded.From, unloaded.To = "n2", "n3"
	idle.Before = &results.LinkTruth{Samples: 18, OwnErrorP50NS: 3_000, OwnErrorP99NS: 20_000}
	windows := []results.Window{{Mode: results.ModeOpen, Latency: results.Latency{P50NS: 1_000_000, Count: 9}}}
	trials := []results.Trial{
		{Valid: true, Kind: results.Measure, Leader: "n1", Windows: windows, Links: []results.Link{link(370_000, 50, 5_000, 40_000), idle, unloaded, link(0, 50, 1, 1)}},
		{Valid: true, Kind: results.Measure, Leader: "n2", Windows: windows, Links: []results.Link{link(370_000, 50, 70_000, 60_000), link(370_000, 4, 1, 1)}},
		{Valid: false, Kind: results.Measure, Links: []results.Link{link(1_000_000, 50, 900_000, 900_000)}},
		{Valid: true, Kind: results.Proof, Links: []results.Link{link(1_000_000, 50, 900_000, 900_000)}},
	}
	want := "The emulated one-way delays of 140 to 370 µs came late by themselves by 5.00 µs at the median (at most 1 % of the median operation) " +
		"and 40.0 µs at p99, on the 3 links of 2 trials that carried load (the middle of all; 70.0 µs at the worst one's median); " +
		"their readers waited another 10.0 µs for a core at the median (at most 2 % of the median operation), as those of real packets do on a host as full. 1 other link carried none."
	if got := linkTruth(trials); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Lateness that was not told apart is no lateness of zero.
	undivided := link(370_000, 50, 0, 0)
	undivided.ErrorP50NS, undivided.ErrorP90NS = 300_000, 900_000
	if got := linkTruth([]results.Trial{{Valid: true, Kind: results.Measure, Leader: "n1", Windows: windows, Links: []results.Link{undivided}}}); got != "" {
		t.Errorf("not told apart: got %q, want nothing", got)
	}
	if got := linkTruth(trials[2:]); got != "" {
		t.Errorf("got %q of no valid trial", got)
	}
}

func TestTheHeadingTellsWhatArmsDifferIn(t *testing.T) {
	arm := func(name string, settings map[string]string) summary.Cell {
		return summary.Cell{Cell: "n3-x-" + name, Nodes: 3, Params: map[string]string{summary.ArmAxis: name}, Settings: settings}
	}
	s := summary.Summary{Cells: []summary.Cell{
		arm("a", map[string]string{"storage.store": "inmem"}), arm("b", map[string]string{"storage.store": "inmem", "storage.apply_delay": "75µs"}),
	}}
	r := &Report{summary: s, env: results.Environment{Arms: []results.ArmBuild{{Arm: "a", Build: "raftbench devel (old)"}, {Arm: "b", Build: "raftbench devel (new)"}}}}
	text := strings.Join(r.heading(), "\n")
	for _, want := range []string{"set: storage.store inmem\n", "arms: a raftbench devel (old) · b raftbench devel (new), storage.apply_delay 75µs"} {
		if !strings.Contains(text+"\n", want) {
			t.Errorf("got\n%s\nwant %q", text, want)
		}
	}
}
