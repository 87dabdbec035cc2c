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
	err = say.Encode(answer{})
	for lines := bufio.NewScanner(in); err == nil && lines.Scan() && lines.Text() != finish; {
		var a answer
		switch lines.Text() {
		case cut:
			if a.Lost, err = d.Lose(); err != nil {
				a.Error = err.Error()
			}
		default:
			a.Error = fmt.Sprintf("got %q, want %q or %q", lines.Text(), cut, finish)
		}
		err = say.Encode(a)
	}
	return errors.Join(err, d.Unmount())
}
