package clock

import (
	"slices"
	"testing"
	"time"
)

func TestLatenessIsOfTheWaitThatIsGiven(t *testing.T) {
	calls := 0
	late := Lateness(time.Hour, 5, func(due int64) {
		calls++
		if ahead := time.Duration(due - Now()); ahead <= 0 || ahead > time.Hour {
			t.Errorf("asked to wait for %v", ahead)
		}
	})
	// Nobody waited: each ended an hour early, less the time it took.
	if calls != 5 || len(late) != 5 || !slices.IsSorted(late) || late[4] > -time.Minute || late[0] < -time.Hour {
		t.Errorf("got %v after %d calls", late, calls)
	}
	for _, l := range Lateness(time.Millisecond, 3, func(due int64) { SleepUntil(due) }) {
		if l < 0 {
			t.Errorf("ended %v early", -l)
		}
	}
}
