package gate

import (
	"slices"
	"testing"
)

// How many zones may die is a fact of proofs, held against arithmetic; where no
// zone was lost, or there are none, it is not known.
func TestZonesAreFacts(t *testing.T) {
	of := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		survived, tolerated *int
		want                string
	}{
		"as arithmetic has it": {of(1), of(1), "pass"},
		"none, as it has it":   {of(0), of(0), "pass"},
		"fewer than it says":   {of(0), of(1), "fail"},
		"not proven":           {nil, of(1), "inconclusive"},
		"no zones":             {nil, nil, "inconclusive"},
	} {
		of := cell()
		of.Faults.ZonesSurvived, of.ToleratesSites = c.survived, c.tolerated
		v := judge(t, "zones_survived == zones_tolerated", of)
		if v.Answer != c.want || c.want == "inconclusive" && !slices.Equal(codes(v), []ReasonCode{NotProven}) {
			t.Errorf("%s: got %+v, want %s", name, v, c.want)
		}
	}
}
