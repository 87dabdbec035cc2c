package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/summary"
)

func TestExplainTellsWhereNoiseComesFrom(t *testing.T) {
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
}
