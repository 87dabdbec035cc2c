package netem

import (
	"context"
	"slices"
	"testing"
	"time"
)

// A link is never early but by the stamp's own way; what is said of it is of
// every message.
func TestMeasureLink(t *testing.T) {
	const delay = 20 * time.Millisecond
	late, err := MeasureLink(t.Context(), delay, 10, time.Millisecond)
	if err != nil || len(late) != 10 || !slices.IsSorted(late) || late[0] < -delay/2 {
		t.Errorf("got %v (%v)", late, err)
	}
}

func TestMeasureLinkEndsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if late, err := MeasureLink(ctx, time.Hour, 3, time.Millisecond); err == nil {
		t.Errorf("a link of an hour was measured: %v", late)
	}
	if _, err := MeasureLink(ctx, time.Hour, 3, time.Millisecond); err == nil {
		t.Error("a link was measured after its end")
	}
}
