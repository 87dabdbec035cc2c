package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/summary"
)

// A run is told what it takes to reach what it was asked for.
func TestExplainTellsOfThePrecisionThatTheRunWasAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for text, want := range map[string]float64{"precision: 5%\n": 0.05, "trials: 7\n": ratioWanted} {
		if err := os.WriteFile(filepath.Join(dir, "experiment.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := precisionAsked(dir); got != want {
			t.Errorf("%q: got ±%g, want ±%g", text, got, want)
		}
	}
}

func TestExplainTellsWhereNoiseComesFrom(t *testing.T) {
	t.Parallel()
	var table, js bytes.Buffer
	if err := runExplain(&table, io.Discard, "../../results/reference", "table"); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(table.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("a line of %d: %s", n, line)
		}
	}
	if !strings.HasPrefix(table.String(), "Ratios of write p50s are known to about ±") {
		t.Errorf("the answer does not lead:\n%s", table.String())
	}
	if err := runExplain(&js, io.Discard, "../../results/reference", "json"); err != nil {
		t.Fatal(err)
	}
	var l summary.Levels
	if err := json.Unmarshal(js.Bytes(), &l); err != nil || l.Setups < 2 || l.Blocks < 2 || !(l.OperationSD > 0) || !(l.BlockSD > 0) {
		t.Errorf("got %+v, %v", l, err)
	}
	t.Log(table.String())
	if want := precisionAsked("../../results/reference"); l.Wanted != want {
		t.Errorf("blocks are told for ±%g, and the run was asked for ±%g", l.Wanted, want)
	}
	if strings.Contains(table.String(), "more of this length") || strings.Count(table.String(), " in all of ") != 2 {
		t.Errorf("blocks that are to be added stand beside blocks in all:\n%s", table.String())
	}
}
