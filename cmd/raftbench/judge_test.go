package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftbench/raftbench/check"
)

// recorded copies a history of the judge's tests to where a page may be written.
func recorded(t *testing.T, name string, cut int) string {
	t.Helper()
	text, err := os.ReadFile("../../check/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(name))
	if err := os.WriteFile(path, text[:len(text)-cut], 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestJudgeAnswersFirstAndByItsExitCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code           int
		answer, stderr string
		page           bool
	}{
		"forged/honest.jsonl":                       {exitOK, "LINEARIZABLE: one order of all operations explains every answer\n", "", false},
		"forged/stale-read.jsonl":                   {exitSafety, "SAFETY VIOLATED: a linearizable read missed a write", "error: FILE: safety is violated, 1 objection\nhint: keep", true},
		"forged/lost-tail.jsonl":                    {exitSafety, "SAFETY VIOLATED: an acknowledged write is gone (n1: got all keys at", "3 objections", false},
		"forged/no-revision.jsonl":                  {exitSafety, "SAFETY VIOLATED: an answer has not the form of one (got revision 0 in an answer", "1 objection", false},
		"forged/duplicate-beside-unknown-put.jsonl": {exitSafety, "SAFETY VIOLATED: more writes took effect than were sent", "1 objection", false},
		"lawful/old-serializable-read.jsonl":        {exitOK, "LINEARIZABLE", "", false},
		"undecided.jsonl":                           {exitInconclusive, "UNDECIDED: neither an order of all operations nor a contradiction", "error: FILE: not decided within 30s, which is no pass\nhint: give it longer, or record a shorter history: raftbench judge FILE --within 5m\n", false},
	} {
		file := recorded(t, name, 0)
		code, stdout, stderr := command(t, "judge", file)
		if code != c.code || !strings.HasPrefix(stdout, c.answer) || !strings.Contains(strings.ReplaceAll(stderr, file, "FILE"), c.stderr) {
			t.Errorf("%s: got %d and\n%s%s", name, code, stdout, stderr)
		}
		for line := range strings.Lines(stdout) {
			if utf8.RuneCountInString(line) > lineWidth+1 && !strings.HasPrefix(line, "page: ") {
				t.Errorf("%s: a line of %d: %s", name, utf8.RuneCountInString(line), line)
			}
		}
		page, err := os.ReadFile(file + ".html")
		if (err == nil) != c.page || strings.Contains(stdout, "page: "+file+".html\n") != c.page || c.page && !strings.Contains(string(page), "get → the value of revision 2") {
			t.Errorf("%s: a page of %d bytes, %v, in\n%s", name, len(page), err, stdout)
		}
	}
}

// The page takes the place of a link and leaves what it points to.
func TestThePageGoesThroughNoLink(t *testing.T) {
	t.Parallel()
	file := recorded(t, "forged/stale-read.jsonl", 0)
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, file+".html"); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := command(t, "judge", file); code != exitSafety || !strings.Contains(stdout, "page: ") {
		t.Errorf("got %d and\n%s%s", code, stdout, stderr)
	}
	kept, err := os.ReadFile(other)
	if info, statErr := os.Lstat(file + ".html"); err != nil || string(kept) != "mine" || statErr != nil || !info.Mode().IsRegular() {
		t.Errorf("got %q, %v, %v; want what the link pointed to as it was, and a page in its place", kept, err, statErr)
	}
}

// A contradiction that takes a search is none where there was no time to search: the
// answer is undecided, exit code 5, and the command that is printed finds it.
func TestJudgeOfAHistoryThatIsNotDecidedInTime(t *testing.T) {
	t.Parallel()
	file := filepath.Join(spaced(t), "history.jsonl")
	if err := os.Rename(recorded(t, "takes-a-search.jsonl", 0), file); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "judge", "--within", "1ns", file)
	if code != exitInconclusive || !strings.HasPrefix(stdout, "UNDECIDED: neither an order of all operations nor a contradiction was found for\n  1 key: k0\n") ||
		!strings.Contains(stderr, "not decided within 1ns, which is no pass\n") {
		t.Fatalf("got %d and\n%s%s\nwant %d", code, stdout, stderr, exitInconclusive)
	}
	if code, said := runPrinted(t, t.TempDir(), stderr); code != exitSafety || !strings.Contains(said, "answers from revision 0 to 3 that no order explains") {
		t.Errorf("judged for longer: got %d and\n%s\nwant %d", code, said, exitSafety)
	}
}

// Any order explains a history in which nobody was told anything: that is no pass.
func TestJudgeOfAHistoryWithoutAnswers(t *testing.T) {
	t.Parallel()
	const header = `{"header":{"version":1,"nodes":3,"prefix":"k"}}` + "\n"
	const call = `{"call":{"id":1,"client":1,"at_ns":10,"kind":"put","writes":[{"key":"k1","value":"a"}]}}` + "\n"
	for name, text := range map[string]string{
		"no operation": header,
		"unknown":      header + call + `{"return":{"id":1,"at_ns":20,"outcome":"unknown"}}` + "\n",
		"rejected":     header + call + `{"return":{"id":1,"at_ns":20,"outcome":"rejected"}}` + "\n",
		"no end":       header + call,
	} {
		file := filepath.Join(t.TempDir(), "h.jsonl")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := command(t, "judge", file)
		if code != exitInconclusive || !strings.HasPrefix(stdout, "UNDECIDED: nothing was answered, so nothing is shown\n") || !strings.Contains(stderr, "want one at least\nhint: record") {
			t.Errorf("%s: got %d and\n%s%s", name, code, stdout, stderr)
		}
	}
}

func TestJudgeAsJSON(t *testing.T) {
	t.Parallel()
	code, stdout, _ := command(t, "judge", "-o", "json", recorded(t, "forged/half-transaction.jsonl", 0))
	var v check.Verdict
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != exitSafety {
		t.Fatalf("got %d, %v and\n%s", code, err, stdout)
	}
	if _, honest, _ := command(t, "judge", "-o", "json", recorded(t, "forged/honest.jsonl", 0)); !strings.Contains(honest, `"findings": []`) {
		t.Errorf("where nothing was found: got\n%s\nwant an empty list", honest)
	}
	if v.Answer != check.Violated || v.Objections != 1 || len(v.Findings) != 1 || v.Findings[0].Key != "k2" || v.TookEffect != 1 {
		t.Errorf("got %+v", v)
	}
}

// A recording that a crash cut off is judged, and what is not known of it is said.
func TestJudgeOfARecordingThatWasCutOff(t *testing.T) {
	t.Parallel()
	file := recorded(t, "forged/honest.jsonl", 30)
	code, stdout, stderr := command(t, "judge", file)
	for _, want := range []string{"warning: " + file + ": dropped a torn last line", "warning: " + file + ": 1 operation without an end"} {
		if code != exitOK || !strings.Contains(stderr, want) {
			t.Errorf("got %d and\n%s%s\nwant %q", code, stdout, stderr, want)
		}
	}
}

func TestJudgeOfBadInput(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "h.jsonl")
	if err := os.WriteFile(file, []byte(`{"header":{"version":2,"nodes":3}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := recorded(t, "forged/honest.jsonl", 0)
	run := t.TempDir()
	history := filepath.Join(run, "trials", "n3-1", "history.jsonl")
	if err := os.MkdirAll(filepath.Dir(history), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{history, filepath.Join(run, "experiment.yaml")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"judge"}, "error: got no argument, want 1\nhint: usage: raftbench judge FILE"},
		{[]string{"judge", filepath.Dir(file)}, "cannot be read: not a regular file\nhint: name a history that raftbench wrote"},
		{[]string{"judge", run}, run + ": it is a folder, want a history's file\nhint: name the file: raftbench judge " + history},
		{[]string{"judge", filepath.Dir(history)}, "hint: name the file: raftbench judge " + history},
		{[]string{"run", run, "--replay", "n3:7"}, run + ": it is a folder, want an experiment's file\nhint: name the run's experiment: " + filepath.Join(run, "experiment.yaml")},
		{[]string{"judge", file}, file + ":1: got a history of version 2, want version 1\nhint: read it with the raftbench that wrote it"},
		{[]string{"judge", "--within", "0s", good}, "error: got --within 0s, want more than 0 and at most 1h0m0s\nhint: write it like --within 30s"},
		{[]string{"judge", "-o", "csv", good}, `got the output format "csv"`},
	} {
		code, stdout, stderr := command(t, c.args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: got %d and\n%s%s\nwant %s", c.args, code, stdout, stderr, c.want)
		}
	}
}
