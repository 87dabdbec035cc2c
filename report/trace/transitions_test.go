package trace

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
)

// A record becomes the transitions of a specification: who stands for election enters
// its term by itself, a pre-vote is no transition, and what is not known is left out.
func TestTransitionsTellATrial(t *testing.T) {
	trial := results.Trial{Cell: "n3-hashicorp-none", Trial: 2, Nodes: 3, Events: []results.Event{
		{AtNS: 100, Node: "n1", Kind: results.EventOpening},
		{AtNS: 101, Node: "n1", Kind: results.EventTerm},
		{AtNS: 101, Node: "n2", Kind: results.EventOpening},
		{AtNS: 102, Node: "n2", Kind: results.EventTerm},
		{AtNS: 103, Node: "n1", Kind: results.EventRole, State: results.StateCandidate},
		{AtNS: 104, Node: "n2", Kind: results.EventVote, Peer: "n1", Term: 1, PreVote: true},
		{AtNS: 105, Node: "n1", Kind: results.EventBallot, Peer: "n2", Term: 1, PreVote: true, Granted: true},
		{AtNS: 106, Node: "n1", Kind: results.EventTerm, Term: 1},
		{AtNS: 107, Node: "n2", Kind: results.EventVote, Peer: "n1", Term: 1},
		{AtNS: 108, Node: "n2", Kind: results.EventTerm, Term: 1},
		{AtNS: 109, Node: "n1", Kind: results.EventBallot, Peer: "n2", Term: 1, Granted: true},
		{AtNS: 110, Node: "n1", Kind: results.EventBallot, Peer: "n3", Term: 1},
		{AtNS: 111, Node: "n1", Kind: results.EventRole, State: results.StateLeader, Term: 1, Index: 1},
		{AtNS: 112, Node: "n2", Kind: results.EventLeader, Peer: "n1", Term: 1},
		{AtNS: 113, Node: "n1", Kind: results.EventNoop, Peer: "n2", Term: 1, Index: 2},
		{AtNS: 114, Node: "n1", Kind: results.EventAcked, Term: 1, Index: 7},
		{AtNS: 115, Node: "n1", Kind: results.EventSnapshot, Index: 7},
		{AtNS: 116, Node: "n3", Kind: results.EventInstall, Index: 7},
		{AtNS: 117, Node: "n1", Kind: results.EventRole, State: results.StateFollower, Term: 2},
		{AtNS: 118, Node: "n2", Kind: results.EventFault, Action: "cut", Peer: "n3", Target: "n2->n3"},
		{AtNS: 119, Node: "n1", Kind: results.EventDropped, Count: 4},
		{AtNS: 120, Node: "n1", Kind: results.EventHeld, Count: 4},
		{AtNS: 121, Node: "n1", Kind: results.EventOpening},
		{AtNS: 122, Node: "n1", Kind: results.EventTerm, Term: 2},
		{AtNS: 123, Node: "n1", Kind: results.EventRestart, Index: 9},
	}}
	want := []string{
		`{"tag":"trial","ts":0,"trial":{"cell":"n3-hashicorp-none","trial":2,"nodes":["n1","n2","n3"]}}`,
		`{"tag":"trace","ts":1,"event":{"name":"InitState","nid":"n1","state":{"term":0},"role":"StateFollower"}}`,
		`{"tag":"trace","ts":2,"event":{"name":"InitState","nid":"n2","state":{"term":0},"role":"StateFollower"}}`,
		`{"tag":"trace","ts":6,"event":{"name":"BecomeCandidate","nid":"n1","state":{"term":1,"vote":"n1"},"role":"StateCandidate"}}`,
		`{"tag":"trace","ts":7,"event":{"name":"ReceiveRequestVoteRequest","nid":"n2","state":{"term":0},"role":"StateFollower","msg":{"type":"MsgVote","term":1,"from":"n1","to":"n2"}}}`,
		`{"tag":"trace","ts":8,"event":{"name":"UpdateTerm","nid":"n2","state":{"term":1},"role":"StateFollower"}}`,
		`{"tag":"trace","ts":9,"event":{"name":"ReceiveRequestVoteResponse","nid":"n1","state":{"term":1,"vote":"n1"},"role":"StateCandidate","msg":{"type":"MsgVoteResp","term":1,"from":"n2","to":"n1","reject":false}}}`,
		`{"tag":"trace","ts":10,"event":{"name":"ReceiveRequestVoteResponse","nid":"n1","state":{"term":1,"vote":"n1"},"role":"StateCandidate","msg":{"type":"MsgVoteResp","term":1,"from":"n3","to":"n1","reject":true}}}`,
		`{"tag":"trace","ts":11,"event":{"name":"BecomeLeader","nid":"n1","state":{"term":1,"vote":"n1"},"role":"StateLeader","log":1}}`,
		`{"tag":"trace","ts":13,"event":{"name":"ReceiveAppendEntriesResponse","nid":"n1","state":{"term":1,"vote":"n1"},"role":"StateLeader","msg":{"type":"MsgAppResp","term":1,"from":"n2","to":"n1","index":2,"reject":false}}}`,
		`{"tag":"trace","ts":14,"event":{"name":"acked","nid":"n1","state":{"term":1,"vote":"n1"},"role":"StateLeader","prop":{"index":7,"term":1}}}`,
		`{"tag":"trace","ts":15,"event":{"name":"snapshot","nid":"n1","state":{"term":1,"vote":"n1"},"role":"StateLeader","prop":{"index":7}}}`,
		`{"tag":"trace","ts":16,"event":{"name":"ReceiveSnapshot","nid":"n3","role":"StateFollower","log":7}}`,
		`{"tag":"trace","ts":17,"event":{"name":"BecomeFollower","nid":"n1","state":{"term":2},"role":"StateFollower"}}`,
		`{"tag":"trace","ts":18,"event":{"name":"fault","nid":"n2","state":{"term":1},"role":"StateFollower","prop":{"action":"cut","peer":"n3","target":"n2-\u003en3"}}}`,
		`{"tag":"trace","ts":19,"event":{"name":"dropped","nid":"n1","state":{"term":2},"role":"StateFollower","prop":{"count":4}}}`,
		`{"tag":"trace","ts":22,"event":{"name":"InitState","nid":"n1","state":{"term":2},"role":"StateFollower"}}`,
		`{"tag":"trace","ts":23,"event":{"name":"restart","nid":"n1","state":{"term":2},"role":"StateFollower","log":9}}`,
	}
	got := strings.Split(strings.TrimSpace(string(TransitionsOf(&trial))), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
