package loadgen

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The audit rests on it: no two writes of a process carry the same value,
// whichever generator, window or loop they are of.
func TestValuesNeverRepeat(t *testing.T) {
	seen := &server{service: func(context.Context) error { time.Sleep(time.Millisecond); return nil }}
	var writes int64
	for range 2 {
		fake(t, someWork(), func() []Target { return []Target{seen} }, func(g *Generator) {
			for _, w := range []Window{
				{Clients: 5, Duration: 300 * time.Millisecond},
				{Clients: 5, Duration: 300 * time.Millisecond},
				{Schedule: Constant(1000), Duration: 300 * time.Millisecond},
			} {
				rec, err := g.Run(context.Background(), w)
				clean(t, rec, err)
				writes += rec.Writes
			}
		})
	}
	var distinct int64
	seen.puts.Range(func(value, key any) bool {
		distinct++
		if len(value.(string)) != 32 || len(key.(string)) != 8 || !strings.HasPrefix(key.(string), "t/") {
			t.Errorf("key %q, value of %d bytes", key, len(value.(string)))
		}
		return true
	})
	if distinct != writes || writes < 4000 {
		t.Errorf("%d distinct values in %d writes", distinct, writes)
	}
}

func TestDrawsFollowTheSeed(t *testing.T) {
	work := someWork()
	a, again, window, other := newPayload(work, 1, 1), newPayload(work, 2, 1), newPayload(work, 1, 2), work
	other.Seed = 2
	b := newPayload(other, 1, 1)
	differ := 0
	for i := range int64(100) {
		key := a.key(a.draw(3, i))
		if key != again.key(again.draw(3, i)) {
			t.Errorf("operation %d: the same seed drew another key", i)
		}
		if key != b.key(b.draw(3, i)) && key != window.key(window.draw(3, i)) {
			differ++
		}
	}
	if differ < 90 {
		t.Errorf("only %d of 100 keys differ from another seed's and another window's", differ)
	}
}

func TestKeysAndKindsAreDrawnEvenly(t *testing.T) {
	work := someWork()
	work.Keys, work.ReadRatio = 10, 0.3
	p := newPayload(work, 1, 1)
	const n = 100_000
	reads, keys := 0, map[string][2]int{}
	for i := range int64(n) {
		u := p.draw(0, i)
		count := keys[p.key(u)]
		count[p.kind(u)]++
		keys[p.key(u)] = count
		reads += int(p.kind(u))
	}
	// Five standard errors.
	if math.Abs(float64(reads)/n-0.3) > 0.0073 {
		t.Errorf("%d reads of %d, want 30 %%", reads, n)
	}
	for key, count := range keys {
		if got := float64(count[Put]+count[Get]) / n; math.Abs(got-0.1) > 0.0048 {
			t.Errorf("key %s drawn %.4f of the time, want 0.1", key, got)
		}
		if got := float64(count[Get]) / float64(count[Put]+count[Get]); math.Abs(got-0.3) > 0.023 {
			t.Errorf("key %s is read %.3f of the time: reads and writes do not share the keys", key, got)
		}
	}
	if len(keys) != 10 {
		t.Errorf("%d keys, want 10", len(keys))
	}
}

func TestKeyNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.StringMatching(`[a-z/]{0,12}`).Draw(t, "prefix")
		n := rapid.IntRange(0, 1e9).Draw(t, "n")
		size := rapid.IntRange(0, 64).Draw(t, "size")
		name := keyName(prefix, n, size)
		digits, ok := strings.CutPrefix(name, prefix)
		if !ok || len(name) < size || len(name) > max(size, len(prefix)+10) {
			t.Fatalf("key %d of prefix %q and %d bytes: %q", n, prefix, size, name)
		}
		var back int
		for _, d := range digits {
			back = back*10 + int(d-'0')
		}
		if back != n {
			t.Fatalf("%q reads back as %d, want %d", name, back, n)
		}
	})
}
