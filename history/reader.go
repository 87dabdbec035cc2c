package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// The bounds of what is read: some ten times what the longest runs write. Each is
// looked at before anything of that size is parsed or kept.
const (
	MaxBytes      = 512 << 20 // of the file
	MaxLine       = 32 << 20  // bytes; the longest line is a scan's return, or a server's lie
	MaxOperations = 1_000_000
	MaxKeys       = 10_000
	MaxScans      = 256       // each tells of every key whether it is there
	MaxParts      = 128       // compares, writes or reads of a transaction, as in etcd
	MaxRead       = 8_000_000 // keys in all answers
)

// Read reads a history's file. A last line that a crash cut off is dropped and
// told in Torn. Its errors are of type *Error.
func Read(path string) (*History, error) {
	f, err := open(path)
	if err != nil {
		return nil, &Error{Path: path, What: "cannot be read", Err: err, Do: "name a history that raftbench wrote"}
	}
	defer func() { _ = f.Close() }()
	return Decode(path, f)
}

// open a regular file. A pipe would hang its reader and a device never end, so
// neither is opened for longer than it takes to see.
func open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Decode reads a history; name is what its errors call it.
func Decode(name string, from io.Reader) (*History, error) {
	d := &decoder{
		lines:   bufio.NewReaderSize(io.LimitReader(from, MaxBytes+1), 64<<10),
		history: &History{}, names: make(map[string]string),
		places: make(map[int64]int), clients: make(map[int]int64),
		keys: make(map[string]bool), written: make(map[string]string),
	}
	for d.next() {
		if err := d.line(); err != nil {
			var located *Error
			if !errors.As(err, &located) {
				located = &Error{What: err.Error(), Do: foreignHint}
				if cutOrGarbled(err) {
					located.Do = damagedHint
				}
			}
			located.Path, located.Line = name, d.number
			return nil, located
		}
	}
	return d.end(name)
}

// cutOrGarbled tells of a line that is no JSON at all: no writer of histories wrote it so.
func cutOrGarbled(err error) bool {
	var garbled *json.SyntaxError
	return errors.As(err, &garbled) || errors.Is(err, io.ErrUnexpectedEOF)
}

// gzipMagic begins a compressed file (RFC 1952, 2.3.1).
const gzipMagic = "\x1f\x8b"

// decoder of a history's lines.
//
// Invariants between two lines: places holds every call's id and where it stands
// in the history's operations; clients holds the latest instant of each client;
// written every value that a call writes.
type decoder struct {
	lines   *bufio.Reader
	history *History

	text    []byte // the line
	ended   bool   // with a newline
	number  int    // from 1
	read    int64  // bytes
	failure error  // of reading
	long    []byte // a line that is longer than the reader's buffer

	names   map[string]string // one copy of each name that is repeated
	places  map[int64]int
	clients map[int]int64
	keys    map[string]bool
	written map[string]string
	scans   int
	told    int // keys in the answers so far
}

// next reads a line, unless there is none or the file is too long.
func (d *decoder) next() bool {
	d.long = d.long[:0]
	for {
		part, err := d.lines.ReadSlice('\n')
		d.read += int64(len(part))
		if err == nil && len(d.long) == 0 {
			d.text = part
		} else {
			d.long = append(d.long, part...)
			d.text = d.long
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(d.long) <= MaxLine:
			continue
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
			d.failure = err
			return false
		}
		if len(d.text) == 0 {
			return false
		}
		d.ended = bytes.HasSuffix(d.text, []byte("\n"))
		d.number++
		return true
	}
}

func (d *decoder) line() error {
	if d.number == 1 && bytes.HasPrefix(d.text, []byte(gzipMagic)) {
		return &Error{What: "it is compressed, want JSON lines", Do: "gunzip it first"}
	}
	if d.read > MaxBytes {
		return &Error{What: fmt.Sprintf("the file has over %d bytes, want at most that", int64(MaxBytes)), Do: sizeHint}
	}
	if len(d.text) > MaxLine {
		return &Error{What: fmt.Sprintf("a line of over %d bytes, want at most that", MaxLine), Do: sizeHint}
	}
	l, err := d.parse()
	if err != nil {
		if !d.ended && d.number > 1 && !json.Valid(d.text) {
			d.history.Torn = true
			return nil
		}
		return err
	}
	switch {
	case d.number == 1:
		return d.header(l.Header)
	case l.Call != nil:
		return d.call(*l.Call)
	case l.Return != nil:
		return d.ret(*l.Return)
	}
	return errors.New("a second header, want calls and returns")
}

// parse one JSON object that is a header, a call or a return. Where that fails
// the version is looked at, so that a file of another one is called that and not
// damaged.
func (d *decoder) parse() (l line, err error) {
	decoding := json.NewDecoder(bytes.NewReader(d.text))
	decoding.DisallowUnknownFields()
	if err = decoding.Decode(&l); err != nil {
		err = fmt.Errorf("got what is no line of a history, want a call or a return as JSON: %w", err)
	} else {
		err = strict(d.text[:decoding.InputOffset()])
	}
	if _, more := decoding.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("something follows the object, want one a line")
	}
	if d.number == 1 {
		if old := version(d.text); old != nil {
			return l, old
		}
	}
	n := 0
	for _, set := range []bool{l.Header != nil, l.Call != nil, l.Return != nil} {
		if set {
			n++
		}
	}
	if err == nil && n != 1 {
		err = fmt.Errorf("an object of %d parts, want a header, a call or a return", n)
	}
	return l, err
}

// version of a header, if it is another one than ours.
func version(text []byte) error {
	var head struct {
		Header *struct {
			Version *int `json:"version"`
		} `json:"header"`
	}
	if json.Unmarshal(text, &head) != nil || head.Header == nil {
		return nil // it is no header, which is said elsewhere
	}
	v := head.Header.Version
	switch {
	case v == nil:
		return &Error{What: fmt.Sprintf("a header without a version, want version %d", Version), Do: versionHint}
	case *v != Version:
		return &Error{What: fmt.Sprintf("got a history of version %d, want version %d", *v, Version), Do: versionHint}
	}
	return nil
}

func (d *decoder) header(h *Header) error {
	switch {
	case h == nil:
		return &Error{What: "got no header, want it in the first line of a history", Do: "name a history that raftbench wrote"}
	case h.Nodes < 1:
		return fmt.Errorf("got a cluster of %d nodes, want at least 1", h.Nodes)
	}
	d.history.Header = *h
	return readable("setup", h.Setup)
}

// end of the file.
func (d *decoder) end(name string) (*History, error) {
	if d.failure != nil {
		return nil, &Error{Path: name, Line: d.number, What: "cannot be read", Err: d.failure, Do: "restore the file, or record the history again"}
	}
	if d.number == 0 {
		return nil, &Error{Path: name, What: "is empty, want a header in the first line", Do: "name a history that raftbench wrote"}
	}
	if err := d.oneAtATime(); err != nil {
		return nil, &Error{Path: name, What: err.Error(), Do: "give each thread of a client a number of its own, and record how each operation ended"}
	}
	for i := range d.history.Operations {
		if d.history.Operations[i].Return == nil {
			d.history.Unfinished++
		}
	}
	return d.history, nil
}
