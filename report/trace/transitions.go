package trace

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/results"
)

// TransitionsSuffix ends the names of the files with a trial's state transitions.
const TransitionsSuffix = ".ndjson"

// A trial's state transitions, one JSON object a line, are for whoever holds a run
// against a specification of Raft: in the shape and, where they fit, with the names of
// the traces of etcd-io/raft (state_trace.go), which a TLA+ trace specification reads.
// What is not on record is left out of a line, never made up. docs/traces.md says which
// transitions are on record and which are not.

// transition is a line. Its tag is "trace"; the first line's is "trial".
type transition struct {
	Tag   string       `json:"tag"`
	AtNS  int64        `json:"ts"` // from the trial's first event
	Event *specStep    `json:"event,omitempty"`
	Trial *tracedTrial `json:"trial,omitempty"`
}

// tracedTrial is what the transitions are of.
type tracedTrial struct {
	Cell  string `json:"cell"`
	Trial int    `json:"trial"`
	// Nodes are the voters at the beginning.
	Nodes []string `json:"nodes"`
}

// specStep is what happened to a node. State and Role are as they are afterwards, but of a
// message as they were when it came.
type specStep struct {
	Name       string         `json:"name"`
	Node       string         `json:"nid,omitempty"`
	State      *specState     `json:"state,omitempty"`
	Role       string         `json:"role,omitempty"`
	Log        *uint64        `json:"log,omitempty"` // index of the last entry
	Message    *specMessage   `json:"msg,omitempty"`
	Properties map[string]any `json:"prop,omitempty"`
}

type specState struct {
	Term uint64 `json:"term"`
	// Vote is known of who stands for election or leads: its own.
	Vote string `json:"vote,omitempty"`
}

type specMessage struct {
	Type   string `json:"type"`
	Term   uint64 `json:"term"`
	From   string `json:"from"`
	To     string `json:"to"`
	Index  uint64 `json:"index,omitempty"`
	Reject *bool  `json:"reject,omitempty"` // of an answer
}

// specifiedRoles are results' states in the names of etcd's traces.
var specifiedRoles = map[string]string{
	results.StateFollower: "StateFollower", results.StateCandidate: "StateCandidate", results.StateLeader: "StateLeader",
}

// nodeInTerm is a node in a term.
type nodeInTerm struct {
	node string
	term uint64
}

// transitions goes through a trial's events.
type transitions struct {
	begin int64
	out   bytes.Buffer
	stood map[nodeInTerm]bool // for election
	nodes map[string]*specified
}

// specified is what is known of a node so far.
type specified struct {
	state *specState // nil where its term is not known
	role  string     // a follower's until it tells otherwise, as raft has it
	// opens: it was started, and has not told which term it found.
	opens bool
}

// TransitionsOf a trial that has events, which are in the order of their instants.
func TransitionsOf(t *results.Trial) []byte {
	w := &transitions{begin: t.Events[0].AtNS, stood: whoStood(t.Events), nodes: map[string]*specified{}}
	of := tracedTrial{Cell: clean.Name(t.Cell), Trial: t.Trial, Nodes: []string{}}
	for i := range min(t.Nodes, MostLanes) {
		of.Nodes = append(of.Nodes, fmt.Sprintf("n%d", i+1))
	}
	w.line(transition{Tag: "trial", Trial: &of})
	for i := range t.Events {
		e := &t.Events[i]
		if s := w.step(e); s != nil {
			s.Node = clean.Name(e.Node)
			w.line(transition{Tag: "trace", AtNS: e.AtNS - w.begin, Event: s})
		}
	}
	return w.out.Bytes()
}

// whoStood for election in which terms: who stores a term in which it stands has
// entered it by its own doing.
func whoStood(events []results.Event) map[nodeInTerm]bool {
	stood := map[nodeInTerm]bool{}
	for i := range events {
		switch e := &events[i]; {
		case e.PreVote:
		case e.Kind == results.EventBallot, e.Kind == results.EventRole && e.State == results.StateLeader:
			stood[nodeInTerm{e.Node, e.Term}] = true
		case e.Kind == results.EventVote:
			stood[nodeInTerm{e.Peer, e.Term}] = true
		}
	}
	return stood
}

func (w *transitions) line(t transition) {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // it holds texts and numbers only
	}
	w.out.Write(append(text, '\n'))
}

func (w *transitions) node(id string) *specified {
	if w.nodes[id] == nil {
		w.nodes[id] = &specified{role: results.StateFollower}
	}
	return w.nodes[id]
}

// step is an event as a line has it; nil where it is no transition.
func (w *transitions) step(e *results.Event) *specStep {
	n := w.node(e.Node)
	switch e.Kind {
	case results.EventOpening:
		*n = specified{role: results.StateFollower, opens: true}
		return nil
	case results.EventTerm:
		return w.term(n, e)
	case results.EventRole:
		return n.enter(e)
	case results.EventVote, results.EventBallot, results.EventNoop:
		return n.message(e)
	case results.EventLeader, results.EventHeld, results.EventProgress:
		return nil
	}
	return n.beside(e)
}

// term that a node stored: as it starts, to stand for election, or since it heard of it.
func (w *transitions) term(n *specified, e *results.Event) *specStep {
	n.state = &specState{Term: e.Term}
	switch in := (nodeInTerm{e.Node, e.Term}); {
	case n.opens:
		n.opens = false
		return n.as("InitState")
	case w.stood[in]:
		delete(w.stood, in)
		n.state.Vote, n.role = clean.Name(e.Node), results.StateCandidate
		return n.as("BecomeCandidate")
	}
	return n.as("UpdateTerm")
}

// enter a role. Raft calls a candidate also one that asks for pre-votes alone, which is
// none in a specification without them: BecomeCandidate is when its term is stored.
func (n *specified) enter(e *results.Event) *specStep {
	switch {
	case e.State == results.StateLeader:
		n.role = e.State
		if e.Term > 0 {
			n.state = &specState{Term: e.Term, Vote: clean.Name(e.Node)}
		}
		s := n.as("BecomeLeader")
		if e.Index > 0 {
			s.Log = &e.Index
		}
		return s
	case e.State == results.StateFollower && n.role != e.State:
		n.role = e.State
		if n.state != nil && e.Term > n.state.Term {
			n.state = &specState{Term: e.Term}
		}
		return n.as("BecomeFollower")
	}
	return nil
}

// message that a node was sent. Pre-votes are in no specification that is known here.
func (n *specified) message(e *results.Event) *specStep {
	if e.PreVote {
		return nil
	}
	m := &specMessage{Term: e.Term, From: clean.Name(e.Peer), To: clean.Name(e.Node), Index: e.Index}
	var s *specStep
	switch e.Kind {
	case results.EventVote:
		m.Type, s = "MsgVote", n.as("ReceiveRequestVoteRequest")
	case results.EventBallot:
		refused := !e.Granted
		m.Type, m.Reject, s = "MsgVoteResp", &refused, n.as("ReceiveRequestVoteResponse")
	default:
		m.Type, m.Reject, s = "MsgAppResp", new(bool), n.as("ReceiveAppendEntriesResponse")
	}
	s.Message = m
	return s
}

// beside what raft does stands what its node and its surroundings do.
func (n *specified) beside(e *results.Event) *specStep {
	s := n.as(clean.Name(string(e.Kind)))
	s.Properties = map[string]any{}
	for name, text := range map[string]string{"action": e.Action, "target": e.Target, "peer": e.Peer} {
		if text != "" {
			s.Properties[name] = clean.Name(text)
		}
	}
	if e.Count > 0 {
		s.Properties["count"] = e.Count
	}
	switch e.Kind {
	case results.EventInstall:
		s.Name, s.Log = "ReceiveSnapshot", &e.Index
	case results.EventRestart:
		s.Log = &e.Index
	case results.EventSnapshot:
		s.Properties["index"] = e.Index
	case results.EventAcked:
		s.Properties["index"], s.Properties["term"] = e.Index, e.Term
	}
	return s
}

// as is a step of a node as it is now.
func (n *specified) as(name string) *specStep {
	s := &specStep{Name: name, Role: specifiedRoles[n.role]}
	if n.state != nil {
		state := *n.state
		s.State = &state
	}
	return s
}
