//go:build browser

package report

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// On paper no number of a table is broken, and no table is wider than a sheet of A4
// between margins of a centimetre.
func TestBrowserPrintsNumbersWhole(t *testing.T) {
	r := open(t, "../results/reference")
	content, err := r.index(r.charts(r.distributions()))
	if err != nil {
		t.Fatal(err)
	}
	b := openPage(t, content)
	b.sized(718, "light")
	send(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	if got := ask[string](b, `[...document.querySelectorAll('td:not(.words)')].filter(e => e.getClientRects().length && getComputedStyle(e).whiteSpace !== 'nowrap').map(e => e.textContent).join(' | ')`); got != "" {
		t.Errorf("these may be broken: %.300s", got)
	}
	if got := ask[string](b, `[...document.querySelectorAll('table')].filter(e => e.offsetWidth > 718).map(e => e.textContent.slice(0, 80) + e.offsetWidth).join(' | ')`); got != "" {
		t.Errorf("these are too wide: %.500s", got)
	}
	b.quiet()
}
