package clock

import (
	"slices"
	"time"
)

// Lateness measures how late a way to wait ends, as doctor shows it: wait is
// called rounds times with an instant that is asked ahead. What is returned is
// sorted; a wait that ended early is negative.
func Lateness(asked time.Duration, rounds int, wait func(due int64)) []time.Duration {
	late := make([]time.Duration, rounds)
	for i := range late {
		due := Now() + asked.Nanoseconds()
		wait(due)
		late[i] = time.Duration(Now() - due)
	}
	slices.Sort(late)
	return late
}
