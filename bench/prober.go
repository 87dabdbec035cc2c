package bench

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// probers are clients that write at a constant rate, one pinned to each member of a
// cluster. None is told who leads: a member that does not lead hands the write on.
// They write in turn, so that all together see the end of an outage as finely at every
// size, and load every size alike.
//
// A fault goes through two calls. begin says that one is about to be done; settle
// says when it was. Between the two nobody knows yet whether a write was sent before
// or after it, and those that end meanwhile are kept until it is known.
type probers struct {
	all  []*prober
	stop func() error

	mu      sync.Mutex
	faults  []instants
	began   []int64 // when each began to be prepared: writes from then until it are no fault's
	unknown []probe // that ended since begin
	begun   bool    // and not settled
	beganNS int64   // of the one that is begun
	writes  []probe // all that ended
}

// instants of a fault, on CLOCK_MONOTONIC: a write sent after the first is counted to
// it, one sent after the second cannot be answered by what it left standing.
type instants struct{ atNS, effectNS int64 }

// prober is one of them.
type prober struct {
	of   *probers
	node string
	conn atomic.Pointer[client.Client]

	// Guarded by of.mu: latest is the send instant of the write sent last of those
	// acknowledged, seen what each fault did to it.
	latest int64
	seen   []results.Probe
}

// probe is one write that ended.
type probe struct {
	by             *prober
	sentNS, doneNS int64
	err            error
}

// startProbers connects to every server and begins to write.
func startProbers(ctx context.Context, s System, setup configs.Setup, work loadgen.Workload, bound time.Duration, observers []loadgen.Observer) (*probers, error) {
	p := &probers{}
	servers := s.Servers()
	for _, server := range servers {
		p.all = append(p.all, &prober{of: p, node: server.ID})
	}
	if err := p.dial(ctx, s, nil); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var load sync.WaitGroup
	errs := make([]error, len(p.all))
	each := setup.Outage.Rate / float64(len(p.all))
	origin, apart := time.Now().Add(lead), time.Duration(float64(time.Second)/setup.Outage.Rate)
	for i, one := range p.all {
		gen := loadgen.New([]loadgen.Target{one}, work, observers...)
		window := loadgen.Window{
			Name: "probe", Schedule: loadgen.Constant(each), Duration: bound,
			Origin: origin.Add(time.Duration(i) * apart), Timeout: setup.Workload.Timeout, MaxInFlight: maxInFlight,
		}
		load.Go(func() { _, errs[i] = gen.Run(ctx, window) })
	}
	p.stop = func() error {
		cancel()
		load.Wait()
		for i := range errs {
			if errors.Is(errs[i], context.Canceled) {
				errs[i] = nil
			}
		}
		return errors.Join(errs...)
	}
	return p, nil
}

// dial connects the probers of these members anew, of all where none is named: one
// that was restarted may listen elsewhere.
func (p *probers) dial(ctx context.Context, s System, nodes []string) error {
	for _, server := range s.Servers() {
		each := p.at(server.ID)
		if each == nil || len(nodes) > 0 && !slices.Contains(nodes, server.ID) {
			continue
		}
		c, err := server.Dial(ctx)
		if err != nil {
			return err
		}
		if old := each.conn.Swap(c); old != nil {
			_ = old.Close()
		}
	}
	return nil
}

// at a member; nil where there is none.
func (p *probers) at(node string) *prober {
	for _, each := range p.all {
		if each.node == node {
			return each
		}
	}
	return nil
}

// begin says that a fault is about to be done.
func (p *probers) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun, p.beganNS = true, clock.Now()
}

// settle says when it was done.
func (p *probers) settle(at instants) {
	p.mu.Lock()
	defer p.mu.Unlock()
	began := at.atNS
	if p.begun {
		began = min(began, p.beganNS)
	}
	p.faults, p.began = append(p.faults, at), append(p.began, began)
	for _, each := range p.all {
		each.seen = append(each.seen, results.Probe{Node: each.node})
	}
	for _, w := range p.unknown {
		p.count(w)
	}
	p.unknown, p.begun = nil, false
}

// end of the load: what each prober saw of each fault.
func (p *probers) end() (seen [][]results.Probe, err error) {
	err = p.stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	seen = make([][]results.Probe, len(p.faults))
	for _, each := range p.all {
		for i := range p.faults {
			seen[i] = append(seen[i], each.seen[i])
		}
	}
	return seen, err
}

// witnessed are all writes that ended.
func (p *probers) witnessed() []witnessed {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]witnessed, len(p.writes))
	for i, w := range p.writes {
		out[i] = witnessed{w.by.node, w.sentNS, w.doneNS, w.err}
	}
	return out
}

// ended takes in a write.
func (p *probers) ended(w probe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = append(p.writes, w)
	if p.begun {
		p.unknown = append(p.unknown, w)
		return
	}
	p.count(w)
}

// count a write to the last fault before it was sent.
func (p *probers) count(w probe) {
	if w.err == nil {
		w.by.latest = max(w.by.latest, w.sentNS)
	}
	for i := len(p.faults) - 1; i >= 0; i-- {
		if w.sentNS > p.faults[i].atNS {
			w.by.saw(i, p.faults[i], w)
			return
		}
		if w.sentNS > p.began[i] {
			return
		}
	}
}

func (p *prober) saw(fault int, at instants, w probe) {
	seen := &p.seen[fault]
	switch {
	case errors.Is(w.err, loadgen.ErrRejected):
		seen.Failed++
	case w.err != nil:
		seen.Unknown++
	default:
		seen.Acked++
		if took := w.doneNS - at.atNS; w.sentNS > at.effectNS && (seen.FirstAckNS == 0 || took < seen.FirstAckNS) {
			seen.FirstAckNS = took
		}
	}
}

// silent are the probers of these members that have no acknowledgement since the
// last fault.
func (p *probers) silent(nodes []string) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, each := range p.all {
		if last := len(each.seen) - 1; slices.Contains(nodes, each.node) && (last < 0 || each.seen[last].FirstAckNS == 0) {
			out = append(out, each.node)
		}
	}
	return out
}

// unanswered are the members at which no write sent after an instant is
// acknowledged.
func (p *probers) unanswered(sinceNS int64) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, each := range p.all {
		if each.latest <= sinceNS {
			out = append(out, each.node)
		}
	}
	return out
}

// Put implements loadgen.Target.
func (p *prober) Put(ctx context.Context, key string, value []byte) (int64, error) {
	sent := clock.Now()
	revision, err := p.conn.Load().Put(ctx, key, value)
	p.of.ended(probe{p, sent, clock.Now(), err})
	return revision, err
}

// Get implements loadgen.Target; probers only write.
func (p *prober) Get(ctx context.Context, key string, serializable bool) (loadgen.Read, error) {
	return p.conn.Load().Get(ctx, key, serializable)
}
