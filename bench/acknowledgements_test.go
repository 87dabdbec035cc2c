package bench

import "testing"

// A write that was sent before a kill proves nothing when it is acknowledged
// after it.
func TestOnlyWritesSentAfterTheMarkCount(t *testing.T) {
	var a acknowledgements
	m := a.mark(100)
	a.acknowledged(90, 150)  // sent before, acknowledged after
	a.acknowledged(100, 160) // sent at the very instant
	if m.count() != 0 || m.first() != 0 {
		t.Fatalf("got %d writes, first at %d; want none", m.count(), m.first())
	}
	a.acknowledged(101, 170)
	a.acknowledged(140, 180)
	if m.count() != 2 || m.first() != 170 {
		t.Errorf("got %d writes, first at %d; want 2, first at 170", m.count(), m.first())
	}
	if later := a.mark(200); later.count() != 0 {
		t.Errorf("a new mark counts %d writes of before it", later.count())
	}
}
