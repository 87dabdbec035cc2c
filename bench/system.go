package bench

import (
	"context"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/results"
)

// System is what a trial loads, audits and, where the processes are its own,
// harms: a cluster that was started for it, or one that somebody else runs.
// Each trial has one of its own, chosen by its setup; nothing asks which. What a
// system does not have it answers with none of.
type System interface {
	// Servers can be loaded and audited.
	Servers() []Server
	// Members are the processes that may be harmed.
	Members() []Member
	// Leader is the id of the server that leads, when all that live agree.
	Leader(ctx context.Context) (string, error)
	// Health is an error when one of the Members, or its emulated disk, died unasked, or
	// cannot store anything for a fault of the host.
	Health() error
	// Read tells what the Members have used so far; ReadCounters does without the
	// histograms of links and stores, and takes a fraction of the time.
	Read(ctx context.Context) (usage, error)
	ReadCounters(ctx context.Context) (usage, error)
	// BeginSpans has the Members that live note the instants of writes; Spans ends that
	// and gives, by member, what they noted.
	BeginSpans(ctx context.Context) error
	Spans(ctx context.Context) (map[string]control.Spans, error)
	// Links are those emulated links that have a delay and carry something now.
	Links() []link
	// Probe has the sender of each link probe it, all at the same time. The
	// errors are by sender; what was found is in the next Read.
	Probe(ctx context.Context, links []link) map[string]error
	// Boot is how long it took from nothing to an agreed leader; zero where it
	// ran already.
	Boot() time.Duration
	// Stop ends what was started for the trial, also when ctx is done.
	Stop(ctx context.Context) error
}

// Server is one end of a System that can be loaded and audited.
type Server struct {
	ID string
	// Address that any client reaches, past the emulated network.
	Address string
	// Dial opens a pinned connection as the load's, over the emulated network.
	Dial func(context.Context) (*client.Client, error)
}

// Member is a process that may be harmed. (*cluster.Member has it.)
type Member interface {
	ID() string
	Site() string
	Alive() bool
	// Kill returns the instant just before the signal, on CLOCK_MONOTONIC.
	Kill(ctx context.Context) (atNS int64, err error)
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
	Restart(ctx context.Context) error
	Links(ctx context.Context, f control.Fault) error
	// MessageFaults replaces the faults of its messages, nil by none.
	MessageFaults(ctx context.Context, f *control.MessageFaults) error
	// Disk has its disk do something else than its work; the zero DiskFault heals it.
	Disk(ctx context.Context, d control.DiskFault) error
	// Deadlock has its state machine hang, or go on.
	Deadlock(ctx context.Context, on bool) error
	// HandOver has it, which leads, give up leadership. AddNonvoter, AddVoter and
	// RemoveServer have it change the configuration.
	HandOver(ctx context.Context) error
	AddNonvoter(ctx context.Context, id string) error
	AddVoter(ctx context.Context, id string) error
	RemoveServer(ctx context.Context, id string) error
	// Snapshot has it take one now. Shutdown stops it cleanly; Wipe removes what a
	// member left that does not run.
	Snapshot(ctx context.Context) error
	Shutdown(ctx context.Context) error
	Wipe() error
	// Counters is its own account of itself.
	Counters(ctx context.Context) (control.Stats, error)
	// Durable is the last index that it reported to be on its disk, OnDisk what
	// its last start found there; false where its store promises nothing.
	Durable() (index uint64, ok bool)
	OnDisk() (found control.OnDisk, ok bool)
	// LogTail is the end of its log, oldest line first.
	LogTail(lines int) []string
}

// usage is what a System's processes have used since they started.
type usage struct {
	nodes map[string]nodeReading
	// client is what arrived at the load generator's end of its links.
	client []netem.Arrival
}

// link is an emulated link that has a delay.
type link struct {
	results.Ends
	// plain: without jitter, loss or rate, it has the same delay for all that
	// crosses it.
	plain bool
	// asked are the moments of the delays of a link with jitter; nil of one without,
	// and of one whose loss or rate adds what nobody can foresee.
	asked *netem.Moments
	// spread are quantiles of such delays, as a record keeps them; nil of a link
	// without jitter.
	spread []int64
}

// member finds one of a system's by its id; nil when there is none.
func member(s System, id string) Member {
	for _, m := range s.Members() {
		if m.ID() == id {
			return m
		}
	}
	return nil
}

// living are the members that run.
func living(s System) []Member {
	var out []Member
	for _, m := range s.Members() {
		if m.Alive() {
			out = append(out, m)
		}
	}
	return out
}
