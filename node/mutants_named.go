//go:build mutants

package node

// The names of the other mutants, by where they stand.
const (
	// What a client is told (propose.go).
	earlyAcknowledgement = "early-acknowledgement"
	neverProposed        = "never-proposed"

	// The state machine.
	skippedApplies     = "skipped-applies"
	doubleApplies      = "double-applies"
	snapshotMissesKeys = "snapshot-misses-keys"

	// The store.
	droppedEntries = "dropped-entries"
	lostTail       = "lost-tail"
	wipedData      = "wiped-data"
	forgottenVote  = "forgotten-vote"
	twoVotes       = "votes-for-everybody"

	// The transport.
	anyLogElected  = "any-log-elected"
	quorumTooSmall = "quorum-too-small"
)
