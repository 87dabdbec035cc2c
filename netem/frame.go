package netem

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// A frame is a header and a payload:
//
//	0        8         16      24       28     29     30      31    32
//	| due ns | sent ns | asked | length | kind | mark | amend | rev | payload …
//
// All integers are big-endian. due and sent are on CLOCK_MONOTONIC, a due of 0
// meaning at once; asked is the sender's shape's delay, without jitter, rate or
// loss; amend is 1 when an amend frame may yet bring due forward, else 0.
const (
	headerSize = 32
	frameMark  = 0xA7
	revision   = 5
	// maxFrame bounds what one header may announce, and so what a reader has
	// to take on a peer's word.
	maxFrame = 256 << 10
	// maxHold refuses a due instant that no shape produces: ten minutes of
	// delay and forty of jitter, forty-four of lost retransmissions, twenty of
	// a slow transmitter and ten of a slow close come to some two hours.
	maxHold = 3 * time.Hour
)

type kind uint8

const (
	kindData    kind = iota + 1
	kindHello        // the first of either side, but for kindDialing
	kindFin          // orderly end of this direction
	kindReset        // the connection is gone
	kindProbe        // calibration; carries nothing
	kindAmend        // a stalled stream recovers sooner: due is the new instant
	kindDialing      // somebody dials, and a partition still holds the hello
)

var kindNames = [...]string{kindData: "data", kindHello: "hello", kindFin: "fin", kindReset: "reset", kindProbe: "probe", kindAmend: "amend", kindDialing: "dialing"}

func (k kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

type header struct {
	due    int64
	sent   int64
	asked  int64
	length int
	kind   kind
	// amendable: the stream is stalled, and may recover sooner than due.
	amendable bool
}

// errNotFrame is the reason for every refusal of a peer that speaks otherwise.
var errNotFrame = errors.New("netem: the peer is no netem endpoint")

func (h header) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(h.due))
	b = binary.BigEndian.AppendUint64(b, uint64(h.sent))
	b = binary.BigEndian.AppendUint64(b, uint64(h.asked))
	b = binary.BigEndian.AppendUint32(b, uint32(h.length))
	amend := byte(0)
	if h.amendable {
		amend = 1
	}
	return append(b, byte(h.kind), frameMark, amend, revision)
}

// parseHeader reads headerSize bytes; now bounds how far ahead due may be.
func parseHeader(b []byte, now int64) (header, error) {
	h := header{
		due:    int64(binary.BigEndian.Uint64(b)),
		sent:   int64(binary.BigEndian.Uint64(b[8:])),
		asked:  int64(binary.BigEndian.Uint64(b[16:])),
		length: int(binary.BigEndian.Uint32(b[24:])),
		kind:   kind(b[28]),

		amendable: b[30] == 1,
	}
	switch {
	case b[30] > 1:
		return h, fmt.Errorf("%w: got %d in byte 30 of a header, wanted 0 or 1", errNotFrame, b[30])
	case b[29] != frameMark:
		return h, fmt.Errorf("%w: got a header of % x, wanted byte 29 to be %#x", errNotFrame, b[:headerSize], frameMark)
	case b[31] != revision:
		return h, fmt.Errorf("netem: the peer speaks frame revision %d, this end %d; run the same build on both", b[31], revision)
	case h.kind < kindData || h.kind > kindDialing:
		return h, fmt.Errorf("%w: got a frame of %v", errNotFrame, h.kind)
	case h.length > maxFrame:
		return h, fmt.Errorf("%w: got a %v frame of %d bytes, the limit is %d", errNotFrame, h.kind, h.length, maxFrame)
	case h.kind != kindData && h.kind != kindHello && h.length != 0:
		return h, fmt.Errorf("%w: got %d bytes in a %v frame, wanted none", errNotFrame, h.length, h.kind)
	case h.asked < 0 || h.asked > int64(maxDelay):
		return h, fmt.Errorf("%w: got a %v frame of a link with a delay of %v, the limit is %v", errNotFrame, h.kind, time.Duration(h.asked), maxDelay)
	case h.due < 0 || h.due > now+int64(maxHold):
		return h, fmt.Errorf("%w: got a %v frame due in %v, the limit is %v", errNotFrame, h.kind, time.Duration(h.due-now), maxHold)
	}
	return h, nil
}
