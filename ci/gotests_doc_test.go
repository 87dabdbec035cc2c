package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	goTest    = regexp.MustCompile("(?m)go test ([^`#\n]*(?:\n +[^`#\n]*)?)")
	function  = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`)
	namedTest = regexp.MustCompile("`((?:Test|Benchmark|Fuzz)[A-Z]\\w+)`")
)

// A `go test` that a page shows finds something to run, and a test that it names is there.
func TestTheDocumentedGoTestsAreThere(t *testing.T) {
	var all []string
	for _, pattern := range []string{"../*/*_test.go", "../*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			all = append(all, functionsOf(t, file)...)
		}
	}
	shown := 0
	for _, page := range pages(t) {
		text := read(t, page)
		for _, m := range namedTest.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(all, m[1]) {
				t.Errorf("%s names %s, which is no test", page, m[1])
			}
		}
		for _, m := range goTest.FindAllStringSubmatch(text, -1) {
			shown++
			if why := findsNothing(t, strings.Fields(m[1])); why != "" {
				t.Errorf("%s shows `go test %s`: %s", page, m[1], why)
			}
		}
	}
	if shown < 10 {
		t.Errorf("found %d commands; are pages still read right?", shown)
	}
}

func TestAGoTestThatFindsNothingIsTold(t *testing.T) {
	for line, nothing := range map[string]bool{
		"./ci -run DocumentedGoTests":                        false,
		"./stats -run '^$' -bench ChangePoint -benchtime 1x": false,
		"./ci -run NoSuchTest":                               true,
		"./stats -run '^$' -bench NoSuchBenchmark":           true,
		"./nowhere -run Anything":                            true,
	} {
		if got := findsNothing(t, strings.Fields(line)); (got != "") != nothing {
			t.Errorf("%s: got %q", line, got)
		}
	}
}

// findsNothing says why the words behind `go test` run nothing; empty where they run
// something.
func findsNothing(t *testing.T, words []string) string {
	t.Helper()
	var there []string
	for _, word := range words {
		if dir := strings.Trim(word, "()"); strings.HasPrefix(dir, "./") {
			files, _ := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
			for _, file := range files {
				there = append(there, functionsOf(t, file)...)
			}
		}
	}
	if len(there) == 0 {
		return "no package with tests is named"
	}
	for i, word := range words[:len(words)-1] {
		pattern := strings.Trim(words[i+1], "'\",.;)")
		if word != "-run" && word != "-bench" || pattern == "^$" {
			continue
		}
		asked, err := regexp.Compile(pattern)
		if err != nil {
			return err.Error()
		}
		if !slices.ContainsFunc(there, func(name string) bool {
			return strings.HasPrefix(name, "Benchmark") == (word == "-bench") && asked.MatchString(name)
		}) {
			return "nothing there is called " + pattern
		}
	}
	return ""
}

func functionsOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range function.FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	return out
}
