package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// indexOf is the page of a report.
func indexOf(t *testing.T, r *Report, ds []distribution) string {
	t.Helper()
	content, err := r.index(r.charts(ds))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// wordsOfPage is what a reader sees of it: the texts, in order, without the scripts.
func wordsOfPage(page string) string {
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	skip := false
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		switch {
		case token.Data == "script" || token.Data == "style":
			skip = kind == html.StartTagToken
		case kind == html.TextToken && !skip:
			out.WriteString(token.Data + " ")
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// The answer stands first, then its table, then all that it rests on, in the words of
// the report's other forms.
func TestThePageBeginsWithTheAnswer(t *testing.T) {
	r := open(t, tiny(t))
	words := wordsOfPage(indexOf(t, r, r.distributions()))
	at := 0
	for _, want := range []string{
		pageTitle, "The answer", r.answers[0].advice.text, "survives losing", "What a write costs", "Which failures each size survives", "What each size survives",
		"What operations use", "Read this with the numbers", "Every trial, and what was remarked of it", "On what this was measured",
	} {
		want = strings.Join(strings.Fields(want), " ")
		i := strings.LastIndex(words, want)
		if i < at && !strings.Contains(words[at:], want) {
			t.Errorf("%q does not follow; got %.400s", want, words[at:])
			continue
		}
		at += strings.Index(words[at:], want)
	}
	for _, want := range []string{"raftbench run experiment.yaml", "raftbench report tiny", "hashicorp/raft", "value_size"} {
		if !strings.Contains(words, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

var (
	anchors   = regexp.MustCompile(` id="([^"]*)"`)
	labels    = regexp.MustCompile(` aria-labelledby="([^"]*)"`)
	leads     = regexp.MustCompile(`href="#([^"]*)"`)
	costTable = regexp.MustCompile(`(?s)aria-label="What each size buys, and what a write costs"><table>.*?</table>`)
)

// Every number of a table leads to the trials that it is from, each remark of a trial to
// what is said of it, and no link leads nowhere.
func TestEveryNumberLeadsToItsTrials(t *testing.T) {
	r := open(t, "../results/reference")
	page := indexOf(t, r, nil)
	var ids []string
	for _, m := range anchors.FindAllStringSubmatch(page, -1) {
		if slices.Contains(ids, m[1]) {
			t.Errorf("the anchor %s stands there twice", m[1])
		}
		ids = append(ids, m[1])
	}
	to := map[string]int{}
	for _, m := range leads.FindAllStringSubmatch(page, -1) {
		to[m[1]]++
		if !slices.Contains(ids, m[1]) {
			t.Errorf("a link leads to %s, which is nowhere", m[1])
		}
	}
	for i := range r.summary.Cells {
		if to[fmt.Sprint(setupPrefix, i)] < 10 {
			t.Errorf("%s: got %d links to its trials, want one of each number", r.summary.Cells[i].Cell, to[fmt.Sprint(setupPrefix, i)])
		}
	}
	remarks := 0
	for anchor, n := range to {
		if strings.HasPrefix(anchor, remarkPrefix) {
			remarks += n
		}
	}
	want := 0
	for i := range r.run.Trials {
		want += len(r.run.Trials[i].Remarks)
	}
	if remarks != want {
		t.Errorf("got %d links from trials to remarks, want one of each of %d", remarks, want)
	}
	if text := costTable.FindString(page); strings.Count(text, "<a ") < 5*len(r.summary.Cells) {
		t.Errorf("got a table of costs with few links: %s", text)
	}
}

// A page is small enough to be sent: the reference run's, and one of 500 trials.
func TestThePageIsSmall(t *testing.T) {
	run, err := results.Open("../results/reference")
	if err != nil {
		t.Fatal(err)
	}
	check := func(trials, most int) {
		a, err := summary.Analyse(run)
		if err != nil {
			t.Fatal(err)
		}
		r := New(run, a, Options{})
		if size := len(indexOf(t, r, r.distributions())); size > most {
			t.Errorf("a page of %d trials has %d bytes, want at most %d", trials, size, most)
		}
	}
	check(len(run.Trials), 1_300_000)
	multiply(run, 500)
	check(len(run.Trials), 3_000_000)
}

// multiply makes a run have so many trials: its own, again and again.
func multiply(run *results.Run, trials int) {
	one := len(run.Trials)
	for i := 0; len(run.Trials) < trials; i++ {
		more := run.Trials[i%one]
		more.Trial += 1000 * (1 + i/one)
		more.Block += 1000 * (1 + i/one)
		run.Trials = append(run.Trials, more)
	}
}

// A page is made of whatever there is, says what is missing, and never fails.
func TestAPageOfALittle(t *testing.T) {
	for name, c := range map[string]struct {
		s    summary.Summary
		want []string
	}{
		"none":  {cases()["none"], []string{noTrialYet, "The machine and what ran on it"}},
		"dead":  {cases()["dead"], []string{"none of 6 trials was valid"}},
		"one":   {cases()["one"], []string{"3"}},
		"half":  {cases()["half"], []string{"4 nodes: none of 6 trials was valid", figures.NoTrial}},
		"calm":  {withoutMetric(typical(), figures.Throughput), []string{"write latency", "What is missing", "1, 3, 4, 5 and 7 nodes: the throughput under full load was not measured."}},
		"nan":   {cases()["nan"], []string{"The answer"}},
		"crowd": {cases()["crowd"], []string{"The answer"}},
	} {
		words := wordsOfPage(indexOf(t, reportOf(c.s), nil))
		for _, want := range append(c.want, "The answer") {
			if !strings.Contains(words, want) {
				t.Errorf("%s: the page lacks %q: %.600s", name, want, words)
			}
		}
		if strings.Contains(words, "NaN") || strings.Contains(words, "Inf") {
			t.Errorf("%s: the page has a number that is none", name)
		}
	}
}

// withoutMetric leaves out a metric: a phase that was not run.
func withoutMetric(s summary.Summary, name string) summary.Summary {
	for i := range s.Cells {
		delete(s.Cells[i].Metrics, name)
	}
	return decided(s)
}

// A last line that a crash tore is left out, and the page is of the trials before it.
func TestAPageOfATornRecord(t *testing.T) {
	dir := torn(t)
	r := open(t, dir)
	words := wordsOfPage(indexOf(t, r, nil))
	for _, want := range []string{"The answer", "What is missing", "last line"} {
		if !strings.Contains(words, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if len(r.run.Warnings) != 1 || strings.Contains(words, filepath.Dir(dir)) {
		t.Errorf("got the warnings %q, want one, without the folder that the run was in", r.run.Warnings)
	}
}

// torn is a run's folder whose last trial was half written.
func torn(t *testing.T) string {
	t.Helper()
	dir := tiny(t)
	path := filepath.Join(dir, results.TrialsFile)
	text := []byte(read(t, path))
	if err := os.WriteFile(path, append(text, text[:bytes.IndexByte(text, '\n')/2]...), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// An experiment that is gone or names that act change nothing of the page.
func TestAPageOfAHostileRun(t *testing.T) {
	r := open(t, hostileRun(t))
	r.run.Experiment = []byte("name: </pre><script>alert(1)</script>\x1b[2J\nnodes: [3]\n")
	page := indexOf(t, r, r.distributions())
	z := html.NewTokenizer(strings.NewReader(page))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
				t.Errorf("<%s> has %s=%q", token.Data, a.Key, a.Val)
			}
		}
		if token.Data == "img" || token.Data == "iframe" {
			t.Errorf("a name became <%s>", token.Data)
		}
	}
	if strings.Contains(page, "\x1b") || !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the experiment does not stand there as a text")
	}
}

// The page counts blocks from 1, as people and docs/statistics.md do, and calls a replay by the
// setup as its tables do.
func TestThePageCountsAndNamesAsPeopleDo(t *testing.T) {
	r := open(t, "../results/reference")
	page := indexOf(t, r, nil)
	for i := range r.run.Trials {
		of := &r.run.Trials[i]
		if row := trialRow(of, true, nil); row.Cells[2].Main != fmt.Sprint(of.Block+1) {
			t.Fatalf("trial %d of %s stands in block %s, want %d", of.Trial, of.Cell, row.Cells[2].Main, of.Block+1)
		}
	}
	if !strings.Contains(page, "Replayed: 4 nodes, the proof<") {
		t.Errorf("no replay is called 4 nodes, the proof; got %q", regexp.MustCompile(`Replayed: [^<]*`).FindAllString(page, -1))
	}
	if strings.Contains(page, "Replayed: n") {
		t.Error("a replay is called by a name that members have")
	}
}

// A page whose scripts and styles its policy does not know by their hashes is dead in every
// browser: the committed ones are not.
func TestTheCommittedPagesAllowTheirScripts(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../docs/*.html", "../docs/*/*.html", "../results/reference/*/*.html"} {
		some, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	if len(files) < 2 {
		t.Fatalf("found only %q", files)
	}
	inline := regexp.MustCompile(`(?s)<(?:script|style)>(.*?)</(?:script|style)>`)
	for _, file := range files {
		page := read(t, file)
		policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
		if policy == nil {
			t.Errorf("%s has no policy", file)
			continue
		}
		texts := inline.FindAllStringSubmatch(page, -1)
		if len(texts) < 3 {
			t.Errorf("%s has %d scripts and styles; is it still read right?", file, len(texts))
		}
		if _, packed, ok := strings.Cut(page, `id="packed-library">`); ok {
			packed, _, _ = strings.Cut(packed, "<")
			texts = append(texts, []string{"", unpacked(t, packed)})
		}
		for _, text := range texts {
			if !strings.Contains(policy[1], scriptHash(text[1])) {
				t.Errorf("%s: its policy does not allow %.60q: make it anew", file, text[1])
			}
		}
	}
}

// unpacked is a text that a page has as gzip in base64.
func unpacked(t *testing.T, packed string) string {
	t.Helper()
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
