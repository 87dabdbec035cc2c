package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

func TestTheFootnotesTellTheClientsOwnPart(t *testing.T) {
	env := host()
	env.ClientBias = &results.ClientBias{P50NS: 18_000, P90NS: 250_000, OfferedOps: 125, Count: 100}
	r := New(&results.Run{Environment: env}, summary.Analysis{Summary: typical()}, Options{Source: source})
	want := "Of each latency at most 18.0 µs are the client's own (median of 100 writes that another process answered at once, at 125/s)."
	if got := strings.Join(r.clientsPart(), ""); got != want || !strings.Contains(strings.Join(r.footnotes(), "\n"), want) {
		t.Errorf("got %q, want it at the tables: %q", got, want)
	}
	env.ClientBias.P50NS = 180_000
	r = New(&results.Run{Environment: env}, summary.Analysis{Summary: typical()}, Options{Source: source})
	if got := strings.Join(r.clientsPart(), ""); !strings.Contains(got, " of a median: without it, latencies would differ by larger factors.") {
		t.Errorf("a large part: got %q", got)
	}
	if got := reportOf(typical()).clientsPart(); got != nil {
		t.Errorf("not measured: got %q", got)
	}
}
