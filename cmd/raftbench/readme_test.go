package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Every command that the documentation shows exists, with the flags shown.
func TestDocumentedCommandsExist(t *testing.T) {
	command := regexp.MustCompile("(?:bin/)?raftbench ([a-z][^`\n|]*)")
	found := 0
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(pages, "../../README.md", "../../DEVELOPMENT.md", "../../CHANGELOG.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range codeSpans(string(text)) {
			for _, m := range command.FindAllStringSubmatch(span, -1) {
				found++
				checkCommand(t, file, strings.Fields(strings.SplitN(m[1], "#", 2)[0]))
			}
		}
	}
	if found < 10 {
		t.Errorf("found %d commands in the documentation; is it still read right?", found)
	}
}

// codeSpans are what stands between backticks, single or fenced.
func codeSpans(text string) []string {
	var out []string
	for i, part := range strings.Split(strings.ReplaceAll(text, "```", "`"), "`") {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}

func checkCommand(t *testing.T, file string, words []string) {
	t.Helper()
	if words[0] == "completion" {
		return // cobra's own, which it adds when it runs
	}
	cmd, rest, err := newRoot(io.Discard, io.Discard).Find(words)
	if err != nil || !strings.HasPrefix(strings.Join(words, " "), strings.TrimPrefix(cmd.CommandPath(), "raftbench ")) || cmd.HasSubCommands() {
		t.Errorf("%s shows `raftbench %s`: no such command", file, strings.Join(words, " "))
		return
	}
	if err := cmd.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
		t.Errorf("%s shows `raftbench %s`: %v", file, strings.Join(words, " "), err)
	}
}

// docs/reading.md shows what `raftbench report results/reference` prints, and the README
// how it begins.
func TestTheDocsShowTheReferenceRun(t *testing.T) {
	table := referenceReport(t)
	if !strings.Contains(read(t, "../../docs/reading.md"), "```text\n"+table+"\n```") {
		t.Errorf("docs/reading.md does not show what `raftbench report results/reference` prints:\n%s", table)
	}
	begins, _, _ := strings.Cut(table, "What each size survives")
	if !strings.Contains(read(t, "../../README.md"), "```text\n"+strings.TrimSpace(begins)+"\n```") {
		t.Errorf("README.md does not show how `raftbench report results/reference` begins:\n%s", begins)
	}
}

// The rows that docs/findings.md quotes are printed so.
func TestTheFindingsQuoteTheReferenceRun(t *testing.T) {
	printed := strings.Split(referenceReport(t), "\n")
	const begin = "```text\n"
	quoted := 0
	for _, part := range strings.Split(read(t, "../../docs/findings.md"), begin)[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		for line := range strings.SplitSeq(block, "\n") {
			quoted++
			if !slices.Contains(printed, line) {
				t.Errorf("docs/findings.md quotes a row that `raftbench report results/reference` does not print:\n%s", line)
			}
		}
	}
	if quoted < 10 {
		t.Errorf("found %d rows; is the page still read right?", quoted)
	}
}

// referenceReport is what `raftbench report results/reference` prints.
func referenceReport(t *testing.T) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := []string{"report", "../../results/reference", "--out", t.TempDir()}
	if code := Main(context.Background(), args, &stdout, &stderr); code != exitOK {
		t.Fatalf("raftbench report: exit code %d: %s", code, stderr.String())
	}
	return strings.TrimSpace(stdout.String())
}

// A README is read whole, or not at all.
func TestTheReadmeIsShort(t *testing.T) {
	if n := strings.Count(read(t, "../../README.md"), "\n"); n > 150 {
		t.Errorf("README.md has %d lines, want at most 150: docs/ has room", n)
	}
}

// The history that docs/safety.md shows is one, and holds.
func TestTheDocumentedHistoryHolds(t *testing.T) {
	_, shown, _ := strings.Cut(read(t, "../../docs/safety.md"), "```json\n")
	shown, _, _ = strings.Cut(shown, "```")
	file := filepath.Join(t.TempDir(), "history.jsonl")
	if err := os.WriteFile(file, []byte(shown), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := command(t, "judge", file); code != exitOK {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}
