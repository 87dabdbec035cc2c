package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftbench/raftbench/results"
)

// Whatever was got wrong: what was got, what was wanted, what to do, and
// nothing started.
func TestMistakesSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	broken, tab := file("broken.yaml", "nodes: [3\n"), file("tab.yaml", "\tname: x\n")
	far := file("far.yaml", "rules:\n  - foo < 3ms\n")
	other := changed(t, func(tr *results.Trial) { tr.Cell, tr.Engine = "other-"+tr.Cell, "other" })
	for line, want := range map[string]string{
		"run --nodes 0":                        "hint: write it like --nodes 3",
		"run --duration 5":                     "hint: write it like --duration 4s",
		"run --trials x":                       `error: --trials: got "x", want a whole number`,
		"run --preset quik":                    "hint: did you mean quick?",
		"run --preset quick " + broken:         "hint: leave out the one or the other",
		"run " + broken:                        ":1:8: ",
		"run " + tab:                           ":1:",
		"run " + dir:                           "cannot be read: it is a directory",
		"run a b":                              "hint: usage: raftbench run [FILE]",
		"run --profile mult-az":                "hint: did you mean multi-az?",
		"run --profile none.yaml":              "hint: `raftbench profiles` lists",
		"run --set =1":                         "want a key and its value",
		"run --leader mars":                    "(the same with nodes: 3, 4, 5, 7)",
		"run --engine zookeeper":               "hint: write it like --engine hashicorp",
		"run --nods 3":                         "hint: did you mean --nodes?",
		"run --nodes":                          "error: got --nodes without a value",
		"run -o xml":                           "hint: write it like -o table",
		"run --node-binary " + dir:             "hint: build one",
		"run --resume " + dir + "/none":        "there is none of that name",
		"rnu":                                  "hint: did you mean run?",
		"frobnicate":                           `error: got the command "frobnicate", want one of aa, ab, advise, compare, `,
		"report":                               "error: got no argument, want at least 1",
		"report " + broken:                     "not a run's folder: it is a file",
		"report " + tinyRun + " -o pdf":        "hint: write it like -o table",
		"gate a b":                             "error: got 2 arguments (a, b), want 1",
		"gate " + tinyRun + " --rules " + far:  "hint: metrics are named as in summary.json",
		"gate " + tinyRun + " --rules safetyy": "or --rules safety",
		"compare " + tinyRun:                   `error: got 1 folder and --by ""`,
		"compare " + tinyRun + " " + other:     "without a figure in common",
		"compare --al a b":                     "hint: did you mean --all?",
		"validate " + dir + "/none.yaml":       "hint: name an experiment's file",
		"init " + dir + "/none/x.yaml":         "hint: name a file in a folder that is there",
		"profiles mult-az":                     "hint: did you mean multi-az?",
		"predict --fsync 5":                    "error: got --fsync 5, want a duration such as 150us",
		"predict --fsync -1ms":                 "hint: write it like --fsync 150us",
		"doctor extra":                         "error: got 1 argument (extra), want none",
		"up --nodes 3,5":                       "hint: give no lists",
		"up --trials 3":                        "hint: --trials is a flag of aa, ab, predict, run, validate",
		"version -x":                           "hint: run `raftbench version --help`",
	} {
		code, stdout, stderr := command(t, strings.Fields(line)...)
		if code != exitUsage || stdout != "" || !strings.Contains("\n"+stderr, "\nerror: ") || !strings.Contains(stderr, "\nhint: ") || !strings.Contains(stderr, want) {
			t.Errorf("raftbench %s: got %d and\n%s\nwant %d, a hint and %q", line, code, stderr, exitUsage, want)
		}
	}
}

// Help is read in terminals of 80 columns, and in the words of the reports.
func TestHelp(t *testing.T) {
	own := regexp.MustCompile(`(?i)\b(cells?|calm|saturate|string|strings|stringArray|duration)\b`)
	commands := []string{""}
	for _, c := range newRoot(io.Discard, io.Discard).Commands() {
		commands = append(commands, c.Name())
	}
	for _, verb := range commands {
		code, text, stderr := command(t, append(strings.Fields(verb), "--help")...)
		if code != exitOK || stderr != "" {
			t.Errorf("%s --help: got %d: %s", verb, code, stderr)
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > 80 {
				t.Errorf("%s --help: more than 80 columns: %s", verb, line)
			}
			if word := own.FindString(strings.ReplaceAll(line, "--duration", "")); word != "" {
				t.Errorf("%s --help: %q in: %s", verb, word, line)
			}
		}
		if again := regexp.MustCompile(`\(default [^()]*\)\s+\(default [^()]*\)`).FindString(text); again != "" {
			t.Errorf("%s --help: a default is told twice: %s", verb, again)
		}
	}
	_, text, _ := command(t, "--help")
	for _, code := range []int{exitOK, exitFailed, exitUsage, exitGate, exitSafety, exitInconclusive, exitLiveness, exitInterrupted} {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^  %-3d  \S`, code)).MatchString(text) {
			t.Errorf("exit code %d is not explained in\n%s", code, text)
		}
	}
}

func TestVersion(t *testing.T) {
	_, want, _ := command(t, "version")
	for _, flag := range []string{"--version", "-v"} {
		if code, got, stderr := command(t, flag); code != exitOK || got != want || !strings.HasPrefix(got, "raftbench devel (") {
			t.Errorf("%s: got %d and %s%s, want %s", flag, code, got, stderr, want)
		}
	}
}
