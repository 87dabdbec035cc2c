package strictyaml

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// told is what a person is told of a text, read as {nodes, links: [{from}]}.
func told(text string) string {
	err := sample("f.yaml", []byte(text))
	if err == nil {
		return ""
	}
	return err.Error() + "\nhint: " + err.(interface{ Hint() string }).Hint()
}

func sample(name string, data []byte) error {
	f, err := Parse(name, data, "look at the example")
	if err != nil {
		return err
	}
	top, _ := f.Root().Section("a section such as {nodes: 3}", "nodes", "links", "name")
	for _, v := range top {
		switch v.Key() {
		case "nodes":
			if text, ok := v.Text("a number"); ok && text != "3" {
				v.Wrong("", "got %s, want 3", text)
			}
		case "links":
			all, _ := v.List("a list of links")
			for _, l := range all {
				_, _ = l.Section("a link such as {from: a}", "from", "to")
			}
		case "name":
			_, _ = v.Text("a name")
		}
	}
	return f.Err()
}

func TestEveryMistakeIsTold(t *testing.T) {
	const text = `nodes: 4
nods: 3
links:
  - {form: a}
  - b
name: [x]
nodes: 5
`
	const want = `f.yaml:1:8: nodes: got 4, want 3
   1 | nodes: 4
              ^
hint: look at the example
f.yaml:2:1: no key is called "nods" here, want one of nodes, links, name
   2 | nods: 3
       ^
hint: did you mean nodes?
f.yaml:4:6: links[0]: no key is called "form" here, want one of from, to
   4 |   - {form: a}
            ^
hint: did you mean from?
f.yaml:5:5: links[1]: got "b", want a link such as {from: a}
   5 |   - b
           ^
f.yaml:6:7: name: got a list, want a name
   6 | name: [x]
             ^
hint: look at the example
f.yaml:7:1: nodes: got the key "nodes" twice, first in line 1
   7 | nodes: 5
       ^
hint: leave one of them out`
	if got := told(text); got != want {
		t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
}

func TestAtMostTwentyMistakesAreTold(t *testing.T) {
	for n, want := range map[int]string{20: "f.yaml:20:1: no key", 21: "and 1 more", 500: "and 480 more"} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "k%d: 1\n", i)
		}
		var es Errors
		if err := sample("f.yaml", []byte(b.String())); !errors.As(err, &es) || len(es) > MostMistakes+1 {
			t.Fatalf("%d mistakes: got %v", n, err)
		}
		if last := es[len(es)-1]; !strings.HasPrefix(last.Error(), want) || es.Hint() == "" {
			t.Errorf("%d mistakes: the last is %v with the hint %q, wanted %s", n, last, es.Hint(), want)
		}
	}
}

func TestWhatIsNoPlainYAMLIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"nodes: [1, 3\nlinks: []":      "f.yaml:2:1: ',' or ']' must be specified",
		"nodes: &a 3":                  "f.yaml:1:8: got an anchor, which is not read here",
		"nodes: *a":                    "f.yaml:1:8: got an alias, which is not read here",
		"nodes: !!int 3":               "f.yaml:1:8: got a tag, which is not read here",
		"<<: {nodes: 3}":               "f.yaml:1:1: got a merge key, which is not read here",
		"? nodes\n: 3":                 "f.yaml:1:1: got an explicit key, which is not read here",
		"%YAML 1.2\n---\nnodes: 3":     "f.yaml:1:1: got a directive, which is not read here",
		"nodes: 3\n---\nnodes: 3":      "f.yaml:2:1: got a second document, want one",
		"nodes: 3\n---\n":              "f.yaml:2:1: got a second document, want one",
		"nodes: \x1b[31m3":             "f.yaml:1:8: got the control character U+001B, want text",
		"name: é\xff":                  "f.yaml:1:8: got bytes that are no text, want YAML in UTF-8",
		"a: b: c":                      "f.yaml:1:",
		"nodes:":                       "f.yaml:1:1: nodes: got no value, want a number",
		"nodes: ~":                     "f.yaml:1:1: nodes: got no value, want a number",
		"":                             "f.yaml: got no value, want a section such as {nodes: 3}",
		"# nothing":                    "f.yaml: got no value, want a section such as {nodes: 3}",
		"- 1":                          "f.yaml:1:1: got a list, want a section such as {nodes: 3}",
		"hello":                        `f.yaml:1:1: got "hello", want a section`,
		"links: [{from: a, from: b}]":  `f.yaml:1:19: links[0].from: got the key "from" twice`,
		"name: {a: 1}":                 "f.yaml:1:7: name: got a section, want a name",
		"name:\n  a: 1":                "f.yaml:2:3: name: got a section, want a name",
		"name: ü\n\xef\xbb\xbfäö: [x]": "f.yaml:2:",
	} {
		if got := told(text); !strings.HasPrefix(got, want) || strings.HasSuffix(got, "hint: ") {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
	for _, text := range []string{
		"nodes: 3", "---\nnodes: 3\n", "\ufeffnodes: 3", "nodes: '3'", "nodes: 3 # [[[[[", "nodes: |\n  3\n", "nodes: 3\r\nname: x\r\n", "nodes: 3\rname: x",
		"name: '*a'", "name: \"&b !c\"", "{nodes: 3, links: [{from: a}]}", "nodes: 3\n...\n", "\n\n# x\nnodes: 3",
	} {
		if got := told(text); got != "" {
			t.Errorf("%q: got %s", text, got)
		}
	}
}

// Columns count characters, as editors do.
func TestTheMarkStandsUnderTheMistake(t *testing.T) {
	for text, want := range map[string]string{
		"{name: äöü, nodes: 4}":                              "   1 | {name: äöü, nodes: 4}\n" + strings.Repeat(" ", 7+19) + "^",
		"{name: 'a\tb', nodes: 4}":                           "   1 | {name: 'a b', nodes: 4}\n" + strings.Repeat(" ", 7+21) + "^",
		"{name: " + strings.Repeat("x", 500) + ", nodes: 4}": "   1 | …" + strings.Repeat("x", 41) + ", nodes: 4}\n" + strings.Repeat(" ", 7+1+50) + "^",
		"nodes: 4 # " + strings.Repeat("x", 500):             "   1 | nodes: 4 # " + strings.Repeat("x", 89) + "…\n" + strings.Repeat(" ", 7+7) + "^",
		"{name: \u202e, nodes: 4}":                           `   1 | {name: \u202e, nodes: 4}` + "\n" + strings.Repeat(" ", 7+22) + "^",
	} {
		_, excerpt, _ := strings.Cut(sample("f.yaml", []byte(text)).Error(), "\n")
		if excerpt != want {
			t.Errorf("got\n%s\nwanted\n%s", excerpt, want)
		}
	}
}

func TestNamesCannotSteerATerminal(t *testing.T) {
	got := sample("\x1b]0;x\a.yaml", []byte("nodes: 4")).Error()
	if want := `\u001b]0;x\u0007.yaml:1:8: nodes: got 4, want 3`; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, wanted %q", got, want)
	}
}

// grown is how many bytes f allocates.
func grown(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// hostile files took gigabytes once.
var hostile = map[string]struct{ text, want string }{
	"brackets":         {strings.Repeat("[", 50_000), "f.yaml:1:1: more than 20000 values and lines"},
	"fewer brackets":   {strings.Repeat("[", 19_000), "f.yaml:1:17: more than 16 lists and sections in one another"},
	"a long list":      {"nodes: [" + strings.Repeat("1,", 120_000) + "1]", "f.yaml:1:1: more than 20000 values and lines"},
	"a shorter list":   {"nodes: [" + strings.Repeat("1,", 19_000) + "1]", "f.yaml:1:8: nodes: got a list, want a number"},
	"dashes":           {strings.Repeat("- ", 17), "f.yaml:1:33: more than 16 lists"},
	"indentation":      {staircase(17), "f.yaml:17:18: more than 16 lists"},
	"sections":         {strings.Repeat("{a: ", 19_999), "f.yaml:1:1: more than 20000 values"},
	"fewer sections":   {strings.Repeat("{a: ", 9_000), "f.yaml:1:65: more than 16 lists"},
	"many keys":        {manyKeys(9_000), `f.yaml:1:1: no key is called "k0" here`},
	"a long key":       {strings.Repeat("k", 200_000) + ": " + manyFlow(4_000), "f.yaml:1:1: got a key of 200000 bytes, want at most 128"},
	"too long":         {strings.Repeat("# x\n", 70_000), "f.yaml: it is longer than 256 KiB"},
	"lines":            {strings.Repeat("\n", 30_000), "f.yaml:20001:1: more than 20000 values and lines"},
	"comments":         {strings.Repeat("#[[[\n", 19_000) + "nodes: 4", "f.yaml:19001:8: nodes: got 4"},
	"dashes in words":  {"nodes: " + strings.Repeat("a-", 100_000), `f.yaml:1:8: nodes: got a-a-`},
	"explicit keys":    {strings.Repeat("? ", 9_000), "f.yaml:1:1: got an explicit key"},
	"quotes":           {strings.Repeat("'", 19_999), "f.yaml:1:1: "},
	"a key to nowhere": {"a" + strings.Repeat(":", 19_000), "f.yaml:1:1: got a key of 19000 bytes"},
}

func staircase(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	return b.String()
}

func manyFlow(n int) string { return "{" + strings.ReplaceAll(manyKeys(n), "\n", ",") + "}" }

func TestNoFileExhaustsMemory(t *testing.T) {
	for name, c := range hostile {
		t.Run(name, func(t *testing.T) {
			var got string
			if bytes := grown(func() { got = told(c.text) }); bytes > 700<<20 {
				t.Errorf("allocated %d MiB", bytes>>20)
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got %.200s, wanted %s", got, c.want)
			}
			if len(got) > 20_000 {
				t.Errorf("a message of %d bytes", len(got))
			}
		})
	}
}

func TestOnlyRegularFilesOfBoundedLengthAreRead(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		syscall.Mkfifo(path("fifo"), 0o600),
		os.WriteFile(path("fits"), make([]byte, MostBytes), 0o600),
		os.WriteFile(path("long"), make([]byte, MostBytes+1), 0o600),
		os.Symlink(path("fits"), path("link")),
	); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		path("fifo"): "it is a pipe or a device, want a regular file",
		"/dev/zero":  "it is a pipe or a device, want a regular file",
		path("long"): "it is longer than 256 KiB, which no person writes",
		dir:          "it is a directory, want a file",
		path("none"): "no such file or directory",
		path("fits"): "",
		path("link"): "",
	} {
		data, err := Read(name, "do this")
		var typed *Error
		switch {
		case want == "" && (err != nil || len(data) != MostBytes):
			t.Errorf("%s: got %d bytes, %v", name, len(data), err)
		case want != "" && (!errors.As(err, &typed) || err.Error() != name+": cannot be read: "+want || typed.Hint() != "do this"):
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := Read(path("none"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, which hides its cause", err)
	}
}

func TestFindKnowsPaths(t *testing.T) {
	f, err := Parse("f", []byte("a: {b: [1, {c: 2}]}\nd: x\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a.b[0]": "1", "a.b[1].c": "2", "d": "x"} {
		v, found := f.Find(path)
		if text, ok := v.Text(""); !found || !ok || text != want {
			t.Errorf("%s: got %q (%v, %v)", path, text, found, ok)
		}
	}
	if _, found := f.Find("a.c"); found {
		t.Error("found what is not there")
	}
	if got := f.root.Path(); got != "" {
		t.Errorf("the root is at %s", got)
	}
}

func TestQuotesTakeAColumn(t *testing.T) {
	f, err := Parse("f", []byte("[a, 'a', \"a\", 1, ]\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	all, _ := f.Root().List("")
	for i, want := range []bool{false, true, true, false} {
		if all[i].Quoted() != want {
			t.Errorf("value %d: got %v", i, !want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"nodes", "network", "write_latency_p50", "throughput", "seed"}
	for word, want := range map[string]string{"nods": "nodes", "node": "nodes", "latency": "write_latency_p50", "thruput": "throughput", "NODES": "nodes", "zzzz": "", "": ""} {
		if got := strings.Join(Nearest(word, words, 1), " "); got != want {
			t.Errorf("%s: got %q, wanted %q", word, got, want)
		}
	}
	metrics := []string{"capacity_at_50_write_latency_p50", "saturate_write_latency_p50", "write_latency_p50", "write_latency_p90", "write_latency_p99", "write_latency_max"}
	if got := strings.Join(Nearest("write_latency_p5", metrics, 3), " "); got != "write_latency_p50 write_latency_p90 write_latency_p99" {
		t.Errorf("a letter short: got %q", got)
	}
	if got := Meant("zzzz", words, "look"); got != "look" {
		t.Errorf("got %s", got)
	}
	if got := MeantName("sxxd", words, "none"); got != "none" {
		t.Errorf("a name: got %s", got)
	}
	if got := Nearest(strings.Repeat("n", 1e6), words, 1); got != nil {
		t.Errorf("a long word: got %v", got)
	}
}

// Whatever the bytes, the reader ends with a document or typed mistakes, each
// in the file or without a place.
func FuzzParse(f *testing.F) {
	for _, c := range hostile {
		if len(c.text) < 4000 {
			f.Add([]byte(c.text))
		}
	}
	for _, text := range []string{"nodes: 3\nlinks: [{from: a}]", "a: 'b\n c'\n\"d\": |\n  x\n", "- a\n-\n  - b: {c: [1, 2]}\n", "a: ~\nb:\n", "\ufeff---\na: b # c\n..."} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := sample("f.yaml", data)
		var es Errors
		if err != nil && (!errors.As(err, &es) || len(es) == 0 || len(es) > MostMistakes+1 || es.Hint() == "") {
			t.Fatalf("got %v", err)
		}
		lines := strings.Count(strings.ReplaceAll(string(data), "\r", "\n"), "\n") + 1
		for _, e := range es {
			if e.Line < 0 || e.Line > lines || e.Line > 0 && e.Column < 1 || e.Message == "" {
				t.Fatalf("%d lines, and a mistake at %d:%d: %v", lines, e.Line, e.Column, e)
			}
		}
	})
}
