package node

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// maxPool is how many idle connections raft keeps to a peer in Consul, Nomad and
// Vault.
const maxPool = 3

func (n *Node) startRaft(l net.Listener) error {
	last, begun := uint64(0), false // raft begins by storing the term that it found
	n.stores.disk.onTerm = func(term uint64) {
		if term != last || !begun {
			last, begun = term, true
			n.emit(control.Event{Kind: control.EventTerm, AtNS: clock.Now(), Term: term})
		}
	}
	n.stores.snaps.onSnapshot = func(index uint64, bytes int64, taken bool) {
		kind := control.EventInstall
		if taken {
			kind = control.EventSnapshot
		}
		n.emit(control.Event{Kind: kind, AtNS: clock.Now(), Index: index, Bytes: bytes})
	}
	n.transport = n.newTransport(l)
	r, err := n.newRaft()
	if err != nil {
		return errors.Join(fmt.Errorf("raft: %w", err), n.stores.disk.failures.latest(), n.transport.Close())
	}
	n.raft = r
	n.reportAcknowledged()
	r.RegisterObserver(raft.NewObserver(nil, false, n.observe))
	return nil
}

// newRaft has raft read its data. Once the configuration is valid, the data is
// all that can be wrong.
func (n *Node) newRaft() (*raft.Raft, error) {
	c := n.raftConfig()
	if err := raft.ValidateConfig(c); err != nil {
		return nil, err
	}
	return unlessPanicked(n.log, func() (*raft.Raft, error) {
		r, err := raft.NewRaft(c, spoiledMachine(n), n.stores.logs, n.stores.disk, n.stores.snaps, n.transport)
		if err != nil {
			return nil, dataError{err}
		}
		return r, nil
	})
}

func (n *Node) newTransport(l net.Listener) wholeTransport {
	inFlight := n.opts.Raft.MaxRPCsInFlight
	if n.opts.MessageFaults != nil {
		inFlight = 1 // answers inside a pipeline match by position: no faults there
	}
	n.network = raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		ServerAddressProvider: n.peers,
		Logger:                n.log.Named("transport"),
		Stream:                &stream{Listener: l, endpoint: n.endpoint, peers: n.peers, failures: n.connecting},
		MaxPool:               maxPool,
		MaxRPCsInFlight:       inFlight,
		Timeout:               transportTimeout(n.opts.Raft.LeaderLeaseTimeout),
	})
	var t wholeTransport = n.network
	if n.opts.MessageFaults != nil {
		n.faulty = newFaultyTransport(n.network, *n.opts.MessageFaults, n.opts.Seed)
		t = n.faulty
	}
	return newElectionTransport(spoiledTransport(newTimedTransport(t, n.spans), n.peers), n.emit)
}

// transportTimeout is raft's usual 10 s at default timeouts, and shorter with
// them, so that an RPC into a partition does not outlive many elections.
func transportTimeout(lease time.Duration) time.Duration {
	return min(max(20*lease, 2*time.Second), 10*time.Second)
}

func (n *Node) raftConfig() *raft.Config {
	o, c := n.opts.Raft, raft.DefaultConfig()
	c.LocalID = raft.ServerID(n.opts.ID)
	c.Logger = leaseLog{n.log.Named("raft"), &n.leaseLost}
	c.NoLegacyTelemetry = true
	c.HeartbeatTimeout = o.HeartbeatTimeout
	c.ElectionTimeout = o.ElectionTimeout
	c.LeaderLeaseTimeout = o.LeaderLeaseTimeout
	c.CommitTimeout = o.CommitTimeout
	c.MaxAppendEntries = o.MaxAppendEntries
	c.BatchApplyCh = o.BatchApplyCh
	c.PreVoteDisabled = o.PreVoteDisabled
	c.SnapshotThreshold = o.SnapshotThreshold
	c.SnapshotInterval = o.SnapshotInterval
	c.TrailingLogs = o.TrailingLogs
	return c
}

// Bootstrap writes the first configuration, with these voters, on this node
// alone, and has it stand for election. The others have no configuration until
// this node leads: they do not stand for election (raft.go, runFollower: "no
// known peers") and vote for whoever asks (requestVote: an empty configuration
// refuses nobody).
func (n *Node) Bootstrap(voters []control.Peer) error {
	n.Peers(voters)
	var c raft.Configuration
	for _, v := range voters {
		c.Servers = append(c.Servers, raft.Server{
			Suffrage: raft.Voter, ID: raft.ServerID(v.ID), Address: raft.ServerAddress(v.Raft),
		})
	}
	if err := n.raft.BootstrapCluster(c).Error(); err != nil {
		return fmt.Errorf("bootstrap: %w", err)
	}
	n.campaign()
	return nil
}

// campaign has this node stand for election at once, past its heartbeat timeout
// and pre-vote, by the message with which a leader hands over its place
// (Ongaro, "Consensus: Bridging Theory and Practice", 3.10; raft.go,
// timeoutNow). It is sent past the message faults. Were it lost all the same,
// the heartbeat timeout would start the election.
func (n *Node) campaign() {
	id, address := raft.ServerID(n.opts.ID), raft.ServerAddress(n.addresses.Raft)
	ask := raft.TimeoutNowRequest{RPCHeader: raft.RPCHeader{
		ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(id), Addr: n.network.EncodePeer(id, address),
	}}
	if err := n.network.TimeoutNow(id, address, &ask, &raft.TimeoutNowResponse{}); err != nil {
		n.log.Warn("first election waits for the heartbeat timeout", "error", err)
	}
}

// Transfer hands leadership to a member, or where none is named to the one that
// raft picks; it returns when this node has given up leadership, which raft bounds
// by the election timeout. That another has been elected it does not tell.
func (n *Node) Transfer(to string) error {
	if to == "" {
		if err := n.raft.LeadershipTransfer().Error(); err != nil {
			return fmt.Errorf("transfer: %w", err)
		}
		return nil
	}
	address, err := n.peers.ServerAddr(raft.ServerID(to))
	if err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	if err := n.raft.LeadershipTransferToServer(raft.ServerID(to), address).Error(); err != nil {
		return fmt.Errorf("transfer to %s: %w", to, err)
	}
	return nil
}

// Snapshot takes one now; when there is nothing new it says so.
func (n *Node) Snapshot() error { return n.raft.Snapshot().Error() }
