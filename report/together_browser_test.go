//go:build browser

package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The page of several runs in a browser: every chart of each run is drawn and asks nothing
// of anybody, no anchor stands twice, links lead into the run that they are of, and nothing
// stands in the way of those who cannot see it.
func TestBrowserShowsSeveralRuns(t *testing.T) {
	all := openTogether(t, TogetherOptions{}, tinyAs(t, "monday", 1), tinyAs(t, "tuesday", 2), hostileRun(t))
	p, content := togetherPage(t, all)
	b := openPage(t, []byte(content))
	for _, c := range []struct {
		width  int64
		scheme string
	}{{1600, "light"}, {800, "light"}, {360, "light"}} {
		at := fmt.Sprintf("%d-%s-together", c.width, c.scheme)
		b.sized(c.width, c.scheme)
		b.whole(at)
		b.shot(at)
		if c.width == 1600 {
			b.accessible(at)
		}
	}
	want := 1
	for _, charts := range eachCharts(all) {
		want += len(charts)
	}
	if n := ask[int](b, `document.querySelectorAll('figure.chart').length`); n != want {
		t.Errorf("got %d charts, want %d: of each run and of all", n, want)
	}
	ask[bool](b, `document.querySelectorAll('details').forEach(d => { d.open = true; }) ?? true`)
	b.whole("with everything open")
	b.accessible("with everything open")
	for _, bad := range ask[[]string](b, `(() => {
		const ids = [...document.querySelectorAll('[id]')].map(e => e.id), out = ids.filter((id, i) => ids.indexOf(id) !== i).map(id => 'twice: ' + id);
		for (const a of document.querySelectorAll('a')) {
			const to = document.getElementById(a.getAttribute('href').slice(1)), run = a.closest('.run');
			if (!to || run && to.closest('.run') !== run) out.push('leads astray: ' + a.outerHTML);
		}
		return out;
	})()`) {
		t.Error(bad)
	}
	figure := all.figuresTable(runAnchors{all.runs, p.Runs}).Rows[0].Cells[3]
	if got := b.hover("beside", 0, 1, 0); !strings.Contains(got, figure.Main) || !strings.Contains(got, "tuesday") {
		t.Errorf("got %q under the pointer, want %s of tuesday", got, figure.Main)
	}
	// A number leads to the trials that it was made of, in the run that it is of.
	const led = `document.activeElement.closest('.run')?.id ?? ''`
	ask[bool](b, `document.querySelector('#answer tbody tr td:nth-child(4) a[data-figure]').click() ?? true`)
	b.do(chromedp.Poll[chromedp.Void](led, chromedp.WithPollingTimeout(patience)))
	if run := ask[string](b, led); run != "run-2" {
		t.Errorf("a number of the second run leads to %q", run)
	}
	b.quiet()
}
