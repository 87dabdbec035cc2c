//go:build mutants

package node

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"
)

// MutantVariable chooses the mutant that all nodes are, which are started with it in
// their environment; where it is empty or not there they are honest.
const MutantVariable = "RAFTBENCH_MUTANT"

// mutant is what is wrong with the nodes of this process.
var mutant = os.Getenv(MutantVariable)

// Mutant is one node that is broken on purpose.
type Mutant struct {
	Name string
	// Breaks says what it does wrong.
	Breaks string
}

// Mutants are all that there are, in the order of docs/track-record.md.
func Mutants() []Mutant {
	return []Mutant{
		{earlyAcknowledgement, "the leader answers a put when it has handed it to raft, before it is committed"},
		{quorumTooSmall, "a leader counts one follower that does not answer as if it had acknowledged"},
		{neverProposed, "2 % of all puts are acknowledged and never proposed"},
		{skippedApplies, "a follower leaves 2 % of all committed commands unapplied"},
		{localReads, "every node answers linearizable reads from its own state"},
		{doubleApplies, "every 20th entry is applied twice, on all nodes alike"},
		{noVerifyLeader, "a leader answers linearizable reads without asking whether it still leads"},
		{noBarrier, "a new leader answers linearizable reads before it knows what is committed"},
		{retriedForwards, "a follower that does not know what became of a write it forwarded forwards it again"},
		{lossToldAsRejection, "a write under way when leadership is lost is told as certainly without effect"},
		{droppedEntries, "the log store keeps 99 % of the entries, and says that it keeps all"},
		{lostTail, "the last 20 entries of the log are lost when a node is started again"},
		{wipedData, "log, term, vote and snapshots are lost when a node is started again"},
		{forgottenVote, "a node that is started again has forgotten for whom it voted"},
		{twoVotes, "a node votes for everybody who asks in a term"},
		{anyLogElected, "a node votes for candidates whose logs lack what its own has"},
		{snapshotMissesKeys, "a snapshot leaves out one key in 10"},
		{boltWithoutSync, "bbolt never syncs, and is told to be durable"},
	}
}

// Broken says how this process's nodes are broken on purpose.
func Broken() string { return cmp.Or(mutant, NoneChosen) }

// CheckMutant refuses a mutant that there is not: an honest node in its place would
// pass every check.
func CheckMutant() error {
	var names []string
	for _, m := range Mutants() {
		names = append(names, m.Name)
	}
	if mutant == noMutant || slices.Contains(names, mutant) {
		return nil
	}
	return fmt.Errorf("%s=%s: there is no such mutant, want one of %s, or nothing for an honest node", MutantVariable, mutant, strings.Join(names, ", "))
}

// unproposed makes up what a client is told of writes that nobody has carried out.
var unproposed struct {
	mu       sync.Mutex
	revision int64 // the last that was made up
	puts     int
}

// onePutIn of so many is not proposed at all.
const onePutIn = 50

// answerUnproposed answers a put before, or without, its being committed; nil where
// the mutant answers as it should.
func (n *Node) answerUnproposed(command proto.Message, data []byte) proto.Message {
	if _, put := command.(*pb.PutRequest); !put || !n.leads() {
		return nil
	}
	unproposed.mu.Lock()
	defer unproposed.mu.Unlock()
	switch mutant {
	case earlyAcknowledgement:
		// The same order as in the log, so that revisions are seldom wrong.
		n.raft.Apply(data, enqueueTimeout)
	case neverProposed:
		if unproposed.puts++; unproposed.puts%onePutIn != 0 {
			return nil
		}
	default:
		return nil
	}
	unproposed.revision = max(unproposed.revision, n.machine.position().revision) + 1
	return &pb.PutResponse{Header: &pb.ResponseHeader{Revision: unproposed.revision}}
}

// randomly decides with a seed, for several goroutines.
type randomly struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newRandomly(seed int64) *randomly {
	return &randomly{random: rand.New(rand.NewPCG(uint64(seed), uint64(time.Now().UnixNano())))}
}

// share of all calls that are true.
func (r *randomly) share(p float64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.random.Float64() < p
}

var _ raft.BatchingFSM = (*badMachine)(nil)
