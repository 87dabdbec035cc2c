package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Explain words where a run's noise comes from, and what would lessen it: the
// answer first.
func Explain(w io.Writer, l summary.Levels) error {
	fresh, few := l.FreshSD*l.FreshSD, l.OperationSD*l.OperationSD
	cause := "most of what is left is that windows hold few operations"
	if fresh > few {
		cause = "most of what is left differs from one fresh cluster to the next"
	}
	text := fmt.Sprintf("Ratios of write p50s are known to about ±%s after %s, over all pairs:\n%s.\n", wording.Share(l.HalfWidth), units.Plural(l.Blocks, "block"), cause)
	text += "\n" + explainAdvice(l) + "\n\n"
	for _, row := range []struct {
		level   string
		sd      float64
		against string
	}{
		{"operations of a window", l.OperationSD, "more operations, or more blocks"},
		{"fresh cluster in each block", l.FreshSD, "more blocks"},
		{"host, alike for a block", l.BlockSD, "nothing: no ratio holds it"},
	} {
		text += strings.TrimRight(fmt.Sprintf("%-27s  sd %6s  %s", row.level, wording.Share(row.sd), row.against), " ") + "\n"
	}
	setups := units.Plural(l.Setups, "setup")
	if l.Parts > 1 {
		setups += fmt.Sprintf(" in %d parts that lived one after another, pooled", l.Parts)
	}
	text += fmt.Sprintf("\n%s.\nAt least %s operations a window; an sd is that of a median's logarithm.\n", setups, wording.Count(l.Operations))
	_, err := io.WriteString(w, text)
	return err
}

func explainAdvice(l summary.Levels) string {
	wanted := "±" + wording.Share(l.Wanted)
	if l.BlocksNeeded <= l.Blocks {
		return wanted + " is reached; nothing is to be added."
	}
	return fmt.Sprintf("For %s: %s in all of this length,\nor %s in all of %d times the operations.",
		wanted, units.Plural(l.BlocksNeeded, "block"), units.Plural(l.BlocksNeededLonger, "block"), l.OperationsFactorMore)
}
