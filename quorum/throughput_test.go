package quorum

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hashicorp/raft's defaults carry 2·64 entries a round trip; 25 ms is the
// published example.
func TestPipelineBound(t *testing.T) {
	if got := PipelineBound(64, 2, 25*ms); got != 5120 {
		t.Errorf("got %v, want 5120", got)
	}
	if got := PipelineBound(64, 16, 25*ms); got != 40960 {
		t.Errorf("got %v, want 40960", got)
	}
	if got := PipelineBound(64, 2, 0); got != 0 {
		t.Errorf("got %v without a round trip", got)
	}
}

// Each resource alone, by hand: 64 entries in one write of 2 ms to the log; a gigabit
// card that carries 1,250 bytes to each of four followers; two cores, of which a write
// takes 0.5 ms.
func TestBoundsByHand(t *testing.T) {
	d := Demand{
		Batch: 64, InFlight: 2, RTT: 25 * ms, Store: 2 * ms,
		Followers: 4, EntryBytes: 1250, SharedRate: 1e9, CPU: 500 * time.Microsecond, Cores: 2,
	}
	want := []Bound{{ResourceCPU, 4000}, {ResourcePipeline, 5120}, {ResourceNetwork, 25_000}, {ResourceDisk, 32_000}}
	if diff := cmp.Diff(want, d.Bounds()); diff != "" {
		t.Error(diff)
	}
	d.Rate = 100e6 // each link's own is the tighter one
	if got := d.Bounds()[2]; got != (Bound{ResourceNetwork, 10_000}) {
		t.Errorf("got %v, want a network of 10,000/s", got)
	}
	if got := (Demand{}).Bounds(); got != nil {
		t.Errorf("nothing is known, and got %v", got)
	}
}
