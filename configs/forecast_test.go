package configs

import (
	"testing"
	"time"
)

func forecast(t *testing.T, text string) []Forecast {
	t.Helper()
	var all []Forecast
	for _, s := range mustPlan(t, text).Setups {
		f, err := s.Forecast(150*time.Microsecond, 1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// From us-east-1 the nearest region is 15.4 ms away and the next 64.1; the
// fourth member stands beside the leader again.
func TestForecastFollowsTheMap(t *testing.T) {
	f := forecast(t, "nodes: [1, 3, 4, 5]\nnetwork: {profile: aws-us-3}")
	const near, local = 15400 * time.Microsecond, 100 * time.Microsecond
	for i, want := range []time.Duration{0, near, near, near} {
		if f[i].QuorumRTT != want {
			t.Errorf("%d nodes: quorum round trip %s, want %s", f[i].Nodes, f[i].QuorumRTT, want)
		}
	}
	// hashicorp/raft: the leader's store, then round trip and follower's store.
	if want := near + 600*time.Microsecond; f[1].Write.P50 != want {
		t.Errorf("a write takes %s, want %s", f[1].Write.P50, want)
	}
	if f[0].Write.P50 != 300*time.Microsecond || f[0].Failover != nil || f[0].PipelineOps != 0 {
		t.Errorf("one node: %+v", f[0])
	}
	if f[2].Failover.Elected.P50 <= f[1].Failover.Elected.P50 {
		t.Error("four nodes do not fail over slower than three")
	}
	if two := forecast(t, "nodes: 4\nnetwork: {profile: same-az}")[0]; two.QuorumRTT != local {
		t.Errorf("in one zone %s, want %s", two.QuorumRTT, local)
	}
}

func TestForecastKnowsDiskAndPlaces(t *testing.T) {
	base := "nodes: 3\nnetwork: {profile: aws-us-3}\n"
	for text, want := range map[string]time.Duration{
		"":                            16 * time.Millisecond,
		"engine: etcd":                15700 * time.Microsecond,
		"storage: {store: inmem}":     15400 * time.Microsecond,
		"storage: {sync: 2ms}":        23400 * time.Microsecond, // two syncs at the leader, two at the follower
		"leader: us-west-2":           51500 * time.Microsecond,
		"client: us-west-2":           80100 * time.Microsecond, // to us-east-1 and back
		"raft: {commit_timeout: 1ms}": 16 * time.Millisecond,
	} {
		if got := forecast(t, base+text)[0].Write.P50; got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestForecastOfJitterIsNoHarderThanItsBounds(t *testing.T) {
	f := forecast(t, "nodes: 5\nnetwork: {profile: none, links: [{delay: 10ms, jitter: 2ms}]}\nstorage: {store: inmem}")[0]
	if f.Write.P50 < 16*time.Millisecond || f.Write.P99 > 24*time.Millisecond || f.Write.P50 == f.Write.P99 {
		t.Errorf("uniform jitter of 2ms each way around 20ms: %+v", f.Write)
	}
}
