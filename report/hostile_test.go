package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/draw/drawtest"
	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/results"
)

// hostile is what somebody might call a thing: it would clear a terminal, turn
// text around, end an XML element, load a picture, call a formula.
const hostile = "=cmd|'/c calc'!A1\x1b[2J\x1b]0;owned\x07\u009b31m\u202egnp\u200b\x00\xff</text><script>alert(1)</script>&amp;" +
	"![](http://evil.example/x.png)[click](javascript:x)<img src=x onerror=y>`code`|**bold**\n# heading www.evil.example @everyone $x$ ~~y~~"

// hostileRun is the made-up run, with such names wherever a name is free.
func hostileRun(t *testing.T) string {
	dir := tiny(t)
	rewrite(t, filepath.Join(dir, results.EnvironmentFile), func(e map[string]any) {
		for _, key := range []string{"run_id", "hostname", "os", "arch", "filesystem", "label"} {
			e[key] = hostile
		}
	})
	path := filepath.Join(dir, results.TrialsFile)
	var out bytes.Buffer
	for line := range strings.Lines(read(t, path)) {
		var trial map[string]any
		if err := json.Unmarshal([]byte(line), &trial); err != nil {
			t.Fatal(err)
		}
		taint(trial)
		text, err := json.Marshal(trial)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(text, '\n'))
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// printable is what of it a record may hold in names that every trial has.
var printable = strings.Map(func(r rune) rune {
	if !unicode.IsPrint(r) {
		return -1
	}
	return r
}, strings.ToValidUTF8(hostile, ""))

func taint(trial map[string]any) {
	n := strconv.Itoa(int(trial["nodes"].(float64)) % 2)
	trial["profile"], trial["engine"], trial["load"], trial["limit"] = printable, printable, printable, printable
	trial["params"] = map[string]any{hostile: hostile + n, "-1+1": "+2"}
	trial["settings"] = map[string]any{hostile: hostile, "network.links." + hostile: hostile}
	trial["remarks"] = []any{
		map[string]any{"code": "host-busy", "severity": "doubtful", "window": "calm", "got": 0.9, "want": 0.85, "unit": "share"},
		map[string]any{"code": "fault-failed", "severity": "doubtful", "window": hostile, "node": hostile, "detail": hostile},
		map[string]any{"code": "link-late", "severity": "note", "link": map[string]any{"from": hostile, "to": hostile}, "got": 1, "want": 1, "unit": hostile},
		map[string]any{"code": hostile, "severity": hostile, "detail": strings.Repeat(hostile, 50)},
	}
	trial["findings"] = []any{
		map[string]any{"class": "safety", "rule": hostile, "node": hostile, "key": hostile, "got": hostile, "want": hostile, "log": []any{hostile}},
	}
}

func rewrite(t *testing.T, path string, change func(map[string]any)) {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(read(t, path)), &v); err != nil {
		t.Fatal(err)
	}
	change(v)
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Whatever the names of a foreign run, its report is text and pictures and
// nothing more, on a terminal, a page, a spreadsheet and in an SVG.
func TestAHostileRunActsOnNothing(t *testing.T) {
	dir := hostileRun(t)
	r := open(t, dir)
	paths, err := r.Write(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]string{"the terminal": tableOf(t, r, Terminal{}), "the page on stdout": pageText(t, r)}
	var asJSON, asCSV bytes.Buffer
	if err := errors.Join(export.JSON(&asJSON, r.analysis.Summary), export.CSV(&asCSV, r.analysis.Summary)); err != nil {
		t.Fatal(err)
	}
	printed["JSON"], printed["CSV"] = asJSON.String(), asCSV.String()
	for _, path := range paths {
		if !strings.HasSuffix(path, ".png") {
			printed[filepath.Base(path)] = read(t, path)
		}
	}
	for name, text := range printed {
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && unicode.In(r, unicode.C) }); i >= 0 {
			t.Errorf("%s has %q in it", name, text[i:min(i+12, len(text))])
		}
		switch filepath.Ext(name) {
		case ".svg":
			drawtest.Texts(t, []byte(text)) // well-formed
			if strings.Contains(text, "<script") || strings.Contains(text, "<img") {
				t.Errorf("%s has an element of the run's", name)
			}
		case ".md":
			checkPage(t, name, text)
		case ".csv":
			checkSheet(t, name, text)
		}
	}
	checkPage(t, "stdout", printed["the page on stdout"])
	checkSheet(t, "stdout", printed["CSV"])
}

// harmless are the ways in which a page shows a character without acting on
// it, and the comment that parts an address.
var harmless = strings.NewReplacer(`\\`, "§", `\!`, "§", `\[`, "§", `\]`, "§", "\\`", "§", `\*`, "§", `\|`, "§", "&lt;", "§", "<!-- -->", "§")

// checkPage looks for anything live in Markdown: outside of code, no bracket,
// tag, address or mention of the run's is left as it was.
func checkPage(t *testing.T, name, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "![") && strings.Contains(line, ".png)\n") {
			line = strings.TrimPrefix(line, "!")
			if strings.HasPrefix(line, "    ") {
				continue // a log, indented: code
			}
			line = line[strings.Index(line, "[")+1 : strings.LastIndex(line, "](")]
		}
		live := harmless.Replace(line)
		for _, bad := range []string{"![", "](", "[click", "<", "`", "http://", "www.", "@everyone"} {
			if strings.Contains(live, bad) {
				t.Errorf("%s: %q is live in %s", name, bad, line)
			}
		}
		if strings.HasPrefix(line, "# heading") {
			t.Errorf("%s: a name made a heading", name)
		}
	}
}

// checkSheet looks for fields that a spreadsheet would take for a formula.
func checkSheet(t *testing.T, name, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, row := range rows {
		for _, field := range row {
			if _, err := strconv.ParseFloat(field, 64); err != nil && field != "" && strings.ContainsRune("=+-@\t\r", rune(field[0])) {
				t.Errorf("%s: %q would be a formula", name, field)
			}
		}
	}
}

// A link in a foreign run's folder leads nowhere: the report is not written
// through it, and what it points at stays as it is.
func TestAReportFollowsNoLinkOutOfItsFolder(t *testing.T) {
	outside := t.TempDir()
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Run("the folder", func(t *testing.T) {
		dir := tiny(t)
		if err := os.Symlink(outside, filepath.Join(dir, Dir)); err != nil {
			t.Fatal(err)
		}
		if err := put(t, dir); err == nil {
			t.Error("no error, want one: the folder is a link out of the run")
		}
		if n := len(dirNames(t, outside)); n != 1 {
			t.Errorf("%d files stand outside, want the one that was there", n)
		}
	})
	t.Run("a file", func(t *testing.T) {
		dir := tiny(t)
		if err := os.Mkdir(filepath.Join(dir, Dir), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{pageFile, "tradeoff.png", "trials.csv", manifestFile} {
			if err := os.Symlink(victim, filepath.Join(dir, Dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := put(t, dir); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(filepath.Join(dir, Dir, pageFile))
		if err != nil || info.Mode()&fs.ModeSymlink != 0 {
			t.Errorf("the page is still a link: %v, %v", info, err)
		}
	})
	if got := read(t, victim); got != "precious" {
		t.Errorf("the file outside became %q", got)
	}
}

func TestNamesAreCleaned(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"three-zones", "three-zones"},
		{"Größe 3 µs → 日本", "Größe 3 µs → 日本"},
		{"a\x1b[31mb", "a\uFFFD[31mb"},
		{"a\nb\tc", "a b c"},
		{"x\u202ey\u200bz", "x\uFFFDy\uFFFDz"},
		{"\xff", "\uFFFD"},
	} {
		if got := clean.Text(c.name); got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
	if n := len([]rune(clean.Name(strings.Repeat("x", 5000)))); n != clean.MaxName {
		t.Errorf("a name of %d runes, want at most %d", n, clean.MaxName)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("![](http://x)")
	f.Add(`\[a](b)`)
	f.Fuzz(func(t *testing.T, text string) {
		line := "- " + markdown.Escape(clean.Text(text))
		checkPage(t, "fuzz", strings.ReplaceAll(line, "\n", " "))
	})
}

func FuzzClean(f *testing.F) {
	f.Add(hostile)
	f.Fuzz(func(t *testing.T, text string) {
		if got := clean.Text(text); strings.ContainsFunc(got, func(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
