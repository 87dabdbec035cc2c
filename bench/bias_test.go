package bench

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/raftbench/raftbench/loadgen"
)

// burning is a client that takes its time before each write.
type burning struct {
	loadgen.Target
	takes time.Duration
}

func (b burning) Put(ctx context.Context, key string, value []byte) (int64, error) {
	for began := time.Now(); time.Since(began) < b.takes; {
	}
	return b.Target.Put(ctx, key, value)
}

// What a client adds by itself is seen, whole.
func TestAClientThatTakesItsTimeIsSeen(t *testing.T) {
	k := serves(func(int, time.Duration) time.Duration { return 0 })
	const takes = 300 * time.Microsecond
	slow, err := biasOf(t.Context(), burning{k, takes}, 200)
	if err != nil {
		t.Fatal(err)
	}
	if slow.P50NS < takes.Nanoseconds() || slow.Count != biasWrites || slow.OfferedOps != 200 {
		t.Errorf("got %+v, want at least %v over %d writes", slow, takes, biasWrites)
	}
}

// The real program answers at once, in a process of its own that ends with its
// stdin.
func TestTheClientsPartIsMeasuredAgainstAnotherProcess(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, "answer")
	got, err := ClientBias(t.Context(), command, 10)
	if err != nil || got.P50NS <= 0 || got.P90NS < got.P50NS || got.Count != biasWrites || got.OfferedOps != slowestBias {
		t.Fatalf("got %+v, %v; want a latency over %d writes at %d/s", got, err, biasWrites, slowestBias)
	}
	if !command.ProcessState.Success() {
		t.Errorf("the process ended with %v", command.ProcessState)
	}
	t.Logf("of each latency, at most %v are the client's own", time.Duration(got.P50NS))
	if _, err := ClientBias(t.Context(), exec.Command("true"), 10); err == nil {
		t.Error("a process that tells no address: got no error")
	}
}

func TestSetupsSideBySideAddUpToARate(t *testing.T) {
	plan := somePlan(0, 1, 0, 1)
	plan.Setups = setups(t, "nodes: [1, 3]\nworkload: {calm: {rate: 40/s}}")
	if got := LightRate(plan); got != 80 {
		t.Errorf("side by side: got %v/s, want 80", got)
	}
	if plan.Apart = true; LightRate(plan) != 40 {
		t.Errorf("apart: got %v/s, want 40", LightRate(plan))
	}
}
