//go:build browser

package report

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// pageLoads are how often each page is opened, in turn, each time by a new browser with
// a profile of its own.
const pageLoads = 7

// emptyPage answers a pointer and does nothing else: what opening any page takes here.
const emptyPage = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>empty</title></head><body><p>An empty page.</p>
<script>document.documentElement.dataset.ready = 'yes';</script></body></html>`

// loadOf is when things had happened on a page, in ms by the page's own clock from when it
// was asked for: the answer was on the screen, the first chart was drawn and on the screen,
// and a pointer that moved over the page thereafter had been answered by its next picture.
type loadOf struct{ Painted, Drawn, Usable float64 }

// usable opens a page and waits until somebody could use it.
func (b *tab) usable() loadOf {
	b.t.Helper()
	b.do(chromedp.Navigate(b.file))
	at := ask[[]float64](b, `(async () => {
		const picture = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
		while (!document.documentElement.dataset.ready) await picture();
		await picture();
		globalThis.drawnAt = performance.now();
		globalThis.answered = new Promise(done => addEventListener('pointermove', () => picture().then(() => done(performance.now())), {once: true}));
		const place = (document.querySelector('.plot') || document.body).getBoundingClientRect();
		return [place.left + place.width / 2, Math.min(place.top + place.height / 2, innerHeight - 10)];
	})()`)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
	return ask[loadOf](b, `(async () => {
		const Usable = await answered, painted = () => performance.getEntriesByName('first-contentful-paint')[0];
		while (!painted()) await new Promise(done => setTimeout(done, 10)); // it is told late
		return {Painted: painted().startTime, Drawn: drawnAt, Usable};
	})()`)
}

// BenchmarkPageIsUsable tells after how long a page that is opened from disk can be used,
// beside an empty one: of the reference run, and of 500 trials.
func BenchmarkPageIsUsable(b *testing.B) {
	pages := []struct {
		name    string
		content []byte
		loads   []loadOf
	}{{name: "an empty page", content: []byte(emptyPage)}, {name: "the reference run", content: loadedPage(b, 0)}, {name: "500 trials", content: loadedPage(b, 500)}}
	for b.Loop() {
		for range pageLoads {
			for i := range pages {
				tab := newTab(b, pages[i].content)
				pages[i].loads = append(pages[i].loads, tab.usable())
				tab.quiet()
				tab.close()
			}
		}
	}
	fmt.Fprintf(os.Stdout, "\n%-20s %8s %28s %28s %28s\n", "ms since navigation", "size", "answer painted", "first chart drawn", "input answered")
	base := medianLoad(pages[0].loads, func(l loadOf) float64 { return l.Usable })
	for _, p := range pages {
		usable := medianLoad(p.loads, func(l loadOf) float64 { return l.Usable })
		fmt.Fprintf(os.Stdout, "%-20s %5d kB %28s %28s %28s   +%.0f ms\n", p.name, len(p.content)/1000,
			rangeOf(p.loads, func(l loadOf) float64 { return l.Painted }), rangeOf(p.loads, func(l loadOf) float64 { return l.Drawn }),
			rangeOf(p.loads, func(l loadOf) float64 { return l.Usable }), usable-base)
		b.ReportMetric(usable, strings.ReplaceAll(p.name, " ", "_")+"_ms")
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprintf(os.Stdout, "medians of %d loads (least–most); load average %s at %s\n", len(pages[0].loads), strings.Join(strings.Fields(string(text))[:3], " "), time.Now().UTC().Format("15:04"))
	}
}

// loadedPage is that of the reference run, grown to so many trials.
func loadedPage(b *testing.B, trials int) []byte {
	b.Helper()
	run, err := results.Open("../results/reference")
	if err != nil {
		b.Fatal(err)
	}
	multiply(run, trials)
	a, err := summary.Analyse(run)
	if err != nil {
		b.Fatal(err)
	}
	r := New(run, a, Options{})
	content, err := r.index(r.charts(r.distributions()))
	if err != nil {
		b.Fatal(err)
	}
	return content
}

func sorted(loads []loadOf, of func(loadOf) float64) []float64 {
	var out []float64
	for _, l := range loads {
		out = append(out, of(l))
	}
	slices.Sort(out)
	return out
}

func medianLoad(loads []loadOf, of func(loadOf) float64) float64 {
	all := sorted(loads, of)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

func rangeOf(loads []loadOf, of func(loadOf) float64) string {
	all := sorted(loads, of)
	return fmt.Sprintf("%.0f (%.0f–%.0f)", medianLoad(loads, of), all[0], all[len(all)-1])
}
