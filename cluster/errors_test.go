package cluster

import (
	"fmt"
	"strings"
	"testing"
)

// A list of trials has a line for each: a death in one says its cause, and not
// twenty lines of log from their beginning.
func TestADeathIsToldInOneLine(t *testing.T) {
	const raft = `{"@level":"info","@message":"entering follower state","@module":"node.raft","@timestamp":"2026-01-02T03:04:05Z","follower":{}}`
	for want, log := range map[string][]string{
		"signal: killed": nil,
		"signal: killed; its log's last word: failed to append: no space left on device": {
			raft, `{"@level":"error","@message":"failed to append","error":"no space left on device"}`},
		"signal: killed; its log's last word: panic: page 7 is freed":  {raft, "panic: page 7 is freed", "", "goroutine 1 [running]:"},
		"signal: killed; its log's last word: entering follower state": {raft, raft},
	} {
		death := &DeathError{ID: "n2", PID: 7, How: "signal: killed", Tail: log}
		got := CauseOf(fmt.Errorf("light load: %w", death))
		if got != "light load: node n2 (pid 7) ended unasked: "+want {
			t.Errorf("got %q, want it to end with %q", got, want)
		}
	}
	long := &DeathError{Tail: []string{strings.Repeat("x", 5000)}}
	if n := len([]rune(long.Cause())); n > longestWord+100 {
		t.Errorf("got a line of %d runes", n)
	}
}
