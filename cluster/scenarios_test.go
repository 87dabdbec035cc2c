package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/control"
)

// Scenarios are read as one reads a play: what is done to a cluster of real nodes,
// and below ---- what is seen of it then. In testdata/scenarios; `go test -run
// TestScenarios -rewrite` writes down what is seen today.
//
// What is awaited may take minutes on a busy host; only that something does not
// happen is a matter of time, and a longer time could only show that it does.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s := &scenario{t: t}
			datadriven.RunTestAny(t, file, func(_ testing.TB, d *datadriven.TestData) string { return s.run(d) })
			if filepath.Base(file) == "three.txt" {
				s.canFail(t)
			}
		})
	}
}

// canFail checks that scenarios which do not hold fail, and say where, what was
// wanted and what was got.
func (s *scenario) canFail(t *testing.T) {
	for text, got := range map[string]string{
		"write 1 to leader\n----\n2 of 1 acknowledged\n": "1 of 1 acknowledged",
		"gone\n----\n1 of 0 gone\n":                      "0 of 0 gone",
		"leader up\n----\none leader\n":                  "error: got leader up, want changed, term, or of and members",
		"write x to leader\n----\nok\n":                  `error: write "x", want a number`,
		"kill n9\n----\nok\n":                            `error: "n9" is nobody`,
		"partition n1 | n2\n----\nok\n":                  "error: partition leaves out n3",
		"lend an ear\n----\nok\n":                        `error: "lend" is no command`,
	} {
		file := filepath.Join(t.TempDir(), "wrong.txt")
		if err := os.WriteFile(file, []byte("# A comment.\n\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		said := strings.Join(strings.Fields(failing(t, file, s)), " ")
		_, want, _ := strings.Cut(strings.TrimSpace(text), "----\n")
		for _, part := range []string{file + ":3:", "expected: " + want, "found: " + got} {
			if !strings.Contains(said, part) {
				t.Errorf("want a failure with %q of\n%s\ngot: %s", part, text, said)
			}
		}
	}
}

// spy is a test that may fail.
type spy struct {
	testing.TB
	said string
}

func (s *spy) Helper()                           {}
func (s *spy) Failed() bool                      { return s.said != "" }
func (s *spy) Logf(string, ...any)               {}
func (s *spy) FailNow()                          { runtime.Goexit() }
func (s *spy) Fatalf(format string, args ...any) { s.said = fmt.Sprintf(format, args...); s.FailNow() }

// failing runs a scenario and returns how it failed; nothing where it held.
func failing(t *testing.T, file string, s *scenario) string {
	t.Helper()
	f := &spy{TB: t}
	var done sync.WaitGroup
	done.Go(func() { // which Goexit ends
		datadriven.RunTestAny(f, file, func(_ testing.TB, d *datadriven.TestData) string { return s.run(d) })
	})
	done.Wait()
	return f.said
}

// patience is how long anything is awaited.
const patience = 2 * time.Minute

// scenario is a cluster, and what was seen of it so far.
type scenario struct {
	t       *testing.T
	cluster *Cluster
	// leader and term are those that `leader` saw last; follower is who was last
	// meant by that word.
	leader, follower *Member
	rest             []*Member // as partition meant it last
	term             uint64
	written          int
	// Keys that were acknowledged, and those that a leader was asked for and did not
	// acknowledge since harm was done last.
	acked, doubtful []string
	clients         map[int]*client.Client // by process
}

// run does one command. What goes wrong is seen, as everything else.
func (s *scenario) run(d *datadriven.TestData) string {
	words := make([]string, len(d.CmdArgs))
	for i, a := range d.CmdArgs {
		words[i] = a.String()
	}
	seen, err := s.do(d.Cmd, words)
	if err != nil {
		return "error: " + err.Error()
	}
	return seen
}

func (s *scenario) do(command string, words []string) (string, error) {
	switch command {
	case "start": // start 3
		return s.start(words)
	case "write": // write 10 to leader · write 2 to n1 within 400ms
		return s.write(words)
	case "leader": // leader [changed] [term] [of n1 n2 …]
		return s.awaitLeader(words)
	case "stepdown":
		return s.awaitStepDown(words)
	case "equal":
		return s.awaitEqual()
	case "gone":
		return s.countGone()
	case "kill", "restart", "isolate", "cut", "partition", "ring", "heal":
		return "ok", s.harm(command, words)
	}
	return "", fmt.Errorf("%q is no command", command)
}

func (s *scenario) start(words []string) (string, error) {
	n, err := strconv.Atoi(strings.Join(words, " "))
	if err != nil {
		return "", err
	}
	spec := quickSpec(s.t, n)
	spec.BootTimeout, spec.CallTimeout = patience, patience
	for i := range spec.Nodes {
		r := &spec.Nodes[i].Raft
		r.HeartbeatTimeout, r.ElectionTimeout, r.LeaderLeaseTimeout = 300*time.Millisecond, 300*time.Millisecond, 200*time.Millisecond
	}
	s.cluster = start(s.t, spec)
	s.leader, s.term, err = s.cluster.Leader(s.waiting())
	if err != nil {
		return "", err
	}
	return s.leader.ID() + " leads", nil
}

func (s *scenario) waiting() context.Context { return within(s.t, patience) }

// members are those that are meant by words: n1, leader, follower, others (than
// the leader), rest (of a partition), living, all.
func (s *scenario) members(words ...string) (out []*Member, err error) {
	for _, w := range words {
		some := s.meant(w)
		if len(some) == 0 {
			return nil, fmt.Errorf("%q is nobody", w)
		}
		out = append(out, some...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("got no member, want at least one")
	}
	return out, nil
}

func (s *scenario) meant(word string) []*Member {
	all := s.cluster.Members()
	switch word {
	case "all":
		return all
	case "living":
		return slices.DeleteFunc(all, func(m *Member) bool { return !m.Alive() })
	case "others":
		return slices.DeleteFunc(all, func(m *Member) bool { return m == s.leader })
	case "leader":
		return []*Member{s.leader}
	case "rest":
		return s.rest
	case "follower":
		if s.follower == nil || s.follower == s.leader {
			s.follower = s.meant("others")[0]
		}
		return []*Member{s.follower}
	}
	return slices.DeleteFunc(all, func(m *Member) bool { return m.ID() != word })
}

// harm does something to members or to the links between them. Who is meant by
// leader does lead then: on a busy host it may have been voted out since it was
// seen, and what is held on a link to another leader is delivered after all.
func (s *scenario) harm(command string, words []string) error {
	if command == "heal" || command == "restart" {
		return s.harmOnce(command, words)
	}
	s.doubtful = nil
	if !slices.ContainsFunc(words, func(w string) bool { return w == "leader" || w == "follower" || w == "others" }) {
		return s.harmOnce(command, words)
	}
	for {
		var err error
		if s.leader, s.term, err = s.agreed(s.meant("living")); err != nil {
			return err
		}
		if err := s.harmOnce(command, words); err != nil || !s.leader.Alive() {
			return err
		}
		stats, err := s.leader.Counters(s.waiting())
		if err != nil || stats.State == stateLeader && stats.Term == s.term {
			return err
		}
		if err := s.harmOnce("heal", nil); err != nil {
			return err
		}
	}
}

func (s *scenario) harmOnce(command string, words []string) error {
	switch command {
	case "heal":
		for _, m := range s.cluster.Members() {
			if err := m.Links(s.t.Context(), control.Fault{Action: control.FaultHeal, Immediate: true}); err != nil {
				return err
			}
		}
		return nil
	case "partition":
		return s.partition(strings.Split(strings.Join(words, " "), "|"))
	case "cut":
		from, to, _ := strings.Cut(strings.Join(words, " "), "->")
		return s.cut(strings.Fields(from), strings.Fields(to))
	}
	members, err := s.members(words...)
	if err != nil {
		return err
	}
	switch command {
	case "kill":
		for _, m := range members {
			if _, err := m.Kill(s.waiting()); err != nil {
				return err
			}
		}
	case "restart":
		for _, m := range members {
			if !m.Alive() {
				if err := m.Restart(s.waiting()); err != nil {
					return err
				}
			}
		}
	case "isolate":
		for _, m := range members {
			if err := s.apart(func(a, b *Member) bool { return a == m || b == m }); err != nil {
				return err
			}
		}
	case "ring":
		n := len(members)
		return s.apart(func(a, b *Member) bool {
			steps := (slices.Index(members, a) - slices.Index(members, b) + n) % n
			return steps != 1 && steps != n-1
		})
	}
	return nil
}

// partition cuts every link between two groups. Everybody must be in one.
func (s *scenario) partition(groups []string) error {
	group := map[*Member]int{}
	for i, g := range groups {
		s.rest = slices.DeleteFunc(s.cluster.Members(), func(m *Member) bool { _, in := group[m]; return in })
		members, err := s.members(strings.Fields(g)...)
		if err != nil {
			return err
		}
		for _, m := range members {
			group[m] = i
		}
	}
	for _, m := range s.cluster.Members() {
		if _, in := group[m]; !in {
			return fmt.Errorf("partition leaves out %s", m.ID())
		}
	}
	return s.apart(func(a, b *Member) bool { return group[a] != group[b] })
}

// cut holds what some send to others, and not what these answer.
func (s *scenario) cut(from, to []string) error {
	senders, err := s.members(from...)
	if err != nil {
		return err
	}
	receivers, err := s.members(to...)
	if err != nil {
		return err
	}
	return s.apart(func(a, b *Member) bool { return slices.Contains(senders, a) && slices.Contains(receivers, b) })
}

// apart cuts the links of which a function says so.
func (s *scenario) apart(cut func(from, to *Member) bool) error {
	for _, from := range s.cluster.Members() {
		for _, to := range s.cluster.Members() {
			if from == to || !cut(from, to) {
				continue
			}
			if err := from.Links(s.t.Context(), control.Fault{Action: control.FaultCut, To: []string{to.ID()}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// write puts keys that nobody wrote before, again and again until they are
// acknowledged or the time is over.
func (s *scenario) write(words []string) (string, error) {
	const form = "write 10 to leader [within 400ms]"
	if len(words) < 3 || words[1] != "to" || len(words) != 3 && (len(words) != 5 || words[3] != "within") {
		return "", fmt.Errorf("got write %s, want %s", strings.Join(words, " "), form)
	}
	n, err := strconv.Atoi(words[0])
	if err != nil {
		return "", fmt.Errorf("write %q, want a number", words[0])
	}
	to, err := s.members(words[2])
	if err != nil {
		return "", err
	}
	longest := patience
	if len(words) == 5 {
		if longest, err = time.ParseDuration(words[4]); err != nil {
			return "", err
		}
	}
	acked, err := s.put(within(s.t, longest), to[0], n)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d of %d acknowledged", acked, n), nil
}

// client of a member's process, which is kept.
func (s *scenario) client(m *Member) (*client.Client, error) {
	pid := m.PID()
	if c := s.clients[pid]; c != nil {
		return c, nil
	}
	c, err := client.Dial(s.waiting(), m.Listen().Client, nil)
	if err != nil {
		return nil, err
	}
	if s.clients == nil {
		s.clients = map[int]*client.Client{}
	}
	s.clients[pid] = c
	s.t.Cleanup(func() { _ = c.Close() })
	return c, nil
}

// put writes n keys by a member. What a follower was asked for may have been on its
// way to a leader, and come true later: nobody can say what became of it.
func (s *scenario) put(ctx context.Context, m *Member, n int) (acked int, err error) {
	c, err := s.client(m)
	if err != nil {
		return 0, err
	}
	for range n {
		s.written++
		key := fmt.Sprintf("w%04d", s.written)
		for ctx.Err() == nil {
			try, cancel := context.WithTimeout(ctx, time.Second)
			_, err := c.Put(try, key, []byte("v"))
			cancel()
			if err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if ctx.Err() == nil {
			acked++
			s.acked = append(s.acked, key)
		} else if m == s.leader {
			s.doubtful = append(s.doubtful, key)
		}
	}
	return acked, nil
}

// awaitLeader waits until members (all that live unless some are named) follow one
// among them, and tells what was asked for of it and its term.
func (s *scenario) awaitLeader(words []string) (string, error) {
	of := []string{"living"}
	if i := slices.Index(words, "of"); i >= 0 {
		of, words = words[i+1:], words[:i]
	}
	members, err := s.members(of...)
	if err != nil {
		return "", err
	}
	leader, term, err := s.agreed(members)
	if err != nil {
		return "", err
	}
	seen := "one leader"
	for _, w := range words {
		switch {
		case w == "changed" && leader != s.leader:
			seen += ", another node"
		case w == "changed":
			seen += ", the same node"
		case w == "term" && term > s.term:
			seen += ", a later term"
		case w == "term" && term == s.term:
			seen += ", the same term"
		case w == "term":
			seen += ", an earlier term"
		default:
			return "", fmt.Errorf("got leader %s, want changed, term, or of and members", w)
		}
	}
	s.leader, s.term = leader, term
	return seen, nil
}

// agreed waits until all members follow one among them in one term.
func (s *scenario) agreed(members []*Member) (*Member, uint64, error) {
	for ctx := s.waiting(); ; {
		var vs views
		for _, m := range members {
			stats, err := m.Counters(ctx)
			vs = append(vs, view{m, stats, err})
		}
		if leader, term := vs.agreed(s.cluster); leader != nil {
			return leader, term, nil
		}
		if ctx.Err() != nil {
			return nil, 0, fmt.Errorf("no leader within %s: %s", patience, vs)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *scenario) awaitStepDown(words []string) (string, error) {
	members, err := s.members(words...)
	if err != nil {
		return "", err
	}
	for ctx := s.waiting(); ; time.Sleep(10 * time.Millisecond) {
		stats, err := members[0].Counters(ctx)
		if err != nil {
			return "", err
		}
		if stats.State != stateLeader {
			return "leads no more", nil
		}
	}
}

// awaitEqual waits until all that live have applied the same, and looks for every
// acknowledged write on each.
func (s *scenario) awaitEqual() (string, error) {
	living := s.meant("living")
	ctx := s.waiting()
	for ; !s.equal(ctx, living); time.Sleep(10 * time.Millisecond) {
		if ctx.Err() != nil {
			return "", fmt.Errorf("nodes differ after %s", patience)
		}
	}
	for _, m := range living {
		there, err := s.keys(ctx, m)
		if err != nil {
			return "", err
		}
		for _, key := range s.acked {
			if !there[key] {
				return "", fmt.Errorf("%s has not %s, which was acknowledged", m.ID(), key)
			}
		}
	}
	return fmt.Sprintf("all equal: %d nodes, %d acknowledged writes on each", len(living), len(s.acked)), nil
}

func (s *scenario) equal(ctx context.Context, members []*Member) bool {
	var hashes []uint32
	var revisions []int64
	for _, m := range members {
		stats, err := m.Counters(ctx)
		if err != nil {
			return false
		}
		c, err := s.client(m)
		if err != nil {
			return false
		}
		hash, _, err := c.HashKV(ctx, stats.Revision)
		if err != nil {
			return false
		}
		hashes, revisions = append(hashes, hash), append(revisions, stats.Revision)
	}
	return len(slices.Compact(hashes)) == 1 && len(slices.Compact(revisions)) == 1
}

// keys are what a member itself holds.
func (s *scenario) keys(ctx context.Context, m *Member) (map[string]bool, error) {
	c, err := s.client(m)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	err = c.Scan(ctx, "w", func(kv client.KeyValue) error { there[kv.Key] = true; return nil })
	return there, err
}

// countGone tells how many of the writes that a leader did not acknowledge nobody
// holds.
func (s *scenario) countGone() (string, error) {
	gone := len(s.doubtful)
	for _, key := range s.doubtful {
		for _, m := range s.meant("living") {
			there, err := s.keys(s.waiting(), m)
			if err != nil {
				return "", err
			}
			if there[key] {
				gone--
				break
			}
		}
	}
	seen := fmt.Sprintf("%d of %d gone", gone, len(s.doubtful))
	s.doubtful = nil
	return seen, nil
}
