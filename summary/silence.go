package summary

import "github.com/raftbench/raftbench/results"

// silence is the longest stretch of a fault in which no client had an answer, or 0.
// The first answer does not end it: a leader that is cut off still answers what was
// under way. Where the record has what each client waited alone, all of them waited no
// longer than the one that waited least.
func silence(f *results.Fault) int64 {
	if f.SilentNS > 0 {
		return f.SilentNS
	}
	least := int64(0)
	for _, p := range f.Probes {
		if p.Acked > 0 && (least == 0 || p.GapNS < least) {
			least = p.GapNS
		}
	}
	return least
}
