package clock

import (
	"slices"
	"testing"
	"time"
)

// TestALongWaitEndsInShortStages: when it wakes, in µs before the instant, on a
// host whose wake-ups take 100 µs.
func TestALongWaitEndsInShortStages(t *testing.T) {
	due, lead := int64(time.Hour), 50*us
	for wait, want := range map[time.Duration][]int64{
		10 * time.Millisecond:   {1000, 200, 50},
		1500 * time.Microsecond: {200, 50},
		500 * time.Microsecond:  {50},
	} {
		var got []int64
		for now := due - int64(wait); now < due-lead; now = due - got[len(got)-1]*us + 100*us {
			got = append(got, (due-stage(now, due-lead, due))/us)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: woke %v µs before the end, want %v", wait, got, want)
		}
	}
}
