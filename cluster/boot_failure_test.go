package cluster

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// Whatever a node does at boot, Start ends within its bound, says which node
// and why, and leaves no process and no data.
func TestBootFailures(t *testing.T) {
	tests := []struct {
		flaw string
		want []string
	}{
		{neverAnswers, []string{"no answer of n1 to start after "}},
		{saysGarbage, []string{"node n1", "ended unasked", `got "panic: this is no JSON" on its stdout`}},
		{endlessLine, []string{"node n1", "got a line of more than 16777216 bytes"}},
		{diesAtStart, []string{"node n1 (pid ", "ended unasked: exit status 3", "line 10 of the log\n", "line 29 of the log"}},
		{diesWhenAsked, []string{"node n1 (pid ", "exit status 4", "its log is empty"}},
		{neverListens, []string{"start of n1: it answered, but never said where it listens"}},
		{refusesToStart, []string{"n1 could not start: got protocol 99, this build speaks 1"}},
		{neverLearns, []string{"n1 has no configuration yet"}},
		{neverLeads, []string{"cluster of 1: no leader that all 1 live members of 1 agree on (n1 knows none in term 7) after "}},
	}
	for _, test := range tests {
		t.Run(test.flaw, func(t *testing.T) {
			t.Parallel()
			spec := fakeSpec(t, test.flaw)
			if test.flaw == neverAnswers {
				spec.BootTimeout = 400 * time.Millisecond
			}
			ctx, giveUp := context.WithCancel(t.Context())
			var pid int
			spec.OnEvent = func(_ string, e control.Event) {
				pid = max(pid, e.PID)
				if e.Stats != nil {
					time.AfterFunc(300*time.Millisecond, giveUp)
				}
			}
			c, err := Start(ctx, spec)
			if err == nil {
				t.Fatal(c.Stop(context.Background()), "got a cluster, wanted an error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, wanted it to contain %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "line 9 of the log") {
				t.Errorf("got more than the last 20 lines: %q", err)
			}
			if _, err := os.Stat(spec.Dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is left behind: %v", spec.Dir, err)
			}
			if pid != 0 && exists(pid) {
				t.Errorf("process %d is left behind", pid)
			}
		})
	}
}

func TestBootHints(t *testing.T) {
	spec := fakeSpec(t, neverLeads)
	ctx, giveUp := context.WithCancel(t.Context())
	spec.OnEvent = func(_ string, e control.Event) {
		if e.Stats != nil {
			giveUp()
		}
	}
	spec.Nodes = Nodes(3, wide(80*time.Millisecond), quickRaft(), control.DefaultStorage(), 1)
	spec.Start = fake(map[string]string{"n1": neverLeads, "n2": neverLeads, "n3": neverLeads}, nil)
	_, err := Start(ctx, spec)
	var wait *WaitError
	if !errors.As(err, &wait) {
		t.Fatalf("got %v, wanted a WaitError", err)
	}
	want := "election timeout 150ms of n1 leaves no time for two round trips of 160ms to a quorum"
	if wait.Hint() != want {
		t.Errorf("got hint %q, wanted %q", wait.Hint(), want)
	}
}

func TestBootIsInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := Start(ctx, fakeSpec(t, neverAnswers))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, wanted it to be for the caller's cancelling", err)
	}
}

func TestSpecsThatCannotWork(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		"cluster of 0 nodes":                  func(s *Spec) { s.Nodes = nil },
		`node id "n1": got it empty or twice`: func(s *Spec) { s.Nodes = append(s.Nodes, s.Nodes[0]) },
		`leader "n9" is none of the 1 nodes`:  func(s *Spec) { s.Leader = "n9" },
		"without a Starter":                   func(s *Spec) { s.Start = nil },
		"both must be named":                  func(s *Spec) { s.LogDir = "" },
	} {
		spec := fakeSpec(t, sound)
		change(&spec)
		if _, err := Start(t.Context(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, wanted %q", err, want)
		}
		if _, err := os.Stat(spec.Dir); err == nil {
			t.Errorf("%s: made %s", want, spec.Dir)
		}
	}
}
