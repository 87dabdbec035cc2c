package powerloss

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// patience with the process that serves a disk: mounting, and dropping what was not
// synced, take milliseconds; unmounting waits for files that are still open.
const patience = 10 * time.Second

// Process serves a disk; Cut and Close are not for several goroutines at once.
type Process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan answer
	at      string
	errors  lastWords // what it wrote to its standard error

	closing atomic.Bool
	died    chan struct{} // closed when it has ended and was not told to
	done    chan struct{} // closed when it has ended
	end     error         // how it ended; set before done is closed
}

// DeathError is a disk's process that ended without having been told to. Whoever has a
// file of the disk open gets errors from then on.
type DeathError struct {
	PID int
	How string // as os.ProcessState says it
	// Words are the last lines that it wrote to its standard error, the oldest first.
	Words []string
}

func (e *DeathError) Error() string {
	s := fmt.Sprintf("its process (pid %d) ended unasked: %s", e.PID, e.How)
	if len(e.Words) == 0 {
		return s + "; it wrote nothing to its stderr"
	}
	return s + "; its stderr ends: " + strings.Join(e.Words, " | ")
}

// CommandName of the program's command that serves a disk.
const CommandName = "power-loss-disk"

// Command of this program that serves a disk.
func Command(binary, behind, at string) *exec.Cmd {
	return exec.Command(binary, CommandName, behind, at) //nolint:gosec // the program itself
}

// Start has a process of its own serve a disk: command is one that calls Serve with
// its standard input and output. It returns when the disk is mounted.
func Start(ctx context.Context, command *exec.Cmd, at string) (*Process, error) {
	p := &Process{cmd: command, answers: make(chan answer, 1), at: at, died: make(chan struct{}), done: make(chan struct{})}
	command.Stderr, command.WaitDelay = &p.errors, patience
	out, err := command.StdoutPipe()
	if err == nil {
		p.in, err = command.StdinPipe()
	}
	if err == nil {
		isolate(command)
		err = command.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("power loss: starting the disk's process: %w", err)
	}
	go p.read(out)
	if _, err := p.answer(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// read the process's answers until it ends, and see how it does.
func (p *Process) read(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			a.Error = fmt.Sprintf("got %q, want an answer in JSON", lines.Text())
		}
		p.answers <- a
	}
	p.end = p.cmd.Wait()
	if !p.closing.Load() {
		close(p.died)
	}
	close(p.done)
	close(p.answers)
}

// PID of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Died is closed when the process has ended and Close has not been called.
func (p *Process) Died() <-chan struct{} { return p.died }

// Err is the *DeathError of a process that died; nil of any other.
func (p *Process) Err() error {
	select {
	case <-p.died:
		return &DeathError{PID: p.PID(), How: p.cmd.ProcessState.String(), Words: p.errors.lines()}
	default:
		return nil
	}
}

// Cut the power: what was not synced is gone. Nobody may have a file open.
func (p *Process) Cut(ctx context.Context) (Lost, error) {
	if _, err := io.WriteString(p.in, cut+"\n"); err != nil {
		return Lost{}, p.gone(err)
	}
	return p.answer(ctx)
}

func (p *Process) answer(ctx context.Context) (Lost, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case a, ok := <-p.answers:
		switch {
		case !ok:
			return Lost{}, p.gone(errors.New("it has ended"))
		case a.Error != "":
			return Lost{}, errors.New(a.Error)
		}
		return a.Lost, nil
	case <-ctx.Done():
		return Lost{}, fmt.Errorf("power loss: no answer of the disk's process: %w", ctx.Err())
	}
}

// gone is why the process cannot be asked: how it died, where it did.
func (p *Process) gone(err error) error {
	select {
	case <-p.done: // soon, if it is: its pipes are closed
		err = cmp.Or(p.Err(), err)
	case <-time.After(patience):
	}
	return fmt.Errorf("power loss: the disk at %s cannot be asked: %w", p.at, err)
}

// Kill the process, which may hang, without waiting for it.
func (p *Process) Kill() error { return p.cmd.Process.Kill() }

// Close unmounts the disk and ends its process, if need be by force. That it has died
// before is no error: Err tells of it.
func (p *Process) Close() error {
	p.closing.Store(true)
	_ = p.in.Close() // which tells it to end
	var late error
	select {
	case <-p.done:
	case <-time.After(patience):
		late = fmt.Errorf("power loss: the disk at %s was not unmounted within %v, and its process was killed", p.at, patience)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	if p.end != nil {
		Detach(p.at)
	}
	if p.Err() != nil {
		return nil
	}
	return errors.Join(late, p.end)
}

// mostWords of a process's standard error that are kept, in bytes, and mostLines that
// are told.
const (
	mostWords = 64 << 10
	mostLines = 5
)

// lastWords keeps the end of what is written to it.
type lastWords struct {
	mu  sync.Mutex
	end []byte
}

func (w *lastWords) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end = append(w.end, b...)
	w.end = w.end[max(0, len(w.end)-mostWords):]
	return len(b), nil
}

// isLast tells of the line that Go's runtime begins with when it ends a process, before
// the stacks of all goroutines.
func isLast(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "SIG")
}

// lines are the last ones, or those from a panic's first on.
func (w *lastWords) lines() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := strings.TrimSpace(string(w.end))
	if text == "" {
		return nil
	}
	all := strings.Split(text, "\n")
	from := max(0, len(all)-mostLines)
	if i := slices.IndexFunc(all, isLast); i >= 0 {
		from = i
	}
	return all[from:min(len(all), from+mostLines)]
}
