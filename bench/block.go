package bench

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// block is measuring trials of several setups that live at once and are loaded
// in turn: what the host does meanwhile, it does to all of them alike, and the
// ratio of two setups' figures is free of it. (For two programs this is known as
// duet benchmarking: Bulej and others, ICPE 2020.)
//
// In the light window each setup has an open-loop schedule of its own: operation
// by operation, in an order that is drawn anew for every round. At one rate and
// with constant arrivals no two writes of any of them are due together; rates that
// differ, and Poisson arrivals, overlap. Full load is offered in slices, one
// setup at a time, in an order that is drawn anew for every round, while the
// others idle.
//
// A setup whose trial fails drops out; the others go on.
type block struct {
	sides []*side
	rng   *rand.Rand
	seed  int64
	last  map[*side]reading // after the light window
}

// side is one setup's trial in a block.
type side struct {
	*trial
	load *load
	err  error // why it dropped out
	// unfinished tells why the trial does not count; what another side found does.
	unfinished error
}

const (
	// idleWindow is how long the systems are left alone to see what they take
	// without any load: some twenty heartbeats at raft's default timeouts, which
	// sends them every 100 ms or less.
	idleWindow = time.Second
	// lead is how far ahead the common origin of the light windows lies: what it
	// takes to make their generators ready.
	lead = 50 * time.Millisecond
	// shortestSlice of full load: long enough for a hundred commits and more of
	// the slowest setup on a local network, short enough that a host that drifts
	// meets all setups alike (the study's prototype used as much).
	shortestSlice = 250 * time.Millisecond
	// commitsASlice are the round trips to the quorum that a slice holds at least.
	commitsASlice = 20
	// shortestRamp before each slice, in which queues and batches build up; and
	// the round trips that it holds at least.
	shortestRamp = 50 * time.Millisecond
	rampTrips    = 3
)

func newBlock(trials []*trial) *block {
	b := &block{seed: trials[0].job.Seed}
	b.rng = rand.New(rand.NewPCG(uint64(b.seed), 0x626c6f636b)) //nolint:gosec // a recorded seed, no secret
	for _, t := range trials {
		b.sides = append(b.sides, &side{trial: t})
	}
	return b
}

// run does all trials of the block. Its error is the caller's interruption, or a
// fault of the host: no trial counts then but those that found something.
func (b *block) run(ctx context.Context) error {
	b.each(func(s *side) error { return s.start(ctx) })
	b.atOnce(func(s *side) (err error) {
		s.load, _, err = s.prepare(ctx)
		return err
	})
	b.warmUp(ctx)
	b.idle(ctx)
	b.canary(ctx)
	b.light(ctx)
	b.full(ctx)
	b.revive(ctx)
	for _, s := range b.sides {
		if s.system == nil {
			continue
		}
		if s.err == nil {
			s.record.remark(s.links.doubts(&s.record.Trial)...)
		}
		s.err = s.finish(ctx, s.err)
	}
	return b.end(ctx)
}

// end stops all systems and completes the records.
func (b *block) end(ctx context.Context) error {
	var all sync.WaitGroup
	for _, s := range b.sides {
		all.Go(func() {
			if err := s.stop(ctx); s.err == nil {
				s.err = err
			}
		})
	}
	all.Wait()
	var errs []error
	for _, s := range b.sides {
		s.unfinished = s.conclude(ctx, s.err)
		errs = append(errs, s.unfinished)
	}
	return cmp.Or(errs...)
}

// living are the sides that have not dropped out.
func (b *block) living() []*side {
	return slices.DeleteFunc(slices.Clone(b.sides), func(s *side) bool { return s.err != nil })
}

// shuffled are the living sides in an order of this turn's.
func (b *block) shuffled() []*side {
	sides := b.living()
	b.rng.Shuffle(len(sides), func(i, j int) { sides[i], sides[j] = sides[j], sides[i] })
	return sides
}

// each has every living side do something, one after another; those that fail
// drop out.
func (b *block) each(do func(*side) error) {
	for _, s := range b.living() {
		s.err = do(s)
	}
}

// atOnce has every living side do something beside the others.
func (b *block) atOnce(do func(*side) error) {
	var all sync.WaitGroup
	for _, s := range b.living() {
		all.Go(func() { s.err = do(s) })
	}
	all.Wait()
}

// warmUp loads all sides at once, as a trial alone would be, and then in turn at the light
// window's own pace.
func (b *block) warmUp(ctx context.Context) {
	b.atOnce(func(s *side) error {
		s.tell(StageWarmingUp)
		if s.job.Setup.Workload.Warmup <= 0 {
			return nil
		}
		return s.load.warmUpFast(ctx)
	})
	b.warmUpInTurn(ctx)
}

// warmUpInTurn loads all sides at the light window's pace. Where one's warm-up is
// to go on until it is steady, all of them go on: each would be warmed otherwise
// than it is measured if the others fell silent.
func (b *block) warmUpInTurn(ctx context.Context) {
	so := map[*side]*warmness{}
	for _, s := range b.living() {
		so[s] = &warmness{}
	}
	unsteady := map[*side]bool{}
	var mu sync.Mutex
	for range maxWarmup {
		clear(unsteady)
		b.inTurn(ctx, func(s *side) offer {
			o := s.load.open("warm-up", "", s.job.Setup.Workload.Calm.Rate)
			o.Duration = s.job.Setup.Workload.Warmup / 2
			return o
		}, func(s *side, rec loadgen.Recording, _ offer) error {
			so[s].add(rec)
			mu.Lock()
			defer mu.Unlock()
			unsteady[s] = s.job.Setup.Workload.WarmupAuto && !so[s].steady(rec)
			return nil
		})
		if !slices.ContainsFunc(b.living(), func(s *side) bool { return unsteady[s] }) {
			return
		}
	}
	for _, s := range b.living() {
		if unsteady[s] {
			s.record.remark(so[s].unsteady())
		}
	}
}

// inTurn offers every living side an open-loop window, all from one origin, no
// two operations due together.
func (b *block) inTurn(ctx context.Context, window func(*side) offer, keep func(*side, loadgen.Recording, offer) error) {
	sides := b.living()
	sides = slices.DeleteFunc(sides, func(s *side) bool { o := window(s); return o.rate <= 0 || o.Duration <= 0 })
	origin, seed := time.Now().Add(lead), int64(b.rng.Uint64()>>1) //nolint:gosec // 63 bits fit
	var all sync.WaitGroup
	for i, s := range sides {
		all.Go(func() {
			o := window(s)
			o.Origin = origin
			if s.job.Setup.Workload.Calm.Arrivals != "poisson" {
				o.Schedule = loadgen.InTurn(o.rate, i, len(sides), seed)
			}
			rec, err := s.load.gen.Run(ctx, o.Window)
			if err == nil {
				err = keep(s, rec, o)
			}
			s.err = err
		})
	}
	all.Wait()
}

// readAll reads every living side at once.
func (b *block) readAll(ctx context.Context, read func(context.Context, System) (reading, error)) map[*side]reading {
	out := map[*side]reading{}
	var mu sync.Mutex
	b.atOnce(func(s *side) error {
		r, err := read(ctx, s.system)
		mu.Lock()
		defer mu.Unlock()
		out[s] = r
		return err
	})
	return out
}

// beside are the block's other sides between two readings.
func beside(s *side, after, before map[*side]reading) (others company) {
	for other, a := range after {
		if b, ok := before[other]; ok && other != s {
			others.add(a.used(b))
		}
	}
	return others
}

// idle sees what each side takes without load.
func (b *block) idle(ctx context.Context) {
	before := b.readAll(ctx, readCounters)
	select {
	case <-ctx.Done():
	case <-time.After(idleWindow):
	}
	after := b.readAll(ctx, readCounters)
	for _, s := range b.living() {
		others := beside(s, after, before)
		s.load.beside = company{pids: others.pids, unmetered: true}
		c := after[s].since(before[s], others)
		var cpu time.Duration
		for _, d := range c.cpu {
			cpu += d
		}
		s.record.Idle = &results.Idle{
			DurationNS: ns(c.length), CPUSeconds: cpu.Seconds(), NetworkBytes: c.network, DiskBytes: c.disk, Fsyncs: c.fsyncs,
		}
	}
}

// light offers the light windows of all sides.
func (b *block) light(ctx context.Context) {
	b.each(func(s *side) error { s.tell(results.WindowCalm); return nil })
	b.last = b.metered(ctx, b.begin(), func(s *side) offer {
		if s.job.Setup.Load == configs.ModeSaturate {
			return offer{}
		}
		return s.load.open(results.WindowCalm, results.RoleLight, s.job.Setup.Workload.Calm.Rate)
	})
}

// metered offers all sides an open loop, and keeps what each saw and cost. It gives
// the readings after it.
func (b *block) metered(ctx context.Context, awake *awake, window func(*side) offer) map[*side]reading {
	b.atOnce(func(s *side) error { s.load.beginSpans(ctx, window(s)); return nil })
	before := b.readAll(ctx, read)
	recordings, offers := map[*side]loadgen.Recording{}, map[*side]offer{}
	var mu sync.Mutex
	b.inTurn(ctx, window, func(s *side, rec loadgen.Recording, o offer) error {
		mu.Lock()
		defer mu.Unlock()
		recordings[s], offers[s] = rec, o
		return nil
	})
	after := b.readAll(ctx, read)
	spinners := awake.end()
	var attempted int64
	for _, rec := range recordings {
		attempted += rec.Due
	}
	for _, s := range b.living() {
		if rec, offered := recordings[s]; offered {
			c := after[s].since(before[s], beside(s, after, before), spinners)
			// The generator is one process for all: each side's share is that of its
			// operations.
			c.client = time.Duration(float64(c.client) * float64(rec.Due) / float64(max(attempted, 1)))
			c.spans = s.load.spans(ctx, offers[s])
			_, s.err = s.load.keep(rec, offers[s], c)
		}
	}
	return after
}

// full offers full load in slices.
func (b *block) full(ctx context.Context) {
	length, ramp, rounds := b.slices()
	type sum struct {
		recordings []loadgen.Recording
		offer      offer
		cost       cost
	}
	sums, before := map[*side]*sum{}, b.last
	for round := range rounds {
		for _, s := range b.shuffled() {
			if s.job.Setup.Load == configs.ModeCalm || ctx.Err() != nil {
				continue
			}
			s.tell(Stage(fmt.Sprintf("%s, slice %d of %d", results.WindowSaturate, round+1, rounds)))
			o := s.load.closed(results.WindowSaturate, results.RoleFull, s.job.Setup.Workload.Saturate)
			o.Duration, o.Ramp = length, ramp
			rec, c, err := s.load.slice(ctx, o)
			if s.err = err; err != nil {
				continue
			}
			if have := sums[s]; have != nil {
				have.recordings = append(have.recordings, rec)
				have.cost.add(c)
			} else {
				sums[s] = &sum{[]loadgen.Recording{rec}, o, c}
			}
		}
	}
	after := b.readAll(ctx, read)
	b.each(func(s *side) error {
		if sums[s] == nil {
			return ctx.Err()
		}
		// Links and stores over all slices: what they carry between two of them, a
		// few heartbeats, is lost in a load that fills them.
		whole := after[s].since(before[s])
		sums[s].cost.store, sums[s].cost.links = whole.store, whole.links
		_, err := s.load.keep(loadgen.Join(sums[s].recordings), sums[s].offer, sums[s].cost)
		return err
	})
}

// slice offers one slice of full load, and gives what of its cost belongs to the
// operations that count.
func (l *load) slice(ctx context.Context, o offer) (loadgen.Recording, cost, error) {
	before, err := readCounters(ctx, l.system)
	if err != nil {
		return loadgen.Recording{}, cost{}, err
	}
	rec, err := l.gen.Run(ctx, o.Window)
	if err != nil {
		return rec, cost{}, err
	}
	after, err := readCounters(ctx, l.system)
	if err != nil {
		return rec, cost{}, err
	}
	c := after.since(before, l.beside)
	if all := rec.Completed + rec.Early; all > 0 {
		c.scale(float64(rec.Completed) / float64(all))
	}
	return rec, c, nil
}

// slices are as long as the slowest side needs, and as many as give each side
// the full load's duration.
func (b *block) slices() (length, ramp time.Duration, rounds int) {
	var slowest, wanted time.Duration
	for _, s := range b.living() {
		slowest = max(slowest, quorumRTT(s.job.Setup, s.load.leader))
		wanted = max(wanted, s.job.Setup.Workload.Saturate.Duration)
	}
	length = max(shortestSlice, commitsASlice*slowest)
	ramp = max(shortestRamp, rampTrips*slowest)
	return length, ramp, int(max(1, (wanted+length-1)/length))
}

// sideBySide tells whether a job can be measured, or watched, beside others: proofs
// are alone.
func sideBySide(j Job) bool {
	return j.Kind == results.Watch || j.Kind == results.Measure && j.Setup.SideBySide()
}
