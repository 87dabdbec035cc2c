package powerloss

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// What is said to a process that serves a disk, a line each, and what it answers.
const (
	cut    = "cut"
	finish = "end"
)

// answer to each line, and, with no line before it, that the disk is mounted.
type answer struct {
	Lost  Lost   `json:"lost"`
	Error string `json:"error,omitempty"`
}

// Serve mounts a disk and does what the lines of in say until it ends: whoever
// started the process may be gone, and then so is the disk.
//
// It needs a process of its own. A page fault in a mapped file waits for the one who
// serves the file, and holds up every goroutine of the process that it happens in.
func Serve(in io.Reader, out io.Writer, behind, at string) error {
	say := json.NewEncoder(out)
	d, err := Mount(behind, at)
	if err != nil {
		return errors.Join(err, say.Encode(answer{Error: err.Error()}))
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(in); in.Scan(); {
			lines <- in.Text()
		}
	}()
	err = say.Encode(answer{})
	for err == nil {
		select {
		case line, more := <-lines:
			if !more || line == finish {
				return d.Unmount()
			}
			err = say.Encode(d.do(line))
		case <-d.Unmounted():
			return fmt.Errorf("power loss: the disk at %s was unmounted by somebody else", at)
		}
	}
	return errors.Join(err, d.Unmount())
}

// do what a line says.
func (d *Disk) do(line string) (a answer) {
	if line != cut {
		return answer{Error: fmt.Sprintf("got %q, want %q or %q", line, cut, finish)}
	}
	var err error
	if a.Lost, err = d.Lose(); err != nil {
		a.Error = err.Error()
	}
	return a
}
