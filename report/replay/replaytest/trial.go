// Package replaytest has a trial whose replay is known: tests of the replay and of the page
// that plays it hold theirs against one and the same.
package replaytest

import "github.com/raftbench/raftbench/results"

// ElectionTrial is a made-up trial of three members, in ms: n1 leads, is killed at 100 and starts again at
// 300; n2 asks for pre-votes, stands in term 3 and is not elected, stands in term 4 and is.
// From 700 to 800 n3 is cut off.
func ElectionTrial() *results.Trial {
	at := func(ms int64) int64 { return 1e12 + ms*1e6 }
	n := func(ms int64, node string, kind results.EventKind, e results.Event) results.Event {
		e.AtNS, e.Node, e.Kind = at(ms), node, kind
		return e
	}
	cut := []results.Ends{{From: "n3", To: "n1"}, {From: "n3", To: "n2"}, {From: "n1", To: "n3"}, {From: "n2", To: "n3"}}
	return &results.Trial{
		Cell: "n3-hashicorp-none", Trial: 2, Kind: results.Measure, Nodes: 3, Sites: []string{"a", "b", "c"},
		Timeouts: results.Timeouts{HeartbeatNS: 30e6, ElectionNS: 30e6},
		Events: []results.Event{
			n(0, "n1", results.EventOpening, results.Event{}), n(1, "n2", results.EventOpening, results.Event{}), n(2, "n3", results.EventOpening, results.Event{}),
			n(3, "n1", results.EventTerm, results.Event{Term: 2}), n(3, "n2", results.EventTerm, results.Event{Term: 1}), n(3, "n3", results.EventTerm, results.Event{Term: 1}),
			n(4, "n1", results.EventRole, results.Event{State: "leader", Term: 2, Index: 1}),
			n(5, "n2", results.EventLeader, results.Event{Peer: "n1", Term: 2}),
			n(50, "n1", results.EventProgress, results.Event{Index: 20, Commit: 20}), n(51, "n3", results.EventProgress, results.Event{Index: 20, Commit: 19}),
			n(100, "n1", results.EventFault, results.Event{Action: "kill", Target: "leader", Term: 2}),
			n(140, "n2", results.EventLeader, results.Event{Term: 2}),
			n(140, "n2", results.EventRole, results.Event{State: "candidate", Term: 2}),
			n(143, "n3", results.EventVote, results.Event{Peer: "n2", Term: 3, PreVote: true}),
			n(146, "n2", results.EventBallot, results.Event{Peer: "n3", Term: 3, PreVote: true, Granted: true}),
			n(147, "n2", results.EventTerm, results.Event{Term: 3}),
			n(150, "n3", results.EventVote, results.Event{Peer: "n2", Term: 3}),
			n(152, "n2", results.EventBallot, results.Event{Peer: "n3", Term: 3}),
			n(190, "n3", results.EventVote, results.Event{Peer: "n2", Term: 4, PreVote: true}),
			n(193, "n2", results.EventBallot, results.Event{Peer: "n3", Term: 4, PreVote: true, Granted: true}),
			n(194, "n2", results.EventTerm, results.Event{Term: 4}),
			n(197, "n3", results.EventVote, results.Event{Peer: "n2", Term: 4}),
			n(198, "n3", results.EventTerm, results.Event{Term: 4}),
			n(199, "n2", results.EventBallot, results.Event{Peer: "n3", Term: 4, Granted: true}),
			n(200, "n2", results.EventRole, results.Event{State: "leader", Term: 4, Index: 20}),
			n(201, "n3", results.EventLeader, results.Event{Peer: "n2", Term: 4}),
			n(203, "n2", results.EventNoop, results.Event{Peer: "n3", Term: 4, Index: 21}),
			n(280, "n2", results.EventProgress, results.Event{Index: 40, Commit: 40}),
			n(300, "n1", results.EventOpening, results.Event{}), n(301, "n1", results.EventTerm, results.Event{Term: 2}),
			n(310, "n1", results.EventRestart, results.Event{Term: 2, Index: 20}),
			n(311, "n1", results.EventProgress, results.Event{Index: 20}),
			n(315, "n1", results.EventTerm, results.Event{Term: 4}), n(315, "n1", results.EventLeader, results.Event{Peer: "n2", Term: 4}),
			n(361, "n1", results.EventProgress, results.Event{Index: 41, Commit: 40}),
			n(900, "n1", results.EventRole, results.Event{State: "shutdown", Term: 4}), n(901, "n2", results.EventRole, results.Event{State: "shutdown", Term: 4}),
		},
		Faults: []results.Fault{
			{Action: "kill", Target: "leader", Nodes: []string{"n1"}, Leader: "n1", Term: 2, AtNS: at(100), DoneNS: at(101), UndoNS: at(299), EndNS: at(310), Alive: 3,
				Probes: []results.Probe{{Node: "n2", FirstAckNS: 105e6, Acked: 1}}},
			{Action: "isolate", Target: "n3", Nodes: []string{"n3"}, Leader: "n2", Term: 4, AtNS: at(700), DoneNS: at(701), UndoNS: at(799), EndNS: at(800), Alive: 3, Cut: cut},
		},
		Windows: []results.Window{{Name: "calm", StartNS: at(20), DurationNS: 830e6}},
		Writes:  &results.Writes{StartNS: at(20), Every: 1, SentUS: []int64{0, 90_000, 100_000}, TookUS: []int64{1000, 2000, 900}, Outcomes: "aua"},
	}
}
