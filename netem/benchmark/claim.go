package main

import (
	"fmt"
	"io"
)

// claim is one figure and the bound that is asked of it.
type claim struct {
	what       string
	got, bound float64
	holds      bool
	wanted     string
}

func atMost(what string, got, bound float64) claim {
	return claim{what, got, bound, got <= bound, "at most"}
}

func atLeast(what string, got, bound float64) claim {
	return claim{what, got, bound, got >= bound, "at least"}
}

// judge prints all claims, and fails when one does not hold.
func judge(stdout io.Writer, claims []claim) error {
	if len(claims) == 0 {
		return nil
	}
	missed := 0
	err := table(stdout, "What is asked, on an otherwise idle host", func(w io.Writer) {
		for _, c := range claims {
			verdict := "holds"
			if !c.holds {
				verdict = "MISSED"
				missed++
			}
			fmt.Fprintf(w, "%s\t%.2f\t%s %g\t%s\t\n", c.what, c.got, c.wanted, c.bound, verdict)
		}
	})
	if err == nil && missed > 0 {
		err = fmt.Errorf("%d of %d claims do not hold on this host now; a bare nanosleep that is late says that it is not idle", missed, len(claims))
	}
	return err
}
