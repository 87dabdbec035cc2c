package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/raftbench/raftbench/ci"
	"github.com/raftbench/raftbench/results"
)

// everyFile is a flag for each file, all in one folder.
func everyFile(dir string) []string {
	var args []string
	for _, f := range ciFormats {
		args = append(args, "--"+f.flag, filepath.Join(dir, f.flag))
	}
	return args
}

// A pipeline that fails without its files cannot tell why: they are there
// whatever the verdict is, and each says the same.
func TestFilesAreWrittenWhateverTheVerdict(t *testing.T) {
	t.Parallel()
	lossy := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 4 && tr.Kind == results.Proof {
			tr.Audit.Lost, tr.Valid = 1, false
			tr.Findings = []results.Finding{{Class: results.Safety, Rule: results.RuleLost, Key: "k7", Got: "nothing", Want: "version 3"}}
		}
	})
	mistaken := rulesFile(t, "rules: [{rule: survived == tolerates, where: {nodes: 99}}]")
	for name, c := range map[string]struct {
		args  []string
		code  int
		junit string
		line  string // an annotation begins so
	}{
		"pass":                            {[]string{tinyRun}, exitOK, `failures="0"`, "::notice "},
		"fail":                            {[]string{tinyRun, "--rules", rulesFile(t, "rules:\n  - write_latency_p50 < 1us\n")}, exitGate, "<failure ", "::error "},
		"inconclusive":                    {[]string{tinyRun, "--rules", rulesFile(t, "rules: [outage_p50 < 3s]")}, exitInconclusive, "<skipped ", "::warning "},
		"unsafe":                          {[]string{lossy}, exitSafety, "<error ", "::error "},
		"unsafe, and the rules are wrong": {[]string{lossy, "--rules", mistaken}, exitSafety, "<error ", "::error "},
	} {
		dir := t.TempDir()
		code, stdout, stderr := command(t, append(append([]string{"gate", "--annotations"}, c.args...), everyFile(dir)...)...)
		if code != c.code {
			t.Errorf("%s: got %d, want %d: %s", name, code, c.code, stderr)
		}
		for _, f := range ciFormats {
			if info, err := os.Stat(filepath.Join(dir, f.flag)); err != nil || info.Size() == 0 {
				t.Errorf("%s: --%s: got no file: %v, %s", name, f.flag, err, stderr)
			}
		}
		if text, _ := os.ReadFile(filepath.Join(dir, "junit")); !strings.Contains(string(text), c.junit) {
			t.Errorf("%s: got no %s in\n%s", name, c.junit, text)
		}
		if !strings.Contains("\n"+stdout, "\n"+c.line) {
			t.Errorf("%s: got no %s in\n%s", name, c.line, stdout)
		}
	}
}

// Steps of a job share one file for their summaries, and a history grows; all
// other files are of this run alone.
func TestSummariesAndHistoriesGrow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, f := range ciFormats {
		if f.flag != "otava" {
			if err := os.WriteFile(path(f.flag), []byte("of another step\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if code, _, stderr := command(t, append([]string{"gate", tinyRun}, everyFile(dir)...)...); code != exitOK {
			t.Fatal(stderr)
		}
	}
	for _, f := range ciFormats {
		text, err := os.ReadFile(path(f.flag))
		if err != nil {
			t.Fatal(err)
		}
		if kept := strings.Contains(string(text), "of another step"); kept != (f.flag == "github-summary") {
			t.Errorf("--%s: is what stood there kept? %v", f.flag, kept)
		}
		if f.flag == "github-summary" && strings.Count(string(text), "## raftbench") != 2 {
			t.Errorf("--%s: got\n%s\nwant both runs' summaries", f.flag, text)
		}
		if f.flag == "otava" && strings.Count(string(text), "\n") != 2 {
			t.Errorf("--%s: got\n%s\nwant a header and the one run", f.flag, text)
		}
	}
}

// What a program or a page reads on stdout is not mixed with annotations.
func TestAnnotationsKeepOutOfJSON(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "true")
	for _, format := range []string{"json", "markdown"} {
		code, stdout, stderr := command(t, "gate", tinyRun, "-o", format)
		if code != exitOK || strings.Contains(stdout, "::notice") || !strings.Contains(stderr, "::notice") {
			t.Errorf("-o %s: got %d,\n%s\nand\n%s", format, code, stdout, stderr)
		}
		if format == "json" && json.Unmarshal([]byte(stdout), new(any)) != nil {
			t.Errorf("got no JSON: %s", stdout)
		}
	}
	if _, stdout, _ := command(t, "gate", tinyRun); !strings.Contains(stdout, "\n::notice ") {
		t.Errorf("in a workflow: got no annotation in\n%s", stdout)
	}
	if _, stdout, stderr := command(t, "gate", tinyRun, "--annotations=false"); strings.Contains(stdout+stderr, "::") {
		t.Errorf("switched off: got\n%s", stdout)
	}
}

// An annotation stands on the rule's line, in a file that GitHub finds from the
// repository's root.
func TestAnnotationsPointIntoTheRules(t *testing.T) {
	run, err := filepath.Abs(tinyRun)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("rules.yaml", []byte("rules:\n  - lost_writes == 0\n  - write_latency_p50 < 1us\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"rules.yaml", filepath.Join(dir, "rules.yaml")} {
		if _, stdout, _ := command(t, "gate", run, "--rules", path, "--annotations"); !strings.Contains(stdout, ",file=rules.yaml,line=3::") {
			t.Errorf("%s: got\n%s", path, stdout)
		}
	}
}

// Before minutes are measured, files are refused that could not be written.
func TestFilesThatCannotBeWrittenAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	same := filepath.Join(dir, "x")
	for name, args := range map[string][]string{
		"a folder":           {"--junit", dir},
		"no folder":          {"--junit", filepath.Join(dir, "none", "junit.xml")},
		"one file for two":   {"--junit", same, "--bencher", dir + "/./x"},
		"a folder, measured": {"--openmetrics", dir},
	} {
		line := []string{"gate", tinyRun}
		if strings.HasSuffix(name, "measured") {
			line = []string{"ab", "--b-set", "raft.max_rpcs_in_flight=16"}
		}
		code, stdout, stderr := command(t, append(line, args...)...)
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "error: got ") {
			t.Errorf("%s: got %d, %q and %q", name, code, stdout, stderr)
		}
	}
}

// The verdict outweighs a file that could not be written, and alone such a file
// fails the command.
func TestAFileThatFailsIsTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gone", "junit.xml")
	c := &ciFiles{paths: map[string]*string{"junit": &path}}
	var stdout, stderr bytes.Buffer
	j := ci.Judged{Run: &results.Run{}}
	if err := c.write(&stdout, &stderr, "table", j, nil); codeOf(err) != exitFailed || !strings.Contains(err.Error(), "--junit "+path) {
		t.Errorf("got %v", err)
	}
	failed := fail(exitGate, errors.New("the gate failed"), "")
	if err := c.write(&stdout, &stderr, "table", j, failed); !errors.Is(err, failed) || !strings.HasPrefix(stderr.String(), "warning: --junit ") {
		t.Errorf("got %v and %q", err, stderr.String())
	}
}

// A run that lacks a number of the history's is left out of it, and the gate goes
// on.
func TestARunThatDoesNotFitAHistoryIsTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history.csv")
	history := "time,run,host,host_class,version,commit,n9-other.write_latency_p50_ns\n2026-01-01T00:00:00Z,one,ci-1,Xeon,v1,abc,1\n"
	if err := os.WriteFile(path, []byte(history), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := command(t, "gate", tinyRun, "--otava", path)
	text, err := os.ReadFile(path)
	if code != exitOK || !strings.Contains(stderr, "n9-other.write_latency_p50_ns") || err != nil || string(text) != history {
		t.Errorf("got %d, %q and %q", code, stderr, text)
	}
}

func TestEveryFileIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range ciFormats {
		if !strings.Contains(string(text), "\n| `--"+f.flag+"` |") {
			t.Errorf("docs/ci.md: its table lacks --%s", f.flag)
		}
	}
}

// What is asked to be written never replaces what is read, nor anything that is no
// plain file.
func TestFilesReplaceNoInputAndNoDevice(t *testing.T) {
	t.Parallel()
	work := t.TempDir()
	dir, rules := copyRun(t), filepath.Join(work, "rules.yaml")
	if err := os.WriteFile(rules, []byte("rules: [lost_writes == 0]"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(work, "link.xml")
	if err := os.Symlink(filepath.Join(work, "target.xml"), link); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(work, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		rules: "which is read here", work + "/./rules.yaml": "which is read here", filepath.Join(dir, results.TrialsFile): "which is read here",
		link: "no plain file", fifo: "no plain file", "/proc/x.xml": "nothing can be written",
	} {
		code, _, stderr := command(t, "gate", dir, "--rules", rules, "--junit", path)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: got %d: %s; want %q", path, code, stderr, want)
		}
	}
	if text, err := os.ReadFile(rules); err != nil || string(text) != "rules: [lost_writes == 0]" {
		t.Errorf("the rules are %q now: %v", text, err)
	}
	same := filepath.Join(work, "x")
	if code, _, stderr := command(t, "gate", dir, "--junit", same, "--openmetrics", work+"/../"+filepath.Base(work)+"/x"); code != exitUsage || !strings.Contains(stderr, "both") {
		t.Errorf("two spellings: got %d: %s", code, stderr)
	}
}
