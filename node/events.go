package node

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// maxQueued bounds the events that wait for a launcher that does not read.
// Beyond it events are dropped, except replies to commands and reports of what is
// durable, which are few. How many were dropped is told as soon as there is room.
const maxQueued = 1 << 16

// events is the queue between raft, which must never wait, and stdout.
type events struct {
	mu      sync.Mutex
	some    *sync.Cond // there is something to write
	fewer   *sync.Cond // something was written
	queue   []control.Event
	queued  uint64 // events since the beginning, and of those
	written uint64
	closed  bool
	dropped int64 // in all, and of those the launcher was not told of
	untold  int64
	since   int64 // when the first of those was dropped
	ended   chan struct{}
	err     error
}

// newEvents starts writing to out what is emitted.
func newEvents(out io.Writer) *events {
	e := &events{ended: make(chan struct{})}
	e.some, e.fewer = sync.NewCond(&e.mu), sync.NewCond(&e.mu)
	go e.write(out)
	return e
}

// Emit queues an event without waiting for anybody.
func (e *events) Emit(ev control.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if len(e.queue) >= maxQueued && ev.Kind != control.EventReply && ev.Kind != control.EventDurable {
		if e.untold == 0 {
			e.since = clock.Now()
		}
		e.dropped++
		e.untold++
		return
	}
	e.queue = append(e.queue, ev)
	e.queued++
	e.some.Signal()
}

// Flush waits until everything queued before is written to stdout, or stdout is
// broken. What is in the pipe reaches the launcher even if this process is killed.
func (e *events) Flush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for upTo := e.queued; e.written < upTo && e.err == nil; {
		e.fewer.Wait()
	}
}

// close ends the queue when all that is in it is written.
func (e *events) close() (dropped int64, err error) {
	e.mu.Lock()
	e.closed = true
	e.some.Signal()
	e.mu.Unlock()
	<-e.ended
	return e.dropped, e.err
}

// broken is closed when stdout cannot be written, or the queue was closed.
func (e *events) broken() <-chan struct{} { return e.ended }

func (e *events) write(out io.Writer) {
	defer close(e.ended)
	lines := json.NewEncoder(out)
	for {
		batch := e.take()
		if batch == nil {
			return
		}
		for _, ev := range batch {
			if err := lines.Encode(ev); err != nil {
				e.fail(fmt.Errorf("event to launcher: %w", err))
				return
			}
			e.mu.Lock()
			e.written++
			e.fewer.Broadcast()
			e.mu.Unlock()
		}
	}
}

// take waits for events; nil is the end. What was dropped is told behind what was
// queued before.
func (e *events) take() []control.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.queue) == 0 {
		if e.closed {
			return nil
		}
		e.some.Wait()
	}
	batch := e.queue
	e.queue = nil
	if e.untold > 0 {
		batch = append(batch, control.Event{Kind: control.EventDropped, AtNS: e.since, Count: e.untold})
		e.queued++
		e.untold = 0
	}
	return batch
}

func (e *events) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err, e.closed, e.queue = err, true, nil
	e.fewer.Broadcast()
}
