package netem

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
)

// Classifier tells who dialled an accepted connection. It may read from the
// connection, whose read deadline ends what a silent dialer could hold up; then
// the connection that it returns gives back what it read. One that hides the
// CloseWrite of what it wraps is still closed by halves.
type Classifier func(net.Conn) (from string, c net.Conn, err error)

// From is the classifier of a proxy that only one peer dials. It is the surest
// one, where each server can be told another address for each of its peers.
func From(name string) Classifier {
	return func(c net.Conn) (string, net.Conn, error) { return name, c, nil }
}

// FromAddress tells dialers apart by the IP address they dial from, for servers
// that can be told one: on Linux each of 127.0.0.0/8 is there to be used, on
// macOS an alias of lo0 is needed. It knows no byte of the protocol.
func FromAddress(names map[netip.Addr]string) Classifier {
	known := make(map[netip.Addr]string, len(names))
	for addr, name := range names {
		known[addr.Unmap()] = name
	}
	return func(c net.Conn) (string, net.Conn, error) {
		at, err := netip.ParseAddrPort(c.RemoteAddr().String())
		if err != nil {
			return "", nil, fmt.Errorf("got a connection from %v, which is no IP address: %w", c.RemoteAddr(), err)
		}
		name, ok := known[at.Addr()]
		if !ok {
			return "", nil, fmt.Errorf("got a connection from %v, wanted one from %s; have each peer dial from its own address", at.Addr(), oneOf(known, netip.Addr.Compare))
		}
		return name, c, nil
	}
}

// maxHead bounds what FromHeader reads of a connection.
const maxHead = 16 << 10

// FromHeader tells dialers apart by a header of their first HTTP/1 request, a
// name for each of its values. Requests that follow on the connection are taken
// to be the same dialer's and are not looked at. The name for the value ""
// stands for requests without the header, which are refused if there is none.
//
// The head of the request must be within 16 KiB and is not changed.
//
// etcd's peers are told apart by FromHeader("X-Server-From", names), with the
// members' IDs in hexadecimal, as etcdctl prints them: all that carries Raft's
// messages has it (package rafthttp). Its probes and its questions for another
// member's version and member list do not. With a name for them, note that a
// post may follow a probe on the same connection; streams, over which Raft's
// messages usually go, never do.
func FromHeader(header string, names map[string]string) Classifier {
	names = maps.Clone(names)
	return func(c net.Conn) (string, net.Conn, error) {
		in := &rewound{Conn: c}
		line, fields, err := in.head()
		if err != nil {
			return "", nil, err
		}
		value := fields.Get(header)
		if name, ok := names[value]; ok {
			return name, in, nil
		}
		if value == "" {
			return "", nil, fmt.Errorf("got a request without the header %s, which tells who dials: %.80q", header, line)
		}
		return "", nil, fmt.Errorf("got a request with %s: %.80q, wanted one of %s", header, value, oneOf(names, strings.Compare))
	}
}

// rewound is a connection that gives back what was read of it before.
type rewound struct {
	net.Conn
	again []byte
}

func (r *rewound) Read(p []byte) (int, error) {
	if len(r.again) == 0 {
		return r.Conn.Read(p)
	}
	n := copy(p, r.again)
	if r.again = r.again[n:]; len(r.again) == 0 {
		r.again = nil
	}
	return n, nil
}

// head reads the first line of a request and its header.
func (r *rewound) head() (line string, fields textproto.MIMEHeader, err error) {
	in := &recorder{from: r.Conn}
	text := textproto.NewReader(bufio.NewReader(in))
	if line, err = text.ReadLine(); err == nil {
		fields, err = text.ReadMIMEHeader()
	}
	r.again = in.bytes.Bytes()
	if err == nil {
		return line, fields, nil
	}
	// Why the bytes ended says more than what the parser made of the rest.
	switch began := r.again[:min(len(r.again), 40)]; {
	case errors.Is(in.err, io.EOF):
		err = fmt.Errorf("the connection ended after %d bytes, before its first HTTP/1 request was whole; it began with %q", len(r.again), began)
	case isTimeout(in.err):
		err = fmt.Errorf("got %d bytes and no whole head of an HTTP/1 request in time; they begin with %q: %w", len(r.again), began, in.err)
	case in.err != nil:
		err = fmt.Errorf("after %d bytes of an HTTP/1 request: %w", len(r.again), in.err)
	default:
		err = fmt.Errorf("got no HTTP/1 request but %q …: %w", began, err)
	}
	return "", nil, err
}

var errLongHead = fmt.Errorf("its head is over the limit of %d bytes", maxHead)

// recorder keeps what is read through it, up to maxHead bytes, and why there
// was no more.
type recorder struct {
	from  io.Reader
	bytes bytes.Buffer
	err   error
}

func (r *recorder) Read(p []byte) (int, error) {
	left := maxHead - r.bytes.Len()
	if left == 0 {
		r.err = errLongHead
		return 0, r.err
	}
	n, err := r.from.Read(p[:min(len(p), left)])
	r.bytes.Write(p[:n])
	r.err = err
	return n, err
}

// oneOf lists what would have been known, in order.
func oneOf[K comparable](names map[K]string, compare func(a, b K) int) string {
	var known []string
	for _, key := range slices.SortedFunc(maps.Keys(names), compare) {
		known = append(known, fmt.Sprintf("%v (%s)", key, names[key]))
	}
	return cmp.Or(strings.Join(known, ", "), "none: no name was given")
}
