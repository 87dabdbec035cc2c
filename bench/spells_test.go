package bench

import (
	"errors"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// Writes are told apart by when they were sent: in the second before an operation, as
// far as the cluster was whole and nothing was prepared, and until it was done. What failed counts as slower
// than all others.
func TestWritesBeforeAndDuringAnOperation(t *testing.T) {
	at := func(ms float64) int64 { return 10_000_000_000 + int64(ms*1e6) }
	by := &prober{node: "n1"}
	write := func(sent, took float64, err error) probe {
		return probe{by: by, sentNS: at(sent), doneNS: at(sent + took), err: err}
	}
	faults := []results.Fault{
		{Action: "add-node", Nodes: []string{"n3"}, PrepareNS: at(-90), AtNS: at(0), DoneNS: at(100)},
		{AtNS: at(500), DoneNS: at(600), EndNS: at(620)},
		{AtNS: at(800), DoneNS: at(801)},
	}
	writes := []probe{
		write(-1500, 9, nil), write(-300, 1, nil), write(-200, 2, nil), write(-100, 3, nil), // the first is too long ago
		write(-60, 9, nil), write(-30, 0, errors.New("taken out")), // while it was prepared
		write(10, 60, nil), write(20, 40, nil), write(90, 30, nil), write(115, 10, nil),
		{by: &prober{node: "n3"}, sentNS: at(50), doneNS: at(51), err: errors.New("it does not listen yet")},
		write(300, 4, nil), write(510, 0, errors.New("lost")), write(650, 5, nil),
	}
	spells(faults, writes, at(-2000))
	first, second, third := faults[0], faults[1], faults[2]
	near := func(got results.Nanos, ms float64) bool {
		return (time.Duration(got) - time.Duration(ms*1e6)).Abs() < 100*time.Microsecond
	}
	if first.Before == nil || first.Before.Count != 3 || first.Before.Failed > 0 || !near(first.Before.P50NS, 2) || first.During == nil || first.During.Count != 3 || !near(first.During.MaxNS, 60) {
		t.Errorf("before %+v, during %+v; want 3 writes each, of 2 ms at the median and of 60 ms at most", first.Before, first.During)
	}
	// From the operation to the first answer at 60 ms, to 70, to 120: the last was
	// answered after it was done.
	if got := time.Duration(first.SilentNS); got != 60*time.Millisecond {
		t.Errorf("silent for %s, want the 60 ms until the first answer", got)
	}
	if second.Before == nil || second.Before.Count != 2 || second.During == nil || second.During.Failed != 1 || second.During.P50NS != results.Never {
		t.Errorf("before %+v, during %+v; want two writes before, and one during that was never answered", second.Before, second.During)
	}
	if got := time.Duration(second.SilentNS); got != 155*time.Millisecond {
		t.Errorf("silent for %s, want the 155 ms until the answer after it", got)
	}
	if third.Before == nil || third.Before.Count != 1 || third.During != nil || third.SilentNS != 0 {
		t.Errorf("%+v: want the write before it, and no more where the load ended with it", third)
	}
}
