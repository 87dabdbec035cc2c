package chart

import (
	"math"
	"slices"
)

// Axis is the stretch of values that a chart shows in one direction.
type Axis struct {
	Title string  `json:"title"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
	// Log: equal ratios are equally far apart.
	Log   bool   `json:"log,omitempty"`
	Ticks []Tick `json:"ticks"`
	// Places: each tick stands for the stretch of 1 around it, and neighbours
	// are shaded in turn.
	Places bool `json:"places,omitempty"`
	// Unit of the values, for whoever writes one of them out; empty where they are
	// plain numbers, as the ticks are.
	Unit Unit `json:"unit,omitempty"`
}

// Unit is what an axis counts in.
type Unit string

// The units.
const (
	Nanoseconds Unit = "ns"
	PerSecond   Unit = "/s"
	Bytes       Unit = "B"
	Seconds     Unit = "s"
	// Share is a part of 1, and Change a change in per cent: 5 is +5 %.
	Share  Unit = "share"
	Change Unit = "% change"
	// Nines is a percentile on HdrHistogram's scale, on which each nine has the same
	// room: 2 is 99 %.
	Nines Unit = "nines"
)

// Tick is a labelled value.
type Tick struct {
	At    float64 `json:"at"`
	Label string  `json:"label"`
	Under string  `json:"under,omitempty"` // in a second line
}

// Share of the axis at which a value stands, from 0 to 1; values beyond an end
// stand at it, since an interval may reach below what a logarithmic axis shows.
func (a Axis) Share(v float64) float64 {
	if a.Log {
		if v <= a.Min {
			return 0
		}
		return min((math.Log(v)-math.Log(a.Min))/(math.Log(a.Max)-math.Log(a.Min)), 1)
	}
	return min(max((v-a.Min)/(a.Max-a.Min), 0), 1)
}

// Wide is the ratio above which small values would vanish on a linear axis.
const Wide = 15

// IsWide tells whether values from lowest to highest want a logarithmic axis.
func IsWide(lowest, highest float64) bool { return lowest > 0 && highest/lowest > Wide }

// Linear is an axis from zero to a round number above the highest value.
func Linear(highest float64, label func(float64) string) Axis {
	if !(highest > 0) {
		highest = 1
	}
	step := roundStep(highest / 5.5)
	a := Axis{Max: math.Ceil(highest/step*1.0001) * step}
	for i := 0; float64(i)*step <= a.Max*1.0001; i++ {
		v := float64(i) * step
		a.Ticks = append(a.Ticks, Tick{At: v, Label: label(v)})
	}
	return a
}

// Signed is a linear axis that holds zero and both values.
func Signed(lowest, highest float64, label func(float64) string) Axis {
	lowest, highest = min(lowest, 0), max(highest, 0)
	if !(highest > lowest) {
		lowest, highest = -1, 1
	}
	step := roundStep((highest - lowest) / 5.5)
	a := Axis{Min: math.Floor(lowest/step-0.0001) * step, Max: math.Ceil(highest/step+0.0001) * step}
	if lowest == 0 {
		a.Min = 0
	}
	if highest == 0 {
		a.Max = 0
	}
	for i := int(math.Round(a.Min / step)); float64(i)*step <= a.Max+step/1e4; i++ {
		a.Ticks = append(a.Ticks, Tick{At: float64(i) * step, Label: label(float64(i) * step)})
	}
	return a
}

// roundStep is the next of 1, 2, 2.5, 5 times a power of ten.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// Logarithmic is an axis that holds both values, labelled at 1, 2 and 5 of
// each power of ten, or at the powers alone where there are many.
func Logarithmic(lowest, highest float64, label func(float64) string) Axis {
	a := Axis{Log: true, Min: roundDown(lowest), Max: roundUp(highest)}
	steps := []float64{1, 2, 5}
	if math.Log10(a.Max/a.Min) > 3.2 {
		steps = []float64{1}
	}
	for e := math.Floor(math.Log10(a.Min)); e <= math.Log10(a.Max)+0.01; e++ {
		for _, m := range steps {
			if v := m * math.Pow(10, e); v >= a.Min*0.999 && v <= a.Max*1.001 {
				a.Ticks = append(a.Ticks, Tick{At: v, Label: label(v)})
			}
		}
	}
	return a
}

// Close is a logarithmic axis that ends just beyond the values, where the ends
// need no round number.
func Close(lowest, highest float64, label func(float64) string) Axis {
	a := Logarithmic(lowest, highest, label)
	const beyond = 1.2
	a.Min, a.Max = lowest/beyond, highest*beyond
	a.Ticks = slices.DeleteFunc(a.Ticks, func(t Tick) bool { return t.At < a.Min || t.At > a.Max })
	return a
}

func roundDown(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{5, 2} {
		if v >= m*power {
			return m * power
		}
	}
	return power
}

func roundUp(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}
