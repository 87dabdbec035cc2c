package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every command that the documentation shows exists, with the flags shown.
func TestDocumentedCommandsExist(t *testing.T) {
	command := regexp.MustCompile("(?:bin/)?raftbench ([a-z][^`\n|]*)")
	found := 0
	for _, file := range []string{"../../README.md", "../../DEVELOPMENT.md", "../../CHANGELOG.md", "../../docs/cross-check.md", "../../docs/elections.md", "../../docs/faults.md", "../../docs/outages.md", "../../docs/downtime.md", "../../docs/traces.md"} {
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
	cmd, rest, err := newRoot(io.Discard, io.Discard).Find(words)
	if err != nil || !strings.HasPrefix(strings.Join(words, " "), strings.TrimPrefix(cmd.CommandPath(), "raftbench ")) || cmd.HasSubCommands() {
		t.Errorf("%s shows `raftbench %s`: no such command", file, strings.Join(words, " "))
		return
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("%s shows `raftbench %s`: %v", file, strings.Join(words, " "), err)
	}
}

// The README's table is what `raftbench report results/reference` prints.
func TestReadmeShowsTheReferenceRun(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	args := []string{"report", "../../results/reference", "--out", t.TempDir()}
	if code := Main(context.Background(), args, &stdout, &stderr); code != exitOK {
		t.Fatalf("raftbench report: exit code %d: %s", code, stderr.String())
	}
	if table := strings.TrimSpace(stdout.String()); !strings.Contains(string(text), table) {
		t.Errorf("README.md does not show what `raftbench report results/reference` prints:\n%s", table)
	}
}
