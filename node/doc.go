// Package node is one Raft server process: hashicorp/raft over a log store and
// an emulated network, a key-value state machine with etcd's revisions, and
// the part of etcd's v3 API that a benchmark needs.
//
// Its stance is that a measured server must never be cleverer than it says: a
// request is sent on at most once, nothing is retried, and an error tells
// whether the request certainly had no effect (see errors.go). What is not
// served answers with an error code, never with a guess.
//
// The way in is a control channel (Main): lines of JSON on stdin and stdout.
// The node exits when stdin ends, so it cannot outlive its launcher.
package node
