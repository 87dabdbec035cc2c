package main

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// arrivals notes the instants at which operations reach the server.
type arrivals struct {
	origin time.Time
	mu     sync.Mutex
	at     []time.Duration
}

func newArrivals(rate int, d time.Duration) *arrivals {
	return &arrivals{origin: time.Now(), at: make([]time.Duration, 0, 2*int(float64(rate)*d.Seconds()))}
}

func (a *arrivals) arrive() {
	now := time.Since(a.origin)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, now)
}

// late returns, sorted, how late each operation was. Operations are told apart
// by their order of arrival alone.
func (a *arrivals) late(rate int) ([]time.Duration, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.at) < 100 {
		return nil, fmt.Errorf("only %d operations arrived", len(a.at))
	}
	slices.Sort(a.at)
	late := make([]time.Duration, len(a.at))
	for i, at := range a.at {
		late[i] = at - time.Duration(float64(i)/float64(rate)*float64(time.Second))
	}
	slices.Sort(late)
	for i, first := 0, late[0]; i < len(late); i++ {
		late[i] -= first
	}
	return late, nil
}
