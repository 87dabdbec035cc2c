package configs

import "math"

// What light load takes, in CPU seconds, on a virtual machine of two cores of
// 2026: a process idle, by heartbeats above all, and one more write in each
// process that it reaches (the reference run: 0.37 s a second for 20 processes,
// 28 ms a write to all five sizes of together 20 processes).
const (
	idleCPU  = 0.0185 // a second and process
	writeCPU = 0.0014 // a process that the write reaches

	// lightShare of the host's cores that light load may take: under half of them,
	// with some to spare for the load generator.
	lightShare = 0.45
	// lightest and heaviest rates: below, windows hold too few writes; above, a
	// load is no light one any more.
	lightest, heaviest = 5, 100
)

// LightRate is the offered load, in writes a second and setup, at which setups
// that live at once, with so many processes in all, leave the host under half
// busy.
func LightRate(processes, cores int) float64 {
	p := float64(max(processes, 1))
	rate := (lightShare*float64(cores) - idleCPU*p) / (writeCPU * p)
	return math.Floor(min(max(rate, lightest), heaviest)/5) * 5
}
