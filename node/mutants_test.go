//go:build mutants

package node

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/control"
)

// steady timeouts outlast what a busy host holds a node up for, and a test can wait for
// them.
func steady(o *control.Options) {
	o.Raft.HeartbeatTimeout, o.Raft.ElectionTimeout, o.Raft.LeaderLeaseTimeout = 4*time.Second, 4*time.Second, 3*time.Second
}

// broken are, for each mutant, what tells it from an honest node. ctx is long for the
// mutant, which has to answer, and short for an honest node where it must not.
var broken = map[string]func(*testing.T, context.Context) bool{
	earlyAcknowledgement: func(t *testing.T, ctx context.Context) bool {
		nodes := startCluster(t, 3, steady)
		cutOff(t, nodes[0])
		_, err := nodes[0].put(ctx, &pb.PutRequest{Key: []byte("k")})
		return err == nil
	},
	quorumTooSmall: func(t *testing.T, ctx context.Context) bool {
		nodes := startCluster(t, 3, steady)
		for _, n := range nodes[1:] {
			if err := n.Close(); err != nil {
				t.Fatal(err)
			}
		}
		_, err := nodes[0].put(ctx, &pb.PutRequest{Key: []byte("k")})
		return err == nil
	},
	neverProposed: func(t *testing.T, _ context.Context) bool {
		n := startCluster(t, 1, nil)[0]
		putMany(t, n, 2*onePutIn, "k%d")
		return keysOf(t, n) < 2*onePutIn
	},
	skippedApplies: func(t *testing.T, _ context.Context) bool {
		const puts = 1000
		nodes, _ := startHeard(t, 3, nil)
		putMany(t, nodes[0], puts, "k%d")
		least := int64(puts)
		for _, n := range nodes {
			eventually(t, "everything is applied", func() bool { return n.machine.position().index >= nodes[0].machine.position().index })
			least = min(least, keysOf(t, n))
		}
		return least < puts
	},
	localReads: func(t *testing.T, ctx context.Context) bool {
		nodes, _ := startHeard(t, 3, nil)
		cutOff(t, nodes[1])
		if _, err := nodes[0].put(bounded(t), &pb.PutRequest{Key: []byte("k")}); err != nil {
			t.Fatal(err)
		}
		r, err := (&kvServer{node: nodes[1]}).Range(ctx, &pb.RangeRequest{Key: []byte("k")})
		return err == nil && r.Count == 0
	},
	doubleApplies: func(t *testing.T, _ context.Context) bool {
		n := startCluster(t, 1, nil)[0]
		putMany(t, n, 2*doubledEntry, "k")
		r, err := n.machine.read(&pb.RangeRequest{Key: []byte("k")})
		return err == nil && r.Kvs[0].Version > 2*doubledEntry
	},
	noVerifyLeader: func(t *testing.T, ctx context.Context) bool {
		nodes, _ := startHeard(t, 3, nil)
		if _, err := nodes[0].rangeKeys(bounded(t), &pb.RangeRequest{Key: []byte("k")}); err != nil {
			t.Fatal(err)
		}
		cutOff(t, nodes[0])
		for range 20 { // the first may find a heartbeat's answer on its way
			if _, err := nodes[0].rangeKeys(ctx, &pb.RangeRequest{Key: []byte("k")}); err != nil {
				return false
			}
		}
		return true
	},
	noBarrier: func(t *testing.T, _ context.Context) bool {
		n := startCluster(t, 1, nil)[0]
		putMany(t, n, 1, "k")
		before := n.raft.LastIndex()
		if _, err := n.rangeKeys(bounded(t), &pb.RangeRequest{Key: []byte("k")}); err != nil {
			t.Fatal(err)
		}
		return n.raft.LastIndex() == before
	},
	retriedForwards: func(t *testing.T, _ context.Context) bool {
		nodes, _ := startHeard(t, 3, nil)
		leader, follower := nodes[0], nodes[1]
		put := func(key string) error {
			_, err := (&kvServer{node: follower}).Put(bounded(t), &pb.PutRequest{Key: []byte(key)})
			return err
		}
		if err := put("connected"); err != nil {
			t.Fatal(err)
		}
		harm(t, leader, follower, control.FaultCut)
		answered := make(chan error, 1)
		go func() { answered <- put("k") }()
		eventually(t, "the write takes effect", func() bool { return keysOf(t, leader) == 1 })
		harm(t, follower, leader, control.FaultReset)
		harm(t, leader, follower, control.FaultHeal)
		if <-answered != nil {
			return false
		}
		r, err := leader.machine.read(&pb.RangeRequest{Key: []byte("k")})
		return err == nil && r.Kvs[0].Version == 2
	},
	lossToldAsRejection: func(*testing.T, context.Context) bool {
		return rejected(applyError(raft.ErrLeadershipLost))
	},
	droppedEntries: func(t *testing.T, _ context.Context) bool {
		st := spoiledOpen(t, t.TempDir())
		defer st.close() //nolint:errcheck // nothing is read afterwards
		const all = 2000
		if err := st.disk.StoreLogs(entries(1, all)); err != nil {
			t.Fatal(err)
		}
		missing := 0
		for i := range uint64(all) {
			if st.disk.GetLog(i+1, &raft.Log{}) != nil {
				missing++
			}
		}
		return missing > 0
	},
	lostTail: func(t *testing.T, _ context.Context) bool {
		st := reopened(t)
		last, err := st.disk.LastIndex()
		return err == nil && last == 100-tailLength && st.found.LastIndex == 100
	},
	wipedData: func(t *testing.T, _ context.Context) bool {
		st := reopened(t)
		has, err := raft.HasExistingState(st.logs, st.disk, st.snaps)
		return err == nil && !has && st.found.LastIndex == 100
	},
	forgottenVote: func(t *testing.T, _ context.Context) bool {
		st := reopened(t)
		vote, err := st.disk.GetUint64([]byte(lastVoteTerm))
		term, _ := st.disk.GetUint64([]byte(currentTerm))
		return err == nil && vote == 0 && term == 7
	},
	twoVotes: func(t *testing.T, _ context.Context) bool {
		nodes, _ := startHeard(t, 3, nil)
		term := nodes[0].raft.CurrentTerm() + 10
		return voted(t, nodes[0], nodes[1], term, 1000) && voted(t, nodes[2], nodes[1], term, 1000)
	},
	anyLogElected: func(t *testing.T, _ context.Context) bool {
		nodes, _ := startHeard(t, 3, nil)
		putMany(t, nodes[0], 10, "k%d")
		eventually(t, "the voter holds entries", func() bool { return nodes[1].raft.LastIndex() > 5 })
		return voted(t, nodes[2], nodes[1], nodes[0].raft.CurrentTerm()+10, 1)
	},
	snapshotMissesKeys: func(t *testing.T, _ context.Context) bool {
		n := startCluster(t, 1, nil)[0]
		putMany(t, n, 2*missingKey, "k%d")
		s, err := spoiledMachine(n).Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		var written bytes.Buffer
		if err := s.(*snapshot).writeTo(&written); err != nil {
			t.Fatal(err)
		}
		keys, _, err := readSnapshot(&written)
		return err == nil && keys.tree.Len() < 2*missingKey
	},
	boltWithoutSync: func(t *testing.T, _ context.Context) bool {
		st := spoiledOpen(t, t.TempDir())
		defer st.close() //nolint:errcheck // nothing is read afterwards
		return st.durable && reflect.ValueOf(st.disk.backing).Elem().FieldByName("conn").Elem().FieldByName("NoSync").Bool()
	},
}

// caseVariable names the mutant that a process of TestMutantsAreBroken is to tell of.
const caseVariable = "NODE_TEST_MUTANT"

// TestMutantsAreBroken: each does what it is meant to do wrong, and an honest node of
// the same build does not. A process is one mutant for as long as it lives.
func TestMutantsAreBroken(t *testing.T) {
	for _, m := range Mutants() {
		for _, chosen := range []string{m.Name, noMutant} {
			t.Run(m.Name+"/"+cmp.Or(chosen, "honest"), func(t *testing.T) {
				t.Parallel()
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestThisMutant$", "-test.count=1")
				cmd.Env = append(os.Environ(), MutantVariable+"="+chosen, caseVariable+"="+m.Name)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}

// TestThisMutant is what the processes of TestMutantsAreBroken run.
func TestThisMutant(t *testing.T) {
	name := os.Getenv(caseVariable)
	if name == "" {
		t.Skip("run by TestMutantsAreBroken")
	}
	is, known := broken[name]
	if !known {
		t.Fatalf("nothing shows that %s is broken", name)
	}
	within := patience
	if mutant == noMutant {
		within = time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	if got, want := is(t, ctx), mutant == name; got != want {
		t.Errorf("a node that is %q does what %s does: %v, want %v", cmp.Or(mutant, "honest"), name, got, want)
	}
}

// TestAnUnknownMutantIsRefused: an honest node in its place would pass every check.
func TestAnUnknownMutantIsRefused(t *testing.T) {
	if mutant != "no-such-thing" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAnUnknownMutantIsRefused$", "-test.count=1")
		cmd.Env = append(os.Environ(), MutantVariable+"=no-such-thing")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	_, err := New(t.Context(), testOptions(t, "n1"), testLog(t), nil)
	if err == nil || !strings.Contains(err.Error(), "no-such-thing") || !strings.Contains(err.Error(), twoVotes) {
		t.Errorf("got %v, want a refusal that names it and lists those that there are", err)
	}
}

// cutOff cuts a node's links, both ways.
func cutOff(t *testing.T, n *Node) {
	t.Helper()
	var others []string
	for _, m := range n.peers.all() {
		if m.ID != n.opts.ID {
			others = append(others, m.ID)
		}
	}
	if err := n.Links(control.Fault{Action: control.FaultCut, To: others}); err != nil {
		t.Fatal(err)
	}
}

// harm does a fault to one link.
func harm(t *testing.T, from, to *Node, action control.FaultAction) {
	t.Helper()
	if err := from.Links(control.Fault{Action: action, To: []string{to.opts.ID}, Immediate: true}); err != nil {
		t.Fatal(err)
	}
}

// putMany puts so many values at a leader; a %d in the key is the put's number.
func putMany(t *testing.T, n *Node, count int, key string) {
	t.Helper()
	for i := range count {
		k := []byte(key)
		if strings.Contains(key, "%d") {
			k = fmt.Appendf(nil, key, i)
		}
		if _, err := n.put(bounded(t), &pb.PutRequest{Key: k}); err != nil {
			t.Fatal(err)
		}
	}
}

func keysOf(t *testing.T, n *Node) int64 {
	t.Helper()
	r, err := n.machine.read(&pb.RangeRequest{Key: []byte("k"), RangeEnd: []byte("l")})
	if err != nil {
		t.Fatal(err)
	}
	return r.Count
}

// spoiledOpen opens stores as a node does.
func spoiledOpen(t *testing.T, dir string) *stores {
	t.Helper()
	st := open(t, dir, control.Storage{Store: control.StoreBolt})
	if err := spoilStores(st, dir, 1); err != nil {
		t.Fatal(err)
	}
	return st
}

// reopened are stores that held 100 entries, term 7 and a vote in it, of a node that
// is started again.
func reopened(t *testing.T) *stores {
	t.Helper()
	dir := t.TempDir()
	st := spoiledOpen(t, dir)
	for _, err := range []error{
		st.disk.StoreLogs(entries(1, 100)),
		st.disk.SetUint64([]byte(currentTerm), 7),
		st.disk.SetUint64([]byte(lastVoteTerm), 7),
		st.disk.Set([]byte(lastVoteCand), []byte("n2")),
		st.close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	st = spoiledOpen(t, dir)
	t.Cleanup(func() { _ = st.close() })
	return st
}

// voted asks a voter for its vote, as a candidate whose log ends at an index of the
// term before.
func voted(t *testing.T, candidate, voter *Node, term, lastIndex uint64) bool {
	t.Helper()
	id, address := raft.ServerID(candidate.opts.ID), raft.ServerAddress(candidate.addresses.Raft)
	lastTerm := term - 1
	if lastIndex == 1 {
		lastTerm = 0
	}
	ask := raft.RequestVoteRequest{
		RPCHeader: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(id), Addr: candidate.network.EncodePeer(id, address)},
		Term:      term, LastLogIndex: lastIndex, LastLogTerm: lastTerm, LeadershipTransfer: true,
	}
	var answer raft.RequestVoteResponse
	if err := candidate.network.RequestVote(raft.ServerID(voter.opts.ID), raft.ServerAddress(voter.addresses.Raft), &ask, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Granted
}
