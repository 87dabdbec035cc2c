package netem

import "sync"

// fifo is the bytes that a connection has received and not yet delivered, in
// chunks, so that it grows and shrinks with what is really held.
type fifo struct {
	chunks [][]byte
	// read is the offset in the first chunk, wrote in the last.
	read, wrote int
	size        int
}

// Chunks begin small, since most connections carry small messages.
const (
	smallChunk = 4 << 10
	bigChunk   = 128 << 10
)

var smallChunks = sync.Pool{New: func() any { b := make([]byte, smallChunk); return &b }}
var bigChunks = sync.Pool{New: func() any { b := make([]byte, bigChunk); return &b }}

func freeChunk(b []byte) {
	if len(b) == bigChunk {
		bigChunks.Put(&b)
		return
	}
	smallChunks.Put(&b)
}

// room returns where the next bytes go; it is never empty.
func (f *fifo) room() []byte {
	switch last := len(f.chunks) - 1; {
	case last < 0:
		f.chunks = append(f.chunks, *smallChunks.Get().(*[]byte))
		f.read, f.wrote = 0, 0
	case f.wrote == len(f.chunks[last]):
		f.chunks = append(f.chunks, *bigChunks.Get().(*[]byte))
		f.wrote = 0
	}
	return f.chunks[len(f.chunks)-1][f.wrote:]
}

// grew tells that n bytes were put into room.
func (f *fifo) grew(n int) { f.wrote += n; f.size += n }

// peek copies the first bytes without taking them, and tells how many.
func (f *fifo) peek(p []byte) int {
	n, from := 0, f.read
	for i := 0; i < len(f.chunks) && n < len(p); i++ {
		n += copy(p[n:], f.part(i)[from:])
		from = 0
	}
	return n
}

// part is the filled part of a chunk, from its beginning.
func (f *fifo) part(i int) []byte {
	if i == len(f.chunks)-1 {
		return f.chunks[i][:f.wrote]
	}
	return f.chunks[i]
}

// front is the longest run of first bytes that lie together; what follows it
// may be in the same chunk once that is filled further.
func (f *fifo) front() []byte {
	for len(f.part(0)) == f.read && len(f.chunks) > 1 {
		f.dropFirst()
	}
	return f.part(0)[f.read:]
}

// take moves up to len(p) bytes into p.
func (f *fifo) take(p []byte) int {
	n := f.peek(p)
	f.drop(n)
	return n
}

// drop forgets the first n bytes, which must be there.
func (f *fifo) drop(n int) {
	f.size -= n
	for n > 0 {
		left := len(f.part(0)) - f.read
		if n < left {
			f.read += n
			return
		}
		n -= left
		f.dropFirst()
	}
}

// dropFirst leaves a chunk that is also being filled where it is.
func (f *fifo) dropFirst() {
	if len(f.chunks) == 1 {
		f.read = f.wrote
		return
	}
	freeChunk(f.chunks[0])
	f.chunks, f.read = f.chunks[1:], 0
}

// rewind reuses an empty last chunk from its beginning. The filler calls it
// when it holds no room.
func (f *fifo) rewind() {
	if f.size == 0 && len(f.chunks) == 1 {
		f.read, f.wrote = 0, 0
	}
}

// free gives the chunks back.
func (f *fifo) free() {
	for _, b := range f.chunks {
		freeChunk(b)
	}
	*f = fifo{}
}
