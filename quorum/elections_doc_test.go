package quorum

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the simulated tables of docs/elections.md")

const electionsDoc = "../docs/elections.md"

// The simulated numbers of docs/elections.md are this code's. `go test ./quorum
// -run ElectionsDoc -update` rewrites them.
func TestElectionsDocHasTheSimulatedNumbers(t *testing.T) {
	b, err := os.ReadFile(electionsDoc)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for name, table := range map[string]func(*testing.T) string{
		"figure 16": figure16Table, "one at a time": switchedTable, "sizes": sizesTable, "clients and a busy host": busyTable,
	} {
		begin, end := fmt.Sprintf("<!-- %s: simulated -->\n", name), fmt.Sprintf("<!-- end of %s -->", name)
		before, rest, ok := strings.Cut(text, begin)
		got, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s has no %q … %q", electionsDoc, begin, end)
		}
		want := "\n" + table(t) + "\n"
		if got != want && !*update {
			t.Errorf("%s: the table of %s is\n%s\nwant\n%s", electionsDoc, name, got, want)
		}
		text = before + begin + want + end + after
	}
	if *update {
		if err := os.WriteFile(electionsDoc, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const docDraws = 2000

// millis are p50, p90 and p99.
func millis(p Prediction) string {
	return fmt.Sprintf("%d / %d / %d", p.P50.Round(ms)/ms, p.P90.Round(ms)/ms, p.P99.Round(ms)/ms)
}

// presetFailover is what the preset election-timeouts runs: five members, links of
// 4 ms each way, a sync of 1 ms, two of them a transaction.
func presetFailover(rules Rules) Failover {
	return Failover{Nodes: 5, Dead: 1, RTT: 8 * ms, Store: 2 * ms, Rules: rules}
}

func figure16Table(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| timeout | published | the paper's algorithm, simulated | hashicorp/raft, simulated | split votes |\n|---|---|---|---|---|\n")
	for _, row := range []struct {
		low, high int
		published string
	}{
		{150, 155, "287 / 609 / 1242"}, {150, 175, "141 / 291 / 467"}, {150, 200, "147 / 194 / 352"}, {150, 300, "171 / 244 / 415"},
		{100, 200, "120 / 166 / 277"}, {50, 100, "67 / 96 / 169"}, {25, 50, "43 / 74 / 119"}, {12, 24, "30 / 53 / 87"},
	} {
		low, high := time.Duration(row.low)*ms, time.Duration(row.high)*ms
		paper := elections(t, PaperFailover(low, high), docDraws)
		ours, split := "cannot be set", ""
		if high == 2*low && low >= 25*ms {
			f := presetFailover(HashiCorp(hashicorp(low)))
			f.Repeat = true
			e := elections(t, f, docDraws)
			ours, split = millis(e.Elected), fmt.Sprintf("%.0f %%", 100*e.SplitShare)
		}
		fmt.Fprintf(&b, "| %d–%d | %s | %s | %s | %s |\n", row.low, row.high, row.published, millis(paper.Elected), ours, split)
	}
	return b.String()
}

// switchedTable goes from the paper's algorithm to hashicorp/raft's, one rule after
// the other.
func switchedTable(t *testing.T) string {
	f := PaperFailover(150*ms, 300*ms)
	full := HashiCorp(hashicorp(150 * ms))
	var b strings.Builder
	b.WriteString("| switched, one after the other | elected, p50 / p90 / p99 | split votes | terms |\n|---|---|---|---|\n")
	for _, step := range []struct {
		what string
		do   func()
	}{
		{"the paper's algorithm and experiment", func() {}},
		{"all survivors may be elected", func() { f.Behind = 0 }},
		{"links of 4 ms each way, a vote's write of 2 ms", func() { f.OneWay, f.RTT, f.Store = nil, 8*ms, 2*ms }},
		{"heartbeats every 15 to 30 ms and a round trip, each follower's its own", func() {
			f.Rules.Heartbeat, f.Rules.AwaitAnswer, f.Rules.CommitIndex, f.Rules.Together = full.Heartbeat, true, full.CommitIndex, false
		}},
		{"a follower's timer starts anew only when it fires", func() { f.Rules.RearmOnContact, f.Rules.VoteRearms = false, false }},
		{"a voter refuses until it has dropped its own leader", func() { f.Rules.Refuse = RefuseWhileLed }},
		{"pre-vote", func() { f.Rules.PreVote = true }},
		{"three writes a vote, connections to be dialled: hashicorp/raft", func() { f.Rules = full }},
	} {
		step.do()
		e := elections(t, f, docDraws)
		fmt.Fprintf(&b, "| %s | %s | %.0f %% | %.2f |\n", step.what, millis(e.Elected), 100*e.SplitShare, e.Terms)
	}
	return b.String()
}

// sizesTable is what the presets failover and even-sizes are to be held against.
func sizesTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| nodes | T = 1 s: candidate | elected | first commit | T = 150 ms: candidate | elected | first commit | split votes |\n|---|---|---|---|---|---|---|---|\n")
	for n := Size(3); n <= 7; n++ {
		at := func(timeout time.Duration) Election {
			return elections(t, Failover{Nodes: n, Dead: 1, Repeat: true, RTT: ms / 2, Store: 2 * ms, Rules: HashiCorp(hashicorp(timeout))}, docDraws)
		}
		slow, fast := at(second), at(150*ms)
		p50 := func(p Prediction) string { return fmt.Sprint(int64(p.P50.Round(ms) / ms)) }
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s | %.1f %% |\n", n, p50(slow.Candidate), p50(slow.Elected), p50(slow.Committed),
			p50(fast.Candidate), p50(fast.Elected), p50(fast.Committed), 100*fast.SplitShare)
	}
	return b.String()
}

// busyTable is what clients, and then a host that is busy, add to the preset
// even-sizes.
func busyTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| nodes | first commit, nobody writing | first answer, 20 writes a second at each member | … on a busy host | split votes there |\n|---|---|---|---|---|\n")
	for n := Size(3); n <= 6; n++ {
		f := Failover{Nodes: n, Dead: 1, Repeat: true, RTT: ms / 2, Store: 2 * ms, Rules: HashiCorp(hashicorp(150 * ms))}
		alone := elections(t, f, docDraws)
		f.Every = second / 20 / time.Duration(n)
		asked := elections(t, f, docDraws)
		f.Store, f.Slow, f.Late = 2400*time.Microsecond, LongTail(0, 5*ms), LongTail(60*time.Microsecond, 5*ms)
		busy := elections(t, f, docDraws)
		p50 := func(p Prediction) int64 { return int64(p.P50.Round(ms) / ms) }
		fmt.Fprintf(&b, "| %d | %d | %d | %d | %.1f %% |\n", n, p50(alone.Committed), p50(asked.Acknowledged), p50(busy.Acknowledged), 100*busy.SplitShare)
	}
	return b.String()
}
