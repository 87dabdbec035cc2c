package node

// Mutants are nodes that are broken on purpose: a checker that has never objected to
// anything proves nothing, so each kind of defect that it is meant to find is built
// once, and runs must object to it. They exist only in a build with the tag mutants,
// which says so of itself (mutants_on.go, and mutants_named.go for all their names). In
// any other build (mutants_off.go) mutant is the constant noMutant, so that the compiler
// leaves out whatever depends on it.
//
// Here are the names of those that come in by a line where they belong, and not by
// standing between raft and its stores, transport or state machine.
const (
	noMutant = "" // an honest node

	lossToldAsRejection = "loss-told-as-rejection" // errors.go
	retriedForwards     = "retried-forwards"       // forward.go
	localReads          = "local-reads"            // reads.go and kv.go
	noVerifyLeader      = "no-verify-leader"       // reads.go
	noBarrier           = "no-barrier"             // reads.go
	boltWithoutSync     = "bolt-without-sync"      // stores.go
)
