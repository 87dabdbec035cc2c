package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// story is a small history with every kind of outcome: k/a has two acknowledged
// writes, k/b one and then an unknown one that took effect, k/c one and an
// unknown one that did not.
func story() *cluster {
	c := newCluster()
	c.acknowledged("k/a", "a1")
	c.acknowledged("k/b", "b1")
	c.acknowledged("k/c", "c1")
	c.unknown("k/b", "b2", true)
	c.unknown("k/c", "c2", false)
	c.acknowledged("k/a", "a2")
	c.ledger.Observe(write("k/a", "a3", 0, fmt.Errorf("not leader: %w", loadgen.ErrRejected)))
	c.put("other/x", "not ours")
	return c
}

func TestAnHonestClusterPasses(t *testing.T) {
	c := story()
	report := c.audit(t, c.replica, c.clone(), c.clone())
	want := Report{Keys: 3, Acked: 4, Unknown: 2, Revision: 6}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// Each lie is told by the last of three replicas, unless all tell it (a
// consistent loss is still a loss).
func TestEachRuleIsProvoked(t *testing.T) {
	change := func(key string, f func(kv *client.KeyValue)) func(r *replica) {
		return func(r *replica) {
			kv := r.keys[key]
			f(&kv)
			r.keys[key] = kv
		}
	}
	cases := []struct {
		name string
		lie  func(r *replica)
		rule string
		lost int64
		text string
	}{
		{"key missing", func(r *replica) { delete(r.keys, "k/a") }, results.RuleLost, 2,
			`lost-write: n3 k/a: got no such key, want version 2`},
		{"one write missing", change("k/a", func(kv *client.KeyValue) { kv.Version = 1 }), results.RuleLost, 1,
			`lost-write: n3 k/a: got version 1, want version 2`},
		{"one write too many", change("k/b", func(kv *client.KeyValue) { kv.Version = 3 }), results.RuleVersion, 0,
			`version: n3 k/b: got version 3, want version 1 to 2 (1 acknowledged, 1 unknown)`},
		{"an older revision", change("k/a", func(kv *client.KeyValue) { kv.ModRevision = 1 }), results.RuleRevision, 1,
			`revision: n3 k/a: got mod revision 1, want at least 5, which was acknowledged`},
		{"another value at the acknowledged revision", change("k/a", func(kv *client.KeyValue) { kv.Value = []byte("a1") }), results.RuleValue, 0,
			`value: n3 k/a: got a value at revision 5 that nobody wrote there, want the value acknowledged at revision 5`},
		{"a rejected write that took effect", change("k/a", func(kv *client.KeyValue) { kv.Value, kv.ModRevision = []byte("a3"), 6 }), results.RuleValue, 0,
			`value: n3 k/a: got a value at revision 6 that nobody wrote there, want the value acknowledged at revision 5`},
		{"the unknown value at the acknowledged revision", change("k/c", func(kv *client.KeyValue) { kv.Value = []byte("c2") }), results.RuleValue, 0,
			`value: n3 k/c: got a value at revision 3 that nobody wrote there, want the value acknowledged at revision 3, or later one of 1 unknown writes`},
		{"a key from nowhere", func(r *replica) { r.put("k/z", "z") }, results.RuleUnexpected, 0,
			`unexpected-key: n3 k/z: got version 1 at revision 7, want no such key: nobody wrote it`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			story := story()
			liar := story.clone()
			c.lie(liar)
			liar.revision, liar.applied = story.revision, story.applied
			report := story.audit(t, story.replica, story.clone(), liar)
			expect(t, report, c.rule, c.text, c.lost)
			// The others were honest, so the hashes differ, and at that key.
			if !has(report, results.RuleHash) || report.Revision != 0 {
				t.Errorf("no objection to the hash, revision %d: %v", report.Revision, report.Findings)
			}

			story = storyOf(c.lie)
			report = story.audit(t, story.replica, story.clone())
			expect(t, report, c.rule, strings.ReplaceAll(c.text, "n3", "n2"), c.lost)
			if has(report, results.RuleHash) {
				t.Errorf("objection to the hash of replicas that agree: %v", report.Findings)
			}
		})
	}
}

// storyOf is the story with a lie that the whole cluster tells.
func storyOf(lie func(r *replica)) *cluster {
	c := story()
	lie(c.replica)
	return c
}

func expect(t *testing.T, report Report, rule, text string, lost int64) {
	t.Helper()
	if report.OK() || !has(report, rule) || report.Lost != lost {
		t.Errorf("lost %d, want %d; want rule %q among %v", report.Lost, lost, rule, report.Findings)
	}
	for _, f := range report.Findings {
		if line(f) == text {
			return
		}
	}
	t.Errorf("no finding reads\n%s\namong\n%v", text, report.Findings)
}

func has(report Report, rule string) bool {
	for _, f := range report.Findings {
		if f.Rule == rule {
			return true
		}
	}
	return false
}

func TestHashesThatDifferNameTheKeys(t *testing.T) {
	c := newCluster()
	for i := range 5 {
		c.acknowledged(fmt.Sprintf("k/%d", i), "v")
	}
	c.unknown("k/3", "maybe", false)
	other := c.clone()
	other.put("k/3", "maybe") // each replica alone could be right
	other.revision, other.applied = c.revision, c.applied
	report := c.audit(t, c.replica, other)
	var texts []string
	for _, f := range report.Findings[1:] {
		texts = append(texts, line(f))
	}
	want := []string{`hash: n2 k/3: got version 2 at revision 6, want what the first replica holds`}
	if diff := cmp.Diff(want, texts); diff != "" || report.Findings[0].Rule != results.RuleHash {
		t.Errorf("first finding %v; others (-want +got):\n%s", report.Findings[0], diff)
	}
}

func TestTheAuditWaitsForReplicasToCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		slow := c.clone()
		whole := slow.keys
		slow.keys, slow.applied, slow.revision = nil, 1, 1
		slow.catchUp = func(r *replica) {
			if r.asked == 3 {
				r.keys, r.applied, r.revision = whole, c.applied, c.revision
			}
		}
		if report := c.audit(t, c.replica, slow); !report.OK() || slow.asked != 3 {
			t.Errorf("asked %d times: %v", slow.asked, report.Findings)
		}
	})
}

func TestALaggardIsNamedAndNotCalledALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		slow := c.clone()
		slow.keys, slow.applied, slow.revision = nil, 1, 1
		report := c.audit(t, c.replica, slow)
		if len(report.Findings) != 1 || report.Lost != 0 {
			t.Fatalf("lost %d, findings %v", report.Lost, report.Findings)
		}
		want := "catch-up: n2: got index 1 at revision 1 after 15s, want index 6 at revision 6, as the furthest replica has"
		if got := line(report.Findings[0]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// Loss at the furthest replica is told even when another cannot be judged.
func TestALaggardHidesNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := storyOf(func(r *replica) { delete(r.keys, "k/a") })
		slow := c.clone()
		slow.applied = 1
		if report := c.audit(t, slow, c.replica); report.Lost != 2 || !has(report, results.RuleApplied) {
			t.Errorf("lost %d: %v", report.Lost, report.Findings)
		}
	})
}

// fresh is a replica that was started anew: it has applied nothing of a log that goes
// on to an index.
func fresh(log uint64) *replica { return &replica{revision: FirstRevision, log: log} }

// When all were started anew they agree on nothing until the first entry of a new term is
// committed, and what was acknowledged is not lost (Raft, 5.4.2).
func TestReplicasThatAgreeOnNothingYetAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		var all []*replica
		for range 3 {
			r := fresh(6)
			r.catchUp = func(r *replica) {
				if r.asked == 10 {
					r.keys, r.applied, r.revision = c.keys, c.applied, c.revision
				}
			}
			all = append(all, r)
		}
		if report := c.audit(t, all...); !report.OK() || report.Revision != 6 || all[0].asked != 10 {
			t.Errorf("asked %d times, agreed at revision %d: %v", all[0].asked, report.Revision, report.Findings)
		}
	})
}

// Replicas whose logs go on are behind for as long as they do not apply them, however
// well they agree; patience is that of whoever asks.
func TestReplicasThatAgreeOnNothingAreBehindAndLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		short := fresh(0) // its entries are in the others' logs
		replicas := []Replica{{"n1", short, short.last}}
		for _, id := range []string{"n2", "n3"} {
			r := fresh(6)
			replicas = append(replicas, Replica{id, r, r.last})
		}
		start := time.Now()
		report, err := c.ledger.Audit(t.Context(), replicas, time.Minute)
		if err != nil || report.Lost != 0 || len(report.Findings) != 3 || time.Since(start) < time.Minute {
			t.Fatalf("lost %d after %v, findings %v, error %v", report.Lost, time.Since(start), report.Findings, err)
		}
		want := "catch-up: n1: got index 0 at revision 1 after 1m0s, want revision 5, which was acknowledged"
		if got := line(report.Findings[0]); got != want || report.Findings[0].Class != results.Liveness {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// Replicas that have applied all that is in their logs will never have more: what was
// acknowledged beyond is lost, and nobody needs to wait for it.
func TestWipedReplicasHaveLostEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		start := time.Now()
		report := c.audit(t, fresh(0), fresh(0), fresh(0))
		if report.Lost != 4 || !has(report, results.RuleLost) || has(report, results.RuleApplied) || time.Since(start) > 0 {
			t.Errorf("after %v lost %d: %v", time.Since(start), report.Lost, report.Findings)
		}
		dead := c.clone() // and holds all, but a majority does not
		dead.err = errors.New("connection refused")
		if report = c.audit(t, fresh(0), dead, fresh(0)); report.Lost != 4 || !has(report, results.RuleApplied) {
			t.Errorf("with one that does not answer: lost %d: %v", report.Lost, report.Findings)
		}
		if report = c.audit(t, fresh(0), dead, dead.clone()); report.Lost != 0 || len(report.Findings) != 3 {
			t.Errorf("with two that do not answer: lost %d: %v", report.Lost, report.Findings)
		}
	})
}

// Of a server whose log cannot be asked for a leader says what is committed, and an hour
// without one says nothing.
func TestServersWhoseLogsCannotBeAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		led, leaderless := fresh(0), fresh(0)
		led.leader = 7
		if report, err := c.ledger.Audit(t.Context(), []Replica{{ID: "n1", Client: led}}, 0); err != nil || report.Lost != 4 || led.asked < 100 {
			t.Errorf("led, asked %d times: lost %d: %v, %v", led.asked, report.Lost, report.Findings, err)
		}
		report, err := c.ledger.Audit(t.Context(), []Replica{{ID: "n1", Client: leaderless}}, time.Hour)
		if err != nil || report.Lost != 0 || !has(report, results.RuleApplied) {
			t.Errorf("without a leader: lost %d: %v, %v", report.Lost, report.Findings, err)
		}
	})
}

// What was acknowledged and not observed is waited for as well, and missed.
func TestAnAuditIsToldWhatItDidNotObserve(t *testing.T) {
	c := newCluster()
	c.put("other/x", "1")
	c.ledger.Told(7)
	report := c.audit(t, c.replica, c.clone())
	want := "lost-write:: got revision 1 when all of every log was applied, want at least revision 7, which was acknowledged"
	if len(report.Findings) != 1 || line(report.Findings[0]) != want {
		t.Errorf("got  %v\nwant %s", report.Findings, want)
	}
	c.ledger = NewLedger("k/")
	c.ledger.Told(1)
	if report := c.audit(t, c.replica, c.clone()); !report.OK() {
		t.Errorf("got %v", report.Findings)
	}
}

// A store that nobody else writes to has a revision for each write at most. What is
// applied twice under no key that anybody reads, or takes effect though it was refused,
// shows in that alone.
func TestMoreRevisionsThanWrites(t *testing.T) {
	c := newCluster()
	c.revision = FirstRevision
	c.acknowledged("k/a", "a1")
	c.unknown("k/b", "b1", false)
	c.acknowledged("k/a", "a2")
	c.ledger.Observe(write("k/a", "a3", 0, loadgen.ErrRejected))
	c.ledger.Alone()
	if report := c.audit(t, c.replica, c.clone()); !report.OK() {
		t.Fatalf("got %v", report.Findings)
	}
	c.put("other/x", "1") // may be the unknown one, for all that its revision says
	if report := c.audit(t, c.replica, c.clone()); !report.OK() {
		t.Fatalf("got %v", report.Findings)
	}
	c.put("other/x", "2")
	report := c.audit(t, c.replica, c.clone())
	want := "version:: got revision 5 of the store, want at most 4, a revision for each of 2 writes that were acknowledged and 1 that may have taken effect"
	if len(report.Findings) != 1 || line(report.Findings[0]) != want || report.Findings[0].Class != results.Safety {
		t.Errorf("got  %v\nwant %s", report.Findings, want)
	}
}

// A replica that does not answer is no loss; where none does nothing is known.
func TestAReplicaThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		dead := c.clone()
		dead.err = errors.New("connection refused")
		report, err := c.tryAudit(c.replica, dead)
		if err != nil || len(report.Findings) != 1 || report.Findings[0].Class != results.Liveness ||
			!strings.Contains(line(report.Findings[0]), "n2: got no answer after 15s: connection refused") {
			t.Errorf("got %v, %v", report.Findings, err)
		}
		also := c.clone()
		also.err = dead.err
		if _, err := c.tryAudit(dead, also); err == nil || !strings.Contains(err.Error(), "n1 does not answer: connection refused") {
			t.Errorf("got %v", err)
		}
		if _, err := c.tryAudit(); err == nil {
			t.Error("an audit of nobody passed")
		}
	})
}

// A replica that goes on catching up is waited for, however slow it is; one
// that stands still is given up, and no wait is without end.
func TestTheWaitLastsWhileProgressIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// That a replica takes a while to answer leaves hundreds of questions in place of
		// tens of thousands.
		const answers = 300 * time.Millisecond
		c := newCluster()
		for i := range 20 {
			c.acknowledged(fmt.Sprintf("k/%d", i), "v")
		}
		start := time.Now()
		slow := c.clone()
		whole := slow.keys
		slow.keys, slow.applied, slow.revision = nil, 1, 1
		slow.catchUp = func(r *replica) { // an entry every ten seconds
			time.Sleep(answers)
			r.applied = min(c.applied, 1+uint64(time.Since(start)/(10*time.Second)))
			if r.revision = int64(r.applied); r.applied == c.applied {
				r.keys = whole
			}
		}
		if report := c.audit(t, c.replica, slow); !report.OK() || time.Since(start) < 190*time.Second {
			t.Errorf("after %v: %v", time.Since(start), report.Findings)
		}
		slow = c.clone()
		slow.applied, slow.hash, c.hash = 1, 2, 1 // asked for hundreds of times, and never made anew
		slow.catchUp = func(r *replica) {         // ahead, and never alike
			time.Sleep(answers)
			r.applied, r.revision = r.applied+1, -1
		}
		start = time.Now()
		if report := c.audit(t, c.replica, slow); report.OK() || time.Since(start) > Longest+time.Minute {
			t.Errorf("after %v: %v", time.Since(start), report.Findings)
		}
	})
}

// An end of the caller's context ends the wait.
func TestTheWaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		slow := c.clone()
		slow.applied = 1
		replicas := []Replica{{ID: "n1", Client: c.replica}, {ID: "n2", Client: slow}}
		start := time.Now()
		report, err := c.ledger.Audit(t.Context(), replicas, 0)
		if took := time.Since(start); err != nil || !has(report, results.RuleApplied) || took < Stalled || took > Stalled+time.Second {
			t.Errorf("took %v, error %v, findings %v", took, err, report.Findings)
		}
		if report.Findings[0].Class != results.Liveness {
			t.Errorf("a replica that is behind is called %s", report.Findings[0].Class)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.ledger.Audit(ctx, replicas, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestASecondAuditForgetsTheFirst(t *testing.T) {
	c := story()
	if report := c.audit(t, c.replica); !report.OK() {
		t.Fatal(report.Findings)
	}
	kept := c.keys["k/a"]
	delete(c.keys, "k/a")
	if report := c.audit(t, c.replica); report.Lost != 2 {
		t.Errorf("lost %d, want 2: %v", report.Lost, report.Findings)
	}
	c.keys["k/a"] = kept
	if report := c.audit(t, c.replica); !report.OK() || report.Lost != 0 {
		t.Errorf("lost %d: %v", report.Lost, report.Findings)
	}
}

func TestLostIsWhatTheWorstReplicaLacks(t *testing.T) {
	c := story()
	worst, other := c.clone(), c.clone()
	delete(worst.keys, "k/a")
	kv := other.keys["k/a"]
	kv.Version--
	other.keys["k/a"] = kv
	if report := c.audit(t, worst, other); report.Lost != 2 {
		t.Errorf("lost %d, want 2: %v", report.Lost, report.Findings)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	c := newCluster()
	for i := range 500 {
		c.acknowledged(fmt.Sprintf("k/%d", i), "v")
	}
	report := c.audit(t, &replica{revision: 500, applied: 500})
	if len(report.Findings) != maxFindings || report.Objections != 500 || report.Lost != 500 {
		t.Errorf("%d findings of %d objections, lost %d", len(report.Findings), report.Objections, report.Lost)
	}
}

func TestTooManyUnknownWritesAreSaidToBeUnjudged(t *testing.T) {
	c := newCluster()
	c.acknowledged("k/a", "first")
	for i := range maxUnknown + 1 {
		c.unknown("k/a", fmt.Sprint(i), i == maxUnknown)
	}
	if report := c.audit(t, c.replica); !report.OK() || report.Unjudged != 1 || report.Unknown != maxUnknown+1 {
		t.Errorf("unjudged %d of unknown %d: %v", report.Unjudged, report.Unknown, report.Findings)
	}
}
