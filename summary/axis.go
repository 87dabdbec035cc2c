package summary

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/units"
)

// axes are the names of all parameters, sorted.
func axes(params ...map[string]string) []string {
	all := map[string]bool{}
	for _, p := range params {
		for key := range p {
			all[key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// byValue orders the values of an axis as people count: 2 before 16, 5ms
// before 1s, 512B before 4KiB. Words are in alphabetical order, behind numbers;
// what is not set, the default, comes first.
func byValue(a, b string) int {
	x, xIs := magnitude(a)
	y, yIs := magnitude(b)
	switch {
	case a == "" || b == "":
		return cmp.Compare(len(a), len(b))
	case xIs && yIs && x != y:
		return cmp.Compare(x, y)
	case xIs != yIs:
		if xIs {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// magnitude reads a number of any kind, for the order alone: the values of one
// axis are of one kind.
func magnitude(text string) (float64, bool) {
	for _, kind := range []units.Kind{units.Count, units.Duration, units.Rate, units.Size, units.Share, units.Bitrate} {
		if v, err := kind.Parse(text); err == nil {
			return v, true
		}
	}
	return 0, false
}
