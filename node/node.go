package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	"google.golang.org/grpc"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// Node is one Raft server. It runs from New to Close.
type Node struct {
	opts      control.Options
	log       hclog.Logger
	events    Events
	addresses control.Listen

	endpoint *netem.Endpoint
	peers    *peers
	stores   *stores
	machine  *machine
	raft     *raft.Raft
	// network is the transport itself, transport what stands before it.
	network   *raft.NetworkTransport
	transport wholeTransport
	faulty    *faultyTransport // nil where the node was started without
	reads     *readGate
	forwarder *forwarder
	spans     *spans // nil where the node was started without
	servers   []*grpc.Server
	// stopProbing is nil where idle links are not probed.
	stopProbing func()
	reporters   reporters
	// connecting tells why no connection could be accepted or opened.
	connecting *failures

	// applying is held for reading by each Apply, and for good by Close: raft
	// never answers what it had committed, but not applied, when it shuts down.
	applying sync.RWMutex

	acked     acknowledged
	forwarded atomic.Int64
	leaseLost atomic.Bool // raft steps down for its lease, and has not told its role yet
	// closing is done when Close begins.
	closing context.Context
	cancel  context.CancelFunc
	once    sync.Once
	closed  error
}

// Events takes the node's events to the launcher. It is called from many
// goroutines.
type Events interface {
	// Emit queues an event and never waits.
	Emit(e control.Event)
	// Flush waits until the events queued before have reached the launcher, or the
	// launcher is gone.
	Flush()
}

// New opens the stores, binds the addresses and starts raft and the API. Events
// may be nil. The event that says where the node listens comes before New
// returns.
func New(ctx context.Context, opts control.Options, log hclog.Logger, events Events) (*Node, error) {
	if err := checkOptions(opts); err != nil {
		return nil, err
	}
	n := &Node{opts: opts, log: log, events: events, machine: newMachine(opts.Storage.ApplyDelay)}
	if events == nil {
		n.events = discardEvents{}
	}
	if opts.Spans {
		n.spans = &spans{}
		n.machine.spans = n.spans
	}
	n.connecting = newFailures(n.events, control.EventHostFault)
	n.closing, n.cancel = context.WithCancel(context.Background())
	n.reporters.begin()
	if err := n.start(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// discardEvents are the events of a node without a launcher.
type discardEvents struct{}

func (discardEvents) Emit(control.Event) {}
func (discardEvents) Flush()             {}

func (n *Node) emit(e control.Event) { n.events.Emit(e) }

func checkOptions(o control.Options) error {
	switch {
	case o.Version != control.Version:
		return fmt.Errorf("launcher speaks version %d of the control protocol, this node version %d", o.Version, control.Version)
	case o.ID == "":
		return errors.New("the node has no id")
	case o.DataDir == "" && o.Storage.Store != control.StoreMemory:
		return errors.New("the node has no data directory")
	case o.Raft.MaxRPCsInFlight < 0:
		return fmt.Errorf("max_rpcs_in_flight is %d, want 1 or more (1: no pipelining), or 0 for raft's default", o.Raft.MaxRPCsInFlight)
	}
	return errors.Join(CheckMutant(), o.MessageFaults.Validate())
}

func (n *Node) start(ctx context.Context) error {
	n.endpoint = netem.NewEndpoint(n.opts.ID, n.opts.Seed)
	for to, shape := range n.opts.Links {
		if err := n.endpoint.Shape(to, shape); err != nil {
			return fmt.Errorf("link to %s: %w", to, err)
		}
	}
	for _, to := range n.opts.Cut {
		n.endpoint.Cut(to)
	}
	if err := n.openStores(); err != nil {
		return err
	}
	listeners, err := n.bindAll(ctx)
	if err != nil {
		return err
	}
	n.reads = newReadGate(n)
	n.forwarder = newForwarder(n.endpoint, n.peers, n.connecting)
	if err := n.startRaft(listeners.raft); err != nil {
		return errors.Join(err, listeners.closeAll())
	}
	n.serve(listeners)
	if n.opts.Probe > 0 {
		n.stopProbing = n.endpoint.Probe(n.opts.Probe)
	}
	n.stores.disk.faults.set(n.opts.Disk)
	n.announceStart()
	if n.opts.TellHeld > 0 {
		go n.tellHeld(n.opts.TellHeld)
	}
	if n.opts.TellProgress > 0 {
		go n.tellProgress(n.opts.TellProgress)
	}
	return nil
}

// openStores opens the node's stores. Damaged data may end the process, so the
// launcher is told before.
func (n *Node) openStores() error {
	n.emit(control.Event{Kind: control.EventOpening, AtNS: clock.Now()})
	n.events.Flush()
	stores, err := unlessPanicked(n.log, func() (*stores, error) {
		return openStores(n.opts.DataDir, n.opts.Storage, n.log.Named("snapshot"))
	})
	if err != nil {
		return err
	}
	n.stores = stores
	if err := spoilStores(stores, n.opts.DataDir, n.opts.Seed); err != nil {
		return err
	}
	failures := newFailures(n.events, control.EventStoreError)
	stores.disk.failures, stores.snaps.failures = failures, failures
	stores.disk.spans = n.spans
	stores.disk.stalls = newStalls(n.opts.Storage, n.opts.Seed, clock.Now())
	if stores.durable {
		n.keepAccount()
	}
	return nil
}

// keepAccount begins to track, and to report, what the stores hold durably.
func (n *Node) keepAccount() {
	account := newDurable(n.stores.found, n.events)
	n.stores.disk.durable, n.stores.snaps.durable = account, account
	n.reporters.run(account.changed, account.reportNow)
}

// listeners are the three ways in.
type listeners struct{ raft, client, peer net.Listener }

func (l listeners) closeAll() error {
	var errs []error
	for _, each := range []net.Listener{l.raft, l.client, l.peer} {
		if each == nil {
			continue
		}
		if err := each.Close(); !errors.Is(err, net.ErrClosed) { // raft closes what it was given
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (n *Node) bindAll(ctx context.Context) (ls listeners, err error) {
	for _, want := range []struct {
		at   string
		into *net.Listener
	}{
		{n.opts.Listen.Raft, &ls.raft},
		{n.opts.Listen.Client, &ls.client},
		{n.opts.Listen.Peer, &ls.peer},
	} {
		if *want.into, err = bind(ctx, want.at, n.opts.AllowRemote); err != nil {
			return ls, errors.Join(err, ls.closeAll())
		}
		*want.into = accepting{*want.into, n.connecting}
	}
	n.addresses = control.Listen{
		Raft: ls.raft.Addr().String(), Client: ls.client.Addr().String(), Peer: ls.peer.Addr().String(),
	}
	n.peers = newPeers(control.Peer{
		ID: n.opts.ID, Raft: n.addresses.Raft, Peer: n.addresses.Peer, Client: n.addresses.Client,
	})
	ls.raft = n.endpoint.Listen(ls.raft)
	ls.peer = n.endpoint.Listen(ls.peer)
	return ls, nil
}

func (n *Node) announceStart() {
	listen, found := n.addresses, n.stores.found
	n.emit(control.Event{
		Kind: control.EventListening, AtNS: clock.Now(), Listen: &listen, OnDisk: &found,
		PID: os.Getpid(), Version: control.Version,
	})
	state := n.raft.State()
	n.emit(control.Event{Kind: control.EventRole, AtNS: clock.Now(), State: state.String(), Term: termOf(n.raft, state)})
}

// Listen tells where the node listens.
func (n *Node) Listen() control.Listen { return n.addresses }

// OnDisk tells what the node's stores held before raft started.
func (n *Node) OnDisk() control.OnDisk { return n.stores.found }

// Peers publishes where the members listen now.
func (n *Node) Peers(members []control.Peer) {
	n.peers.publish(members)
	n.forwarder.moved()
}

// Close shuts the node down and gives everything back; a second call answers
// as the first did.
func (n *Node) Close() error {
	n.once.Do(func() {
		n.cancel()
		n.mend()
		n.closed = n.shutDown()
	})
	return n.closed
}

// mend ends what would keep raft from ending.
func (n *Node) mend() {
	n.machine.stuck.set(false)
	if n.stores != nil {
		n.stores.disk.faults.set(control.DiskFault{})
	}
}

func (n *Node) shutDown() error {
	var errs []error
	if n.stopProbing != nil {
		n.stopProbing()
	}
	for _, s := range n.servers {
		s.Stop()
	}
	if n.forwarder != nil {
		errs = append(errs, n.forwarder.close())
	}
	if n.raft != nil {
		n.applying.Lock() // its writers end with closing, after their last entry
		errs = append(errs, n.stopRaft())
	}
	n.reporters.end() // after the last reports: nothing is written any more
	if n.stores != nil {
		errs = append(errs, n.stores.close())
	}
	return errors.Join(errs...)
}

// stopRaft resets the links between telling raft to stop and waiting for it:
// its callers may hang in RPCs into a partition.
func (n *Node) stopRaft() error {
	stopped := n.raft.Shutdown()
	err := n.endpoint.Close()
	err = errors.Join(err, stopped.Error())
	return errors.Join(err, n.transport.Close(), n.endpoint.Close())
}
