package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Change points are searched for by E-divisive with energy statistics (Matteson
// and James, A Nonparametric Approach for Multiple Change Point Analysis of
// Multivariate Data, JASA 109, 2014): the series is divided where the two sides
// differ most in distribution, a permutation test tells whether chance divides
// as well, and each side is searched on. Nothing is assumed of the noise but that
// the order of the values means nothing where nothing changed. Values that follow
// their neighbours (a host that drifts) break that, and are told by Alike.

// LeastSide is the fewest values on either side of a change point: one or two
// that are out of place may be outliers, whatever their distance.
const LeastSide = 3

// MostValues of one series: the search takes their square in time.
const MostValues = 2000

// MostSteps is how much work a family may be for FindChanges and SmallestOf: some
// ten minutes on two cores.
const MostSteps = 1e11

// SearchSteps is how much work a family is: the distances that are summed where
// every series is divided once.
func SearchSteps(family []Sample) float64 {
	questions, squares := 0, 0.0
	for _, s := range family {
		if len(s) >= LeastValues(1) {
			questions++
			squares += float64(len(s)) * float64(len(s))
		}
	}
	return squares * float64((&search{questions: questions}).shuffles())
}

// leastShuffles are how often a series is shuffled at least: so many that the
// smallest p is a fiftieth of Alpha. A family of many series wants smaller ones.
const leastShuffles = 999

// enoughBeyond shuffled series that divide as well as the true one end the test
// early, with p as the share so far (Besag and Clifford, Sequential Monte Carlo
// p-values, Biometrika 78, 1991). That p is above Alpha/2 unless the family is
// large, and then still the share of fifty.
const enoughBeyond = 50

// ChangePoint is a place at which the distribution of a series changes.
type ChangePoint struct {
	At int // index of the first value behind it
	// P is the probability of a division this clear by chance, corrected for the
	// family; it is never below that of a clearer change of the same series.
	P float64
	// Before and After are the medians of the values up to the neighbouring change
	// points, and Ratio the Hodges–Lehmann estimate of after over before with its
	// interval, both taking the place as given.
	Before, After Interval
	Ratio         Interval
}

// Moved tells whether the values became larger or smaller; else they only
// spread differently.
func (c ChangePoint) Moved() bool {
	return !c.Ratio.Bounded() || c.Ratio.Low > 1 || c.Ratio.High < 1
}

// Changes of one series.
type Changes struct {
	Points []ChangePoint
	N      int
	// Questions is the number of series that were asked together, and Least how many
	// values each of so many wants: with fewer no change, however large, could be
	// told from chance, and none is looked for.
	Questions, Least int
	// Alike is the correlation of each value with the next, beyond the changes that
	// were found, and AlikeP how probable so much of it is by chance.
	Alike, AlikeP float64
}

// runsAChange are the values for each change point of a series that rather drifts.
const runsAChange = 15

// Drifts tells whether the values follow their neighbours beyond the changes that
// were found, or the changes are so many that steps hardly explain them: then a
// change point may be no more than a place on a slope.
func (c Changes) Drifts() bool {
	return c.AlikeP <= Alpha || len(c.Points) > max(2, c.N/runsAChange)
}

// TooFew tells whether nothing was asked of the series.
func (c Changes) TooFew() bool { return c.N < c.Least }

// FindChanges searches a family of series at Alpha: in a family without any
// change, the probability of finding one in any of them is at most that (Holm).
// Values must be in the order of time, finite and at least 0. least is the
// smallest change worth telling, as a ratio: 1.05; 1 for any.
func FindChanges(family []Sample, least float64) []Changes {
	questions, all := 0, 0 // all: if each of them had values enough
	for _, s := range family {
		if len(s) > 0 {
			all++
		}
		if len(s) >= LeastValues(1) {
			questions++
		}
	}
	out, searches := make([]Changes, len(family)), make([]*search, len(family))
	// A series that was to be asked and is too short counts with p = 1.
	asked, ps := make([]int, 0, questions), slices.Repeat([]float64{1}, questions)
	for i, s := range family {
		out[i] = Changes{N: len(s), Questions: questions, Least: LeastValues(questions), AlikeP: 1}
		if len(s) < LeastValues(1) {
			out[i].Least = LeastValues(all)
		}
		if !out[i].TooFew() {
			asked, searches[i] = append(asked, i), newSearch(s, questions)
		}
	}
	inParallel(len(asked), func(k int) {
		s := searches[asked[k]]
		s.divide(enoughBeyond)
		ps[k] = s.p
	})
	corrected := Holm(ps)
	inParallel(len(asked), func(k int) {
		s, c := searches[asked[k]], &out[asked[k]]
		c.Points = s.points(s.rest(corrected[k]), least)
		c.Alike, c.AlikeP = s.alike(c.Points)
	})
	return out
}

// LeastValues is how many values a series wants so that a change in its middle
// can be told from chance, in a family of so many: of all orders of n values, two
// divide as clearly as the clearest one.
func LeastValues(questions int) int {
	n := 2 * LeastSide
	for 2/choose(n, n/2) > Alpha/float64(max(1, questions)) {
		n++
	}
	return n
}

func choose(n, k int) float64 {
	out := 1.0
	for i := range k {
		out *= float64(n-i) / float64(i+1)
	}
	return out
}

// search of one series.
type search struct {
	x         Sample
	questions int
	ends      []int // of the segments so far, ascending; the last is the number of values
	// at is the clearest division not yet accepted, and p its own probability; no
	// division is left where at is 0.
	at int
	p  float64
}

func newSearch(values Sample, questions int) *search {
	return &search{x: values, questions: questions, ends: []int{len(values)}}
}

// shuffles are so many that the p that the family's size asks for is five of
// them.
func (s *search) shuffles() int { return max(leastShuffles, 100*s.questions-1) }

// segments calls f with the bounds of each.
func segments(ends []int, f func(from, to int)) {
	from := 0
	for _, to := range ends {
		f(from, to)
		from = to
	}
}

// divide finds the clearest division of any segment, and how probable one as
// clear is when the values of each segment stand in any order. That is told by so
// many orders, or fewer once enough of them divide as clearly.
func (s *search) divide(enough int) {
	e := newEnergy(s.x)
	best := 0.0
	s.at, s.p = 0, 1
	segments(s.ends, func(from, to int) {
		if at, q := e.best(s.x[from:to]); q > best {
			best, s.at = q, from+at
		}
	})
	if s.at == 0 {
		return
	}
	// The same seed for each series and step: the answer for a series depends on
	// nothing but its values and the size of the family.
	rng := rand.New(rand.NewPCG(2014, 109))
	x := slices.Clone(s.x)
	beyond := 0
	for i := range s.shuffles() {
		highest := 0.0
		segments(s.ends, func(from, to int) {
			part := x[from:to]
			rng.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
			_, q := e.best(part)
			highest = max(highest, q)
		})
		// Equal up to rounding is equal: sums in another order differ in the last digit.
		if highest >= best*(1-1e-9) {
			beyond++
		}
		if beyond == enough {
			s.p = float64(beyond) / float64(i+1)
			return
		}
	}
	s.p = float64(1+beyond) / float64(1+s.shuffles())
}

// accept makes the division two segments.
func (s *search) accept() {
	i, _ := slices.BinarySearch(s.ends, s.at)
	s.ends = slices.Insert(s.ends, i, s.at)
}

// rest goes on from the first division, whose corrected probability is p, and
// returns that of each that was found, by its place. Each further division is
// asked at its series' share of Alpha.
func (s *search) rest(p float64) map[int]float64 {
	found := map[int]float64{}
	for s.at > 0 && p <= Alpha {
		found[s.at] = p
		s.accept()
		s.divide(enoughBeyond)
		p = max(p, min(1, s.p*float64(s.questions)))
	}
	return found
}

// points are what was found, less the changes that are too small to be told:
// the smallest goes first, since its segments become one.
func (s *search) points(found map[int]float64, least float64) []ChangePoint {
	ends := slices.Clone(s.ends)
	for {
		out := make([]ChangePoint, 0, len(ends)-1)
		weakest, size := -1, math.Log(max(1, least))
		for i := range len(ends) - 1 {
			from := 0
			if i > 0 {
				from = ends[i-1]
			}
			c := ChangePoint{At: ends[i], P: found[ends[i]]}
			c.between(s.x[from:ends[i]], s.x[ends[i]:ends[i+1]])
			out = append(out, c)
			if change := math.Abs(math.Log(c.Ratio.Center)); change < size {
				weakest, size = i, change
			}
		}
		if weakest < 0 {
			return out
		}
		ends = slices.Delete(ends, weakest, weakest+1)
	}
}

func (c *ChangePoint) between(before, after Sample) {
	c.Before, c.After = before.Median(), after.Median()
	c.Ratio = ratios(shift(before, after, Confidence))
}

// sizes are the changes that Smallest tries.
var sizes = []float64{1.005, 1.01, 1.015, 1.02, 1.03, 1.04, 1.05, 1.07, 1.1, 1.15, 1.2, 1.3, 1.5, 2}

// Smallest is the ratio that would have been found in a series of a family of so
// many, up as well as down, had the second half of these very values been changed
// by it: one of sizes, or +Inf where none of them would.
func Smallest(values Sample, questions int) float64 {
	// Upwards, since a size that is not found is soon seen not to be.
	for _, size := range sizes {
		if wouldFind(values, size, questions) && wouldFind(values, 1/size, questions) {
			return size
		}
	}
	return math.Inf(1)
}

// SmallestOf is Smallest of several series of one family.
func SmallestOf(series []Sample, questions int) []float64 {
	out := make([]float64, len(series))
	inParallel(len(series), func(i int) { out[i] = Smallest(series[i], questions) })
	return out
}

func wouldFind(values Sample, size float64, questions int) bool {
	changed := slices.Clone(values)
	for i := len(changed) / 2; i < len(changed); i++ {
		changed[i] *= size
	}
	s := newSearch(changed, questions)
	// That so many orders divide as clearly is too many; how many more do is not asked.
	level := Alpha / float64(questions)
	s.divide(max(1, int(level*float64(1+s.shuffles()))))
	return s.p <= level
}

// alike is the correlation of neighbours in what is left when the level of each
// segment is taken off.
func (s *search) alike(points []ChangePoint) (correlation, p float64) {
	left := slices.Clone(s.x)
	ends := make([]int, 0, len(points)+1)
	for _, c := range points {
		ends = append(ends, c.At)
	}
	segments(append(ends, len(left)), func(from, to int) {
		middle := left[from:to].mean()
		for i := from; i < to; i++ {
			left[i] -= middle
		}
	})
	correlation = neighbours(left)
	rng := rand.New(rand.NewPCG(2014, 110))
	beyond := 0
	for range leastShuffles {
		rng.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
		if neighbours(left) >= correlation {
			beyond++
		}
	}
	return correlation, float64(1+beyond) / (1 + leastShuffles)
}

func (s Sample) mean() float64 {
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return sum / float64(len(s))
}

// neighbours is the correlation of each value with the next, of values about 0.
func neighbours(x []float64) float64 {
	product, square := 0.0, 0.0
	for i, v := range x {
		square += v * v
		if i > 0 {
			product += v * x[i-1]
		}
	}
	if square == 0 {
		return 0
	}
	return product / square
}
