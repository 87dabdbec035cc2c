package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Whom the load goes to, in an experiment's words.
const (
	targetLeader   = "leader"
	targetFollower = "follower"
	targetAll      = "all"
)

// serializable reads answer from the asked node alone, and may be stale.
const serializable = "serializable"

// maxInFlight bounds an open loop's outstanding operations. What the bound
// refuses is counted and makes the trial invalid, so it only has to be far
// above what a healthy cluster ever has outstanding.
const maxInFlight = 4096

// connectionsOfLoad is how many the load is spread over: one stream of HTTP/2
// frames is a bottleneck before the node is, more than a few cost CPU.
const connectionsOfLoad = 4

// load offers windows to a system, meters what each cost, judges it and records
// it.
type load struct {
	setup  configs.Setup
	seed   int64
	system System
	leader string // when the load began
	gen    *loadgen.Generator
	links  *linkTruth
	record *record
	wakefulness
	// seen are the writes of a window whose spans are noted.
	seen seenWrites
	// beside are the processes of the systems that live at the same time.
	beside company
	// disk holds the nodes' data, and syncs within syncNS at the median; empty and
	// 0 where no disk of this host's is waited for.
	disk   string
	syncNS int64
	// last is the latency of the window offered last: of its writes, or of its
	// reads where it had no writes.
	last *hdrhistogram.Histogram
}

// workload of a setup, with keys that are a trial's alone.
func workload(s configs.Setup, prefix string, seed int64) loadgen.Workload {
	w := s.Workload
	return loadgen.Workload{
		KeyPrefix: prefix, Keys: w.Keys, KeySize: w.KeySize, ValueSize: w.ValueSize,
		ReadRatio: w.ReadRatio, Serializable: w.Reads == serializable, Seed: seed,
	}
}

// targets opens the connections that a workload's target names.
func targets(ctx context.Context, s System, to, leader string) ([]loadgen.Target, error) {
	var chosen []Server
	all := s.Servers()
	for _, server := range all {
		if m := member(s, server.ID); m != nil && !m.Alive() {
			continue
		}
		if to == targetAll || (server.ID == leader) == (to == targetLeader) {
			chosen = append(chosen, server)
		}
	}
	if len(chosen) == 0 { // a node that is alone has no follower to ask
		chosen = all
	}
	var out []loadgen.Target
	for i := range max(connectionsOfLoad, len(chosen)) {
		c, err := chosen[i%len(chosen)].Dial(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// offer is a window with what it is for.
type offer struct {
	loadgen.Window
	role results.Role
	rate float64 // that its schedule comes from; 0 in a closed loop
	// poisson: the arrivals are to be those of a Poisson process.
	poisson bool
	// share of the capacity that the rate is, of results.RoleShare.
	share float64
	// tries tells of a window that tries a rate: that it fails is an answer,
	// and no reason to disbelieve the trial. holds is what is asked of it
	// beside keeping up.
	tries bool
	holds func() bool
	// harmed windows have faults done to the system: during starts them, and
	// what it returns waits for the last.
	harmed bool
	during func(context.Context) (wait func() error)
}

// open is an open-loop window.
func (l *load) open(name string, role results.Role, rate float64) offer {
	w := l.setup.Workload
	schedule, poisson := loadgen.Constant(rate), w.Calm.Arrivals == "poisson"
	if poisson {
		schedule = loadgen.Poisson(rate, l.seed)
	}
	return offer{role: role, rate: rate, poisson: poisson, Window: loadgen.Window{
		Name: name, Schedule: schedule, Duration: w.Calm.Duration, Timeout: w.Timeout, MaxInFlight: maxInFlight,
	}}
}

// closed is a closed-loop window.
func (l *load) closed(name string, role results.Role, c configs.Saturate) offer {
	return offer{role: role, Window: loadgen.Window{
		Name: name, Clients: c.Clients, Duration: c.Duration, Timeout: l.setup.Workload.Timeout,
	}}
}

// run offers one window, meters what it cost, and judges it.
func (l *load) run(ctx context.Context, o offer) (*results.Window, error) {
	awake := l.begin(o.role)
	defer awake.end()
	l.beginSpans(ctx, o)
	before, err := read(ctx, l.system)
	if err != nil {
		return nil, err
	}
	rec, err := l.offer(ctx, o)
	if err != nil {
		return nil, err
	}
	after, err := read(ctx, l.system)
	if err != nil {
		return nil, err
	}
	c := after.since(before, l.beside, awake.end())
	c.spans = l.spans(ctx, o)
	return l.keep(rec, o, c)
}

// keep judges a window that was offered, and takes it into the trial's record.
func (l *load) keep(rec loadgen.Recording, o offer, c cost) (*results.Window, error) {
	if err := l.system.Health(); err != nil {
		return nil, err
	}
	w := window(rec, o)
	c.fill(&w)
	w.Host, w.KeptAwake = c.host.facts(l.disk), c.host.awake
	l.last = rec.Latency
	if rec.Writes == 0 {
		l.last = rec.ReadLatency
	}
	l.judge(&w, o, c, rec.FirstError)
	r := l.record
	r.Windows = append(r.Windows, w)
	r.histograms = append(r.histograms, histograms(rec)...)
	links := c.truth()
	if w.Mode == results.ModeOpen || len(r.Links) == 0 {
		r.Links = links // a saturated host says little of the links
	}
	l.links.keep(l.loaded(links, c))
	r.Links = l.links.withBefore(r.Links)
	return &r.Windows[len(r.Windows)-1], nil
}

// offer runs the load, with the faults that go with it.
func (l *load) offer(ctx context.Context, o offer) (loadgen.Recording, error) {
	if o.during == nil {
		return l.gen.Run(ctx, o.Window)
	}
	wait := o.during(ctx)
	rec, err := l.gen.Run(ctx, o.Window)
	return rec, errors.Join(err, wait())
}

// judge remarks on a window, and names what limited it.
func (l *load) judge(w *results.Window, o offer, c cost, firstError error) {
	if o.tries {
		held := keptUp(w) && (o.holds == nil || o.holds())
		w.Held = &held
	}
	if w.Mode == results.ModeClosed || w.Held != nil && !*w.Held {
		w.Limit = limitOf(w, c, l.setup, l.leader)
	}
	l.record.remark(judged{
		window: *w, cost: c, links: l.loaded(c.truth(), c), jittery: l.links.jittery(), crossings: l.record.Crossings(), firstError: firstError,
		syncNS: l.syncNS, light: light(o), slices: o.Ramp > 0, harmed: o.harmed || o.role == results.RoleWatch, failed: w.Held != nil && !*w.Held,
	}.remarks()...)
}

// light windows are to leave the host room. Those that look for the most that a
// host carries, or run near it, are not.
func light(o offer) bool {
	return o.rate > 0 && (o.role == results.RoleLight || o.role == results.RoleStep)
}

// loaded are those links that carried the window's load.
func (l *load) loaded(all []results.Link, c cost) []results.Link {
	leaders := append(slices.Sorted(maps.Keys(c.leaders)), l.leader)
	return slices.DeleteFunc(slices.Clone(all), func(each results.Link) bool { return !each.Loaded(leaders...) })
}

const (
	// warmClients keep a warm-up's closed loop busy without saturating.
	warmClients = 4
	// maxWarmup bounds `warmup: auto`, in stretches of half its length.
	maxWarmup = 10
)

// warmness follows a warm-up at the light window's own pace.
type warmness struct {
	trace []loadgen.Sample
	spent time.Duration
}

// add takes in one stretch.
func (w *warmness) add(rec loadgen.Recording) {
	w.trace = append(w.trace, rec.Trace...)
	w.spent += rec.Duration
}

// steady tells whether the latest operations look alike: those of the last
// stretch, or as many as it takes to tell.
func (w *warmness) steady(last loadgen.Recording) bool {
	latest := max(len(last.Trace), stats.SteadyOps)
	s := steadiness(w.trace[max(0, len(w.trace)-latest):])
	return s != nil && stats.Steadiness(*s).Why(stats.WarmAlpha) == stats.Steadily
}

// unsteady is the remark on a warm-up that ended before it was steady.
func (w *warmness) unsteady() results.Remark {
	return results.Remark{Code: results.CodeWarmupUnsteady, Severity: results.Doubtful, Got: float64(w.spent), Unit: results.UnitNS}
}

// warmUp loads the system before anything is recorded: connections open, pools
// fill, files grow. With `auto` it goes on until the load's latency looks steady.
func (l *load) warmUp(ctx context.Context) error {
	w := l.setup.Workload
	if w.Warmup <= 0 {
		return nil
	}
	if err := l.warmUpFast(ctx); err != nil {
		return err
	}
	pace := l.closed("warm-up", "", configs.Saturate{Clients: warmClients, Duration: w.Warmup / 2})
	if w.Calm.Rate > 0 {
		pace = l.open("warm-up", "", w.Calm.Rate)
		pace.Duration = w.Warmup / 2
	}
	var so warmness
	for range maxWarmup {
		rec, err := l.gen.Run(ctx, pace.Window)
		if err != nil {
			return err
		}
		so.add(rec)
		if !w.WarmupAuto || so.steady(rec) {
			return nil
		}
	}
	l.record.remark(so.unsteady())
	return nil
}

// warmUpFast is the first half of a warm-up: many operations warm what few would
// not, pools, files, branch predictors. The rest of it is the light window's own
// pace.
func (l *load) warmUpFast(ctx context.Context) error {
	many := l.closed("warm-up", "", configs.Saturate{Clients: warmClients, Duration: l.setup.Workload.Warmup / 2})
	_, err := l.gen.Run(ctx, many.Window)
	return err
}

// windowName of a sweep's rate, a search's step or a share of the capacity.
func windowName(what string, number any) string { return fmt.Sprintf("%s-%v", what, number) }
