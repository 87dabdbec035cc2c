package check

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/history"
)

// show a history, for a test that failed.
func show(h *history.History) string {
	var b strings.Builder
	for _, o := range h.Operations {
		fmt.Fprintf(&b, "%+v", o.Call)
		if o.Return != nil {
			fmt.Fprintf(&b, " → %+v", *o.Return)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// The judge is silent on whatever a store can do: on thousands of histories that
// are linearizable by how they are made, small and crowded or long.
func TestNoLinearizableHistoryIsObjectedTo(t *testing.T) {
	undecided := 0
	for seed := range uint64(4000) {
		random := rand.New(rand.NewPCG(seed, 0))
		s := newSim(seed, 1+random.IntN(8), 1+random.IntN(4))
		s.unknown, s.reads = random.Float64()/2, random.Float64()
		h := s.run(5+random.IntN(60), 3)
		switch v := Judge(h, time.Minute); v.Answer {
		case Violated:
			t.Fatalf("seed %d: %v\n%s", seed, v.Findings, show(h))
		case Undecided:
			undecided++
		}
	}
	// Where half of all writes have no outcome, not all is decided.
	if undecided > 4 {
		t.Errorf("%d of 4000 undecided", undecided)
	}
	for seed := range uint64(20) {
		s := newSim(seed, 20, 5)
		if v := Judge(s.run(3000, 5), time.Minute); v.Answer != Holds {
			t.Fatalf("seed %d: %s %v %v", seed, v.Answer, v.Findings, v.UndecidedKeys)
		}
	}
}

// On small histories that were tampered with, the judge agrees with one that
// tries every order, whether others may have written or not.
func TestTheJudgeAgreesWithTryingEveryOrder(t *testing.T) {
	for _, alone := range []bool{false, true} {
		t.Run(fmt.Sprintf("alone=%t", alone), func(t *testing.T) { agree(t, alone) })
	}
}

func agree(t *testing.T, alone bool) {
	count := map[string]int{}
	for seed := range uint64(6000) {
		random := rand.New(rand.NewPCG(seed, 0))
		s := newSim(seed, 1+random.IntN(5), 1+random.IntN(3))
		s.unknown, s.reads = random.Float64()*0.7, random.Float64()*0.8
		h := s.run(3+random.IntN(7), random.IntN(2))
		h.Alone = alone
		for range random.IntN(4) {
			tamper(random, h)
		}
		v, legal := Judge(h, time.Minute), linearizable(h.Operations, alone)
		if v.Answered() > 0 { // any order explains all others
			count[fmt.Sprintf("%t %s", legal, v.Answer)]++
		}
		if legal && v.Answer == Violated || !legal && v.Answer == Holds {
			t.Fatalf("seed %d: got %s, but trying every order says %t: %v\n%s", seed, v.Answer, legal, v.Findings, show(h))
		}
	}
	if count["false "+string(Violated)] < 500 || count["true "+string(Undecided)]+count["false "+string(Undecided)] > 2 {
		t.Errorf("the histories are too tame, or too few are decided: %v", count)
	}
}

// tamper with one answer.
func tamper(random *rand.Rand, h *history.History) {
	o := &h.Operations[random.IntN(len(h.Operations))]
	if o.Return == nil || o.Outcome() != history.OK {
		return
	}
	other := h.Operations[random.IntN(len(h.Operations))]
	switch random.IntN(7) {
	case 6: // an effect that nobody read
		if len(o.Writes) > 0 {
			o.Return = nil
		}
	case 0:
		o.Return.Revision = max(1, o.Return.Revision+int64(random.IntN(3))-1)
	case 1:
		if (len(o.Compares) > 0 || o.Kind == history.Delete) && len(o.Return.Read) == 0 && len(o.Reads) == 0 {
			o.Return.Succeeded = !o.Return.Succeeded
		}
	case 2:
		if len(o.Return.Read) > 0 && o.Kind != history.Scan {
			kv := &o.Return.Read[random.IntN(len(o.Return.Read))]
			*kv = history.KV{Key: kv.Key}
		}
	case 3: // another's answer
		if other.Outcome() == history.OK && len(o.Reads) == 1 && len(o.Return.Read) == 1 && len(other.Reads) == 1 && o.Reads[0] == other.Reads[0] && len(other.Return.Read) == 1 {
			o.Return.Read = other.Return.Read
		}
	case 4:
		if o.Kind != history.Scan {
			o.Return = &history.Return{ID: o.ID, AtNS: o.Return.AtNS, Outcome: history.Outcome([]string{"rejected", "unknown"}[random.IntN(2)])}
		}
	case 5:
		o.Return.AtNS = max(o.AtNS, o.Return.AtNS-int64(random.IntN(10)))
	}
}

// What no arrangement explains does not hold, also where it is a scan that found
// nothing: a compare at revision 1 failed, so one of two keys was there, nobody
// deleted it, and at revision 2 there is none.
func TestAnUnexplainedEmptyScanIsNoPass(t *testing.T) {
	ok := func(id, at, revision int64) *history.Return {
		return &history.Return{ID: id, AtNS: at, Outcome: history.OK, Revision: revision}
	}
	h := &history.History{Header: history.Header{Version: 1, Nodes: 1}, Operations: []history.Operation{
		{Call: history.Call{ID: 1, AtNS: 1, Kind: history.Txn, Compares: []history.Compare{{Key: "k0"}, {Key: "k1"}}}, Return: ok(1, 5, 1)},
		{Call: history.Call{ID: 2, AtNS: 3, Kind: history.Put, Writes: []history.Write{{Key: "k1", Value: "v"}}}},
		{Call: history.Call{ID: 3, AtNS: 6, Kind: history.Scan}, Return: ok(3, 7, 2)},
	}}
	if v := Judge(h, time.Minute); v.Answer == Holds || linearizable(h.Operations, false) {
		t.Errorf("got %s", v.Answer)
	}
}

// demanding is a history of n puts, each deleted by an operation of unknown outcome
// and seen to be gone, and an answer that nothing in the history explains or refutes:
// the judge tries all arrangements.
func demanding(n int) *history.History {
	undecided, err := history.Read("testdata/undecided.jsonl")
	if err != nil {
		panic(err)
	}
	h := &history.History{Header: history.Header{Version: 1, Nodes: 3}}
	id, now := int64(1000), int64(1)
	add := func(c history.Call, r history.Return) {
		id, now = id+1, now+2
		c.ID, c.AtNS, r.ID, r.AtNS = id, now, id, now+1
		h.Operations = append(h.Operations, history.Operation{Call: c, Return: &r})
	}
	base := int64(0)
	for _, o := range undecided.Operations { // moved out of the way
		if o.Return != nil {
			base = max(base, o.Return.Revision)
		}
		now = max(now, o.AtNS)
		h.Operations = append(h.Operations, o)
	}
	now += 1000
	for i := range n {
		r := base + int64(2*i) + 1
		add(history.Call{Kind: history.Put, Writes: []history.Write{{Key: "x", Value: fmt.Sprint("x", i)}}}, history.Return{Outcome: history.OK, Succeeded: true, Revision: r})
		add(history.Call{Kind: history.Delete, Writes: []history.Write{{Key: "x", Delete: true}}}, history.Return{Outcome: history.Unknown})
		add(history.Call{Kind: history.Get, Reads: []string{"x"}}, history.Return{Outcome: history.OK, Succeeded: true, Revision: r + 1, Read: []history.KV{{Key: "x"}}})
	}
	return h
}

// However much there is to try, the judge ends soon after its time, and after a
// bounded number of steps where it has much.
func TestTheTimeBoundsAllOfTheWork(t *testing.T) {
	h := demanding(5000)
	j := judged(h, 0)
	if v := j.verdict(time.Now()); v.Answer != Undecided || j.pace.done > lookUp {
		t.Errorf("got %s after %d steps, want at most %d after the time", v.Answer, j.pace.done, lookUp)
	}
	j = judged(h, time.Hour)
	if v := j.verdict(time.Now()); v.Answer != Undecided || j.pace.done > stepsToRefute+stepsToExplain {
		t.Errorf("got %s after %d steps, want at most %d", v.Answer, j.pace.done, stepsToRefute+stepsToExplain)
	} else {
		t.Logf("%d steps", j.pace.done)
	}
}

// However a crash cuts a linearizable history off, what is left is one, too: what
// had not returned has no outcome.
func TestNoCutOffHistoryIsObjectedTo(t *testing.T) {
	for seed := range uint64(60) {
		s := newSim(seed, 6, 3)
		h := s.run(40, 3)
		for at := range s.now + 1 {
			cut := cutOff(h, at)
			if v := Judge(cut, time.Minute); v.Answer == Violated {
				t.Fatalf("seed %d, cut off at %d: %v\n%s", seed, at, v.Findings, show(cut))
			}
		}
	}
}

// cutOff is what was recorded of a history up to an instant.
func cutOff(h *history.History, at int64) *history.History {
	cut := &history.History{Header: h.Header}
	for _, o := range h.Operations {
		if o.AtNS > at {
			continue
		}
		if o.Return != nil && o.Return.AtNS > at {
			o.Return = nil
		}
		cut.Operations = append(cut.Operations, o)
	}
	return cut
}

func picture(v Verdict) string {
	var b bytes.Buffer
	_ = v.Visualize(&b)
	return b.String()
}
