// Package perfetto writes traces in Perfetto's TrackEvent format, which
// ui.perfetto.dev and its trace processor read. It knows tracks, slices, instants
// and counters, and nothing of what they show.
//
// The format is a protobuf message Trace of TracePackets. Of its schema (perfetto's
// protos/perfetto/trace/trace.proto and those that it imports) a trace of one's own
// needs so little that it is encoded field by field; a test decodes it by a
// description of the schema and nothing else.
package perfetto

import (
	"cmp"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Track is one lane of a trace.
type Track uint64

// Root is the parent of the tracks at the top.
const Root Track = 0

// Trace is what is to be shown. Times are nanoseconds from the trace's beginning,
// never below 0. On one track slices must be apart, or one within the other.
type Trace struct {
	tracks []track
	events []event
}

type track struct {
	parent  Track
	name    string
	rank    int
	counter bool
}

// Arg is something more about a slice or an instant: a text, or a number.
type Arg struct {
	Name   string
	Text   string // where it is not empty
	Number uint64
}

// Track adds a lane below a parent. The tracks of one parent stand in the order in
// which they were added.
func (t *Trace) Track(parent Track, name string) Track {
	return t.add(track{parent: parent, name: name})
}

// Counter adds a lane that draws a value over time.
func (t *Trace) Counter(parent Track, name string) Track {
	return t.add(track{parent: parent, name: name, counter: true})
}

func (t *Trace) add(n track) Track {
	n.rank = len(t.tracks)
	t.tracks = append(t.tracks, n)
	return Track(len(t.tracks)) // 0 is Root
}

// Slice lasts from one instant to another. One that does not last is an instant.
func (t *Trace) Slice(on Track, from, to int64, name string, args ...Arg) {
	if to <= from {
		t.Instant(on, from, name, args...)
		return
	}
	t.events = append(t.events,
		event{at: from, kind: sliceBegin, on: on, name: name, args: args, other: to},
		event{at: to, kind: sliceEnd, on: on, other: from})
}

// Instant has no length.
func (t *Trace) Instant(on Track, at int64, name string, args ...Arg) {
	t.events = append(t.events, event{at: at, kind: instant, on: on, name: name, args: args})
}

// Value is a counter's from an instant on.
func (t *Trace) Value(on Track, at, value int64) {
	t.events = append(t.events, event{at: at, kind: counter, on: on, value: value})
}

// Len is how many slices' ends, instants and values there are.
func (t *Trace) Len() int { return len(t.events) }

// The types of an event (TrackEvent.Type).
const (
	sliceBegin = 1
	sliceEnd   = 2
	instant    = 3
	counter    = 4
)

type event struct {
	at    int64
	kind  uint64
	on    Track
	name  string
	args  []Arg
	value int64
	other int64 // a slice's other end
}

// order is by time. At one instant slices end before others begin, the inner one
// first, and begin with the outer one.
func order(a, b event) int {
	rank := func(e event) int {
		switch e.kind {
		case sliceEnd:
			return 0
		case sliceBegin:
			return 1
		}
		return 2
	}
	c := cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(rank(a), rank(b)))
	if c == 0 && rank(a) < 2 {
		return cmp.Compare(b.other, a.other)
	}
	return c
}

// The numbers of the fields that are written, by message.
const (
	tracePacket = 1 // Trace

	packetTimestamp  = 8 // TracePacket
	packetSequence   = 10
	packetEvent      = 11
	packetFlags      = 13
	packetDescriptor = 60

	descriptorUUID     = 1 // TrackDescriptor
	descriptorName     = 2
	descriptorParent   = 5
	descriptorCounter  = 8
	descriptorOrdering = 11
	descriptorRank     = 12

	eventArg     = 4 // TrackEvent
	eventType    = 9
	eventTrack   = 11
	eventName    = 23
	eventCounter = 30

	argNumber = 3 // DebugAnnotation
	argText   = 6
	argName   = 10
)

const (
	// sequence is the one writer of all packets (trusted_packet_sequence_id).
	sequence = 1
	// stateCleared says that a sequence begins (SEQ_INCREMENTAL_STATE_CLEARED).
	stateCleared = 1
	// byRank orders a track's children (ChildTracksOrdering.EXPLICIT).
	byRank = 3
)

// Encode is the file's content.
func (t *Trace) Encode() []byte {
	var out []byte
	for i, n := range t.tracks {
		p := message(nil, packetDescriptor, n.encode(Track(i+1)))
		if i == 0 {
			p = number(p, packetFlags, stateCleared)
		}
		out = message(out, tracePacket, number(p, packetSequence, sequence))
	}
	slices.SortStableFunc(t.events, order)
	for _, e := range t.events {
		p := number(nil, packetTimestamp, uint64(max(e.at, 0)))
		p = number(p, packetSequence, sequence)
		out = message(out, tracePacket, message(p, packetEvent, e.encode()))
	}
	return out
}

func (n track) encode(id Track) []byte {
	b := number(nil, descriptorUUID, uint64(id))
	b = text(b, descriptorName, n.name)
	if n.parent != Root {
		b = number(b, descriptorParent, uint64(n.parent))
	}
	if n.counter {
		b = message(b, descriptorCounter, nil)
	}
	b = number(b, descriptorOrdering, byRank)
	return number(b, descriptorRank, uint64(min(n.rank, math.MaxInt32)))
}

func (e event) encode() []byte {
	b := number(nil, eventType, e.kind)
	b = number(b, eventTrack, uint64(e.on))
	if e.kind == counter {
		return number(b, eventCounter, uint64(e.value))
	}
	if e.name != "" {
		b = text(b, eventName, e.name)
	}
	for _, a := range e.args {
		b = message(b, eventArg, a.encode())
	}
	return b
}

func (a Arg) encode() []byte {
	b := text(nil, argName, a.Name)
	if a.Text != "" {
		return text(b, argText, a.Text)
	}
	return number(b, argNumber, a.Number)
}

func number(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func message(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}
