package powerloss

import (
	"io"
	"os"
	"sync"
)

// pageSize of the pages that are held in memory until they are synced.
const pageSize = 4096

// file is one file as whoever writes to it sees it: what stands behind it on disk,
// and over that the pages and the length that were not synced.
//
// Invariants: dirty holds whole pages below size alone, and a byte at or past durable
// that is in no dirty page is zero.
type file struct {
	mu    sync.Mutex
	dirty map[int64]*[pageSize]byte // by page number
	// size is the length that is seen; durable how much of the file behind is still
	// part of it: less than that file's length after a truncation that was not synced.
	size, durable int64
}

func newFile(size int64) *file {
	return &file{dirty: map[int64]*[pageSize]byte{}, size: size, durable: size}
}

// length that is seen.
func (f *file) length() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.size
}

// page number n, from memory or from the file behind.
func (f *file) page(behind io.ReaderAt, n int64) (*[pageSize]byte, error) {
	if p := f.dirty[n]; p != nil {
		return p, nil
	}
	p := new([pageSize]byte)
	from := n * pageSize
	if left := min(f.durable-from, pageSize); left > 0 {
		if _, err := behind.ReadAt(p[:left], from); err != nil && err != io.EOF {
			return nil, err
		}
	}
	return p, nil
}

// readAt reads up to the end of the file.
func (f *file) readAt(behind io.ReaderAt, to []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	to = to[:max(0, min(int64(len(to)), f.size-off))]
	for done := 0; done < len(to); {
		at := off + int64(done)
		p, err := f.page(behind, at/pageSize)
		if err != nil {
			return done, err
		}
		done += copy(to[done:], p[at%pageSize:])
	}
	return len(to), nil
}

// writeAt keeps what is written in memory.
func (f *file) writeAt(behind io.ReaderAt, from []byte, off int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for done := 0; done < len(from); {
		at := off + int64(done)
		p, err := f.page(behind, at/pageSize)
		if err != nil {
			return err
		}
		done += copy(p[at%pageSize:], from[done:])
		f.dirty[at/pageSize] = p
	}
	f.size = max(f.size, off+int64(len(from)))
	return nil
}

// truncate makes the file so long. What it grows by is zero.
func (f *file) truncate(behind io.ReaderAt, size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if size < f.size {
		for n := range f.dirty {
			if n*pageSize >= size {
				delete(f.dirty, n)
			}
		}
		f.durable = min(f.durable, size)
		if rest := size % pageSize; rest > 0 {
			p, err := f.page(behind, size/pageSize)
			if err != nil {
				return err
			}
			clear(p[rest:])
			f.dirty[size/pageSize] = p
		}
	}
	f.size = size
	return nil
}

// sync puts into the file behind, and on its disk, all that is seen.
func (f *file) sync(behind *os.File) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	// First the cut: what a truncation took away must not come back between the pages.
	if err := behind.Truncate(f.durable); err != nil {
		return err
	}
	for n, p := range f.dirty {
		from := n * pageSize
		if _, err := behind.WriteAt(p[:min(pageSize, f.size-from)], from); err != nil {
			return err
		}
	}
	if err := behind.Truncate(f.size); err != nil {
		return err
	}
	if err := behind.Sync(); err != nil {
		return err
	}
	f.durable = f.size
	clear(f.dirty)
	return nil
}

// lose drops all that was not synced; behind is as long as the file was at its last
// sync. It returns how many bytes of pages are gone.
func (f *file) lose(behind int64) (bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range f.dirty {
		bytes += min(pageSize, f.size-n*pageSize)
	}
	clear(f.dirty)
	f.size, f.durable = behind, behind
	return bytes
}

// clean tells that nothing of it waits for a sync.
func (f *file) clean() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.dirty) == 0 && f.size == f.durable
}
