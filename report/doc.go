// Package report says what a run showed: a table for the terminal, a page of
// Markdown, charts to be put on a slide, and files for other programs. It and the
// packages below it are the only place of English: the record and the summary hold
// facts, whose words package facts has.
//
// Its stance: the answer first, and no number without what weakens it.
// Intervals stand beside medians, a tolerance that no trial proved is called
// not proven, what failed is counted before what was fast, and a difference is
// told as the summary decided it. A dagger (†) means something: it stands
// beside a number that something may have moved by more than a third of its
// interval, and nowhere else; all other remarks stand in the details. Everything is rebuilt
// from the run's folder; nothing is measured here.
//
// A report is gathered once (New), and a chart is data before it is a picture:
// package chart holds what it says, package draw draws it.
//
// A run's folder may come from anybody: names are cleaned before they are
// shown (package clean), and nothing is written outside of the report's folder.
package report
