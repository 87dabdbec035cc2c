package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A title stands at the head of whatever the report is read as, and acts on none of it.
func TestATitleHeadsTheReport(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	code, stdout, stderr := raftbench("report", dir, "--title", "Why five\x1b[2J <script>alert(1)</script> [x](http://evil.example)")
	if code != exitOK {
		t.Fatalf("got exit code %d: %s", code, stderr)
	}
	if !strings.HasPrefix(stdout, "Why five\ufffd[2J <script>") {
		t.Errorf("the table begins %.80q, want it to begin with the title, without its escape", stdout)
	}
	for name, want := range map[string]string{
		"report.md":     "# Why five\ufffd\\[2J &lt;script&gt;alert(1)&lt;/script&gt; \\[x\\](http:<!-- -->//evil.example)\n",
		"index.html":    "<h1>Why five\ufffd[2J &lt;script&gt;alert(1)&lt;/script&gt; [x](http://evil.example)</h1>",
		"report.txt":    "Why five",
		"tradeoff.svg":  "Why five",
		"tolerance.svg": "Why five",
	} {
		text := read(t, filepath.Join(dir, "report", name))
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q", name, want)
		}
		if strings.Contains(text, "<script>alert") && name != "report.txt" || strings.Contains(text, "\x1b") {
			t.Errorf("%s has the title's script or escape in it", name)
		}
	}
	if head := read(t, filepath.Join(dir, "report", "index.html")); !strings.Contains(head, "<title>Why five") {
		t.Error("the page's window has another title")
	}
}

func TestATitleIsBounded(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	for title, want := range map[string]string{
		strings.Repeat("é", 121): "got a title of 121 characters, want at most 120",
		"\u3000\t":               "got a title without a letter, want 1 to 120 characters",
	} {
		code, stdout, stderr := raftbench("report", dir, "--title", title)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || !strings.Contains(stderr, "\nhint: ") {
			t.Errorf("got %d, %q and %q, want %d and %q", code, stdout, stderr, exitUsage, want)
		}
	}
	if code, _, stderr := raftbench("report", dir, "--title", strings.Repeat("é", 120), "--only", "tradeoff"); code != exitOK {
		t.Errorf("120 characters: got %d: %s", code, stderr)
	}
}

// Charts that are asked for are written by themselves, and their paths printed; every
// other file stays as it was.
func TestOnlySomeCharts(t *testing.T) {
	t.Parallel()
	dir, out := copyRun(t), filepath.Join(t.TempDir(), "slide")
	code, stdout, stderr := raftbench("report", dir, "--only", "latency, tradeoff,latency", "--out", out)
	want := []string{"tradeoff.png", "tradeoff.svg", "latency.png", "latency.svg"}
	var printed strings.Builder
	for _, name := range want {
		printed.WriteString(filepath.Join(out, name) + "\n")
	}
	if code != exitOK || stdout != printed.String() {
		t.Fatalf("got %d, %q and %s, want the paths\n%s", code, stdout, stderr, printed.String())
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != len(want)+1 { // and the list of a report's files
		t.Errorf("got %v, %v, want the charts alone", entries, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "report")); err == nil {
		t.Error("something was written into the run's folder")
	}
	if code, _, stderr := raftbench("report", dir, "--out", out); code != exitOK { // the folder is a report's
		t.Fatalf("got %d: %s", code, stderr)
	}
	page := filepath.Join(out, "index.html")
	before := read(t, page)
	if code, _, stderr := raftbench("report", dir, "--title", "Another", "--only", "tradeoff", "--out", out); code != exitOK {
		t.Fatalf("got %d: %s", code, stderr)
	}
	if read(t, page) != before || !strings.Contains(read(t, filepath.Join(out, "tradeoff.svg")), "Another") ||
		strings.Contains(read(t, filepath.Join(out, "latency.svg")), "Another") {
		t.Error("want one chart made again, and nothing else touched or removed")
	}
}

func TestUnknownChartsAreRefused(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--only", "tradeof"}, `got the chart "tradeof", want one of those that run tiny has: tradeoff, `},
		{[]string{"--only", "tradeoff,"}, `got the chart "", want one of`},
		{[]string{"--only", "../../etc/passwd"}, `got the chart "../../etc/passwd", want one of`},
		{[]string{"--only", "a\x1b[2J"}, "got the chart \"a\ufffd[2J\", want one of"},
		{[]string{"--only", "tradeoff", "-o", "json"}, "got --only and -o json, want one of the two"},
		{[]string{"--only", "tradeoff", "--trace"}, "got --only and --trace, want one of the two"},
	} {
		code, stdout, stderr := raftbench(append([]string{"report", dir}, c.args...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "\nhint: ") {
			t.Errorf("%q: got %d, %q and %q, want %d and %q", c.args, code, stdout, stderr, exitUsage, c.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "report")); err == nil {
		t.Error("something was written")
	}
}

// A shell offers the charts that the run on the command line has.
func TestChartsAreCompleted(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	if got := completed(t, "report", dir, "--only", "tradeoff,l"); !slices.Equal(got, []string{"tradeoff,latency"}) {
		t.Errorf("got %q, want tradeoff,latency", got)
	}
	for _, args := range [][]string{{"report", "--only", ""}, {"report", t.TempDir(), "--only", ""}} {
		if got := completed(t, args...); len(got) != 0 {
			t.Errorf("%q: got %q, want nothing", args, got)
		}
	}
}
