package metamorphic

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/check"
	"github.com/raftbench/raftbench/cluster"
)

var (
	firstSeed = flag.Int64("seed", 1, "seed of the first history")
	seeds     = flag.Int("seeds", 1, "how many histories are played, of seeds in a row")
	drawn     = flag.Int("drawn", 0, "how many setups are drawn for each history, beside the standard ones")
	length    = flag.Int("operations", 120, "how many operations a history has")
)

var tempDir string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if tempDir, err = os.MkdirTemp("", "raftbench-metamorphic-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(tempDir)
	os.Exit(code)
}

// binary is the real program, built once for all tests that run processes, with the
// tags that this test was built with.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(tempDir, "raftbench")
	out, err := exec.Command("go", "build", "-tags", tags, "-o", path, "../cmd/raftbench").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build raftbench: %w\n%s", err, out)
	}
	return path, nil
})

func honest(t *testing.T) cluster.Starter {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return cluster.Local(path)
}

// TestOneHistoryHasOneEnd plays each history over all setups and wants of each the same
// end as of the model, and that check.Judge holds what it answered against it.
func TestOneHistoryHasOneEnd(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+int64(*seeds); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			setups := standard()
			for i := range *drawn {
				setups = append(setups, drawSetup(seed*1000+int64(i)))
			}
			ends := newTally(t)
			for _, s := range setups {
				t.Run(s.name(), func(t *testing.T) {
					t.Parallel()
					diff := s.compare(t, honest(t), seed, *length, nil)
					ends.add(s.name(), diff)
					if diff != "" {
						t.Errorf("seed %d: %s comes to another end than the model does: %s\nplay it again: go test ./metamorphic -count=1 -run '^%s$' -seed %d -drawn %d -operations %d",
							seed, s.name(), diff, t.Name(), seed, *drawn, *length)
					}
				})
			}
		})
	}
}

// tally of setups says in the end, if some differ, which do and which do not.
type tally struct {
	mu              sync.Mutex
	same, different []string
}

func newTally(t *testing.T) *tally {
	ends := &tally{}
	t.Cleanup(func() {
		if len(ends.different) > 0 {
			t.Logf("the same end as the model's have %q, another have %q", ends.same, ends.different)
		}
	})
	return ends
}

func (e *tally) add(name, diff string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if diff == "" {
		e.same = append(e.same, name)
	} else {
		e.different = append(e.different, name)
	}
}

const (
	// playTime bounds a play. It is never met unless something hangs.
	playTime = 4 * time.Minute
	// plays that come to no certain end are done again so often: a host that stood
	// still for longer than a lease has shown nothing.
	plays     = 3
	judgeTime = time.Minute
)

// compare tells the first difference between what a setup and the model come to, or "".
// Between, where it is set, stands between the clients and the cluster.
func (s setup) compare(t *testing.T, start cluster.Starter, seed int64, operations int, between func(endpoint) endpoint) string {
	t.Helper()
	clients := max(s.clients, 1)
	p := draw(seed, clients, operations/clients)
	want := modelEnd(t, p, s.turns())
	for range plays {
		r := s.boot(t, start, seed)
		got, err := r.play(t.Context(), p, seed, between)
		switch {
		case errors.Is(err, errUndecided):
			t.Logf("played again: %v", err)
			continue
		case err != nil:
			return fmt.Sprintf("it comes to none: %v", err)
		}
		if diff := want.differs(got, s.detail()); diff != "" {
			return diff
		}
		return r.judge(t)
	}
	t.Fatalf("%s: %v, %d times: nothing is shown. The nodes compete with something for the processor: give them a quieter host", s.name(), errUndecided, plays)
	return ""
}

// play has all clients do their part at once, beside the faults, and reads what is left.
func (r *real) play(ctx context.Context, p program, seed int64, between func(endpoint) endpoint) (e end, err error) {
	ctx, cancel := context.WithTimeout(ctx, playTime)
	defer cancel()
	at := endpoint(r)
	if between != nil {
		at = between(r)
	}
	n := &nemesis{real: r}
	if r.setup.faults {
		n.faults = r.setup.drawFaults(seed, len(p[0]))
	}
	e.answers = make([][]answer, len(p))
	all, ctx := errgroup.WithContext(ctx)
	for c, ops := range p {
		player := newPlayer(c, at, r.setup.turns())
		if c == 0 {
			player.before = n.before
		}
		all.Go(func() error {
			err := player.play(ctx, ops)
			e.answers[c] = player.answers
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return e, err
	}
	ctx, cancelReads := context.WithTimeout(context.WithoutCancel(ctx), playTime)
	defer cancelReads()
	if err := n.finish(ctx); err != nil {
		return e, err
	}
	e.replicas, err = r.replicas(ctx)
	return e, err
}

// judge tells the first objection to the history that was recorded, or "".
func (r *real) judge(t *testing.T) string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	v := check.Judge(&r.history, judgeTime)
	t.Logf("operations %+v, %d of unknown outcome took effect, revision %d", v.Operations, v.TookEffect, v.Revision)
	if v.Answer == check.Holds {
		return ""
	}
	said := fmt.Sprintf("its audit says %v", v.Answer)
	if len(v.Findings) > 0 {
		said += fmt.Sprintf(": %+v", v.Findings[0])
	}
	return said
}

// TestAWriteThatIsNotDoneIsSeen on a real cluster, too.
func TestAWriteThatIsNotDoneIsSeen(t *testing.T) {
	t.Parallel()
	s := setup{nodes: 1, store: "inmem", way: direct}
	if diff := s.compare(t, honest(t), *firstSeed, *length, func(at endpoint) endpoint { return &dropping{at, 20} }); diff == "" {
		t.Error("a write was acknowledged and not done, and nothing differs")
	}
}
