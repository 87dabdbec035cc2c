package check

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// Each store below errs now and then, as broken systems have
// been seen to. Whatever it does is objected to in every history of a thousand
// operations on few keys.
func TestBrokenStoresAreObjectedTo(t *testing.T) {
	sometimes := func(bug func(s *sim, o *history.Operation) bool) func(*sim, *history.Operation) bool {
		return func(s *sim, o *history.Operation) bool { return s.chance(0.2) && bug(s, o) }
	}
	answer := func(s *sim, o *history.Operation, succeeded bool) bool {
		*o.Return = history.Return{ID: o.ID, Outcome: history.OK, Revision: s.revision, Succeeded: succeeded}
		return true
	}
	nothing := func(s *sim) bool { // changed, at a revision
		s.revision++
		s.log = append(s.log, nil)
		return true
	}
	for name, bug := range map[string]func(s *sim, o *history.Operation) bool{
		"a write is acknowledged and dropped": sometimes(func(s *sim, o *history.Operation) bool {
			return o.Kind == history.Put && nothing(s) && answer(s, o, true)
		}),
		"a linearizable read is answered from the past": sometimes(func(s *sim, o *history.Operation) bool {
			if len(o.Writes)+len(o.Compares) > 0 {
				return false
			}
			s.serve(o, max(s.base-1, s.revision-10))
			return true
		}),
		"a linearizable read is answered from the past as if it were the present": sometimes(func(s *sim, o *history.Operation) bool {
			if len(o.Writes)+len(o.Compares) > 0 {
				return false
			}
			s.serve(o, max(s.base-1, s.revision-10))
			o.Return.Revision = s.revision
			return true
		}),
		"a write is applied twice": sometimes(func(s *sim, o *history.Operation) bool {
			if o.Kind != history.Put {
				return false
			}
			s.change(o, true)
			answer(s, o, true)
			s.change(o, true)
			return true
		}),
		"a write that took effect is told as rejected": sometimes(func(s *sim, o *history.Operation) bool {
			if len(o.Writes) == 0 || len(o.Compares) > 0 || !s.change(o, true) {
				return false
			}
			*o.Return = history.Return{ID: o.ID, Outcome: history.Rejected}
			return true
		}),
		"a transaction is applied by half": func(s *sim, o *history.Operation) bool {
			if len(o.Writes) < 2 {
				return false
			}
			all, bug := o.Writes, s.bug
			o.Writes, s.bug = all[:1], nil
			s.apply(o)
			o.Writes, s.bug = all, bug
			return true
		},
		"a compare is not looked at": sometimes(func(s *sim, o *history.Operation) bool {
			return o.Kind == history.CAS && s.store[o.Writes[0].Key].ModRevision != o.Compares[0].ModRevision && s.change(o, true) && answer(s, o, true)
		}),
		"a deletion is acknowledged and not done": sometimes(func(s *sim, o *history.Operation) bool {
			return o.Kind == history.Delete && nothing(s) && answer(s, o, true)
		}),
		"a key is lost": func(s *sim, _ *history.Operation) bool {
			if s.chance(0.02) {
				delete(s.store, s.key())
			}
			return false
		},
		"the last ten revisions are lost": func(s *sim, _ *history.Operation) bool {
			if s.chance(0.02) && len(s.log) > 10 {
				s.revision -= 10
				s.log = s.log[:len(s.log)-10]
				clear(s.store)
				for n := range s.keys {
					if kv := s.at("k"+string(rune('0'+n)), s.revision); kv.ModRevision > 0 {
						s.store[kv.Key] = kv
					}
				}
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				s := newSim(seed, 10, 5)
				s.unknown, s.bug = 0.02, bug
				if v := Judge(s.run(1000, 3), time.Minute); v.Answer != Violated {
					t.Errorf("%s, seed %d: got %s", name, seed, v.Answer)
				}
			}
		})
	}
}

// Whatever a file holds, the judge ends; and where it is small, it objects only if
// no order explains it.
func FuzzJudge(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.jsonl")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := history.Decode("fuzz", bytes.NewReader(text))
		if err != nil {
			return
		}
		v := Judge(h, time.Second)
		_ = picture(v)
		if len(v.Findings) > 0 && v.Findings[0].Rule == results.RuleMalformed {
			return // of the form of answers the other knows nothing
		}
		if small(h) && (v.Answer == Violated) == linearizable(h.Operations, h.Alone) && v.Answer != Undecided {
			t.Errorf("got %s: %v\n%s", v.Answer, v.Findings, show(h))
		}
	})
}

// small enough to try every order.
func small(h *history.History) bool {
	const operations, revision = 7, 12
	if len(h.Operations) > operations {
		return false
	}
	for _, o := range h.Operations {
		if o.Return == nil {
			continue
		}
		if o.Return.Revision > revision {
			return false
		}
		for _, kv := range o.Return.Read {
			if kv.ModRevision > revision {
				return false
			}
		}
		for _, c := range o.Compares {
			if c.ModRevision > revision {
				return false
			}
		}
	}
	return true
}
