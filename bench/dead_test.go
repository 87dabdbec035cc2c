package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// A setup with a dead follower is measured beside the same with all alive. The one
// that dies is the nearer of the two, so that a write waits for the farther; nobody
// probes or loads what is dead, and it is back for the audit.
func TestAFollowerIsDeadUnderTheLoadAndBackForTheAudit(t *testing.T) {
	const text = `
nodes: 3
dead: [0, 1]
network: {profile: none, links: [{from: n1, to: n3, delay: 10ms}, {from: n3, to: n1, delay: 10ms}]}
workload: {warmup: 100ms, read_ratio: 0.3, load: {mode: calm}, calm: {rate: 50/s, duration: 600ms}}
`
	runner := testRunner(t, text, nil)
	runner.Plan = somePlan(2, 1, 0, 1)
	runner.Plan.Setups = setups(t, text)
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range recorded(t, runner) {
		dead := r.Params["dead"] == "1"
		if want := map[bool][]string{true: {"n2"}}[dead]; !slices.Equal(r.Dead, want) || len(r.Beside) != 1 {
			t.Errorf("%s: %q dead beside %q, want %q beside the other setup", r.Cell, r.Dead, r.Beside, want)
		}
		if len(r.Findings) > 0 || r.Audit == nil || r.Audit.Nodes != 3 || r.Audit.Lost != 0 {
			t.Errorf("%s: audit %+v, findings %+v; want all 3 replicas to agree", r.Cell, r.Audit, r.Findings)
		}
		for _, code := range []results.Code{results.CodeFailed, results.CodeProbesFailed, results.CodeLinksUnmeasured, results.CodeUsageUnread} {
			if m, found := says(r.Remarks, code); found {
				t.Errorf("%s: got the remark %+v", r.Cell, m)
			}
		}
		if !dead {
			continue
		}
		light := r.Window(results.RoleLight)
		if light == nil || time.Duration(light.Latency.P50NS) < 20*time.Millisecond {
			t.Errorf("%s: a write took %+v at the median, want the 20 ms to n3 and more", r.Cell, light)
		}
		kind := func(kind results.EventKind) func(results.Event) bool {
			return func(e results.Event) bool { return e.Kind == kind && e.Node == "n2" }
		}
		kill, back := slices.IndexFunc(r.Events, kind(results.EventFault)), slices.IndexFunc(r.Events, kind(results.EventRestart))
		if kill < 0 || back < 0 || r.Events[kill].AtNS > light.StartNS || r.Events[back].AtNS < light.StartNS+light.DurationNS {
			t.Errorf("%s: events %+v, want n2 killed before the load and restarted after it", r.Cell, r.Events)
		}
	}
}

// Those nearest to the leader die first, and of those equally near the last.
func TestTheNearestFollowersDieFirst(t *testing.T) {
	for _, c := range []struct {
		text, leader string
		want         []string
		rtt          time.Duration // to the quorum, of the living
	}{
		{"nodes: 5\ndead: 2\nleader: a", "n1", []string{"n4", "n5", "n2", "n3"}, 740 * time.Microsecond},
		{"nodes: 5\ndead: 1\nleader: b", "n2", []string{"n5", "n3", "n4", "n1"}, 690 * time.Microsecond},
		{"nodes: 3\ndead: 1\nleader: b", "n2", []string{"n3", "n1"}, 690 * time.Microsecond},
		{"nodes: 3\nleader: b", "n2", []string{"n3", "n1"}, 280 * time.Microsecond},
		{"nodes: 4\nnetwork: {profile: none}", "n1", []string{"n4", "n3", "n2"}, 0},
	} {
		s := setups(t, c.text)[0]
		if got := byDistance(s, c.leader); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if got := quorumRTT(s, c.leader); got != c.rtt {
			t.Errorf("%q: a round trip to the quorum of %s, want %s", c.text, got, c.rtt)
		}
	}
}
