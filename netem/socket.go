package netem

import (
	"net"
	"sync"
)

// socket hands bytes to a raw connection, in order and without making its
// caller wait: what the kernel has no room for stands in rest, and a goroutine
// hands it on for as long as there is some. So nobody who holds the lock of a
// connection ever waits for its peer to read.
type socket struct {
	raw net.Conn
	// mu is the outbox's; it guards all that follows.
	mu *sync.Mutex
	// changed is called when bytes have gone on, or none will any more.
	changed func()
	// try writes what the kernel takes at once.
	try     func(head, p []byte) (int, error)
	rest    []byte
	inWrite []byte
	pushing bool
	err     error
}

func (s *socket) init(raw net.Conn, mu *sync.Mutex, moved func()) {
	s.raw, s.mu, s.changed, s.try = raw, mu, moved, attempt(raw)
}

// pending is how much has not gone on.
func (s *socket) pending() int { return len(s.rest) + len(s.inWrite) }

// send takes over head and p, or says why nothing will go on.
func (s *socket) send(head, p []byte) error {
	if s.err != nil {
		return s.err
	}
	n := 0
	if !s.pushing {
		if n, s.err = s.try(head, p); s.err != nil {
			return s.err
		}
	}
	if n < len(head) {
		s.rest = append(s.rest, head[n:]...)
		n = len(head)
	}
	s.rest = append(s.rest, p[n-len(head):]...)
	if len(s.rest) > 0 && !s.pushing {
		s.pushing = true
		go s.push()
	}
	return nil
}

// push hands on what stands in rest until there is no more. It ends at the
// latest when the raw connection is closed.
func (s *socket) push() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.err == nil && len(s.rest) > 0 {
		s.inWrite, s.rest = s.rest, s.inWrite[:0]
		s.mu.Unlock()
		_, err := s.raw.Write(s.inWrite)
		s.mu.Lock()
		s.inWrite, s.err = s.inWrite[:0], err
		s.changed()
	}
	if s.err != nil {
		s.rest = nil
	}
	s.pushing = false
	s.changed()
}
