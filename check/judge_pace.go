package check

import "time"

// pace bounds the work on operations of unknown outcome, in steps and in time.
// Whoever is told to stop leaves what he was about open.
type pace struct {
	deadline time.Time
	left     int // steps that may still be done
	done     int // steps in all
}

// lookUp is how many steps are done between two looks at the clock: some
// microseconds.
const lookUp = 256

// allow so many steps from now on.
func (p *pace) allow(steps int) { p.left = steps }

// step tells whether one more may be done.
func (p *pace) step() bool {
	if p.left <= 0 {
		return false
	}
	if p.done%lookUp == 0 && !time.Now().Before(p.deadline) {
		p.left = 0
		return false
	}
	p.done, p.left = p.done+1, p.left-1
	return true
}
