package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw/drawtest"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/page"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
)

// openTogether is the report of some runs.
func openTogether(t *testing.T, o TogetherOptions, dirs ...string) *Together {
	t.Helper()
	var reports []*Report
	for _, dir := range dirs {
		reports = append(reports, open(t, dir))
	}
	out, err := NewTogether(reports, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// eachCharts are the charts of each run.
func eachCharts(t *Together) [][]chart.Chart {
	var out [][]chart.Chart
	for _, r := range t.runs {
		out = append(out, r.charts(r.distributions()))
	}
	return out
}

func togetherPage(t *testing.T, all *Together) (*page.Page, string) {
	t.Helper()
	p, err := all.page(eachCharts(all))
	if err != nil {
		t.Fatal(err)
	}
	content, err := written(p)
	if err != nil {
		t.Fatal(err)
	}
	return p, string(content)
}

// tinyAs is a copy of the tiny run in a folder of this name, in which every rate is so many
// times as high.
func tinyAs(t *testing.T, name string, faster float64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(dir), 0o755), os.Rename(tiny(t), dir)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, results.TrialsFile)
	var out bytes.Buffer
	for line := range strings.Lines(read(t, path)) {
		var trial map[string]any
		if err := json.Unmarshal([]byte(line), &trial); err != nil {
			t.Fatal(err)
		}
		windows, _ := trial["windows"].([]any)
		for _, w := range windows {
			if w := w.(map[string]any); w["throughput_ops"] != nil {
				w["throughput_ops"] = w["throughput_ops"].(float64) * faster
			}
		}
		text, err := json.Marshal(trial)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(text, '\n'))
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkLinks holds that no anchor stands twice and no link leads nowhere.
func checkLinks(t *testing.T, text string) {
	t.Helper()
	ids := map[string]bool{}
	for _, m := range anchors.FindAllStringSubmatch(text, -1) {
		if ids[m[1]] {
			t.Errorf("the anchor %s stands there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range leads.FindAllStringSubmatch(text, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to %s, which is nowhere", m[1])
		}
	}
	for _, names := range labels.FindAllStringSubmatch(text, -1) {
		for name := range strings.FieldsSeq(names[1]) {
			if !ids[name] {
				t.Errorf("something is named after %s, which is nowhere", name)
			}
		}
	}
}

// The page of several runs says first what each answers, their figures beside each other
// and what makes them unlike, and then has the page of each, whole: with its own anchors.
func TestSeveralRunsShareAPage(t *testing.T) {
	first, second := tinyAs(t, "monday", 1), tinyAs(t, "tuesday", 2)
	all := openTogether(t, TogetherOptions{}, first, second)
	p, text := togetherPage(t, all)
	checkLinks(t, text)
	if want := []string{"monday and tuesday: " + all.runs[0].Closing()}; !slices.Equal(p.Answer.Advice, want) {
		t.Errorf("got the answers %q, want %q", p.Answer.Advice, want)
	}
	words := wordsOfPage(text)
	at := 0
	for _, want := range []string{
		"2 runs beside each other", "monday and tuesday", "The answer", all.runs[0].Closing(), "What the runs measured, beside each other",
		"What the runs share, beside each other", "What makes the runs unlike", "tuesday against monday", "monday", "What a write costs", "Every trial",
		"raftbench run experiment.yaml", "tuesday", "What a write costs", "Every trial", "raftbench run experiment.yaml",
	} {
		want = strings.Join(strings.Fields(want), " ")
		i := strings.Index(words[at:], want)
		if i < 0 {
			t.Fatalf("%q does not follow; got %.400s", want, words[at:])
		}
		at += i + len(want)
	}
	alone, err := all.runs[0].page(eachCharts(all)[0])
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range p.Runs {
		if len(r.Chapters) != len(alone.Chapters) || r.ID != fmt.Sprint("run-", i+1) || !strings.Contains(text, `id="run-`+fmt.Sprint(i+1)+`-chart-throughput"`) {
			t.Errorf("got run %s with %d chapters, want each run's own %d and its charts", r.ID, len(r.Chapters), len(alone.Chapters))
		}
	}
}

// A figure of the table is each run's own, leads to its trials, and says by how much it is
// another than the first run's. Without a spread nothing is called different.
func TestFiguresStandBesideEachOther(t *testing.T) {
	all := openTogether(t, TogetherOptions{}, tinyAs(t, "monday", 1), tinyAs(t, "tuesday", 2), tinyAs(t, "wednesday", 1))
	p, _ := togetherPage(t, all)
	table := all.figuresTable(runAnchors{all.runs, p.Runs})
	rows := 0
	for _, row := range table.Rows {
		if row.Cells[0].Main != "throughput" {
			continue
		}
		rows++
		f, _ := figures.Of(all.runs[0].summary.Cells[rows-1], figures.Throughput)
		if got := row.Cells[2]; got.Main != wording.Rate(f.Median) || got.To != fmt.Sprint("run-1-trials-", rows-1) || len(got.Notes) > 0 {
			t.Errorf("the first run's: got %+v, want %s", got, wording.Rate(f.Median))
		}
		if got := row.Cells[3]; got.Main != wording.Rate(2*f.Median) || len(got.Notes) != 1 || got.Notes[0].Text != "~ (+100 %)" || !strings.HasPrefix(got.To, "run-2-trials-") {
			t.Errorf("the faster run's: got %+v, want %s and ~ (+100 %%)", got, wording.Rate(2*f.Median))
		}
		if got := row.Cells[4]; got.Main != wording.Rate(f.Median) || len(got.Notes) != 1 || got.Notes[0].Text != "~ (0.0 %)" {
			t.Errorf("the copy's: got %+v", got)
		}
	}
	if rows != len(all.runs[0].summary.Cells) {
		t.Errorf("got %d rows of throughput, want one of each of %d setups", rows, len(all.runs[0].summary.Cells))
	}
	if notes := strings.Join(p.Answer.Notes, " "); !strings.Contains(notes, "2 runs against monday: of tuesday and wednesday the spread is unknown and nothing is called different.") {
		t.Errorf("got the notes %q", notes)
	}
	if c, ok := all.chart(); !ok || len(c.Panels) != 2 || len(c.Panels[1].Series) != 3 || *c.Panels[1].Series[1].Points[0].Y != 2**c.Panels[1].Series[0].Points[0].Y {
		t.Errorf("got the chart %+v, want both panels with a series for each run", c)
	}
}

// What cannot be held against the others is shown all the same, and the page says why
// they are not beside each other.
func TestRunsThatShareNothing(t *testing.T) {
	invalid := tinyAs(t, "invalid", 1)
	path := filepath.Join(invalid, results.TrialsFile)
	text := strings.ReplaceAll(read(t, path), `"valid":true`, `"valid":false`)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all := openTogether(t, TogetherOptions{Unreadable: []Unreadable{{Folder: "/some/where/bad", Reason: "/some/where/bad: holds no run"}}}, tinyAs(t, "monday", 1), invalid)
	p, page := togetherPage(t, all)
	checkLinks(t, page)
	if p.Answer.Table != nil || p.Answer.Lead != nil || len(p.Runs) != 2 {
		t.Errorf("got %+v, want no table", p.Answer)
	}
	for _, want := range []string{
		"invalid: none of its trials is valid", "No two of the runs have figures to be held against each other",
		"bad: left out, since it cannot be read: holds no run",
	} {
		if !strings.Contains(wordsOfPage(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "/some/where") {
		t.Error("the page tells where the folders stood")
	}
}

// No two runs are called alike, whatever their folders are called.
func TestRunsAreToldApart(t *testing.T) {
	for _, c := range []struct{ dirs, want []string }{
		{[]string{"/r/monday", "/r/tuesday/"}, []string{"monday", "tuesday"}},
		{[]string{"/a/run", "/b/run", "/b/other"}, []string{"a/run", "b/run", "other"}},
		{[]string{"/run", "/x/run"}, []string{"run", "x/run"}},
		{[]string{"/a\x1b", "/a\x1c"}, []string{"a\ufffd", "a\ufffd (run 2)"}},
		{[]string{"/", "/x"}, []string{"(run 1)", "x"}},
	} {
		if got := runNames(c.dirs); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.dirs, got, c.want)
		}
	}
}

// Runs of somebody who gave everything, the folders too, names that act: they act on
// nothing in any form of the report.
func TestHostileRunsTogetherActOnNothing(t *testing.T) {
	rename := func(dir, name string) string {
		to := filepath.Join(t.TempDir(), name)
		if err := os.Rename(dir, to); err != nil {
			t.Fatal(err)
		}
		return to
	}
	script := `=cmd <script>alert(1)<!--"' [x](javascript:x) @everyone`
	all := openTogether(t, TogetherOptions{}, rename(hostileRun(t), script), rename(hostileRun(t), script))
	dir := t.TempDir()
	paths, err := all.Write(t.Context(), filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name, text := filepath.Base(path), ""
		if !strings.HasSuffix(path, ".png") {
			text = read(t, path)
		}
		if strings.ContainsAny(text, "\x1b\u202e\u200b") {
			t.Errorf("%s has what a terminal acts on", name)
		}
		switch filepath.Ext(name) {
		case ".svg":
			drawtest.Texts(t, []byte(text))
		case ".md":
			checkPage(t, name, text)
		case ".csv":
			checkSheet(t, name, text)
		case ".html":
			checkLinks(t, text)
			checkElements(t, text)
		}
		if name != manifestFile && !ownNames.MatchString(name) {
			t.Errorf("a later report would not remove %s", name)
		}
	}
}

// checkElements holds that no name became an element or an attribute of a page.
func checkElements(t *testing.T, text string) {
	t.Helper()
	scripts := 0
	z := html.NewTokenizer(strings.NewReader(text))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		if kind == html.StartTagToken && token.Data == "script" {
			scripts++
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
				t.Errorf("<%s> has %s=%q", token.Data, a.Key, a.Val)
			}
		}
		if token.Data == "img" || token.Data == "iframe" {
			t.Errorf("a name became <%s>", token.Data)
		}
	}
	if scripts > 4 {
		t.Errorf("got %d scripts, want the page's own", scripts)
	}
}

// The files hold every run; written again with fewer, none of the others' stays.
func TestTheFilesOfSeveralRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	runs := []string{tinyAs(t, "monday", 1), tinyAs(t, "tuesday", 2)}
	all := openTogether(t, TogetherOptions{Title: "Both"}, runs...)
	paths, err := all.Write(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(paths[0]) != PageFile {
		t.Errorf("got %s first, want the page", paths[0])
	}
	md := read(t, filepath.Join(dir, pageFile))
	for _, want := range []string{"# Both\n", "](beside.png)", "\n## monday\n", "\n## tuesday\n", "](run-1-throughput.png)", "](run-2-throughput.png)", "\n### Read this with the numbers", `; \~ (+100 %)`} {
		if !strings.Contains(md, want) {
			t.Errorf("the page for a repository lacks %q", want)
		}
	}
	for _, name := range []string{"beside.png", "run-1-throughput.png", "run-2-throughput.svg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(read(t, filepath.Join(dir, "report.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if last := len(rows[0]) - 1; rows[0][last] != "run" || rows[1][last] != "monday" || rows[len(rows)-1][last] != "tuesday" {
		t.Errorf("got the columns %q and %q, want the run as the last", rows[0], rows[1])
	}
	var data struct {
		Runs []struct {
			Run     string
			Summary struct{ Cells []json.RawMessage }
		}
		Comparison *struct{ Changes []json.RawMessage }
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, togetherJSON))), &data); err != nil {
		t.Fatal(err)
	}
	if len(data.Runs) != 2 || data.Runs[1].Run != "tuesday" || len(data.Runs[1].Summary.Cells) != 5 || data.Comparison == nil || len(data.Comparison.Changes) == 0 {
		t.Errorf("got %+v", data)
	}
	if text := read(t, filepath.Join(dir, "report.txt")); !strings.Contains(text, "monday and tuesday: ") || !strings.Contains(text, "old: ") || strings.Count(text, "run tiny") != 2 {
		t.Errorf("got the text %s", text)
	}
	if _, err := openTogether(t, TogetherOptions{}, runs[:1]...).Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "run-2-*")); err != nil || len(left) > 0 {
		t.Errorf("%q, %v were left of the earlier report", left, err)
	}
}

// The page of as many runs as there may be, each of a default run's size, can be sent.
func TestThePageOfSeveralRunsIsSmall(t *testing.T) {
	dirs := []string{}
	for i := range MostTogether {
		dir := filepath.Join(t.TempDir(), fmt.Sprint("run", i))
		if err := os.CopyFS(dir, os.DirFS("../results/reference")); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	all := openTogether(t, TogetherOptions{}, dirs...)
	_, text := togetherPage(t, all)
	trials := 0
	for _, r := range all.runs {
		trials += len(r.run.Trials)
	}
	t.Logf("%d trials in %d runs: %d bytes", trials, len(all.runs), len(text))
	if len(text) > 3_000_000 {
		t.Errorf("a page of %d trials in %d runs has %d bytes, want at most 3 MB", trials, len(all.runs), len(text))
	}
}

// A proof's outage is of one kill of several that a run's own table has: it is not called
// as that is.
func TestTheOutageOfAProofIsNamedSo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "again")
	if err := os.CopyFS(dir, os.DirFS("../results/reference")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, results.TrialsFile)
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(read(t, path), `"outage_ns":2`, `"outage_ns":1`)), 0o600); err != nil {
		t.Fatal(err)
	}
	all := openTogether(t, TogetherOptions{}, "../results/reference", dir)
	found := 0
	for _, row := range all.figuresTable(runAnchors{}).Rows {
		switch row.Cells[0].Main {
		case figures.Name(figures.Outage):
			t.Errorf("got a row of %q for %s, want it told from the median of all kills", row.Cells[0].Main, row.Cells[1].Main)
		case figures.Name(figures.Outage) + " in the proof":
			found++
		}
	}
	if found == 0 || !strings.Contains(all.figuresLegend(), "of the leader's kill in each proof alone") {
		t.Errorf("got %d rows of it, and the legend %q", found, all.figuresLegend())
	}
}
