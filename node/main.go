package node

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// maxLine bounds one command; a start with the links of 99 members is far
// below.
const maxLine = 4 << 20

// leaveWithin bounds the way out once the launcher is gone.
const leaveWithin = time.Second

// Main runs a node that is driven through stdin and stdout until a stop
// command, the end of stdin, the end of stdout, or ctx. What it returns is
// why it could not go on; the end of the launcher is no error.
func Main(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	s := &session{
		log: hclog.New(&hclog.LoggerOptions{
			Name: "node", Level: hclog.Info, Output: stderr, JSONFormat: true,
		}),
		events: newEvents(stdout),
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := s.serve(ctx, readCommands(ctx, stdin, cancel))
	err = errors.Join(err, s.leave())
	dropped, writeErr := s.events.close()
	if dropped > 0 {
		s.log.Warn("launcher did not read", "events dropped", dropped)
	}
	if writeErr != nil {
		s.log.Warn("launcher is gone", "error", writeErr)
	}
	return err
}

// session is one launcher's conversation with one node.
type session struct {
	log    hclog.Logger
	events *events
	node   *Node
}

func (s *session) serve(ctx context.Context, commands <-chan line) error {
	for {
		select {
		case l := <-commands:
			if stop, err := s.answer(ctx, l); stop || err != nil {
				return err
			}
		case <-s.events.broken():
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// answer replies to one line. What may take long is done beside the loop, so
// that the launcher's end and other commands are not kept waiting. A failed
// start ends the node: there is nothing that could be told to it.
func (s *session) answer(ctx context.Context, l line) (stop bool, fatal error) {
	if l.err != nil {
		s.reply(control.Event{}, l.command, l.err)
		return false, nil
	}
	switch l.command.Op {
	case control.OpTransfer, control.OpSnapshot, control.OpApply, control.OpCalibrate,
		control.OpAddNonvoter, control.OpAddVoter, control.OpRemoveServer:
		go func() { _ = s.carryOut(ctx, l.command) }() // the reply tells
		return false, nil
	}
	err := s.carryOut(ctx, l.command)
	if l.command.Op == control.OpStart && s.node == nil {
		fatal = err
	}
	return l.command.Op == control.OpStop, fatal
}

func (s *session) carryOut(ctx context.Context, c control.Command) error {
	var e control.Event
	err := s.do(ctx, c, &e)
	s.reply(e, c, err)
	return err
}

func (s *session) reply(e control.Event, c control.Command, err error) {
	e.Kind, e.ID, e.AtNS = control.EventReply, c.ID, clock.Now()
	if err != nil {
		e.Error, e.Code = err.Error(), codeOf(err)
		s.log.Error("command failed", "op", string(c.Op), "error", err)
	}
	s.events.Emit(e)
}

// leave closes the node, but lets nothing hold up the end of the process for
// long: an RPC into a partition may.
func (s *session) leave() error {
	if s.node == nil {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- s.node.Close() }()
	select {
	case err := <-done:
		return err
	case <-time.After(leaveWithin):
		s.log.Warn("left without waiting for raft", "after", leaveWithin.String())
		return nil
	}
}

// line is one command, or why it is none.
type line struct {
	command control.Command
	err     error
}

// readCommands reads lines until stdin ends; then the launcher is gone, and
// whatever is being done for it ends at once.
func readCommands(ctx context.Context, stdin io.Reader, end context.CancelFunc) <-chan line {
	lines := make(chan line)
	send := func(l line) {
		select {
		case lines <- l:
		case <-ctx.Done():
		}
	}
	go func() {
		defer end()
		scan := bufio.NewScanner(stdin)
		scan.Buffer(make([]byte, 0, 64<<10), maxLine)
		for scan.Scan() {
			if len(scan.Bytes()) == 0 {
				continue
			}
			send(parse(scan.Bytes()))
		}
		if err := scan.Err(); err != nil {
			send(line{err: fmt.Errorf("stdin: %w", err)})
		}
	}()
	return lines
}

func parse(text []byte) line {
	c, err := control.Decode[control.Command](text)
	if err != nil {
		err = fmt.Errorf("command is no JSON of this protocol: %w", err)
	}
	return line{command: c, err: err}
}
