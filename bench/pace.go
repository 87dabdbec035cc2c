package bench

import (
	"context"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// Outlook is how far a run is from the precision that its plan asks for. It
// comes from a function that knows what the trials say (Runner.Outlook): bench
// knows only how to make them.
type Outlook struct {
	// Blocks are on record; Needs is about how many in all would do, 0 where
	// nobody can say yet.
	Blocks, Needs int
	Reached       bool
	// Metric, From and To (cells) are the difference that needs most blocks, and
	// HalfWidth is that of its interval, a share: +Inf where it has none. Empty
	// where there is no difference.
	Metric, From, To string
	HalfWidth        float64
	// Fits is how many in all the plan's budget holds, as far as the blocks so far
	// tell; Takes what one takes.
	Fits  int
	Takes time.Duration
	// Precision and Budget are the plan's.
	Precision float64
	Budget    time.Duration
}

// adaptive plans add blocks until the precision is reached.
func adaptive(plan configs.Plan) bool { return plan.Precision > 0 }

// blocksOf a record: those that hold a measuring trial.
func blocksOf(done []results.Trial) (blocks int) {
	for _, t := range done {
		if t.Kind == results.Measure {
			blocks = max(blocks, t.Block+1)
		}
	}
	return blocks
}

// proving tells that a record's measuring is over: proofs, and all else that is no
// measuring, come last.
func proving(done []results.Trial) bool {
	for _, t := range done {
		if t.Kind != results.Measure {
			return true
		}
	}
	return false
}

// planned is the plan with as many blocks as it has come to so far.
func planned(plan configs.Plan, done []results.Trial) configs.Plan {
	if adaptive(plan) {
		plan.Trials = max(1, blocksOf(done))
	}
	return plan
}

// pace decides when an adaptive run has measured enough.
type pace struct {
	plan  configs.Plan
	began time.Time
	// before is what an interrupted part of the run took.
	before time.Duration
	// took is what each block took, its groups one after another.
	took map[int]time.Duration
	// proven: the proofs are over already.
	proven bool
}

func newPace(plan configs.Plan, done []results.Trial) *pace {
	p := &pace{plan: plan, began: time.Now(), took: map[int]time.Duration{}, proven: proving(done)}
	for _, t := range done {
		p.before += time.Duration(t.TookNS) / time.Duration(1+len(t.Beside))
	}
	return p
}

// spent of the budget.
func (p *pace) spent() time.Duration { return p.before + time.Since(p.began) }

// takes is what a block takes: the mean of those so far, or what is estimated.
func (p *pace) takes() time.Duration {
	if len(p.took) == 0 {
		return configs.BlockTime(p.plan.Setups)
	}
	var sum time.Duration
	for _, d := range p.took {
		sum += d
	}
	return sum / time.Duration(len(p.took))
}

// proofs is about what the proofs at the end, and the outages after them, take.
func (p *pace) proofs() (sum time.Duration) {
	if p.proven {
		return 0
	}
	for _, s := range p.plan.Setups {
		sum += time.Duration(p.plan.Proofs) * configs.TrialTime(s, true)
	}
	return sum + p.plan.OutageTime()
}

// fits is how many more blocks the budget holds.
func (p *pace) fits() int {
	left := p.plan.Budget - p.spent() - p.proofs()
	return max(0, int(left/max(p.takes(), time.Millisecond)))
}

// left is about how long the run goes on.
func (p *pace) left(o Outlook) time.Duration {
	more := o.Fits - o.Blocks
	if o.Needs > 0 {
		more = min(more, o.Needs-o.Blocks)
	}
	return time.Duration(max(0, more))*p.takes() + p.proofs()
}

// measuring tells that blocks may be added: until the proofs, and after them where
// the run is measured on.
func (p *pass) measuring() bool {
	return adaptive(p.Plan) && (p.MeasureOn || !proving(p.done))
}

// another tells whether an adaptive run measures one more block, now that all
// that were planned are over.
func (p *pass) another(ctx context.Context) (bool, error) {
	if !p.measuring() || ctx.Err() != nil {
		return false, nil
	}
	o, err := p.Outlook(p.done)
	if err != nil {
		return false, err
	}
	more := p.pace.fits()
	o.Fits, o.Takes, o.Precision, o.Budget = o.Blocks+more, p.pace.takes(), p.Plan.Precision, p.Plan.Budget
	p.outlook = o
	p.tell(Progress{Outlook: &o, Elapsed: p.clock.elapsed(), Left: p.pace.left(o)})
	return !o.Reached && more > 0, nil
}
