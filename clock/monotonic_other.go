//go:build !linux && !darwin

package clock

import "time"

// monotonic falls back to the wall clock at start-up: all processes of a host
// still agree, as long as nobody sets the clock between their starts.
func monotonic() int64 { return time.Now().UnixNano() }
