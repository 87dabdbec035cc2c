package stats

import "math"

// Cluster is one trial's operations as the interval of a pooled percentile sees
// them: how many there are, and how many of them lie above the percentile.
type Cluster struct{ Count, Above int64 }

// RankBounds bound a percentile of pooled operations: its interval lies between the
// values of these ranks, from 1 in ascending order.
type RankBounds struct {
	Low, High int64
	// Effective is how many independent operations would tell as much, at least 1
	// where there are any. Of one trial it is all: nothing else tells.
	Effective int64
}

// PercentileRanks returns the ranks that bound percentile p (99 is p99) of the
// operations of many trials together; ok is false where they carry no bound
// above it.
//
// It is Woodruff's interval (Journal of the American Statistical Association 47,
// 1952): the bounds of the share that lies above the percentile, read back in the
// pooled values. Operations of one trial are not independent, so that the
// variance of the share is that between trials (a ratio estimate over clusters).
// What it exceeds that of independent operations by divides their number; few
// trials tell the variance badly, which Student's t allows for; and what is left
// is the size of a binomial sample whose exact order statistics bound the
// percentile (Korn and Graubard, Survey Methodology 24, 1998).
func PercentileRanks(p float64, clusters []Cluster, confidence float64) (r RankBounds, ok bool) {
	var total int64
	for _, c := range clusters {
		total += c.Count
	}
	if len(clusters) < 2 || total == 0 {
		return RankBounds{Effective: total}, false
	}
	above := 1 - p/100
	t, z := studentQuantile(confidence, len(clusters)-1), math.Sqrt2*math.Erfinv(confidence)
	n := float64(total) / designEffect(above, clusters, total) * (z / t) * (z / t)
	most, least, ok := exceeding(above, math.Floor(n), (1-confidence)/2)
	if !ok {
		return RankBounds{Effective: max(1, int64(n))}, false
	}
	return RankBounds{
		Low:       max(1, total-int64(math.Ceil(most/n*float64(total)))),
		High:      total - int64(math.Floor(least/n*float64(total))),
		Effective: int64(n),
	}, true
}

// designEffect is how many times the variance of the share above a percentile
// is that of independent operations; at least 1.
func designEffect(above float64, clusters []Cluster, total int64) float64 {
	share, n := 0.0, float64(total)
	for _, c := range clusters {
		share += float64(c.Above) / n
	}
	sum := 0.0
	for _, c := range clusters {
		off := float64(c.Above) - share*float64(c.Count)
		sum += off * off
	}
	k := float64(len(clusters))
	between := k / (k - 1) * sum / (n * n)
	return max(1, between/(above*(1-above)/n))
}

// exceeding bounds how many of n independent values lie above a quantile that
// each exceeds with this probability: at most `least` with probability at most
// tail, and more than `most` likewise. There is no `least` where even none at all
// is more probable than that.
func exceeding(above, n, tail float64) (most, least float64, ok bool) {
	if n < 1 {
		return 0, 0, false
	}
	p := n * math.Log1p(-above) // of none, as a logarithm
	sum, least := 0.0, -1.0
	for e := 0.0; e <= n; e++ {
		sum += math.Exp(p)
		if sum <= tail {
			least = e
		}
		if 1-sum <= tail {
			return e, least, least >= 0
		}
		p += math.Log(n-e) - math.Log(e+1) + math.Log(above) - math.Log1p(-above)
	}
	return n, least, least >= 0
}
