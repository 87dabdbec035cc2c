//go:build browser

package report

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// follow clicks a number and waits until its trials are shown; shownRows are those that
// are seen then.
const follow = `
	const follow = async number => {
		document.querySelectorAll('.made').forEach(e => e.remove());
		const list = document.getElementById(number.getAttribute('href').slice(1));
		number.click();
		while (!list.querySelector('.made') || document.activeElement !== list.querySelector('.made')) await new Promise(done => setTimeout(done));
		return list;
	};
	const shownRows = list => [...list.querySelectorAll('tbody tr')].filter(row => !row.hidden);`

// Every link of the page leads to what there is; every number to a list that names its
// setup, is open, and shows the trials that it was made of.
func TestBrowserFollowsEveryNumber(t *testing.T) {
	_, content := referencePage(t)
	b := openPage(t, content)
	for _, problem := range ask[[]string](b, `(async () => {`+follow+`
		const out = [], numbers = document.querySelectorAll('a[data-figure]');
		if (numbers.length < 300) out.push('only ' + numbers.length + ' numbers lead to what they were made of');
		for (const number of numbers) {
			const list = await follow(number), rows = shownRows(list), bad = what => out.push(number.closest('.part, figure')?.querySelector('h3')?.textContent + ': ' + number.textContent + ' ' + what);
			if (location.hash !== number.getAttribute('href')) bad('leads to ' + location.hash);
			if (!list.open || !/\d nodes?/.test(list.querySelector('summary').textContent)) bad('leads to ' + list.querySelector('summary')?.textContent);
			if (list.querySelector('.made b').textContent !== number.textContent) bad('is called ' + list.querySelector('.made b').textContent);
			if (!rows.length) bad('was made of nothing');
			if (rows.some(row => row.querySelector('td.own')?.textContent === '')) bad('has a trial without a value');
		}
		return out;
	})()`) {
		t.Error(problem)
	}
	for _, bad := range ask[[]string](b, `[...document.querySelectorAll('a')].filter(a => !document.getElementById(a.getAttribute('href').slice(1))).map(a => a.outerHTML)`) {
		t.Errorf("leads nowhere: %s", bad)
	}
	b.quiet()
}

// shown is what a number leads to.
type shownNumber struct {
	Number, Place, Said string
	Words, Counts       []string
}

// numberOf a setup's table cell, by the title of its values and its setup's place.
func (b *tab) numberOf(title string, place int) shownNumber {
	b.t.Helper()
	return ask[shownNumber](b, fmt.Sprintf(`(async () => {`+follow+`
		for (const number of document.querySelectorAll('.part td a[data-figure][href="#%s%d"]')) {
			const list = await follow(number), own = list.querySelector('th.own');
			if (own?.textContent !== %q) continue;
			const cells = shownRows(list).map(row => [...row.cells]);
			return {Number: number.textContent, Place: list.querySelector('summary').textContent, Said: list.querySelector('.made p').textContent,
				Words: cells.map(row => row.find(c => c.className === 'own').textContent), Counts: cells.map(row => row.map(c => c.textContent).find(text => /^(yes|no: .*)$/.test(text)))};
		}
		return {Number: '', Place: '', Said: '', Words: [], Counts: []};
	})()`, setupPrefix, place, title))
}

// A number taken at random: what the record says of the setup's valid trials is what
// stands beside them, and its median is what is printed.
func TestBrowserShowsWhatANumberWasMadeOf(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	draw := rand.New(rand.NewPCG(seed, 1))
	r, content := referencePage(t)
	place := draw.IntN(len(r.summary.Cells))
	name := []string{figures.WriteP50, figures.WriteP90, figures.Throughput}[draw.IntN(3)]
	var want []string
	var all stats.Sample
	for _, tr := range r.run.Trials {
		if tr.Cell != r.analysis.Summary.Cells[place].Cell || tr.Kind != results.Measure || !tr.Valid {
			continue
		}
		v := map[string]float64{
			figures.WriteP50: float64(tr.Window(results.RoleLight).Latency.P50NS), figures.WriteP90: float64(tr.Window(results.RoleLight).Latency.P90NS),
			figures.Throughput: tr.Window(results.RoleFull).ThroughputOps,
		}[name]
		kind, _ := shownAs(name)
		want, all = append(want, wording.Show(kind, v)), append(all, v)
	}
	kind, _ := shownAs(name)
	b := openPage(t, content)
	got := b.numberOf(figures.Name(name), place)
	got.Number = strings.ReplaceAll(got.Number, units.NoBreak, " ")
	for i := range got.Words {
		got.Words[i] = strings.ReplaceAll(got.Words[i], units.NoBreak, " ")
	}
	if got.Number != wording.Show(kind, all.Median().Center) || !slices.Equal(got.Words, want) {
		t.Errorf("%s of %s: got %s made of %q, want %s made of %q", name, r.summary.Cells[place].Cell, got.Number, got.Words, wording.Show(kind, all.Median().Center), want)
	}
	b.quiet()
}

// A trial that is not valid is not shown among those that count, however it is reached.
func TestBrowserLeavesAnInvalidTrialOut(t *testing.T) {
	run, err := results.Open("../results/reference")
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.IndexFunc(run.Trials, func(t results.Trial) bool { return t.Kind == results.Measure && t.Nodes == 3 })
	run.Trials[bad].Valid = false
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	r := New(run, a, Options{})
	content, err := r.index(r.charts(nil))
	if err != nil {
		t.Fatal(err)
	}
	b := openPage(t, content)
	place := slices.IndexFunc(r.summary.Cells, func(c summary.Cell) bool { return c.Nodes == 3 })
	got := b.numberOf(figures.Name(figures.WriteP50), place)
	if len(got.Counts) != r.summary.Cells[place].ValidTrials || slices.ContainsFunc(got.Counts, func(text string) bool { return text != "yes" }) {
		t.Errorf("got trials that count %q, want %d of them", got.Counts, r.summary.Cells[place].ValidTrials)
	}
	if !strings.Contains(got.Said, "1 invalid") {
		t.Errorf("got %q, want the invalid trial named", got.Said)
	}
	b.quiet()
}

// A number is followed by keys, its trials are left by keys, and nothing of that stands in
// the way of those who do not see it.
func TestBrowserFollowsANumberByKeys(t *testing.T) {
	_, content := referencePage(t)
	b := openPage(t, content)
	b.sized(360, "light")
	ask[bool](b, `(() => { const number = document.querySelector('#costs td a[data-figure]'); number.id = 'followed'; number.focus(); return true; })()`)
	b.do(chromedp.KeyEvent(kb.Enter))
	ask[bool](b, `(async () => { while (document.activeElement.className !== 'made') await new Promise(done => setTimeout(done, 10)); return true; })()`)
	b.whole("a number's trials")
	b.accessible("a number's trials")
	b.view("360-number")
	b.do(chromedp.EmulateViewport(1280, 800))
	ask[bool](b, `(document.activeElement.scrollIntoView({behavior: 'instant'}), true)`)
	b.view("1280-number")
	b.do(chromedp.EmulateViewport(360, 900))
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	if got := ask[string](b, `document.activeElement.id`); got != "followed" {
		t.Errorf("back from its trials the focus is on %q, want the number", got)
	}
	if ask[int](b, `document.querySelectorAll('details tr[hidden]').length`) == 0 {
		t.Error("no trial is left out: this test shows nothing")
	}
	ask[bool](b, `[...document.querySelectorAll('.made button')].find(e => e.textContent.startsWith('All')).click() ?? true`)
	if n := ask[int](b, `document.querySelectorAll('details tr[hidden], .made, .own').length`); n != 0 {
		t.Errorf("after all trials were asked for %d rows, columns and words of the number are left", n)
	}
	b.quiet()
}
