// Package netem shapes one directed link of a stream connection in user
// space, to the microsecond, without root.
//
// The sender stamps each frame with its due time on CLOCK_MONOTONIC and the
// receiver holds it until then; a delay is never produced by Go's timers,
// whose waits are whole milliseconds on Linux.
package netem

import "time"

// Distribution of jitter, in tc's words.
type Distribution string

// tc-netem's distributions.
const (
	Uniform      Distribution = "uniform"
	Normal       Distribution = "normal"
	Pareto       Distribution = "pareto"
	ParetoNormal Distribution = "paretonormal"
)

// Shape is what one directed link does to what passes, in tc-netem's words
// and meaning (man tc-netem). The zero Shape does nothing.
type Shape struct {
	// Delay is one way.
	Delay time.Duration `json:"delay_ns,omitempty"`
	// Jitter is the spread around Delay: the half width of uniform, the
	// standard deviation of normal. A sampled delay below zero is zero.
	Jitter time.Duration `json:"jitter_ns,omitempty"`
	// Correlation of successive delays, in [0,1].
	Correlation float64 `json:"correlation,omitempty"`
	// Distribution of the jitter; empty means uniform, as in tc.
	Distribution Distribution `json:"distribution,omitempty"`
	// Loss is the probability, in [0,1], that one segment is lost. Above TCP
	// that is a stall, never a missing byte.
	Loss float64 `json:"loss,omitempty"`
	// Rate in bits a second; zero means unlimited.
	Rate int64 `json:"rate_bps,omitempty"`
	// Limit of the queue in bytes; when it is full the writer waits. Zero
	// means the default of 4 MiB.
	Limit int64 `json:"limit_bytes,omitempty"`
}

// IsZero reports whether the shape injects nothing.
func (s Shape) IsZero() bool { return s == Shape{} }
