package node

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// ends are those of the stalls that a writer meets which asks every millisecond.
func ends(s *stalls, upTo time.Duration) []int64 {
	var out []int64
	for now := int64(0); now < int64(upTo); now += int64(time.Millisecond) {
		if end := s.until(now); end > 0 && !slices.Contains(out[max(0, len(out)-1):], end) {
			out = append(out, end)
		}
	}
	return out
}

// TestStallsComeAtRandomAndLastAsLongAsAsked: gaps between stalls are those of a
// Poisson process, and each node has its own.
func TestStallsComeAtRandomAndLastAsLongAsAsked(t *testing.T) {
	storage := control.Storage{StallLength: 100 * time.Millisecond, StallEvery: time.Second}
	const hours = 3
	got := ends(newStalls(storage, 1, 0), hours*time.Hour)
	want := hours * 3600 / 1.1
	if n := float64(len(got)); math.Abs(n-want) > 4*math.Sqrt(want) {
		t.Errorf("%v stalls in %d hours, want about %v: one each 1.1 s", n, hours, want)
	}
	if again := ends(newStalls(storage, 1, 0), time.Minute); !slices.Equal(again, got[:len(again)]) {
		t.Errorf("the same seed gives stalls that end at %v, and before at %v", again, got[:len(again)])
	}
	if other := ends(newStalls(storage, 2, 0), time.Minute); slices.Equal(other, got[:len(other)]) {
		t.Error("another node's seed gives the same stalls")
	}
	// Of exponential gaps a share of 1/e is longer than their mean.
	longer := 0
	for i := 1; i < len(got); i++ {
		if got[i]-got[i-1] > int64(storage.StallLength+storage.StallEvery) {
			longer++
		}
	}
	if share := float64(longer) / float64(len(got)); math.Abs(share-1/math.E) > 0.03 {
		t.Errorf("a share of %.3f of the gaps is longer than the mean, want %.3f", share, 1/math.E)
	}
}

// TestAStallHoldsWritesAndCountsThem, and a disk without any holds none.
func TestAStallHoldsWritesAndCountsThem(t *testing.T) {
	storage := control.DefaultStorage()
	storage.Store = control.StoreMemory
	st, err := memoryStores(storage)
	if err != nil {
		t.Fatal(err)
	}
	write := func() { _ = st.disk.StoreLog(&raft.Log{Index: 1}) }
	write()
	if s := newStalls(storage, 1, clock.Now()); s != nil || st.disk.stalls.writes() != 0 {
		t.Fatalf("a disk without stalls has %+v, and held %d writes", s, st.disk.stalls.writes())
	}
	storage.StallLength = 30 * time.Millisecond
	st.disk.stalls = newStalls(storage, 1, clock.Now())
	st.disk.stalls.next = clock.Now() // one begins now
	before := clock.Now()
	write()
	if took := time.Duration(clock.Now() - before); took < storage.StallLength/2 {
		t.Errorf("the write took %v beside a stall of %v", took, storage.StallLength)
	}
	if d := st.disk.stalls; d.writes() != 1 || d.time() < storage.StallLength/2 {
		t.Errorf("%d writes were held for %v, want one for almost %v", d.writes(), d.time(), storage.StallLength)
	}
}
