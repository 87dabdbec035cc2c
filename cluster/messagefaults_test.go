package cluster

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// Message faults can be begun and ended while the nodes run, are paused or do
// not run at all: what was said last holds.
func TestMessageFaultsBeginAndEnd(t *testing.T) {
	t.Parallel()
	spec := steadySpec(t, 3)
	for i := range spec.Nodes {
		spec.Nodes[i].MessageFaults = &control.MessageFaults{}
	}
	c := start(t, spec)
	put := connect(t, leaderOf(t, c))
	if _, err := put.Put(within(t, time.Minute), "k", nil); err != nil {
		t.Fatal(err)
	}
	messages := func(f *control.MessageFaults) {
		t.Helper()
		for _, m := range c.Members() {
			if err := m.MessageFaults(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
	}
	messages(&control.MessageFaults{Drop: 1})
	if _, err := put.Put(within(t, 300*time.Millisecond), "k", nil); err == nil {
		t.Error("a write was acknowledged though all messages are lost")
	}
	paused, killed := c.Members()[0], c.Members()[1]
	if err := paused.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := killed.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	messages(nil)
	if err := paused.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := killed.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	leader, _, err := c.Leader(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	caughtUp(t, paused, written(t, leader))
	caughtUp(t, killed, written(t, leader))
}

func TestMessageFaultsThatCannotBe(t *testing.T) {
	c := start(t, quickSpec(t, 1))
	m := c.Members()[0]
	if err := m.MessageFaults(t.Context(), &control.MessageFaults{Drop: 0.5}); err == nil || !strings.Contains(err.Error(), "n1: it was started without any") {
		t.Errorf("begun on a node that was started without: %v", err)
	}
	if err := m.MessageFaults(t.Context(), nil); err != nil {
		t.Errorf("ended where there are none: %v", err)
	}
}

// However long a log is, its tail is its last lines.
func TestLogTail(t *testing.T) {
	c := start(t, fakeSpec(t, sound))
	m := c.Members()[0]
	var lines []string
	for i := range 5000 {
		lines = append(lines, fmt.Sprintf("line %d %s", i, strings.Repeat("x", i%200)))
	}
	if err := os.WriteFile(m.LogPath(), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 20, 1000, 6000} {
		want := lines[max(0, len(lines)-n):]
		if got := m.LogTail(n); !slices.Equal(got, want) {
			t.Errorf("%d lines: got %d, the first %.30q, wanted %.30q", n, len(got), first(got), first(want))
		}
	}
}

func first(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}
