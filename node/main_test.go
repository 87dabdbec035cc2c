package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// launcher is the other end of a node's control channel.
type launcher struct {
	t      *testing.T
	stdin  *io.PipeWriter
	stdout *io.PipeReader
	lines  *bufio.Scanner
	id     int64
	seen   []control.Event // other than replies
	ended  chan error
}

func launch(t *testing.T) *launcher {
	t.Helper()
	in, stdin := io.Pipe()
	stdout, out := io.Pipe()
	l := &launcher{t: t, stdin: stdin, stdout: stdout, lines: bufio.NewScanner(stdout), ended: make(chan error, 1)}
	l.lines.Buffer(nil, maxLine)
	go func() {
		l.ended <- Main(context.Background(), in, out, io.Discard)
		_ = out.Close()
	}()
	t.Cleanup(func() { _ = stdin.Close(); _ = stdout.Close() })
	return l
}

func (l *launcher) say(text string) {
	l.t.Helper()
	if _, err := io.WriteString(l.stdin, text+"\n"); err != nil {
		l.t.Fatal(err)
	}
}

func (l *launcher) ask(c control.Command) control.Event {
	l.t.Helper()
	l.id++
	c.ID = l.id
	line, err := json.Marshal(c)
	if err != nil {
		l.t.Fatal(err)
	}
	l.say(string(line))
	return l.reply()
}

func (l *launcher) reply() control.Event {
	l.t.Helper()
	for l.lines.Scan() {
		e, err := control.Decode[control.Event](l.lines.Bytes())
		if err != nil {
			l.t.Fatal(err)
		}
		if e.Kind == control.EventReply {
			return e
		}
		l.seen = append(l.seen, e)
	}
	l.t.Fatal("the node said no more")
	return control.Event{}
}

func (l *launcher) ok(c control.Command) control.Event {
	l.t.Helper()
	e := l.ask(c)
	if e.Error != "" {
		l.t.Fatalf("%s: %s", c.Op, e.Error)
	}
	return e
}

// gone waits for the node's end, reading on meanwhile.
func (l *launcher) gone() error {
	l.t.Helper()
	go func() { _, _ = io.Copy(io.Discard, l.stdout) }()
	select {
	case err := <-l.ended:
		return err
	case <-time.After(patience):
		l.t.Fatal("the node did not end")
		return nil
	}
}

func (l *launcher) start(o control.Options) control.Peer {
	l.t.Helper()
	e := l.ok(control.Command{Op: control.OpStart, Start: &o})
	if s := l.seen; len(s) < 3 || s[0].Kind != control.EventOpening || s[1].Kind != control.EventTerm || s[1].Term != 0 ||
		s[2].Kind != control.EventListening || *s[2].Listen != *e.Listen || s[2].PID == 0 {
		l.t.Fatalf("before the reply to start came %+v", l.seen)
	}
	return control.Peer{ID: o.ID, Raft: e.Listen.Raft, Peer: e.Listen.Peer, Client: e.Listen.Client}
}

// lead bootstraps a node of its own and waits until it leads.
func (l *launcher) lead(self control.Peer) {
	l.t.Helper()
	l.ok(control.Command{Op: control.OpBootstrap, Peers: []control.Peer{self}})
	eventually(l.t, "the node leads", func() bool {
		return l.ok(control.Command{Op: control.OpStats}).Stats.State == "Leader"
	})
}

func TestControl(t *testing.T) {
	l := launch(t)
	self := l.start(testOptions(t, "n1"))
	l.ok(control.Command{Op: control.OpPeers, Peers: []control.Peer{self}})
	l.lead(self)
	applied := l.ok(control.Command{Op: control.OpApply, Apply: &control.Apply{Writers: 4, ValueSize: 256, Duration: 50 * time.Millisecond}}).Apply
	if applied.Writes == 0 || applied.P50 <= 0 || applied.P99 < applied.P50 || applied.Took < 50*time.Millisecond {
		t.Errorf("apply: %+v", applied)
	}
	l.ok(control.Command{Op: control.OpSnapshot})
	s := l.ok(control.Command{Op: control.OpStats}).Stats
	if s.Leader != "n1" || s.Revision != applied.Writes+1 || s.Applied != s.LastIndex || s.Snapshots != 1 || s.Fsyncs != 0 || s.StoreTime == "" {
		t.Errorf("stats: %+v", s)
	}
	l.ok(control.Command{Op: control.OpLinks, Fault: &control.Fault{Action: control.FaultCut, To: []string{"n2"}}})
	if e := l.ok(control.Command{Op: control.OpStop}); e.ID != l.id {
		t.Errorf("stop answered %+v", e)
	}
	if err := l.gone(); err != nil {
		t.Error(err)
	}
	kinds := map[control.EventKind]bool{}
	last := int64(0)
	for _, e := range l.seen {
		kinds[e.Kind] = true
		if e.AtNS < last {
			t.Errorf("%s is stamped %d, before its forerunner's %d", e.Kind, e.AtNS, last)
		}
		last = e.AtNS
	}
	for _, kind := range []control.EventKind{control.EventListening, control.EventRole, control.EventTerm, control.EventLeader, control.EventSnapshot} {
		if !kinds[kind] {
			t.Errorf("no event of kind %s", kind)
		}
	}
}

// TestControlRefusals: each is answered, and the node goes on.
func TestControlRefusals(t *testing.T) {
	l := launch(t)
	refused := func(e control.Event, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(e.Error, w) {
				t.Errorf("answer %q does not say %q", e.Error, w)
			}
		}
	}
	refused(l.ask(control.Command{Op: control.OpStats}), `first command is "stats", want "start"`)
	l.say("no json")
	refused(l.reply(), "no JSON")
	l.say("")
	l.start(testOptions(t, "n1"))
	o := testOptions(t, "n2")
	refused(l.ask(control.Command{Op: control.OpStart, Start: &o}), "started already")
	refused(l.ask(control.Command{Op: "dance"}), `"dance" is unknown`, fmt.Sprint(control.Version))
	refused(l.ask(control.Command{Op: control.OpLinks}), `no "fault"`)
	refused(l.ask(control.Command{Op: control.OpLinks, Fault: &control.Fault{Action: "burn", To: []string{"n2"}}}), `"burn" is unknown`)
	refused(l.ask(control.Command{Op: control.OpTransfer, To: "n9"}), `"n9" is not published`)
	refused(l.ask(control.Command{Op: control.OpApply, Apply: &control.Apply{Writers: 1, Duration: 1}}), "does not lead")
	refused(l.ask(control.Command{Op: control.OpApply, Apply: &control.Apply{}}), "at least one writer")
	refused(l.ask(control.Command{Op: control.OpCalibrate}), `no "calibrate"`)
	nowhere := control.Calibrate{Slots: map[string]int{"n9": 0}, SlotCount: 1, Probes: 1, Every: time.Millisecond, Patience: time.Second}
	refused(l.ask(control.Command{Op: control.OpCalibrate, Calibrate: &nowhere}), `"n9" is not published`)
	l.ok(control.Command{Op: control.OpStats})
}

// TestStartRefusals: a node that cannot start says why and ends.
func TestStartRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*control.Options)
		want  string
	}{
		"version":        {func(o *control.Options) { o.Version = 7 }, "launcher speaks version 7 of the control protocol, this node version 3"},
		"no id":          {func(o *control.Options) { o.ID = "" }, "no id"},
		"store":          {func(o *control.Options) { o.Storage.Store = "tape" }, `store "tape" is unknown`},
		"cache":          {func(o *control.Options) { o.Storage.LogCache = -1 }, "log cache"},
		"emulated sync":  {func(o *control.Options) { o.Storage.EmulatedSync = -1 }, "emulated sync"},
		"lease":          {func(o *control.Options) { o.Raft.LeaderLeaseTimeout = time.Hour }, "LeaderLeaseTimeout"},
		"append entries": {func(o *control.Options) { o.Raft.MaxAppendEntries = 4096 }, "MaxAppendEntries is too large"},
		"in flight":      {func(o *control.Options) { o.Raft.MaxRPCsInFlight = -1 }, "max_rpcs_in_flight"},
		"not loopback":   {func(o *control.Options) { o.Listen.Client = "0.0.0.0:0" }, "not loopback"},
		"wildcard":       {func(o *control.Options) { o.AllowRemote = true; o.Listen.Raft = "0.0.0.0:0" }, "could dial"},
		"no port":        {func(o *control.Options) { o.Listen.Raft = "127.0.0.1" }, "host:port"},
		"message faults": {func(o *control.Options) { o.MessageFaults = &control.MessageFaults{Drop: 2} }, "drop is 2"},
		"no data dir":    {func(o *control.Options) { o.DataDir = ""; o.Storage.Store = control.StoreBolt }, "no data directory"},
	} {
		t.Run(name, func(t *testing.T) {
			l := launch(t)
			o := testOptions(t, "n1")
			test.spoil(&o)
			if e := l.ask(control.Command{Op: control.OpStart, Start: &o}); !strings.Contains(e.Error, test.want) {
				t.Errorf("start answered %q, want %q in it", e.Error, test.want)
			}
			if err := l.gone(); err == nil {
				t.Error("the node ended without an error")
			}
		})
	}
}

// TestEndOfLauncher: the end of stdin, or of stdout, is the end of the node,
// also while it works.
func TestEndOfLauncher(t *testing.T) {
	for name, leave := range map[string]func(*launcher){
		"stdin ends": func(l *launcher) { _ = l.stdin.Close() },
		"stdin ends while the node writes": func(l *launcher) {
			l.say(`{"id":99,"op":"apply","apply":{"writers":2,"duration_ns":3600000000000}}`)
			_ = l.stdin.Close()
		},
		"stdout ends": func(l *launcher) {
			_ = l.stdout.Close()
			l.say(`{"id":99,"op":"stats"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := launch(t)
			l.lead(l.start(testOptions(t, "n1")))
			leave(l)
			if err := l.gone(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSlowLauncher: nobody reads the node's stdout; raft goes on, the queue is
// bounded, and once somebody reads how much was dropped is told, behind what was
// queued and before what comes later.
func TestSlowLauncher(t *testing.T) {
	out, stuck := io.Pipe()
	e := newEvents(stuck)
	for i := range 3 * maxQueued {
		e.Emit(control.Event{Kind: control.EventTerm, Term: uint64(i)})
	}
	e.Emit(control.Event{Kind: control.EventReply, ID: 7})
	var text bytes.Buffer
	read := make(chan error, 1)
	go func() { _, err := io.Copy(&text, out); read <- err }()
	e.Flush()
	e.Emit(control.Event{Kind: control.EventSnapshot})
	dropped, err := e.close()
	_ = stuck.Close()
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text.Bytes()), []byte("\n"))
	if got := int64(len(lines)) - 1; err != nil || dropped == 0 || got+dropped != 3*maxQueued+2 {
		t.Errorf("wrote %d and dropped %d of %d events: %v", got, dropped, 3*maxQueued+2, err)
	}
	if !bytes.Contains(text.Bytes(), []byte(`"id":7`)) {
		t.Error("the reply was dropped")
	}
	told, errTold := control.Decode[control.Event](lines[len(lines)-2])
	if errTold != nil || told.Kind != control.EventDropped || told.Count != dropped || told.AtNS == 0 {
		t.Errorf("got %+v before the last event, %v: want that %d were dropped", told, errTold, dropped)
	}
}

// TestADropIsToldAtTheEnd: also where nothing comes after it.
func TestADropIsToldAtTheEnd(t *testing.T) {
	out, stuck := io.Pipe()
	e := newEvents(stuck)
	for range 3 * maxQueued {
		e.Emit(control.Event{Kind: control.EventTerm})
	}
	var text bytes.Buffer
	read := make(chan error, 1)
	go func() { _, err := io.Copy(&text, out); read <- err }()
	dropped, err := e.close()
	_ = stuck.Close()
	if err := errors.Join(err, <-read); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`"count":%d}`+"\n", dropped); dropped == 0 || !strings.HasSuffix(text.String(), want) {
		t.Errorf("the last event is %q, want %q", text.String()[max(0, text.Len()-100):], want)
	}
}

func FuzzControlLine(f *testing.F) {
	for _, seed := range []string{
		`{"id":1,"op":"start","start":{"version":1}}`, `{"id":1,"op":"links","fault":{"action":"cut"}}`, `{"id":1`, `null`, `[]`, `{"op":7}`,
		`{"op":"apply","apply":{"writers":-1}}`, `{"op":"peers","peers":[{"id":""}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l := parse(text)
		if l.err != nil || l.command.Op == control.OpStart {
			return
		}
		s := &session{}
		if err := s.do(t.Context(), l.command, &control.Event{}); err == nil {
			t.Errorf("%q was carried out by a node that was not started", text)
		}
	})
}
