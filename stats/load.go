package stats

import "math"

// Little is how far operations in flight are from throughput × latency, as a
// share of the latter (Little, Operations Research 9, 1961): a measurement
// that breaks an identity is not a measurement. perSecond is the throughput,
// seconds the mean time in flight. NaN where nothing flowed.
func Little(inFlight, perSecond, seconds float64) float64 {
	if perSecond*seconds == 0 {
		return math.NaN()
	}
	return inFlight/(perSecond*seconds) - 1
}

// LittleTolerance is how far Little may be off.
const LittleTolerance = 0.05

// LagShare is the generator's lateness as a share of the latency it adds to.
type LagShare struct{ P50, P99 float64 }

// Lag compares the schedule's lag with the latency, in one unit.
func Lag(lagP50, lagP99, latencyP50, latencyP99 float64) LagShare {
	return LagShare{P50: lagP50 / latencyP50, P99: lagP99 / latencyP99}
}

// The share of the latency that lag may reach before the generator, and not
// the system, is being measured.
const (
	LagShareP50 = 0.05
	LagShareP99 = 0.25
)
