// Package report says what a run showed: a table for the terminal, a page of
// Markdown, charts to be put on a slide, and files for other programs.
//
// Its stance: a number is never printed without what weakens it. Intervals
// stand beside medians, a tolerance that no trial proved is called not
// proven, a difference that the intervals do not show is not claimed, and
// whatever was invalid or flagged carries a dagger (†) in every table and
// chart. Everything is rebuilt from the run's folder; nothing is measured
// here.
package report
