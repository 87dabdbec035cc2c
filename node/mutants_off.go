//go:build !mutants

package node

import (
	"context"

	"github.com/hashicorp/raft"
	"google.golang.org/protobuf/proto"
)

// mutant is what is wrong with this build's nodes: nothing.
const mutant = noMutant

// MutantVariable chooses a mutant in a build that has any; empty in all others.
const MutantVariable = ""

// Broken says how this build's nodes may be broken on purpose: not at all.
func Broken() string { return "" }

// CheckMutant refuses a mutant that there is not.
func CheckMutant() error { return nil }

func spoilStores(*stores, string, int64) error { return nil }

func spoiledTransport(t wholeTransport, _ *peers) wholeTransport { return t }

func spoiledMachine(n *Node) raft.FSM { return n.machine }

func (n *Node) answerUnproposed(proto.Message, []byte) proto.Message { return nil }

func (n *Node) forwardAgain(_ context.Context, _ string, _, _ any, err error) error { return err }
