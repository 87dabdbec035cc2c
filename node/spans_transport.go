package node

import (
	"sync"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// timedTransport notes when AppendEntries with entries were sent and answered. All
// other RPCs go straight to the transport behind it.
type timedTransport struct {
	wholeTransport
	spans *spans
}

// newTimedTransport is the transport itself where nothing is ever noted.
func newTimedTransport(t wholeTransport, s *spans) wholeTransport {
	if s == nil {
		return t
	}
	return timedTransport{t, s}
}

// AppendEntries implements raft.Transport.
func (t timedTransport) AppendEntries(id raft.ServerID, to raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	sent := t.spans.stamp()
	err := t.wholeTransport.AppendEntries(id, to, args, resp)
	if err == nil && sent != 0 {
		t.answered(id, args, resp, sent)
	}
	return err
}

func (t timedTransport) answered(id raft.ServerID, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse, sent int64) {
	at := t.spans.stamp()
	if n := len(args.Entries); n > 0 && resp.Success && at != 0 {
		t.spans.replicate(control.Replicated{
			To: string(id), First: args.Entries[0].Index, Last: args.Entries[n-1].Index, SentNS: sent, AnsweredNS: at,
		})
	}
}

// AppendEntriesPipeline implements raft.Transport.
func (t timedTransport) AppendEntriesPipeline(id raft.ServerID, to raft.ServerAddress) (raft.AppendPipeline, error) {
	p, err := t.wholeTransport.AppendEntriesPipeline(id, to)
	if err != nil {
		return nil, err
	}
	timed := &timedPipeline{AppendPipeline: p, transport: t, to: id, out: make(chan raft.AppendFuture), closed: make(chan struct{})}
	go timed.pass()
	return timed, nil
}

// timedPipeline stands between a pipeline and raft, since nothing else sees the answers
// in it: a hand-over between two goroutines more for each, with or without noting.
type timedPipeline struct {
	raft.AppendPipeline
	transport timedTransport
	to        raft.ServerID
	out       chan raft.AppendFuture
	closed    chan struct{}
	once      sync.Once
}

// Consumer implements raft.AppendPipeline.
func (p *timedPipeline) Consumer() <-chan raft.AppendFuture { return p.out }

// Close implements raft.AppendPipeline.
func (p *timedPipeline) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.AppendPipeline.Close()
}

// pass hands answers on until the pipeline is closed.
func (p *timedPipeline) pass() {
	for {
		select {
		case f := <-p.AppendPipeline.Consumer():
			if p.transport.spans.on.Load() && f.Error() == nil {
				p.transport.answered(p.to, f.Request(), f.Response(), clock.At(f.Start()))
			}
			select {
			case p.out <- f:
			case <-p.closed:
				return
			}
		case <-p.closed:
			return
		}
	}
}
