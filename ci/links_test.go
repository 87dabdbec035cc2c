package ci

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Links in the documentation lead somewhere: their files and headings are there. What
// leads out of the repository is not asked for.
func TestLinksInTheDocumentationLeadSomewhere(t *testing.T) {
	links := 0
	for _, page := range pages(t) {
		for _, link := range linksOf(read(t, page)) {
			links++
			if why := broken(t, page, link); why != "" {
				t.Errorf("%s links to %s: %s", page, link, why)
			}
		}
	}
	if links < 50 {
		t.Errorf("found %d links; are pages still read right?", links)
	}
}

// Whoever begins at the README comes to every page of docs.
func TestEveryPageIsReachedFromTheReadme(t *testing.T) {
	const readme = "../README.md"
	reached := map[string]bool{readme: true}
	for queue := []string{readme}; len(queue) > 0; queue = queue[1:] {
		for _, link := range linksOf(read(t, queue[0])) {
			file, _, _ := strings.Cut(link, "#")
			file = filepath.Join(filepath.Dir(queue[0]), file)
			if strings.HasSuffix(file, ".md") && !reached[file] && exists(file) {
				reached[file] = true
				queue = append(queue, file)
			}
		}
	}
	docs, err := filepath.Glob("../docs/*.md")
	if err != nil || len(docs) < 10 {
		t.Fatalf("got %d pages, %v", len(docs), err)
	}
	for _, page := range docs {
		if !reached[page] {
			t.Errorf("no page that is reached from the README links to %s", page)
		}
	}
}

func TestBrokenLinksAreFound(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "page.md")
	text := "# A page: of `code`, and more\n\n## Twice\n\n## Twice\n\n```sh\n# no heading\n```\n"
	if err := os.WriteFile(page, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]bool{
		"page.md": true, "#a-page-of-code-and-more": true, "page.md#twice-1": true, "https://example.org/nowhere": true,
		"other.md": false, "#twice-2": false, "page.md#no-heading": false, "#A-page": false,
	} {
		if got := broken(t, page, link) == ""; got != want {
			t.Errorf("%s: leads somewhere: got %v, want %v", link, got, want)
		}
	}
	shown := "[a](b.md) [![picture](c.png)](d.html) `[no](e.md)`\n```\n[no](f.md)\n```\n"
	if got, want := linksOf(shown), []string{"b.md", "c.png", "d.html"}; !slices.Equal(got, want) {
		t.Errorf("got the links %q, want %q", got, want)
	}
}

// pages are the repository's own: no goldens, and of runs the committed one alone.
func pages(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || path == "../bin"):
			return fs.SkipDir
		case d.IsDir() && filepath.Dir(path) == "../results" && path != reference:
			return fs.SkipDir
		case strings.HasSuffix(path, ".md"):
			out = append(out, path)
		}
		return nil
	})
	if err != nil || len(out) < 20 {
		t.Fatalf("got %d pages, %v", len(out), err)
	}
	return out
}

var (
	codeBlocks = regexp.MustCompile("(?ms)^```.*?^```$")
	code       = regexp.MustCompile("`[^`]*`")
	target     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// linksOf a page, but for what it shows as code.
func linksOf(text string) []string {
	var out []string
	for _, m := range target.FindAllStringSubmatch(code.ReplaceAllString(codeBlocks.ReplaceAllString(text, ""), ""), -1) {
		out = append(out, m[1])
	}
	return out
}

// broken says why a page's link leads nowhere; empty where it does not.
func broken(t *testing.T, page, link string) string {
	t.Helper()
	if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
		return ""
	}
	file, anchor, _ := strings.Cut(link, "#")
	if file == "" {
		file = page
	} else {
		file = filepath.Join(filepath.Dir(page), file)
	}
	switch {
	case !exists(file):
		return "there is no such file"
	case anchor == "" || !strings.HasSuffix(file, ".md"):
		return ""
	}
	if all := anchors(read(t, file)); !all[anchor] {
		return fmt.Sprintf("there is no such heading; there are %q", slices.Sorted(maps.Keys(all)))
	}
	return ""
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// anchors of a page's headings, as GitHub makes them: in small letters, without
// punctuation, with hyphens for spaces; what comes again is numbered.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(codeBlocks.ReplaceAllString(text, "")) {
		hashes, heading, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.Trim(hashes, "#") != "" || hashes == "" {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, heading)
		once := name
		for n := 1; out[name]; n++ {
			name = fmt.Sprintf("%s-%d", once, n)
		}
		out[name] = true
	}
	return out
}
