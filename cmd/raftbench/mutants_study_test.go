//go:build mutants

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/results"
)

// studied is how one run of a study ended.
type studied struct {
	Code    int    `json:"code"`
	Rules   string `json:"rules"`
	Seconds int    `json:"seconds"`
}

// BenchmarkMutantStudy runs every mutant, and honest nodes under each script, with as
// many seeds as MUTANT_SEEDS says (20), two at a time, and writes how many were caught to
// table.md: the figures of docs/track-record.md. The folder MUTANT_STUDY holds how each run ended;
// what is there is not run again.
func BenchmarkMutantStudy(b *testing.B) {
	dir := os.Getenv("MUTANT_STUDY")
	if dir == "" {
		b.Skip("MUTANT_STUDY names no folder: make mutant-study")
	}
	seeds, err := strconv.Atoi(cmp.Or(os.Getenv("MUTANT_SEEDS"), "20"))
	if err != nil || seeds < 1 {
		b.Fatalf("MUTANT_SEEDS=%s, want a number of seeds", os.Getenv("MUTANT_SEEDS"))
	}
	for range b.N {
		study(b, dir, seeds)
	}
}

func study(b *testing.B, dir string, seeds int) {
	all := slices.Clone(suite)
	for _, script := range scripts() {
		all = append(all, provoked{script: script})
	}
	all = slices.DeleteFunc(all, func(p provoked) bool { return p.unable() != nil })
	ended := make([][]studied, len(all))
	var runs errgroup.Group
	runs.SetLimit(2)
	for i, p := range all {
		ended[i] = make([]studied, seeds)
		for seed := range seeds {
			runs.Go(func() (err error) {
				ended[i][seed], err = studyOne(b, dir, p, seed+1)
				return err
			})
		}
	}
	if err := runs.Wait(); err != nil {
		b.Fatal(err)
	}
	table := "| nodes | script | exit code 4 | exit code 6 | others | by | longest |\n|---|---|---|---|---|---|---|\n"
	for i, p := range all {
		table += studyRow(p, ended[i]) + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "table.md"), []byte(table), 0o600); err != nil {
		b.Fatal(err)
	}
}

// studyOne runs one seed, or tells how it ended before.
func studyOne(b *testing.B, dir string, p provoked, seed int) (studied, error) {
	var end studied
	run := filepath.Join(dir, fmt.Sprintf("%s-%s-%d", cmp.Or(p.mutant, "honest"), p.script, seed))
	if text, err := os.ReadFile(run + ".json"); err == nil {
		return end, json.Unmarshal(text, &end)
	}
	if err := os.RemoveAll(run); err != nil { // cut short
		return end, err
	}
	began := time.Now()
	var said string
	end.Code, said = runAs(b, p.mutant, "run", p.file(), "--seed", strconv.Itoa(seed), "--out", run)
	end.Seconds = int(time.Since(began).Seconds())
	record, err := results.Open(run)
	if err != nil {
		return end, fmt.Errorf("%s: exit code %d, %w: %s", run, end.Code, err, said)
	}
	end.Rules = rulesOf(record.Trials)
	text, err := json.Marshal(end)
	if err != nil {
		return end, err
	}
	return end, os.WriteFile(run+".json", text, 0o600)
}

func studyRow(p provoked, ended []studied) string {
	codes, rules, longest := map[int]int{}, map[string]int{}, 0
	for _, e := range ended {
		codes[e.Code]++
		longest = max(longest, e.Seconds)
		for rule := range strings.SplitSeq(e.Rules, ", ") {
			if rule != "" {
				rules[rule]++
			}
		}
	}
	var by []string
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		by = append(by, fmt.Sprintf("%s %d", rule, rules[rule]))
	}
	return fmt.Sprintf("| %s | %s | %d of %d | %d | %d | %s | %d s |", cmp.Or(p.mutant, "honest"), p.script, codes[exitSafety], len(ended),
		codes[exitLiveness], len(ended)-codes[exitSafety]-codes[exitLiveness], strings.Join(by, ", "), longest)
}
