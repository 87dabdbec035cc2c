package netem

import (
	"fmt"
	"slices"
	"time"
)

// Distribution of jitter, in tc's words.
type Distribution string

// tc-netem's distributions.
const (
	Uniform      Distribution = "uniform"
	Normal       Distribution = "normal"
	Pareto       Distribution = "pareto"
	ParetoNormal Distribution = "paretonormal"
)

// Distributions that a Shape may name.
func Distributions() []Distribution {
	return []Distribution{Uniform, Normal, Pareto, ParetoNormal}
}

// DefaultLimit is the queue of a connection whose Shape names none: 4 MiB.
const DefaultLimit = 4 << 20

// Shape is what one directed link does to what passes, in tc-netem's words
// and meaning (man tc-netem). The zero Shape does nothing.
type Shape struct {
	// Delay is one way.
	Delay time.Duration `json:"delay_ns,omitempty"`
	// Jitter is the spread around Delay: the half width of uniform, the
	// standard deviation of normal. A sampled delay below zero is zero.
	Jitter time.Duration `json:"jitter_ns,omitempty"`
	// Correlation of the successive normal variates that delays are drawn from,
	// in [0,1]. Of the delays themselves it is that for normal, and a little
	// less for the others: for 0.5 uniform has 0.48, paretonormal 0.45 and
	// pareto 0.41.
	Correlation float64 `json:"correlation,omitempty"`
	// Distribution of the jitter; empty means uniform, as in tc.
	Distribution Distribution `json:"distribution,omitempty"`
	// Loss is the probability, in [0,1], that one segment is lost. Above TCP
	// that is a stall, never a missing byte. A loss of 1 is a partition.
	Loss float64 `json:"loss,omitempty"`
	// Rate in bits a second, of payload; zero means unlimited. The
	// connections of a link share it.
	Rate int64 `json:"rate_bps,omitempty"`
	// Limit of each connection's bytes in flight; when it is reached the
	// writer waits. Zero means DefaultLimit.
	Limit int64 `json:"limit_bytes,omitempty"`
	// SlowClose holds the end of a stream back for longer than its bytes.
	SlowClose time.Duration `json:"slow_close_ns,omitempty"`
}

// IsZero reports whether the shape injects nothing.
func (s Shape) IsZero() bool { return s == Shape{} }

// Validate says what is wrong with the first figure that cannot be meant.
// Jitter above the delay can: such delays are cut off at zero (see Clamped).
func (s Shape) Validate() error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"delay", s.Delay}, {"jitter", s.Jitter}, {"slow_close", s.SlowClose}} {
		if d.value < 0 || d.value > maxDelay {
			return fmt.Errorf("got a %s of %v, wanted one from 0s to %v", d.name, d.value, maxDelay)
		}
	}
	switch {
	case !(s.Loss >= 0 && s.Loss <= 1):
		return fmt.Errorf("got a loss of %v%%, wanted one from 0%% to 100%%", s.Loss*100)
	case !(s.Correlation >= 0 && s.Correlation <= 1):
		return fmt.Errorf("got a correlation of %v%%, wanted one from 0%% to 100%%", s.Correlation*100)
	case s.Distribution != "" && !slices.Contains(Distributions(), s.Distribution):
		return fmt.Errorf("got the distribution %q, wanted one of %v", s.Distribution, Distributions())
	case s.Rate != 0 && s.Rate < minRate:
		return fmt.Errorf("got a rate of %d bit/s, wanted 0 for unlimited or at least %d bit/s", s.Rate, minRate)
	case s.Limit < 0:
		return fmt.Errorf("got a limit of %d bytes, wanted zero or more", s.Limit)
	}
	return nil
}

// minRate sends one segment in some twelve seconds.
const minRate = 1000

// maxDelay leaves room below maxHold for stalls and queues.
const maxDelay = 10 * time.Minute

// Clamped reports whether some delays would be negative and are cut off at
// zero, which moves the realised mean above Delay.
func (s Shape) Clamped() bool {
	return s.Jitter > 0 && s.leastFactor()*float64(s.Jitter)+float64(s.Delay) < 0
}

func (s Shape) limit() int64 {
	if s.Limit == 0 {
		return DefaultLimit
	}
	return s.Limit
}

// UnsupportedError refuses a tc-netem option that has no meaning on a stream.
type UnsupportedError struct{ Option string }

// Unsupported is the refusal of reorder, duplicate or corrupt on a link.
func Unsupported(option string) *UnsupportedError { return &UnsupportedError{Option: option} }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s has no meaning on a stream: TCP reassembles what the network harms, so that above it a harmed segment is only late", e.Option)
}

// Hint says what to use instead.
func (e *UnsupportedError) Hint() string {
	return "use loss or jitter for what TCP makes of it, or message faults to harm Raft's own messages (safety runs only)"
}
