package bench

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// spansOf offers a booted load's light window and gives its spans.
func spansOf(t *testing.T, l *load) *results.Spans {
	t.Helper()
	w, err := l.run(t.Context(), l.windows()[0])
	if err != nil {
		t.Fatal(err)
	}
	return w.Spans
}

// seldom is a load of few writes to nodes that keep their leader on the busiest host.
const seldom = `
network: {profile: none}
raft: {heartbeat_timeout: 3s, election_timeout: 3s, leader_lease_timeout: 3s}
workload: {warmup: 0s, load: {mode: calm}, calm: {rate: 1/s, duration: 4s}}
`

// onlySpan tells that a span holds a delay which its part of the way was given, and that
// no other is as long.
func onlySpan(t *testing.T, s *results.Spans, name results.SpanName, delay time.Duration) {
	t.Helper()
	if s == nil || s.Joined == 0 || s.Joined != s.Chosen {
		t.Fatalf("got %+v, want every typical write joined", s)
	}
	for _, each := range s.Spans {
		if long := each.NS >= float64(delay); long != (each.Name == name) {
			t.Errorf("%s took %v of %v, where %s was made to take %v", each.Name, time.Duration(each.NS), time.Duration(s.TotalNS), name, delay)
		}
	}
	if share := s.UnattributedShare(); share > 0.1 {
		t.Errorf("%.0f %% of a write are unattributed, want at most 10", 100*share)
	}
}

// What makes one step slower is found in the span of that step, and in no other.
func TestADelayIsFoundWhereItIs(t *testing.T) {
	const long = 250 * time.Millisecond // far above what a busy host does to another span
	t.Run("disks", func(t *testing.T) {
		l := bootedLoad(t, "nodes: 3"+seldom)
		slow := control.DiskFault{Slow: long / 2} // each of a write's two syncs
		for _, m := range l.system.Members() {
			if m.ID() == l.leader {
				slowDisk(t, m, slow)
				onlySpan(t, spansOf(t, l), results.SpanLeaderLog, long)
				slowDisk(t, m, control.DiskFault{})
			}
		}
		for _, m := range l.system.Members() {
			if m.ID() != l.leader {
				slowDisk(t, m, slow)
			}
		}
		onlySpan(t, spansOf(t, l), results.SpanFollowerLog, long)
	})
	t.Run("the link to one of two followers", func(t *testing.T) {
		l := bootedLoad(t, "nodes: 3\nleader: any"+linked("[{from: n1, to: n3, delay: 250ms}, {from: n2, to: n3, delay: 250ms}, {from: n3, delay: 1ms}]"))
		s := spansOf(t, l)
		// Where the last write of a window is its typical one, the far answer to it comes
		// when the window is over.
		for range 20 {
			if len(s.Followers) == 2 {
				break
			}
			s = spansOf(t, l)
		}
		onlySpan(t, s, "", long)
		if last := s.Followers[len(s.Followers)-1]; last.OutNS < float64(long) || s.Followers[0].OutNS >= float64(long) {
			t.Errorf("followers %+v, want the last one far", s.Followers)
		}
	})
	t.Run("the links to both", func(t *testing.T) {
		s := spansOf(t, bootedLoad(t, "nodes: 3"+linked("[{delay: 250ms}]")))
		for _, each := range s.Spans {
			network := each.Name == results.SpanNetworkOut || each.Name == results.SpanNetworkBack
			if network != (each.NS >= float64(long)) || network != (each.AskedNS == float64(long)) {
				t.Errorf("%+v, want both ways of the network, and nothing else, to take %v", each, long)
			}
		}
	})
	t.Run("the state machine", func(t *testing.T) {
		l := bootedLoad(t, "nodes: 1\nstorage: {apply_delay: 20ms}"+seldom)
		s := spansOf(t, l)
		if got := s.Of(results.SpanApply).NS; got < float64(20*time.Millisecond) {
			t.Errorf("apply took %v, where it was made to take 20ms", time.Duration(got))
		}
	})
}

func linked(links string) string {
	return "\nnetwork: {profile: none, links: " + links + "}" + seldom[len("\nnetwork: {profile: none}"):]
}

func slowDisk(t *testing.T, m Member, fault control.DiskFault) {
	t.Helper()
	if err := m.Disk(t.Context(), fault); err != nil {
		t.Fatal(err)
	}
}

// What comes through a follower is told so.
func TestForwardedWritesAreTold(t *testing.T) {
	s := spansOf(t, bootedLoad(t, "nodes: 3"+seldom[:len(seldom)-2]+", target: follower}\n"))
	if s == nil || s.Joined == 0 || s.Forwarded != s.Joined {
		t.Errorf("got %+v, want all of the joined writes forwarded", s)
	}
}

// spoiledSpans is a system whose nodes lose records, or cannot be asked.
type spoiledSpans struct {
	System
	spoil func(map[string]control.Spans) error
}

func (s spoiledSpans) Spans(ctx context.Context) (map[string]control.Spans, error) {
	noted, err := s.System.Spans(ctx)
	return noted, errors.Join(err, s.spoil(noted))
}

// Records that were lost, and nodes that cannot be asked, are told; the window stands.
func TestLostSpansAreTold(t *testing.T) {
	l := bootedLoad(t, "nodes: 1"+seldom)
	whole := l.system
	l.system = spoiledSpans{whole, func(noted map[string]control.Spans) error {
		noted["n1"] = control.Spans{Lost: 17}
		return nil
	}}
	s := spansOf(t, l)
	m, said := says(l.record.Remarks, results.CodeSpansLost)
	if s.Joined != 0 || s.Lost != 17 || !said || m.Got != 0 || m.Count != 17 || m.Of != s.Chosen || m.Severity != results.Note {
		t.Errorf("got %+v and the remark %+v", s, m)
	}
	l.system = spoiledSpans{whole, func(map[string]control.Spans) error { return errors.New("no such command") }}
	if s := spansOf(t, l); s != nil {
		t.Errorf("got %+v of nodes that could not be asked", s)
	}
	if m, said := says(l.record.Remarks, results.CodeSpansUnread); !said || m.Detail != "no such command" {
		t.Errorf("remarks %+v, want that the nodes could not be asked", l.record.Remarks)
	}
}

// Where spans are off nobody is asked for any.
func TestSpansCanBeOff(t *testing.T) {
	l := bootedLoad(t, "nodes: 1"+seldom[:len(seldom)-2]+", spans: false}\n")
	if s := spansOf(t, l); s != nil || len(l.record.Remarks) > 0 && l.record.Remarks[0].Code == results.CodeSpansUnread {
		t.Errorf("got %+v and remarks %+v, want nothing of spans", s, l.record.Remarks)
	}
	if l.record.Settings["workload.spans"] != "false" {
		t.Errorf("settings %v, want that spans were off", l.record.Settings)
	}
}
