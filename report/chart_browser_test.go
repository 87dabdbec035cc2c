//go:build browser

package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// busyTrial has many faults and elections in a short time, of which some last: more names
// than there is room for.
func busyTrial() results.Trial {
	t := stoppedWrites()
	t.Faults, t.Events = nil, nil
	for i := range 9 {
		at := int64(1_400_000_000 + 900_000_000*i)
		f := results.Fault{Action: []string{"kill", "pause", "transfer"}[i%3], Nodes: []string{fmt.Sprint("n", 1+i%5)}, AtNS: at, DoneNS: at + 1e6, EndNS: at + int64(i%3)*500_000_000, SilentNS: 3e8}
		if f.Action == "transfer" {
			f.EndNS = f.DoneNS
		} else if f.EndNS == at {
			f.EndNS = at + 250_000_000
		}
		t.Faults = append(t.Faults, f)
		for k := range 2 {
			t.Events = append(t.Events, results.Event{AtNS: at + int64(1+k)*120_000_000, Node: fmt.Sprint("n", 1+(i+k+1)%5), Kind: results.EventRole, State: results.StateLeader, Term: uint64(2 + 2*i + k)})
		}
	}
	return t
}

// hardCharts are reports whose charts have much to name in little room.
func hardCharts(t *testing.T) map[string]*Report {
	steep := typical()
	for i := range steep.Cells {
		steep.Cells[i].Metrics[figures.WriteP90] = around(3e6, 40)
	}
	return map[string]*Report{
		"typical": reportOf(withCurves(withReads(typical()))), "steep": reportOf(decided(steep)), "matrix": reportOf(withReads(matrix())), "networks": reportOf(networks()),
		"swept": reportOf(swept()), "timeline": outageRun(t, busyTrial()), "alike": reportOf(alike()), "many": reportOf(cases()["many"]),
	}
}

// No text of a chart on the page covers another or leaves its place, however wide the page.
func TestBrowserTextsOfChartsKeepApart(t *testing.T) {
	for name, r := range hardCharts(t) {
		content, err := r.index(r.charts(distributions(r, 5000)))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			b := openPage(t, content)
			for _, width := range []int64{360, 800, 1600} {
				b.sized(width, "light")
				b.whole(fmt.Sprint(name, width))
				b.shot(fmt.Sprintf("%d-charts-%s", width, name))
				for _, problem := range ask[[]string](b, `(() => {
					const out = [];
					for (const f of document.querySelectorAll('figure.chart')) for (const p of f.plots) {
						const texts = p.drawing.getZr().storage.getDisplayList(true).filter(e => e.type === 'tspan' && !e.ignore && !e.invisible && e.style.text.trim()).map(e => {
							const r = e.getBoundingRect().clone();
							if (e.transform) r.applyTransform(e.transform);
							const halo = 2;
							return {text: e.style.text, x0: r.x + halo, y0: r.y + halo, x1: r.x + r.width - halo, y1: r.y + r.height - halo};
						});
						texts.forEach((a, i) => {
							const where = f.id + ' panel ' + p.number + ': ' + JSON.stringify(a.text);
							if (a.x0 < -1 || a.x1 > p.place.clientWidth + 1 || a.y1 > p.place.clientHeight + 2) out.push(where + ' leaves its place: ' + [a.x0, a.x1, p.place.clientWidth].map(Math.round));
							for (const o of texts.slice(0, i)) if (a.x0 < o.x1 && o.x0 < a.x1 && a.y0 < o.y1 && o.y0 < a.y1) out.push(where + ' covers ' + JSON.stringify(o.text));
						});
					}
					return out;
				})()`) {
					t.Errorf("%d pixels: %s", width, problem)
				}
			}
			b.quiet()
		})
	}
}

// Every place of a chart has its name, however narrow the page.
func TestBrowserNamesEveryPlace(t *testing.T) {
	_, content := referencePage(t)
	b := openPage(t, content)
	for _, width := range []int64{320, 360, 800} {
		b.sized(width, "light")
		b.whole(fmt.Sprint("places", width))
		b.shot(fmt.Sprintf("%d-places", width))
		for _, problem := range ask[[]string](b, `(() => {
			const out = [];
			let places = 0;
			for (const f of document.querySelectorAll('figure.chart')) for (const p of f.plots) if (p.panel.x.places) {
				const texts = p.drawing.getZr().storage.getDisplayList(true).filter(e => e.type === 'tspan' && !e.ignore && !e.invisible).map(e => e.style.text.trim());
				for (const [, label] of p.panel.x.k) {
					places++;
					if (!texts.some(text => text && (text === label || text === label.split(' ')[0]))) out.push(f.id + ' panel ' + p.number + ' does not name ' + label);
				}
			}
			if (places < 20) out.push('only ' + places + ' places');
			return out;
		})()`) {
			t.Errorf("%d pixels: %s", width, problem)
		}
	}
	b.quiet()
}

// The panels of a chart over time stand one above the other, and one instant stands at one
// place in both, zoomed or not.
func TestBrowserStacksWhatIsOverTime(t *testing.T) {
	r := outageRun(t, busyTrial())
	content, err := r.index(r.charts(nil))
	if err != nil {
		t.Fatal(err)
	}
	b := openPage(t, content)
	for _, width := range []int64{360, 1600} {
		b.sized(width, "light")
		for _, button := range []string{"", "Zoom in"} {
			at := ask[[]float64](b, fmt.Sprintf(`(() => {
				const f = document.getElementById('chart-timeline'), button = [...f.querySelectorAll('button')].find(e => e.textContent === %q);
				if (button) button.click();
				return f.plots.flatMap(p => { const r = p.place.getBoundingClientRect(), m = p.drawing.convertToPixel({gridIndex: 0}, [5, p.view.y[0]]); return [r.left + m[0], r.top]; });
			})()`, button))
			if len(at) != 4 || at[0]-at[2] > 0.5 || at[2]-at[0] > 0.5 || at[1] >= at[3] {
				t.Errorf("%d pixels, %q: second 5 stands at %.1f (top %.0f) and %.1f (top %.0f), want one above the other", width, button, at[0], at[1], at[2], at[3])
			}
		}
		ask[bool](b, `[...document.querySelectorAll('#chart-timeline button')].find(e => e.textContent === 'Show all').click() ?? true`)
	}
	c := named(t, r.charts(nil), "timeline")
	if form := c.Panels[0].Series[0].Form; form != chart.Bands {
		t.Fatalf("the first series is %s", form)
	}
	b.quiet()
}

// The number in a tile reads on the tile's colour, in the light and in the dark, in colour and
// in grey: 4.5 to 1, as WCAG wants.
func TestBrowserTilesCarryNumbersThatRead(t *testing.T) {
	r := reportOf(networks())
	content, err := r.index(r.charts(nil))
	if err != nil {
		t.Fatal(err)
	}
	b := openPage(t, content)
	for _, scheme := range []string{"light", "dark"} {
		b.sized(1600, scheme)
		for _, bad := range ask[[]string](b, `(() => {
			const linear = v => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4, luminance = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
			const contrast = (a, b) => { const x = luminance(a), y = luminance(b); return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
			const grey = c => { const v = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]; return [v, v, v]; };
			const out = [];
			let tiles = 0;
			for (const f of document.querySelectorAll('figure.chart')) for (const p of f.plots) for (const s of p.panel.s) if (s.f === 'tiles') for (const pt of s.p) {
				if (!pt[8]) continue;
				tiles++;
				const [x0, y0] = p.drawing.convertToPixel({gridIndex: 0}, [pt[0] - 0.45, pt[1] + 0.45]), [x1, y1] = p.drawing.convertToPixel({gridIndex: 0}, [pt[0] + 0.45, pt[1] - 0.45]);
				const canvas = p.place.querySelector('canvas'), by = canvas.width / p.place.clientWidth;
				const dots = canvas.getContext('2d').getImageData(x0 * by, y0 * by, (x1 - x0) * by, (y1 - y0) * by).data, ground = [dots[0], dots[1], dots[2]];
				let most = 0, inGrey = 0;
				for (let i = 0; i < dots.length; i += 4) {
					const c = [dots[i], dots[i + 1], dots[i + 2]];
					most = Math.max(most, contrast(c, ground)); inGrey = Math.max(inGrey, contrast(grey(c), grey(ground)));
				}
				if (most < 4.4 || inGrey < 4.4) out.push(f.id + ' ' + pt[8] + ': ' + most.toFixed(2) + ', in grey ' + inGrey.toFixed(2)); // letters have soft edges
			}
			if (tiles < 8) out.push('only ' + tiles + ' tiles have a number');
			return out;
		})()`) {
			t.Errorf("%s: %s", scheme, bad)
		}
	}
	b.quiet()
}

// A replay has its title once, and on paper no buttons.
func TestBrowserPrintsAReplayWithoutItsButtons(t *testing.T) {
	r := outageRun(t, busyTrial())
	content, err := r.index(r.charts(nil))
	if err != nil {
		t.Fatal(err)
	}
	b := openPage(t, content)
	b.sized(1600, "light")
	title := "3 nodes, measuring, trial"
	if got := ask[string](b, `document.querySelector('.replay').closest('.part').textContent`); strings.Count(strings.ReplaceAll(got, units.NoBreak, " "), title) != 1 {
		t.Errorf("the title stands %d times in %.300q", strings.Count(got, title), got)
	}
	send(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	for _, class := range []string{"rp-bar", "rp-help", "rp-scenes", "rp-list"} {
		if got := ask[string](b, fmt.Sprintf(`(e => e ? getComputedStyle(e).display : 'none')(document.querySelector('.replay .%s'))`, class)); got != "none" {
			t.Errorf(".%s is shown as %s in print", class, got)
		}
	}
	b.quiet()
}
