//go:build browser

package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// The page in a real browser. Pictures of it are kept in bin/page.
const pictures = "../bin/page"

// patience with a browser on a busy host: nothing here is judged by the clock.
const patience = 8 * time.Minute

// tab is a page that is open in Chromium, with all that it complained of or asked for.
type tab struct {
	context.Context
	t    testing.TB
	file string
	// close ends the browser before the test does.
	close func()

	mu       sync.Mutex
	bad      []string // on the console, and whatever it asked of anybody
	download chan string
}

// chromium is the browser that the tests need.
func chromium(t testing.TB) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium is installed, which these tests need: apt-get install chromium")
	return ""
}

// openPage writes a page into a folder and opens it from there, as a reader does.
func openPage(t testing.TB, content []byte) *tab {
	t.Helper()
	b := newTab(t, content)
	b.do(chromedp.Navigate(b.file), chromedp.Poll[chromedp.Void](`document.documentElement.dataset.ready`, chromedp.WithPollingTimeout(patience)))
	return b
}

// newTab is a browser of a fresh profile that is about to open a page.
func newTab(t testing.TB, content []byte) *tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), PageFile)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	alloc, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(chromium(t)), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("allow-file-access-from-files", false))
	t.Cleanup(stop)
	limited, cancel := context.WithTimeout(alloc, patience)
	t.Cleanup(cancel)
	ctx, closed := chromedp.NewContext(limited)
	t.Cleanup(closed)
	b := &tab{Context: ctx, t: t, file: "file://" + file, download: make(chan string, 1), close: func() { closed(); stop() }}
	if err := errors.Join(chromedp.Listen(ctx, b.hear), chromedp.ListenBrowser(ctx, b.hear)); err != nil {
		t.Fatal(err)
	}
	send(b, network.Enable, network.EnableParams{})
	send(b, log.Enable, cdp.Empty{})
	return b
}

// hear notes what no page of ours does.
func (b *tab) hear(event any) {
	text := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, a := range e.Args {
			text += string(a.Value) + a.Description
		}
		text = "console: " + text
	case *runtime.EventExceptionThrown:
		text = fmt.Sprint("exception: ", e.ExceptionDetails)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError { // what breaks the policy is one
			text = "log: " + e.Entry.Text
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, b.file) {
			text = "request: " + u
		}
	case *page.EventJavascriptDialogOpening:
		text = "dialog: " + e.Message
	case *browser.EventDownloadProgress:
		if e.State == browser.DownloadProgressStateCompleted {
			select {
			case b.download <- e.GUID:
			default:
			}
		}
	}
	if text != "" {
		b.mu.Lock()
		b.bad = append(b.bad, text)
		b.mu.Unlock()
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b, actions...); err != nil {
		b.t.Fatalf("%v; the page said %q", err, b.complaints())
	}
}

// send has the browser do something.
func send[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	out, err := chromedp.Call(b, command, params)
	if err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
	return out
}

// ask evaluates an expression; a promise is waited for.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	out, err := chromedp.Run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%v; the page said %q; asked for %.300s", err, b.complaints(), expression)
	}
	return out
}

// drawAll scrolls through the page, so that every chart is drawn.
func (b *tab) drawAll() {
	b.t.Helper()
	ask[bool](b, `(async () => {
		for (const f of document.querySelectorAll('figure.chart')) {
			f.scrollIntoView({behavior: 'instant'});
			while (!f.plots) await new Promise(done => setTimeout(done, 20));
		}
		scrollTo({top: 0, behavior: 'instant'});
		await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
		return true;
	})()`)
}

func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.bad)
}

// quiet holds that the page complained of nothing and asked for nothing.
func (b *tab) quiet() {
	b.t.Helper()
	if bad := b.complaints(); len(bad) > 0 {
		b.t.Errorf("the page was not quiet: %q", bad)
	}
}

// sized is how the page is shown.
func (b *tab) sized(width int64, scheme string) {
	b.t.Helper()
	send(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	b.do(chromedp.EmulateViewport(width, 900))
	b.drawAll()
}

// shot keeps a picture of the whole page, to be looked at.
func (b *tab) shot(name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	b.keep(name, picture)
}

// view keeps a picture of what is seen of the page, to be looked at.
func (b *tab) view(name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	b.keep(name, picture)
}

// keep a picture.
func (b *tab) keep(name string, picture []byte) {
	b.t.Helper()
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pictures, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// whole holds that nothing of the page is wider than it, and that every chart has drawn
// something: more than one colour, and none of it outside of its place.
func (b *tab) whole(at string) {
	b.t.Helper()
	for _, problem := range ask[[]string](b, `(async () => {
		await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
		const out = [], root = document.documentElement;
		if (root.scrollWidth > root.clientWidth) {
			out.push('the page is ' + root.scrollWidth + ' wide in ' + root.clientWidth);
			for (const e of document.querySelectorAll('body *')) if (!e.closest('.table, pre') && e.getBoundingClientRect().right > root.clientWidth + 1) { out.push(e.tagName + '.' + e.className + ' sticks out'); if (out.length > 5) break; }
		}
		for (const place of document.querySelectorAll('.plot')) {
			const name = place.closest('figure').id, canvas = place.querySelector('canvas');
			if (!canvas) { out.push(name + ' is not drawn'); continue; }
			if (canvas.getBoundingClientRect().width > place.clientWidth + 1) out.push(name + ' is wider than its place');
			const dots = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data, seen = new Map();
			for (let i = 0; i < dots.length; i += 4) if (dots[i + 3] > 200) { const c = dots[i] << 16 | dots[i + 1] << 8 | dots[i + 2]; seen.set(c, (seen.get(c) || 0) + 1); }
			if ([...seen.values()].filter(n => n > 20).length < 4) out.push(name + ' is blank');
		}
		return out;
	})()`) {
		b.t.Errorf("%s: %s", at, problem)
	}
}

// soon holds that the page is usable after a second on a machine that has nothing else to
// do: what its process computed for it is measured, since others may compute meanwhile.
func (b *tab) soon() {
	b.t.Helper()
	info, err := chromedp.CallBrowser(b, systeminfo.GetProcessInfo, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	most := 0.0
	for _, p := range info.ProcessInfo {
		if p.Type == "renderer" {
			most = max(most, p.CPUTime)
		}
	}
	b.t.Logf("usable after %.2f s of a core, %.2f s after it was opened", most, ask[float64](b, `performance.now()`)/1000)
	if most > 2 { // twice: a core that others use too is slower
		b.t.Errorf("the page took %.2f s of a core, want at most 1, or 2 on a busy host", most)
	}
}

// accessible holds that axe-core finds nothing to object to.
func (b *tab) accessible(at string) {
	b.t.Helper()
	script, err := os.ReadFile("page/testdata/axe/axe.min.js")
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Evaluate[chromedp.Void](string(script)))
	for _, v := range ask[[]string](b, `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | ')))`) {
		b.t.Errorf("%s: axe: %s", at, v)
	}
}

// hover moves the pointer to a point, named by its figure, panel and place in a series,
// and reads what is said there.
func (b *tab) hover(figure string, panel, series, point int) string {
	b.t.Helper()
	at := ask[[]float64](b, fmt.Sprintf(`(() => {
		const plot = document.getElementById('chart-%s').plots[%d];
		plot.place.scrollIntoView({block: 'center', behavior: 'instant'});
		const r = plot.place.getBoundingClientRect(), [x, y] = plot.pixel(plot.panel.s[%d].p[%d]);
		return [r.left + x, r.top + y];
	})()`, figure, panel, series, point))
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
	return ask[string](b, fmt.Sprintf(`(() => { const tip = document.getElementById('chart-%s').plots[%d].tip; return tip.hidden ? '' : [...tip.children].map(e => e.textContent).join('\n'); })()`, figure, panel))
}

// referencePage is that of the reference run.
func referencePage(t *testing.T) (*Report, []byte) {
	t.Helper()
	r := open(t, "../results/reference")
	content, err := r.index(r.charts(r.distributions()))
	if err != nil {
		t.Fatal(err)
	}
	return r, content
}

// The page in a browser: nothing is asked of anybody, nothing complains, every chart is
// drawn, on a telephone as on a projector, in the light and in the dark, and nothing
// stands in the way of those who cannot see it.
func TestBrowserShowsThePage(t *testing.T) {
	_, content := referencePage(t)
	b := openPage(t, content)
	b.soon()
	for _, c := range []struct {
		width  int64
		scheme string
	}{{1600, "light"}, {360, "light"}, {800, "light"}, {1920, "light"}, {1600, "dark"}, {360, "dark"}} {
		at := fmt.Sprintf("%d-%s", c.width, c.scheme)
		b.sized(c.width, c.scheme)
		b.whole(at)
		b.shot(at)
		if c.width == 1600 || c.width == 360 && c.scheme == "light" {
			b.accessible(at)
		}
	}
	ask[bool](b, `document.querySelectorAll('details').forEach(d => { d.open = true; }) ?? true`)
	b.whole("with everything open")
	b.accessible("with everything open")
	for _, bad := range ask[[]string](b, `(() => {
		const ids = [...document.querySelectorAll('[id]')].map(e => e.id), out = ids.filter((id, i) => ids.indexOf(id) !== i).map(id => 'twice: ' + id);
		for (const a of document.querySelectorAll('a')) if (!document.getElementById(a.getAttribute('href').slice(1))) out.push('leads nowhere: ' + a.outerHTML);
		return out;
	})()`) {
		t.Error(bad)
	}
	b.quiet()
	// How it looks without colours. The browser itself makes a filter for that.
	b.sized(800, "light")
	send(b, emulation.SetEmulatedVisionDeficiency, emulation.SetEmulatedVisionDeficiencyParams{Type: emulation.SetEmulatedVisionDeficiencyTypeAchromatopsia})
	b.shot("800-grey")
}

// What stands under the pointer is what summary.json says.
func TestBrowserHoverIsTheSummary(t *testing.T) {
	r, content := referencePage(t)
	b := openPage(t, content)
	b.sized(1600, "light")
	var s summary.Summary
	if err := json.Unmarshal([]byte(read(t, "../results/reference/summary.json")), &s); err != nil {
		t.Fatal(err)
	}
	wanted := func(c summary.Cell, name string, k units.Kind) []string {
		m := c.Metrics[name]
		low, high := k.Ends(*m.Median, *m.CILow, *m.CIHigh)
		return []string{k.Show(*m.Median), low + "–" + high}
	}
	for i, c := range s.Cells {
		got := b.hover("throughput", 0, 0, i)
		for _, want := range append(wanted(c, figures.Throughput, units.Rate), units.Plural(c.Nodes, "node")) {
			if !strings.Contains(got, want) {
				t.Errorf("throughput of %d nodes: got %q under the pointer, want %q in it", c.Nodes, got, want)
			}
		}
		for series, name := range []string{figures.WriteP90, figures.WriteP50} {
			got := b.hover("tolerance", 0, series, i)
			for _, want := range wanted(c, name, units.Duration) {
				if !strings.Contains(got, want) {
					t.Errorf("%s of %d nodes: got %q under the pointer, want %q in it", name, c.Nodes, got, want)
				}
			}
		}
	}
	steps, _ := onScale(r.answers[0].steps)
	for panel, name := range []string{figures.WriteP50, figures.Throughput} {
		for i, step := range steps {
			d, _ := r.differenceIn(name, step.from, step.to)
			if got := b.hover("tradeoff", panel, i, 0); !strings.Contains(got, units.Change(d.Ratio)) || !strings.Contains(got, fmt.Sprintf("%d → %d", step.from.Nodes, step.to.Nodes)) {
				t.Errorf("%d → %d nodes: got %q under the pointer, want %s in it", step.from.Nodes, step.to.Nodes, got, units.Change(d.Ratio))
			}
		}
	}
	b.quiet()
}

// The answer's chart is all that is made before the page can be used: other charts are
// drawn as they come near, and replays, which take longer, are made thereafter.
func TestBrowserMakesTheAnswerFirst(t *testing.T) {
	_, content := referencePage(t)
	b := newTab(t, content)
	send(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		new MutationObserver(() => {
			if (!document.documentElement?.dataset.ready || globalThis.atFirst) return;
			globalThis.atFirst = [[...document.querySelectorAll('figure.chart')].filter(f => f.plots).length, document.querySelectorAll('.rp-main').length];
		}).observe(document, {attributes: true, childList: true, subtree: true});`})
	b.do(chromedp.Navigate(b.file))
	if got := ask[[]int](b, `(async () => { while (!globalThis.atFirst) await new Promise(done => setTimeout(done, 10)); return atFirst; })()`); !slices.Equal(got, []int{1, 0}) {
		t.Errorf("got %d charts and %d replays when the page said that it can be used, want the first chart alone", got[0], got[1])
	}
	if made := ask[int](b, `(async () => {
		const all = document.querySelectorAll('.replay');
		while ([...all].some(e => !e.raftbenchPlayer)) await new Promise(done => setTimeout(done, 10));
		return all.length;
	})()`); made == 0 {
		t.Error("the page has no replay: this test shows less than it should")
	}
	b.quiet()
}

// Charts are zoomed by a box and by buttons, walked through by keys, saved as a
// picture and printed.
func TestBrowserUsesTheCharts(t *testing.T) {
	_, content := referencePage(t)
	b := openPage(t, content)
	b.sized(1600, "light")
	const view = `JSON.stringify(document.getElementById('chart-throughput').plots[0].view)`
	before := ask[string](b, view)
	at := ask[[]float64](b, `(() => { const p = document.getElementById('chart-throughput').plots[0].place; p.scrollIntoView({block: 'center', behavior: 'instant'}); const r = p.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()`)
	b.do(chromedp.DragAndDropXY(at[0], at[1], at[0]+120, at[1]+90))
	if after := ask[string](b, view); after == before {
		t.Errorf("a box zoomed nothing: %s", after)
	}
	b.whole("zoomed")
	press := func(button string) {
		ask[bool](b, fmt.Sprintf(`[...document.querySelectorAll('#chart-throughput button')].find(e => e.textContent === %q).click() ?? true`, button))
	}
	press("Show all")
	if after := ask[string](b, view); after != before {
		t.Errorf("got %s after all was shown, want %s", after, before)
	}
	press("Zoom in")
	if after := ask[string](b, view); after == before {
		t.Error("the button zoomed nothing")
	}
	press("Zoom out")
	if after := ask[string](b, view); after != before {
		t.Errorf("got %s zoomed out again, want %s", after, before)
	}
	ask[bool](b, `document.getElementById('chart-throughput').plots[0].place.focus() ?? true`)
	b.do(chromedp.KeyEvent(kb.ArrowRight))
	if got := ask[string](b, `document.getElementById('chart-throughput').plots[0].tip.textContent`); !strings.Contains(got, "1 node") {
		t.Errorf("an arrow key said %q, want the first bar's value", got)
	}
	b.saved(press)
	b.printed()
	b.quiet()
}

// saved presses the button that saves a chart, and reads the file.
func (b *tab) saved(press func(string)) {
	folder := b.t.TempDir()
	events := true
	if _, err := chromedp.CallBrowser(b, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: folder, EventsEnabled: &events,
	}); err != nil {
		b.t.Fatal(err)
	}
	press("Save as image")
	select {
	case name := <-b.download:
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			b.t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(text))
		if err != nil || picture.Bounds().Dx() != 1600 || picture.Bounds().Dy() != 900 {
			b.t.Fatalf("got a picture of %v, %v; want 1600 by 900", picture.Bounds(), err)
		}
		_ = os.WriteFile(filepath.Join(pictures, "saved-throughput.png"), text, 0o644)
	case <-b.Done():
		b.t.Fatal("nothing was saved")
	}
}

// printed makes a PDF of the page.
func (b *tab) printed() {
	pdf, err := chromedp.Run(b, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
	if err != nil {
		b.t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF")) || len(pdf) < 50_000 {
		b.t.Errorf("got %d bytes beginning %.8q, want a PDF with its charts", len(pdf), pdf)
	}
	_ = os.WriteFile(filepath.Join(pictures, "page.pdf"), pdf, 0o644)
}

// A run of somebody who gave everything a name that acts: it acts on nothing, and the
// page still fits a telephone.
func TestBrowserIsNotActedOn(t *testing.T) {
	r := open(t, hostileRun(t))
	content, err := r.index(r.charts(r.distributions()))
	if err != nil {
		t.Fatal(err)
	}
	b := openPage(t, content)
	b.sized(360, "light")
	b.whole("hostile names")
	b.shot("360-hostile")
	if ask[int](b, `document.querySelectorAll('img, iframe, object, embed, form, [onload], [onerror]').length`) != 0 {
		t.Error("a name became an element")
	}
	b.quiet()
}

// Maps, stacks, dots and curves, and runs of which little is known: what the reference run
// has not.
func TestBrowserShowsEveryForm(t *testing.T) {
	stacks := typical()
	for i := range stacks.Cells {
		stacks.Cells[i] = pathed(stacks.Cells[i], 0.8, 0.04, 1.2+float64(i)/5, 0.2, 0.9, 1.4, 0, 0.07, 0.01)
	}
	reports := map[string]*Report{
		"matrix": reportOf(withCurves(withReads(matrix()))), "noisy": reportOf(withCurves(noisy())), "map": reportOf(watchedRun()), "stacks": reportOf(stacks),
		"dead": reportOf(cases()["dead"]), "half": reportOf(cases()["half"]), "one": reportOf(cases()["one"]), "none": reportOf(cases()["none"]),
		"outages": failover(t), "unsaturated": reportOf(withoutMetric(typical(), figures.Throughput)), "torn": open(t, torn(t)),
	}
	says := map[string]string{
		"dead": "none of 6 trials was valid", "half": "4 nodes: none of 6 trials was valid", "none": noTrialYet, "one": "3 nodes",
		"unsaturated": "the throughput under full load was not measured", "torn": "last line",
	}
	for name, r := range reports {
		content, err := r.index(r.charts(distributions(r, 500)))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			b := openPage(t, content)
			for _, width := range []int64{360, 1600} {
				b.sized(width, "light")
				b.whole(fmt.Sprint(name, width))
				b.shot(fmt.Sprintf("%d-%s", width, name))
			}
			if text := ask[string](b, `document.body.textContent`); !strings.Contains(text, says[name]) {
				t.Errorf("the page does not say %q", says[name])
			}
			b.quiet()
		})
	}
}
