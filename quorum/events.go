package quorum

import "time"

type eventKind uint8

// Each question is followed by its answer.
const (
	timerFires eventKind = iota
	askPreVote
	answerPreVote
	askVote
	answerVote
	appendEntries
	answerEntries
	// A leader has entries in its own log.
	entriesStored
	// A client writes at its member, which hands the write on to the leader; the
	// client has its answer.
	clientWrites
	leaderIsAsked
	clientIsAnswered
)

// event is what reaches a member at an instant.
type event struct {
	at       time.Duration
	order    int // of events of one instant, the first pushed is the first out
	to, from int
	try      int // whose candidacy, timer or leadership it belongs to
	term     int
	// index is up to which entry of its term a leader sends, or has stored: the
	// no-op is 1, and 0 asks only whether the logs agree up to there.
	index   int
	kind    eventKind
	granted bool
	// older has entries of earlier terms sent with it, which were found missing.
	older    bool
	answered bool // its connection is free again
}

// eventQueue is a heap, the earliest event first.
type eventQueue struct {
	heap  []event
	order int
}

func (q *eventQueue) len() int { return len(q.heap) }

func (q *eventQueue) clear() { q.heap, q.order = q.heap[:0], 0 }

func (q *eventQueue) push(e event) {
	q.order++
	e.order = q.order
	q.heap = append(q.heap, e)
	for i := len(q.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.heap[i].before(&q.heap[parent]) {
			break
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

func (q *eventQueue) pop() event {
	top := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if q.heap[child].before(&q.heap[least]) {
				least = child
			}
		}
		if least == i {
			return top
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}

func (e *event) before(o *event) bool { return e.at < o.at || e.at == o.at && e.order < o.order }
