package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// A run that was stopped before its first trial names no charts that are not
// there, and no medians of nothing.
func TestNothingIsPrintedOfNoTrials(t *testing.T) {
	dir := t.TempDir() + "/r"
	w, err := results.Create(dir, results.Environment{}, []byte("name: made-up\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := printResults(t.Context(), &out, io.Discard, dir, "table"); err != nil || out.Len() > 0 {
		t.Errorf("got %v, %q", err, out.String())
	}
	run := changedRun(t, factor(1))
	if err := printResults(t.Context(), &out, io.Discard, run, "table"); err != nil || !strings.Contains(out.String(), "\ncharts:  ") || !strings.HasSuffix(out.String(), "\nresults: "+run+"\n") {
		t.Errorf("got %v, %q", err, out.String())
	}
}
