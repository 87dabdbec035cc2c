package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/tables"
)

// hostile ends every place in which a text may stand: an element, an attribute, a
// script, a comment.
const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(1)>" onload="alert(1)' --><a href="javascript:alert(1)">x</a>`

// hostilePage has such a text wherever one is free.
func hostilePage() *Page {
	y := 2e6
	c := chart.Chart{
		Name: "tradeoff", Title: hostile, Subtitle: []string{hostile}, Alarms: []string{hostile}, Notes: []string{hostile}, Caption: []string{hostile},
		X:      chart.Axis{Title: hostile, Max: 1, Ticks: []chart.Tick{{At: 0, Label: hostile, Under: hostile}}},
		Y:      chart.Axis{Title: hostile, Max: 3e6, Unit: chart.Nanoseconds},
		Keys:   []chart.Key{{Text: hostile, Sign: chart.SignLine}},
		Series: []chart.Series{{Name: hostile, Form: chart.Points, Points: []chart.Point{{Y: &y, Text: hostile}, {Missing: hostile}}}},
		Labels: []chart.Label{{Name: hostile, Value: hostile, Of: []chart.Ref{{}}}},
	}
	t := tables.Table{Title: hostile, Heads: []tables.Head{{Over: hostile, Title: hostile}}, Rows: []tables.Row{{Cells: []tables.Cell{
		{Main: hostile, Mark: hostile, Interval: hostile, To: hostile, MarkTo: hostile, Notes: []tables.Note{{Text: hostile, To: hostile}}},
	}}}}
	data, _ := json.Marshal(map[string]string{"name": hostile}) //nolint:errchkjson // a map of strings
	return &Page{
		Title: hostile, Heading: []string{hostile}, Label: hostile, Alarms: []string{hostile},
		Answer: Answer{Advice: []string{hostile}, Notes: []string{hostile}, Lead: &c, Table: &t, Legend: hostile},
		Chapters: []Chapter{{ID: "costs", Title: hostile, Parts: []Part{
			{Title: hostile, Lines: Lines(hostile), Text: hostile, Table: &t, Chart: &c, Replay: &Replay{Title: hostile, Data: data}, Folded: true},
		}}},
		Runs: []Run{{ID: "run-1", Page: Page{Title: hostile, Heading: []string{hostile}, Label: hostile, Alarms: []string{hostile}}}},
	}
}

func written(t *testing.T, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A text of a run is a text, wherever it stands: it makes no element, no attribute and
// no link that leads out of the page.
func TestHostileTextsAreInert(t *testing.T) {
	plain := func(p *Page) map[string]int {
		elements := map[string]int{}
		z := html.NewTokenizer(strings.NewReader(written(t, p)))
		for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
			if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
				continue
			}
			token := z.Token()
			elements[token.Data]++
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("<%s> has %s=%q", token.Data, a.Key, a.Val)
				}
			}
		}
		return elements
	}
	got := plain(hostilePage())
	if got["img"] > 0 || got["script"] != 4+len(replayScripts()) {
		t.Errorf("got %d scripts and %d pictures, want the page's own %d and none", got["script"], got["img"], 4+len(replayScripts()))
	}
}

func replayScripts() []string {
	if asset("replay.js") == "" {
		return []string{""} // an empty one stands in its place
	}
	return []string{asset("replay.js")}
}

// The data cannot end the element that they stand in, and are what the charts say.
func TestDataArePacked(t *testing.T) {
	page := written(t, hostilePage())
	_, rest, _ := strings.Cut(page, `id="packed-data">`)
	letters, _, _ := strings.Cut(rest, "</script>")
	bytesOf, err := base64.StdEncoding.DecodeString(letters)
	if err != nil {
		t.Fatalf("the data are no base64: %v", err)
	}
	z, err := gzip.NewReader(bytes.NewReader(bytesOf))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Charts []struct {
			T string `json:"t"`
		} `json:"charts"`
		Replays []map[string]string `json:"replays"`
	}
	if err := json.Unmarshal(text, &data); err != nil || len(data.Charts) != 2 || data.Charts[0].T != hostile || data.Replays[0]["name"] != hostile {
		t.Errorf("got %+v, %v; want two charts and a replay as they were given", data, err)
	}
}

// Every script and style of the page is allowed by its hash, and nothing else is: not
// one address, and nothing that a name could bring in.
func TestThePolicyAllowsThePageAlone(t *testing.T) {
	page := written(t, hostilePage())
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1]
	for _, bad := range []string{"unsafe", "http", "data:", "blob:", "*", "'self'"} {
		if strings.Contains(policy, bad) {
			t.Errorf("the policy has %s in it: %s", bad, policy)
		}
	}
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %s: %s", want, policy)
		}
	}
	texts := []string{asset("echarts/echarts.min.js")}
	for _, m := range regexp.MustCompile(`(?s)<(?:script|style)>(.*?)</(?:script|style)>`).FindAllStringSubmatch(page, -1) {
		texts = append(texts, m[1])
	}
	for _, text := range texts {
		if !strings.Contains(policy, hashOf(text)) {
			t.Errorf("the policy does not allow %.60q", text)
		}
	}
}

// A closing tag in a script or a style would end it there, and the rest would be text.
func TestAssetsHoldNoClosingTag(t *testing.T) {
	for _, name := range []string{"page.js", "page.css", "replay.js", "replay.css", "echarts/echarts.min.js"} {
		for _, tag := range []string{"</script", "</style", "<!--"} {
			if strings.Contains(strings.ToLower(asset(name)), tag) {
				t.Errorf("%s has %s in it", name, tag)
			}
		}
	}
}

// The library is the one that its folder says it is, with its licences beside it.
func TestTheLibraryIsTheOneThatWasBuilt(t *testing.T) {
	want, err := os.ReadFile("echarts/SHA256")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(asset("echarts/echarts.min.js")))
	if got := hex.EncodeToString(sum[:]); !strings.HasPrefix(string(want), got+"  echarts.min.js") {
		t.Errorf("echarts.min.js has the sum %s, want %s", got, want)
	}
	if !strings.HasPrefix(asset("echarts/echarts.min.js"), "/*! Apache ECharts 6.1.0") {
		t.Error("the library does not say what it is and where its licence is")
	}
	for _, name := range []string{"LICENSE", "NOTICE", "LICENSE-d3", "LICENSE-zrender", "LICENSE-tslib"} {
		if info, err := os.Stat("echarts/" + name); err != nil || info.Size() == 0 {
			t.Errorf("%s is missing: %v", name, err)
		}
	}
	lock, err := os.ReadFile("echarts/package-lock.json")
	if err != nil || bytes.Contains(lock, []byte(`"resolved"`)) {
		t.Errorf("package-lock.json names where packages were had from: %v", err)
	}
}

// What cannot be told by a browser is told by words that are made once: a value as the
// report's tables have it.
func TestValuesInWords(t *testing.T) {
	ptr := func(v float64) *float64 { return &v }
	ms := chart.Axis{Unit: chart.Nanoseconds}
	plain := chart.Axis{Ticks: []chart.Tick{{At: 0, Label: "0"}, {At: 2e6, Label: "2"}, {At: 5e8, Label: "500"}}}
	for _, c := range []struct {
		axis           chart.Axis
		point          chart.Point
		main, interval string
	}{
		{ms, chart.Point{Y: ptr(4.123e6), Low: ptr(3.63e6), High: ptr(5.634e6)}, "4.12 ms", "3.63–5.63"},
		{ms, chart.Point{Y: ptr(4.123e6), Low: ptr(3.63e6), Open: true}, "4.12 ms", "3.63–never"},
		{ms, chart.Point{Missing: "never answered", Beyond: true}, "never answered", ""},
		{chart.Axis{Unit: chart.Change}, chart.Point{Y: ptr(-19), Low: ptr(-26), High: ptr(-12)}, "−19 %", "−26 to −12 %"},
		{chart.Axis{Unit: chart.PerSecond}, chart.Point{Y: ptr(7020), Text: "7,020/s†"}, "7,020/s†", ""},
		{chart.Axis{Unit: chart.Nines}, chart.Point{Y: ptr(2)}, "p99", ""},
		{plain, chart.Point{Y: ptr(3e6)}, "3", ""},
	} {
		if main, interval := said(c.axis, c.point); main != c.main || interval != c.interval {
			t.Errorf("got %q and %q, want %q and %q", main, interval, c.main, c.interval)
		}
	}
}

// A chart's table has every value, and no point that is only there to make a line
// smooth.
func TestAChartHasItsTable(t *testing.T) {
	ptr := func(v float64) *float64 { return &v }
	curve := func(name string, at float64) chart.Series {
		return chart.Series{Name: name, Form: chart.Line, Named: true, Points: []chart.Point{
			{X: 0.3, Y: ptr(at)}, {X: 0.5, Y: ptr(at + 1e6), Plain: true}, {X: 1, Y: ptr(at + 2e6)},
		}}
	}
	c := chart.Chart{X: chart.Axis{Title: "percentile", Ticks: []chart.Tick{{At: 1, Label: "90"}}, Unit: chart.Nines}, Y: chart.Axis{Unit: chart.Nanoseconds},
		Series: []chart.Series{curve("3 nodes", 1e6), curve("5 nodes", 2e6)}}
	got := tablesOf(&c, nil)[0]
	var lines []string
	for _, r := range got.Rows {
		var cells []string
		for _, cell := range r.Cells {
			cells = append(cells, cell.Main)
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	if want := []string{"p49.88 | 1.00 ms | 2.00 ms", "p90 | 3.00 ms | 4.00 ms"}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}

// A page stands alone: it has every note of a chart, whole, folded where they are many; what
// a picture says in their place it does not say.
func TestAPageHasEveryNoteOfAChart(t *testing.T) {
	y := 1.0
	whole := chart.Words{Caption: []string{"caption"}, Alarms: []string{"alarm 1", "alarm 2"}}
	for _, n := range []string{"one", "two", "three", "four", "five"} {
		whole.Notes = append(whole.Notes, "note "+n)
	}
	c := chart.Chart{
		Name: "c", Title: "t", Notes: []string{"note one", "and 4 more: report.md"}, Alarms: []string{"alarm 1", "and 1 more: report.md"}, Whole: &whole,
		X: chart.Axis{Max: 1}, Y: chart.Axis{Max: 1}, Series: []chart.Series{{Points: []chart.Point{{Y: &y}}}},
	}
	got := written(t, &Page{Chapters: []Chapter{{ID: "c", Title: "c", Parts: []Part{{Chart: &c}}}}})
	for _, want := range append(append(whole.Notes, whole.Alarms...), "caption", "<summary>2 more</summary>") {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(got, "report.md") {
		t.Error("the page sends its reader to another file")
	}
}

// What is hidden in print stays hidden: of rules of one weight the last holds.
func TestPrintRulesOfAReplayComeLast(t *testing.T) {
	_, after, found := strings.Cut(asset("replay.css"), "@media print {")
	if !found || !strings.Contains(after, ".rp-bar, ") || strings.Contains(after[strings.LastIndex(after, "\n}"):], ".rp-") {
		t.Errorf("other rules follow those for print: %s", after)
	}
}

// A band says from when until when; a point whose place several things share says which it is.
func TestWhereThingsStandInWords(t *testing.T) {
	y := 1.0
	c := chart.Chart{
		X: chart.Axis{Title: "seconds", Unit: chart.Seconds, Max: 10}, Y: chart.Axis{Title: "value"},
		Series: []chart.Series{
			{Name: "fault", Form: chart.Bands, Points: []chart.Point{{From: 4, X: 7, Y: &y, Text: "kill n1, for 3.00 s"}}},
			{Name: "election", Form: chart.Line, Points: []chart.Point{{X: 5, Y: &y, Text: "n2 leads", Plain: true}, {X: 5, Y: &y, Text: "n2 leads", Plain: true}}},
			{Name: "p50", Points: []chart.Point{{X: 6, Y: &y, Name: "3 nodes"}, {X: 6, Y: &y, Name: "4 nodes"}}},
		},
	}
	var lines []string
	for _, r := range tablesOf(&c, nil)[0].Rows {
		var cells []string
		for _, cell := range r.Cells {
			cells = append(cells, cell.Main)
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	want := []string{"4.00 s to 7.00 s | fault | kill n1, for 3.00 s", "5.00 s | election | n2 leads", "6.00 s: 3 nodes | p50 | 1", "6.00 s: 4 nodes | p50 | 1"}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	for i, want := range []string{"4.00 s to 7.00 s", "5.00 s", "3 nodes"} {
		if got := dataOf(&c).Panels[0].Series[i].Points[0][5]; got != want {
			t.Errorf("under the pointer stands %q, want %q", got, want)
		}
	}
}

// Nine parts of a bar have nine looks without their marks, which thin pieces have no room for.
func TestKeysOfAreasDiffer(t *testing.T) {
	mark := regexp.MustCompile(`<g class="mark">.*?</g>`)
	var seen []string
	for n := range 9 {
		look := mark.ReplaceAllString(sign(chart.Key{Sign: chart.SignBar, Look: chart.Look{Number: n}}), "")
		if i := slices.Index(seen, look); i >= 0 {
			t.Errorf("looks %d and %d are both %s", i, n, look)
		}
		seen = append(seen, look)
	}
}
