package perfetto

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/report/perfetto/perfettotest"
)

// What was put in comes out of another reader, in the order of time; of slices
// that meet at an instant one ends before the next begins, and nested ones nest.
func TestTraceIsReadByPerfettosSchema(t *testing.T) {
	var trace Trace
	top := trace.Track(Root, "cluster")
	n1 := trace.Track(top, "n1")
	term := trace.Counter(n1, "term")
	trace.Slice(n1, 50, 90, "leader", Arg{Name: "term", Number: 2})
	trace.Slice(n1, 10, 50, "follower")
	trace.Slice(top, 20, 60, "elect")
	trace.Slice(top, 20, 80, "outage", Arg{Name: "of", Text: "kill"})
	trace.Slice(top, 60, 80, "commit")
	trace.Slice(n1, 70, 70, "nothing")
	trace.Value(term, 10, -1)
	trace.Value(term, 50, 2)
	trace.Instant(n1, -5, "early")
	want := []string{
		`track cluster in "", 0`, `track n1 in "cluster", 1`, `counter term in "n1", 2`,
		"0 instant n1 early",
		"10 slice_begin n1 follower", "10 counter term -1",
		"20 slice_begin cluster outage of=kill", "20 slice_begin cluster elect",
		"50 slice_end n1", "50 slice_begin n1 leader term=2", "50 counter term 2",
		"60 slice_end cluster", "60 slice_begin cluster commit",
		"70 instant n1 nothing",
		"80 slice_end cluster", "80 slice_end cluster",
		"90 slice_end n1",
	}
	if diff := cmp.Diff(want, perfettotest.Lines(t, trace.Encode())); diff != "" {
		t.Error(diff)
	}
}
