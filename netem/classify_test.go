package netem

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
)

// fakeConn is a connection from an address, which delivers bytes in pieces of
// at most step and then err.
type fakeConn struct {
	net.Conn
	from  net.Addr
	bytes io.Reader
	step  int
	err   error
	given int
}

func (c *fakeConn) RemoteAddr() net.Addr { return c.from }

func (c *fakeConn) Read(p []byte) (int, error) {
	n, err := c.bytes.Read(p[:min(len(p), c.step)])
	c.given += n
	if err != nil && c.err != nil {
		err = c.err
	}
	return n, err
}

func delivers(s string, step int) *fakeConn {
	return &fakeConn{bytes: strings.NewReader(s), step: step}
}

func TestFromAddress(t *testing.T) {
	classify := FromAddress(map[netip.Addr]string{
		netip.MustParseAddr("127.0.0.11"):        "n1",
		netip.MustParseAddr("::ffff:127.0.0.12"): "n2",
		netip.MustParseAddr("fe80::1%lo"):        "n3",
	})
	at := func(ip string) net.Addr {
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 4711))
	}
	for _, test := range []struct {
		from net.Addr
		want string
	}{
		{at("127.0.0.11"), "n1"},
		{at("::ffff:127.0.0.11"), "n1"},
		{at("127.0.0.12"), "n2"},
		{at("fe80::1%lo"), "n3"},
		{at("127.0.0.13"), "from 127.0.0.13, wanted one from 127.0.0.11 (n1), 127.0.0.12 (n2), fe80::1%lo (n3)"},
		{at("::ffff:127.0.0.13"), "from 127.0.0.13, wanted"},
		{&net.UnixAddr{Name: "/run/n1.sock", Net: "unix"}, "/run/n1.sock, which is no IP address"},
	} {
		in := &fakeConn{from: test.from}
		name, c, err := classify(in)
		if err != nil {
			name = err.Error()
		} else if c != in {
			t.Errorf("%v: got another connection", test.from)
		}
		if !strings.Contains(name, test.want) {
			t.Errorf("%v: got %q, want %q", test.from, name, test.want)
		}
	}
	if _, _, err := FromAddress(nil)(&fakeConn{from: at("::1")}); err == nil || !strings.Contains(err.Error(), "wanted one from none: no name was given") {
		t.Errorf("got %v", err)
	}
}

// TestAClassifierKeepsItsNames: its map is the caller's to change.
func TestAClassifierKeepsItsNames(t *testing.T) {
	names := map[string]string{"1": "n1"}
	classify := FromHeader("From", names)
	delete(names, "1")
	if name, _, err := classify(delivers("GET / HTTP/1.1\r\nFrom: 1\r\n\r\n", 100)); name != "n1" {
		t.Errorf("got %q (%v), want n1", name, err)
	}
}

// post is a request as a member of etcd sends it.
const post = "POST /raft HTTP/1.1\r\nHost: 127.0.0.1:2380\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 9\r\n" +
	"Content-Type: application/protobuf\r\nX-Etcd-Cluster-Id: cdf818194e3a8c32\r\nX-Server-From: 8e9e05c52164694d\r\n\r\nraft\x00\xff\r\n\n"

var members = map[string]string{"8e9e05c52164694d": "n1", "91bc3c398fb3c146": "n2"}

func TestFromHeaderGivesBackWhatItRead(t *testing.T) {
	long := "GET / HTTP/1.1\r\nX-Server-From: 91bc3c398fb3c146\r\nPad: " + strings.Repeat("x", maxHead)
	long = long[:maxHead-4] + "\r\n\r\n" // as long as a head may be
	for _, stream := range []struct{ bytes, name string }{
		{post, "n1"},
		{post + strings.Replace(post, "8e9e05c52164694d", "91bc3c398fb3c146", 1) + "and more", "n1"},
		{"GET /raft/stream HTTP/1.1\r\nx-server-from:   91bc3c398fb3c146  \r\n\r\n", "n2"},
		{"GET / HTTP/1.1\nX-Server-From: 91bc3c398fb3c146\n\n", "n2"},
		{"GET / HTTP/1.1\r\nX-Server-From: 91bc3c398fb3c146\r\nContent-Length: 9223372036854775807\r\n\r\nx", "n2"},
		{long + strings.Repeat("body", 10_000), "n2"},
	} {
		for _, step := range []int{1, 2, 7, 1000, math.MaxInt} {
			name, c, err := FromHeader("X-Server-From", members)(delivers(stream.bytes, step))
			if err != nil || name != stream.name {
				t.Fatalf("%.40q by %d: got %q (%v), want %q", stream.bytes, step, name, err, stream.name)
			}
			if got, err := io.ReadAll(c); err != nil || string(got) != stream.bytes {
				t.Errorf("%.40q by %d: got back %d bytes (%v), want %d", stream.bytes, step, len(got), err, len(stream.bytes))
			}
		}
	}
}

func TestFromHeaderHasANameForRequestsWithout(t *testing.T) {
	names := map[string]string{"1": "n1", "": "others"}
	const bare = "GET /version HTTP/1.1\r\nHost: n3\r\n\r\n"
	name, c, err := FromHeader("X-Server-From", names)(delivers(bare, 10))
	if err != nil || name != "others" {
		t.Fatalf("got %q (%v), want others", name, err)
	}
	if got, _ := io.ReadAll(c); string(got) != bare {
		t.Errorf("got back %q, want %q", got, bare)
	}
}

func TestFromHeaderSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		bytes string
		err   error
		want  string
	}{
		{"GET /version HTTP/1.1\r\nHost: n3\r\n\r\n", nil, `without the header X-Server-From, which tells who dials: "GET /version HTTP/1.1"`},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", nil, `without the header X-Server-From, which tells who dials: "PRI * HTTP/2.0"`},
		{strings.Replace(post, "8e9e", "0000", 1), nil, `X-Server-From: "000005c52164694d", wanted one of 8e9e05c52164694d (n1), 91bc3c398fb3c146 (n2)`},
		{"", nil, "ended after 0 bytes"},
		{post[:90], nil, "ended after 90 bytes, before its first HTTP/1 request was whole"},
		{post[:90], syscall.ECONNRESET, "after 90 bytes of an HTTP/1 request: connection reset by peer"},
		{post[:90], os.ErrDeadlineExceeded, `got 90 bytes and no whole head of an HTTP/1 request in time; they begin with "POST /raft HTTP/1.1`},
		{"\x16\x03\x01\x02\x00\x01\x00", os.ErrDeadlineExceeded, `they begin with "\x16\x03\x01\x02\x00\x01\x00"`},
		{"SSH-2.0-OpenSSH_9.9\r\nno header\r\n\r\n", nil, `got no HTTP/1 request but "SSH-2.0-OpenSSH_9.9`},
		{"GET / HTTP/1.1\r\nPad: " + strings.Repeat("x", maxHead), nil, "over the limit of 16384 bytes"},
		{strings.Repeat("x", 2*maxHead), nil, "over the limit of 16384 bytes"},
	} {
		in := delivers(test.bytes, 4000)
		in.err = test.err
		name, c, err := FromHeader("X-Server-From", members)(in)
		if err == nil || !strings.Contains(err.Error(), test.want) || name != "" || c != nil {
			t.Errorf("%.40q: got %q (%v), want an error with %s", test.bytes, name, err, test.want)
		}
		if test.err != nil && !errors.Is(err, test.err) && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%.40q: got %v, want it to wrap %v", test.bytes, err, test.err)
		}
	}
}

// endless is a header that does not end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "X-Lie: 1\r\n"), nil }

// TestAnEndlessHeadIsReadToItsLimit: what it makes the proxy hold is bounded.
func TestAnEndlessHeadIsReadToItsLimit(t *testing.T) {
	in := &fakeConn{bytes: endless{}, step: math.MaxInt}
	if _, _, err := FromHeader("X-Server-From", members)(in); !errors.Is(err, errLongHead) {
		t.Errorf("got %v, want %v", err, errLongHead)
	}
	if in.given > maxHead {
		t.Errorf("read %d bytes, the limit is %d", in.given, maxHead)
	}
}

// FuzzFromHeader gives it whatever a dialer may send, cut anywhere: it reads a
// bounded part of it, and what it gives back equals what came in.
func FuzzFromHeader(f *testing.F) {
	f.Add([]byte(post), 7)
	f.Add([]byte(post+post), math.MaxInt)
	f.Add([]byte("GET / HTTP/1.1\r\nX-Server-From:\r\n 8e9e05c52164694d\r\n\r"), 3)
	f.Add([]byte("\r\n\r\n"), 1)
	f.Add(bytes.Repeat([]byte("a: b\n"), maxHead/5), 4096)
	f.Fuzz(func(t *testing.T, b []byte, step int) {
		in := &fakeConn{bytes: bytes.NewReader(b), step: max(1, step)}
		name, c, err := FromHeader("X-Server-From", members)(in)
		if in.given > maxHead {
			t.Fatalf("read %d bytes, the limit is %d", in.given, maxHead)
		}
		if err != nil {
			return
		}
		if name != "n1" && name != "n2" {
			t.Fatalf("got the name %q", name)
		}
		if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%q came in, %q (%v) is given back", b, got, err)
		}
	})
}
