package powerloss

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// patience with the process that serves a disk: mounting, and dropping what was not
// synced, take milliseconds; unmounting waits for files that are still open.
const patience = 10 * time.Second

// Process serves a disk; its methods are not for several goroutines at once.
type Process struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan answer
	done    chan struct{}
	at      string
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
	p := &Process{cmd: command, answers: make(chan answer, 1), done: make(chan struct{}), at: at}
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

// read the process's answers until it ends.
func (p *Process) read(out io.Reader) {
	defer close(p.done)
	defer close(p.answers)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			a.Error = fmt.Sprintf("got %q, want an answer in JSON", lines.Text())
		}
		p.answers <- a
	}
}

// Cut the power: what was not synced is gone. Nobody may have a file open.
func (p *Process) Cut(ctx context.Context) (Lost, error) {
	if _, err := io.WriteString(p.in, cut+"\n"); err != nil {
		return Lost{}, fmt.Errorf("power loss: the disk's process is gone: %w", err)
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
			return Lost{}, errors.New("power loss: the disk's process has ended")
		case a.Error != "":
			return Lost{}, errors.New(a.Error)
		}
		return a.Lost, nil
	case <-ctx.Done():
		return Lost{}, fmt.Errorf("power loss: no answer of the disk's process: %w", ctx.Err())
	}
}

// Close unmounts the disk and ends its process, if need be by force.
func (p *Process) Close() error {
	_ = p.in.Close() // which tells it to end
	var late error
	select {
	case <-p.done:
	case <-time.After(patience):
		late = fmt.Errorf("power loss: the disk at %s was not unmounted within %v, and its process was killed", p.at, patience)
		_ = p.cmd.Process.Kill()
	}
	err := p.cmd.Wait()
	if late != nil || err != nil {
		Detach(p.at)
	}
	return errors.Join(late, err)
}
