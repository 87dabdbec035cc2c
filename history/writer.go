package history

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
)

// line of the file: one of its fields is set.
type line struct {
	Header *Header `json:"header,omitempty"`
	Call   *Call   `json:"call,omitempty"`
	Return *Return `json:"return,omitempty"`
}

// Writer records a history. Its methods may be called from many goroutines. Each
// line is with the operating system when its method returns, so that the process
// may be killed at any time; Close makes the file survive the machine's crash,
// too.
type Writer struct {
	mu   sync.Mutex
	file *os.File
	err  error // the first; nothing is written after it
}

// Create begins a history in a file that must not exist. The header's version is
// set to Version. Its errors are of type *Error.
func Create(path string, h Header) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, cannotWrite(path, err)
	}
	h.Version = Version
	w := &Writer{file: f}
	if err := w.write(line{Header: &h}); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// Call records an operation that is about to be sent. It must not be sent after an
// error: nobody would know of it.
func (w *Writer) Call(c Call) error {
	quoteCall(&c)
	return w.write(line{Call: &c})
}

// Return records how an operation ended. Without it the outcome is unknown.
func (w *Writer) Return(r Return) error {
	quoteReturn(&r)
	return w.write(line{Return: &r})
}

// Close syncs the file and closes it. It returns the first error of any method.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.err
	if err == nil {
		err = w.file.Sync()
	}
	if closing := w.file.Close(); err == nil {
		err = closing
	}
	w.err = errClosed
	return err
}

var errClosed = errors.New("the history is closed")

// write appends a line with one system call, so that a crash tears the last line
// at most.
func (w *Writer) write(l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if _, err := w.file.Write(text); err != nil {
		w.err = cannotWrite(w.file.Name(), err)
	}
	return w.err
}

func cannotWrite(path string, err error) error {
	return &Error{Path: path, What: "cannot be written", Err: err, Do: "name a new file in a folder that you may write to, on a disk that has room"}
}
