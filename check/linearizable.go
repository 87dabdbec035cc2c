package check

import (
	"io"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftbench/raftbench/results"
)

// Answer to a question that may take longer than there is time.
type Answer string

// The answers.
const (
	Holds     Answer = results.Linearizable
	Violated  Answer = results.NotLinearizable
	Undecided Answer = results.LinearizableUnsure // the time ran out
)

// Linearizability is the judgement of a History.
type Linearizability struct {
	Answer           Answer
	Keys, Operations int
	// UndecidedKeys were not decided in time.
	UndecidedKeys int
	// Findings name, for the first keys that no order explains, the operation
	// that the longest order could not place.
	Findings []Finding

	info *porcupine.LinearizationInfo // of the first violated key
}

// Linearizable looks for an order of the operations on each sampled key that
// respects real time and explains every answer, for at most within. One
// violated key is a violation, whatever the others are.
func (h *History) Linearizable(within time.Duration) Linearizability {
	deadline := time.Now().Add(within)
	h.mu.Lock()
	defer h.mu.Unlock()
	verdict := Linearizability{Answer: Holds}
	var violated []partition
	for _, key := range h.sampled() {
		p := partition{key, register(h.logs[key].end())}
		verdict.Keys++
		verdict.Operations += len(p.operations)
		switch p.decide(time.Until(deadline)) {
		case porcupine.Unknown:
			verdict.UndecidedKeys++
		case porcupine.Illegal:
			violated = append(violated, p)
		}
	}
	// Only when all is decided is the time left spent on explaining.
	for _, p := range violated[:min(len(violated), maxFindings)] {
		verdict.object(p, time.Until(deadline))
	}
	switch {
	case len(verdict.Findings) > 0:
		verdict.Answer = Violated
	case verdict.UndecidedKeys > 0:
		verdict.Answer = Undecided
	}
	return verdict
}

// Visualize writes porcupine's picture of the first violated key as a page of
// HTML; without a violation, or without the time to search for its picture,
// it writes nothing.
func (v Linearizability) Visualize(w io.Writer) error {
	if v.info == nil {
		return nil
	}
	return porcupine.Visualize(registerModel, *v.info, w)
}

// partition is the part of a history that one key has.
type partition struct {
	key        string
	operations []porcupine.Operation
}

// decide searches for as long as is left. (To porcupine, no time means no
// bound.)
func (p partition) decide(left time.Duration) porcupine.CheckResult {
	if left <= 0 {
		return porcupine.Unknown
	}
	operations, possible := narrow(p.operations)
	if !possible {
		return porcupine.Illegal
	}
	return porcupine.CheckOperationsTimeout(registerModel, operations, left)
}

// explaining one key is not worth longer than this.
const explaining = time.Second

// object adds a violated key's finding, and what its longest order could not
// place where there is time left to search for it.
func (v *Linearizability) object(p partition, left time.Duration) {
	got := unexplained
	if left > 0 {
		_, info := porcupine.CheckOperationsVerbose(registerModel, p.operations, min(left, explaining))
		if v.info == nil {
			v.info = &info
		}
		got = misfit(p.operations, info)
	}
	v.Findings = append(v.Findings, broken(results.RuleLinearizable, "", p.key, got,
		sprintf("an order of the %d operations on this key that explains it", len(p.operations))))
}

// unexplained is said where no single operation can be named.
const unexplained = "an answer that no order explains"

// sampled keys in a steady order, so that the same history gives the same
// report.
func (h *History) sampled() []string {
	keys := make([]string, 0, len(h.logs))
	for k := range h.logs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// misfit describes the first operation, by its end, that the longest order
// found cannot place.
func misfit(operations []porcupine.Operation, info porcupine.LinearizationInfo) string {
	var longest []int
	for _, partition := range info.PartialLinearizations() {
		for _, order := range partition {
			if len(order) > len(longest) {
				longest = order
			}
		}
	}
	var first *porcupine.Operation
	for i := range operations {
		if slices.Contains(longest, i) {
			continue
		}
		if first == nil || operations[i].Return < first.Return {
			first = &operations[i]
		}
	}
	if first == nil {
		return unexplained
	}
	return sprintf("%s between %v and %v", describe(first.Input, first.Output),
		time.Duration(first.Call).Round(time.Microsecond), time.Duration(first.Return).Round(time.Microsecond))
}

// state of a register. The zero state is a key that was never written.
type state struct {
	value    uint64
	revision int64
}

// input is what was asked of a register: a read where write is unset.
type input struct {
	write    bool
	value    uint64
	revision int64 // of a write: what it was given, 0 where nobody knows
}

// registerModel is one key with etcd's mod revision: a write raises the
// revision, a read answers the value and revision of the last write.
var registerModel = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(s, in, out any) (bool, any) {
		now, i := s.(state), in.(input)
		if !i.write {
			return out.(state) == now, now
		}
		return i.revision == 0 || i.revision > now.revision, state{i.value, i.revision}
	},
	DescribeOperation: describe,
	DescribeState:     func(s any) string { return s.(state).String() },
}

func describe(in, out any) string {
	if i := in.(input); i.write {
		return sprintf("write of %s", state{i.value, i.revision})
	}
	return sprintf("read of %s", out.(state))
}

func (s state) String() string {
	if s == (state{}) {
		return "no value"
	}
	return sprintf("value #%04x at revision %d", uint16(s.value), s.revision)
}

// register turns calls into porcupine's operations.
//
// A write of unknown outcome may take effect at any time after it was sent, or
// never. As all values differ, a read tells which: one that nobody read can be
// left out (its place may be after everything); one that was read took effect
// by then, and its revision is the one that was read with it. This leaves no
// operation open to the end, which is what makes such searches explode.
func register(calls []call) []porcupine.Operation {
	read := make(map[uint64]call)
	for _, c := range calls {
		if r, ok := read[c.value]; c.read && (!ok || c.done < r.done) {
			read[c.value] = c
		}
	}
	var operations []porcupine.Operation
	for _, c := range calls {
		if c.unknown {
			r, ok := read[c.value]
			if !ok {
				continue
			}
			c.revision, c.done = r.revision, max(r.done, c.sent)
		}
		operations = append(operations, c.operation())
	}
	return operations
}

func (c call) operation() porcupine.Operation {
	op := porcupine.Operation{Call: int64(c.sent), Return: int64(c.done)}
	switch {
	case !c.read:
		op.Input = input{write: true, value: c.value, revision: c.revision}
	case c.revision == 0 && c.value == hash(nil):
		op.Input, op.Output = input{}, state{}
	default:
		op.Input, op.Output = input{}, state{c.value, c.revision}
	}
	return op
}
