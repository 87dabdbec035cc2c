package netem

import (
	"bytes"
	"fmt"
)

// helloMagic opens the payload of both sides' first frame.
const helloMagic = "raftbench/netem"

// maxHello bounds the payload of a hello.
const maxHello = 1 << 10

// hello says who is at the other end of a connection. Refusal is empty when
// the connection is welcome.
type hello struct {
	From, To string
	Refusal  string
}

// payload is the magic and three fields, each behind its length in two bytes.
func (h hello) payload() []byte {
	b := []byte(helloMagic)
	for _, s := range [...]string{h.From, h.To, h.Refusal} {
		s = s[:min(len(s), maxHello/4)]
		b = append(b, byte(len(s)>>8), byte(len(s)))
		b = append(b, s...)
	}
	return b
}

func parseHello(b []byte) (hello, error) {
	rest, ok := bytes.CutPrefix(b, []byte(helloMagic))
	if !ok {
		return hello{}, fmt.Errorf("%w: got a preamble that starts with %q, wanted %q", errNotFrame, b[:min(len(b), len(helloMagic))], helloMagic)
	}
	var h hello
	for _, field := range [...]*string{&h.From, &h.To, &h.Refusal} {
		if len(rest) < 2 {
			return hello{}, fmt.Errorf("%w: the preamble ends after %d bytes", errNotFrame, len(b))
		}
		n := int(rest[0])<<8 | int(rest[1])
		if rest = rest[2:]; n > len(rest) {
			return hello{}, fmt.Errorf("%w: the preamble announces a name of %d bytes and has %d", errNotFrame, n, len(rest))
		}
		*field, rest = string(rest[:n]), rest[n:]
	}
	if len(rest) != 0 {
		return hello{}, fmt.Errorf("%w: %d bytes behind the preamble", errNotFrame, len(rest))
	}
	return h, nil
}
