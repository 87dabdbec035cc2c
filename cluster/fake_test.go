package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// A fake node is this test binary, started again, that speaks the control
// channel and does what a sound node never does. It is a cluster of one in
// term 1.
const fakeEnv = "RAFTBENCH_TEST_FAKE"

// What a fake node does wrong.
const (
	sound          = "nothing"
	neverAnswers   = "never answers"
	saysGarbage    = "says garbage"
	diesAtStart    = "dies at start"
	diesWhenAsked  = "dies when asked for stats"
	neverListens   = "answers the start without listening"
	refusesToStart = "answers the start with an error"
	ignoresStop    = "ignores stop, SIGTERM and the end of stdin"
	neverLeads     = "knows no leader"
	neverLearns    = "hears of the leader and gets no configuration"
	endlessLine    = "says a line without an end"
	cannotStore    = "tells of a full disk and leads nobody"
	failsToStore   = "tells of a full disk and dies when asked for stats"
	startsSlowly   = "takes its time to start"
	logsAndDies    = "when asked for stats, dies with these last words and a long stack: "

	refusesWithCode = "answers the start with an error of this code: "
	waitsForGate    = "does not start while this file exists: "
)

// fake starts a fake node with this flaw, and real ones as rest does.
func fake(flaws map[string]string, rest Starter) Starter {
	return func(ctx context.Context, id string) (*exec.Cmd, error) {
		flaw, isFake := flaws[id]
		if !isFake {
			return rest(ctx, id)
		}
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), fakeEnv+"="+flaw)
		return cmd, nil
	}
}

// fakeTold counts how often the fake node was told the others' addresses; it
// shows it as its applied index. Where it was told that they listen it shows as
// links from them.
var (
	fakeTold    uint64
	fakeKnows   []control.LinkStats
	fakeStarted bool
	fakeHolds   networkState
)

// fakeCut marks, among the links that a fake node shows, those that are cut.
const fakeCut = "cut"

// fakeLinks is what a fake node shows of what it was told.
func fakeLinks() []control.LinkStats {
	links := slices.Clone(fakeKnows)
	for _, to := range slices.Sorted(maps.Keys(fakeHolds.cut)) {
		links = append(links, control.LinkStats{From: fakeCut, To: to})
	}
	return links
}

// hearFake takes addresses as a real node does: not before it has started.
func hearFake(c control.Command) (problem string) {
	if !fakeStarted {
		return fmt.Sprintf("first command is %q, want %q", c.Op, control.OpStart)
	}
	fakeTold++
	fakeKnows = nil
	for _, p := range c.Peers {
		fakeKnows = append(fakeKnows, control.LinkStats{From: p.ID, To: p.Raft})
	}
	return ""
}

// startFake starts as its flaw has it, at an address that no process before
// had.
func startFake(flaw string, o control.Options) {
	if flaw == startsSlowly {
		time.Sleep(time.Duration(os.Getpid()%4) * 10 * time.Millisecond)
	}
	for gate, ok := strings.CutPrefix(flaw, waitsForGate); ok; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(gate); err != nil {
			break
		}
	}
	fakeStarted, fakeHolds = true, newNetworkState(o)
	sayFake(control.Event{Kind: control.EventListening, PID: os.Getpid(), Listen: &control.Listen{
		Raft: fmt.Sprintf("a:%d", os.Getpid()), Client: "a:2", Peer: "a:3",
	}})
}

// runFake is the fake node's main.
func runFake(flaw string) {
	if flaw == ignoresStop {
		signal.Ignore(syscall.SIGTERM)
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		c, err := control.Decode[control.Command](in.Bytes())
		if err != nil {
			fmt.Fprintln(os.Stderr, "fake:", err)
			os.Exit(9)
		}
		answerFake(flaw, c)
	}
	for flaw == ignoresStop {
		time.Sleep(time.Hour)
	}
}

func answerFake(flaw string, c control.Command) {
	reply := control.Event{Kind: control.EventReply, ID: c.ID}
	if c.Op == control.OpCounters { // its stats have no histograms anyway
		c.Op = control.OpStats
	}
	switch {
	case flaw == neverAnswers, flaw == ignoresStop && c.Op == control.OpStop:
		return
	case flaw == saysGarbage:
		fmt.Fprintln(os.Stdout, "panic: this is no JSON")
		return
	case flaw == endlessLine:
		for {
			fmt.Fprint(os.Stdout, strings.Repeat("x", 1<<20))
		}
	case flaw == diesAtStart:
		for i := range 30 {
			fmt.Fprintf(os.Stderr, "line %d of the log\n", i)
		}
		os.Exit(3)
	case strings.HasPrefix(flaw, refusesWithCode):
		reply.Error, reply.Code = "no", control.Code(strings.TrimPrefix(flaw, refusesWithCode))
	case flaw == refusesToStart:
		reply.Error = "got protocol 99, this build speaks 1"
	case c.Op == control.OpStart && flaw != neverListens:
		startFake(flaw, *c.Start)
	case c.Op == control.OpStats && flaw == diesWhenAsked:
		os.Exit(4)
	case c.Op == control.OpStats && strings.HasPrefix(flaw, logsAndDies):
		fmt.Fprintln(os.Stderr, strings.TrimPrefix(flaw, logsAndDies))
		if strings.Contains(flaw, "panic: ") {
			fmt.Fprintf(os.Stderr, "\ngoroutine 1 [running]:\n%s", strings.Repeat("main.main()\n\t/main.go:1 +0x1\n", 50))
		}
		os.Exit(2)
	case c.Op == control.OpStats && (flaw == cannotStore || flaw == failsToStore):
		sayFake(control.Event{Kind: control.EventStoreError, Code: control.CodeSpace, Error: "disk full"})
		if flaw == failsToStore {
			os.Exit(2)
		}
		reply.Stats = &control.Stats{State: "Candidate", Term: 7, LastIndex: 1}
	case c.Op == control.OpStats && flaw == neverLeads:
		reply.Stats = &control.Stats{State: "Candidate", Term: 7, LastIndex: 1}
	case c.Op == control.OpStats && flaw == neverLearns:
		reply.Stats = &control.Stats{State: "Leader", Term: 1, Leader: "n1"}
	case c.Op == control.OpStats:
		reply.Stats = &control.Stats{State: "Leader", Term: 1, LastIndex: 1, Leader: "n1", Applied: fakeTold, Links: fakeLinks()}
	case c.Op == control.OpLinks && !fakeStarted:
		reply.Error = fmt.Sprintf("first command is %q, want %q", c.Op, control.OpStart)
	case c.Op == control.OpLinks:
		fakeHolds.add(*c.Fault)
	case c.Op == control.OpPeers:
		reply.Error = hearFake(c)
	}
	sayFake(reply)
	if c.Op == control.OpStop {
		os.Exit(0)
	}
}

func sayFake(e control.Event) {
	line, _ := json.Marshal(e)
	_, _ = os.Stdout.Write(append(line, '\n'))
}

// fakeSpec is a cluster of one fake node.
func fakeSpec(t *testing.T, flaw string) Spec {
	t.Helper()
	spec := quickSpec(t, 1)
	spec.Start = fake(map[string]string{"n1": flaw}, nil)
	return spec
}
