// Package metamorphic plays one history over many clusters and wants the same end of
// all: whatever the store, the network, raft's knobs, the number of nodes and the
// faults, what was asked is answered alike and each replica ends alike. An answer that
// is wrong in one setup only is found without anybody's having said what is right.
// (Pebble's metamorphic tests do this with an engine's options.)
//
// It is all tests. What there is, and how it is run for longer, stands in
// docs/metamorphic.md.
package metamorphic
