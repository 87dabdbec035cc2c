package node

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/control"
)

// TestATermsFirstEntryIsTold: each follower's first acknowledgement of the leader's
// no-op, once, also where messages are lost and delivered twice, and nothing more
// however much is written.
func TestATermsFirstEntryIsTold(t *testing.T) {
	for name, faults := range map[string]*control.MessageFaults{"": nil, "with message faults": {Drop: 0.2, Duplicate: 0.2}} {
		t.Run(name, func(t *testing.T) {
			nodes, events := startHeard(t, 3, func(o *control.Options) { o.MessageFaults = faults })
			leader := nodes[0]
			told := func() []control.Event { return events[leader.opts.ID].of(control.EventNoop) }
			eventually(t, "both followers hold the term's first entry", func() bool { return len(told()) == 2 })
			for i := range 50 {
				if _, err := leader.put(bounded(t), &pb.PutRequest{Key: fmt.Appendf(nil, "k%d", i)}); err != nil {
					t.Fatal(err)
				}
			}
			got := told()
			if len(got) != 2 || got[0].From == got[1].From || got[0].AtNS == 0 {
				t.Fatalf("told %+v, want each follower once", got)
			}
			var entry raft.Log
			if err := leader.stores.logs.GetLog(got[0].Index, &entry); err != nil || entry.Type != raft.LogNoop || entry.Term != got[0].Term || got[1].Index != got[0].Index {
				t.Errorf("told %+v, and index %d holds %+v, %v: want the term's no-op", got, got[0].Index, entry, err)
			}
		})
	}
}

// answering is a transport whose followers acknowledge everything.
type answering struct {
	wholeTransport
	pipeline raft.AppendPipeline
}

func (a *answering) AppendEntries(_ raft.ServerID, _ raft.ServerAddress, _ *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	resp.Success = true
	return nil
}

func (a *answering) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return a.pipeline, nil
}

type somePipeline struct{ raft.AppendPipeline }

// TestPipelinesBeginWithTheTerm: a pipeline is refused, as a transport without any
// does, until the term's first entry is acknowledged in a request of its own, and is
// the transport's own from then on, with nothing in between.
func TestPipelinesBeginWithTheTerm(t *testing.T) {
	own := &somePipeline{}
	var told []control.Event
	tr := newElectionTransport(&answering{pipeline: own}, func(e control.Event) { told = append(told, e) })
	ask := func(r raft.AppendEntriesRequest) {
		t.Helper()
		if err := tr.AppendEntries("n2", "", &r, &raft.AppendEntriesResponse{}); err != nil {
			t.Fatal(err)
		}
	}
	piped := func() bool {
		p, err := tr.AppendEntriesPipeline("n2", "")
		if err != nil && !errors.Is(err, raft.ErrPipelineReplicationNotSupported) {
			t.Fatal(err)
		}
		return p == raft.AppendPipeline(own)
	}
	entry := func(index, term uint64, of raft.LogType) *raft.Log {
		return &raft.Log{Index: index, Term: term, Type: of}
	}

	ask(raft.AppendEntriesRequest{Term: 3})                                                                      // a heartbeat
	ask(raft.AppendEntriesRequest{Term: 3, PrevLogEntry: 7, PrevLogTerm: 2})                                     // before the no-op is stored
	ask(raft.AppendEntriesRequest{Term: 3, Entries: []*raft.Log{entry(6, 2, raft.LogCommand)}, PrevLogEntry: 5}) // what it lacked
	if len(told) > 0 || piped() {
		t.Errorf("told %+v, a pipeline: %v; want neither before the term's first entry", told, piped())
	}
	ask(raft.AppendEntriesRequest{Term: 3, Entries: []*raft.Log{entry(7, 2, raft.LogCommand), entry(8, 3, raft.LogNoop), entry(9, 3, raft.LogCommand)}})
	ask(raft.AppendEntriesRequest{Term: 3, Entries: []*raft.Log{entry(10, 3, raft.LogCommand)}})
	if len(told) != 1 || told[0].From != "n2" || told[0].Term != 3 || told[0].Index != 8 || !piped() {
		t.Errorf("told %+v, a pipeline: %v; want index 8 once, and the transport's own pipeline", told, piped())
	}
	// In a later term the no-op came in a snapshot: what it goes on from is of the term.
	ask(raft.AppendEntriesRequest{Term: 5, PrevLogEntry: 12, PrevLogTerm: 3, LeaderCommitIndex: 12})
	refused := !piped()
	ask(raft.AppendEntriesRequest{Term: 5, PrevLogEntry: 20, PrevLogTerm: 5, LeaderCommitIndex: 20})
	if len(told) != 2 || told[1].Term != 5 || !refused || !piped() {
		t.Errorf("told %+v, refused before: %v, a pipeline now: %v", told, refused, piped())
	}
}

// TestALostLeaseIsTold: apart from every other end of a leader's.
func TestALostLeaseIsTold(t *testing.T) {
	steppedDown := func(h *heard) (out []control.Event) {
		for _, e := range h.of(control.EventRole)[1:] { // the first is how it starts
			if e.State == raft.Follower.String() {
				out = append(out, e)
			}
		}
		return out
	}
	t.Run("cut off", func(t *testing.T) {
		nodes, events := startHeard(t, 3, func(o *control.Options) { o.Raft = control.DefaultRaft() })
		leader := nodes[0]
		if err := leader.Links(control.Fault{Action: control.FaultCut}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the leader steps down for its lease", func() bool {
			for _, e := range steppedDown(events[leader.opts.ID]) {
				if e.Lease {
					return true
				}
			}
			return false
		})
	})
	t.Run("handed over", func(t *testing.T) {
		nodes, events := startHeard(t, 3, nil)
		if err := nodes[0].Transfer(nodes[1].opts.ID); err != nil {
			t.Fatal(err)
		}
		told := events[nodes[0].opts.ID]
		eventually(t, "the leader steps down", func() bool { return len(steppedDown(told)) > 0 })
		for _, e := range steppedDown(told) {
			if e.Lease {
				t.Errorf("told %+v, and it handed its place over", e)
			}
		}
	})
}

// What a request costs beyond the transport's own once the term's first entry is
// acknowledged: some nanoseconds for one that is no pipeline's, nothing for those.
func BenchmarkAppendEntries(b *testing.B) {
	bare := &answering{pipeline: &somePipeline{}}
	args := &raft.AppendEntriesRequest{Term: 2, Entries: []*raft.Log{{Index: 2, Term: 2, Type: raft.LogNoop}}}
	for name, tr := range map[string]raft.Transport{"bare": bare, "told": newElectionTransport(bare, func(control.Event) {})} {
		b.Run(name, func(b *testing.B) {
			resp := &raft.AppendEntriesResponse{}
			b.ReportAllocs()
			for b.Loop() {
				if err := tr.AppendEntries("n2", "", args, resp); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
