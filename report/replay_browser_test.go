//go:build browser

package report

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/report/replay/replaytest"
	"github.com/raftbench/raftbench/report/trace"
	"github.com/raftbench/raftbench/results"
)

// The replay in a real browser: go test -tags browser ./report -run InTheBrowser

// shots is where screenshots are kept, to be looked at.
const shots = "../bin/page"

// browsed is a page in a browser, with what went wrong there.
type browsed struct {
	*testing.T
	ctx context.Context
	mu  sync.Mutex
	// errors of the console, and what the page asked of a network or a disk.
	errors, asked []string
}

// browse opens a page. At the test's end nothing may have gone wrong, nor anything but
// the page have been asked for.
func browse(t *testing.T, page []byte, width, height int64) *browsed {
	t.Helper()
	path := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v: this test needs a browser (Debian's package chromium)", err)
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	b := &browsed{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	bounded, over := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(over)
	b.ctx = bounded
	url := "file://" + path
	call(b, network.Enable, network.EnableParams{})
	b.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS(".rp-main")))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.errors) > 0 {
			t.Errorf("the console says %q", b.errors)
		}
		if want := []string{url}; !slices.Equal(b.asked, want) {
			t.Errorf("the page asked for %q, want itself alone", b.asked)
		}
	})
	return b
}

func (b *browsed) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.errors = append(b.errors, fmt.Sprintf("%+v", e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		b.errors = append(b.errors, fmt.Sprintf("%s: %v", e.Type, e.Args))
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	}
}

func (b *browsed) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// run is an action's value.
func run[V any](b *browsed, action chromedp.Action[V]) V {
	b.Helper()
	v, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// call is a command of the browser's protocol.
func call[P, V any](b *browsed, command cdp.Command[P, V], params P) {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.Fatal(err)
	}
}

// prefers sets what a viewer's system asks for.
func (b *browsed) prefers(feature, value string) {
	b.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}})
}

// until waits for what a player becomes.
func (b *browsed) until(expression string) {
	b.Helper()
	run(b, chromedp.Poll[bool]("(p => "+expression+")(document.querySelector('.replay').raftbenchPlayer)", chromedp.WithPollingTimeout(2*time.Minute)))
}

// eval is what an expression of the page's is; p is its player.
func eval[V any](b *browsed, expression string) V {
	b.Helper()
	return run(b, chromedp.Evaluate[V]("(() => { const p = document.querySelector('.replay').raftbenchPlayer; return "+expression+"; })()"))
}

// shoot keeps a picture.
func (b *browsed) shoot(name string) {
	b.Helper()
	png := run(b, chromedp.FullScreenshot(100))
	if err := os.MkdirAll(shots, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(shots, name+".png"), png, 0o600); err != nil {
		b.Fatal(err)
	}
}

// member is what a member is: its role, term, and whom it follows.
type member struct {
	Role    string `json:"role"`
	Term    uint64 `json:"term"`
	Running bool   `json:"running"`
	Leader  string `json:"leader"`
}

// toldBy is what a member was at an instant, from a trial's events alone: an oracle that
// shares nothing with what makes replays, and looks at every event anew.
func toldBy(events []results.Event, node string, ns int64) member {
	began := -1
	for i, e := range events {
		if e.AtNS > ns || e.Node != node {
			continue
		}
		switch {
		case e.Kind == results.EventOpening:
			began = i
		case e.Kind == results.EventDeath, e.Kind == results.EventFault && e.Action == "kill":
			began = -1
		}
	}
	if began < 0 {
		return member{Role: "down"}
	}
	out := member{Role: "follower", Running: true}
	since := -1 // when it became what raft calls a candidate
	for i, e := range events[began:] {
		if e.AtNS > ns || e.Node != node {
			continue
		}
		switch e.Kind {
		case results.EventRole:
			out.Role, since = e.State, began+i
			out.Term = max(out.Term, e.Term)
		case results.EventTerm:
			out.Term = max(out.Term, e.Term)
		case results.EventLeader:
			out.Leader, out.Term = e.Peer, max(out.Term, e.Term)
		}
	}
	if out.Role == "candidate" && asksFirst(events, since, node, ns) {
		out.Role = "pre-candidate"
	}
	return out
}

// asksFirst tells whether a candidate asks for pre-votes at an instant: by the last thing
// that it did of those that tell, or before any by the first.
func asksFirst(events []results.Event, since int, node string, ns int64) bool {
	asks, decided, term := true, false, uint64(0)
	for _, e := range events[:since+1] {
		if e.Node == node && e.Kind != results.EventVote && e.Kind != results.EventBallot {
			term = max(term, e.Term)
		}
	}
	for _, e := range events[since+1:] {
		if e.AtNS > ns && decided {
			break
		}
		switch {
		case e.Node == node && e.Kind == results.EventTerm:
			asks, decided, term = false, true, e.Term
		case e.PreVote && e.Term > term && (e.Kind == results.EventVote && e.Peer == node || e.Kind == results.EventBallot && e.Node == node):
			asks, decided = true, true
		case e.Node == node && e.Kind == results.EventRole:
			return asks
		}
	}
	return asks
}

// What everybody is at the instant of each event, just before it, and in between, is
// what the events say: role, term, whether it lives, whom it follows, and who leads.
func TestReplayedStatesAreTheEventsInTheBrowser(t *testing.T) {
	for name, trial := range map[string]*results.Trial{"made up": replaytest.ElectionTrial(), "recorded": exampleTrial(t)} {
		t.Run(name, func(t *testing.T) {
			b := browse(t, pageOf(t, trial), 1200, 1000)
			begin, _ := trace.Span(trial)
			length := eval[int64](b, "p.data.length")
			var at []int64
			for i, e := range trial.Events {
				for _, ns := range []int64{e.AtNS - begin - 1, e.AtNS - begin, e.AtNS - begin + 1 + int64(i%7)*100_000} {
					if ns >= 0 && ns <= length {
						at = append(at, ns)
					}
				}
			}
			type state struct {
				Nodes  []member `json:"nodes"`
				Leader string   `json:"leader"`
			}
			got := eval[[]state](b, fmt.Sprintf("%s.map(t => raftbenchReplay.stateAt(p.data, t))", strings.ReplaceAll(fmt.Sprint(at), " ", ",")))
			for i, ns := range at {
				want := state{}
				highest := uint64(0)
				for n := range trial.Nodes {
					id := fmt.Sprintf("n%d", n+1)
					one := toldBy(trial.Events, id, begin+ns)
					want.Nodes = append(want.Nodes, one)
					if one.Role == "leader" && one.Term > highest {
						want.Leader, highest = id, one.Term
					}
				}
				if d := cmp.Diff(want, got[i]); d != "" {
					t.Fatalf("at %d ns (-want +got):\n%s", ns, d)
				}
			}
			if len(at) < 60 {
				t.Errorf("only %d instants were compared", len(at))
			}
		})
	}
}

// The log and the commit index are what was told last, nobody's are known of a process
// that has told none, and who is cut off is known.
func TestReplayedLogsInTheBrowser(t *testing.T) {
	b := browse(t, pageOf(t, replaytest.ElectionTrial()), 1200, 1000)
	type state struct {
		Log       *int64   `json:"log"`
		Commit    *int64   `json:"commit"`
		CutOff    bool     `json:"cutOff"`
		Unreached []string `json:"unreached"`
	}
	at := func(ms, node int) state {
		return eval[state](b, fmt.Sprintf("raftbenchReplay.stateAt(p.data, %de6).nodes[%d]", ms, node))
	}
	n := func(v int64) *int64 { return &v }
	for _, c := range []struct {
		ms, node int
		want     state
	}{
		{49, 0, state{Unreached: []string{}}}, {60, 0, state{Log: n(20), Commit: n(20), Unreached: []string{}}},
		{150, 0, state{Unreached: []string{}}}, {305, 0, state{Unreached: []string{}}}, {312, 0, state{Log: n(20), Commit: n(0), Unreached: []string{}}},
		{699, 2, state{Log: n(20), Commit: n(19), Unreached: []string{}}}, {750, 2, state{Log: n(20), Commit: n(19), CutOff: true, Unreached: []string{"n1", "n2"}}},
		{750, 1, state{Log: n(40), Commit: n(40), Unreached: []string{"n3"}}},
	} {
		if d := cmp.Diff(c.want, at(c.ms, c.node)); d != "" {
			t.Errorf("n%d at %d ms (-want +got):\n%s", c.node+1, c.ms, d)
		}
	}
}

// Keys and pointer do what the help says.
func TestReplayIsDrivenInTheBrowser(t *testing.T) {
	b := browse(t, pageOf(t, exampleTrial(t)), 1200, 1000)
	now := func() int64 { return eval[int64](b, "p.t") }
	press := func(keys string) {
		t.Helper()
		b.do(chromedp.Focus(chromedp.CSS(".rp-main")), chromedp.KeyEvent(keys))
	}
	is := func(what string, want int64) {
		t.Helper()
		if got := now(); got != want {
			t.Errorf("%s: it stands at %d ns, want %d", what, got, want)
		}
	}
	step := func(i int) int64 { return eval[int64](b, fmt.Sprintf("p.data.steps[%d].at", i)) }
	press(kb.Home)
	is("home", 0)
	press(kb.ArrowRight)
	press(kb.ArrowRight)
	is("right, from the first event", step(2))
	press(kb.ArrowLeft)
	is("left", step(1))
	press(kb.PageDown)
	is("page down", eval[int64](b, "p.data.scenes[1].from"))
	press(kb.PageUp)
	is("page up", eval[int64](b, "p.data.scenes[0].from"))
	press(kb.End)
	is("end", eval[int64](b, "p.data.length"))

	press("+")
	press("+")
	press("-")
	if got := eval[string](b, "p.speed.selectedOptions[0].textContent"); got != "paced, ×2" {
		t.Errorf("after + + − the speed is %q", got)
	}
	wide := "p.view.to - p.view.from"
	was := eval[float64](b, wide)
	press(kb.ArrowUp)
	if got := eval[float64](b, wide); math.Abs(got/was-0.5) > 0.01 {
		t.Errorf("up shows %g of the time shown before, want half", got/was)
	}

	b.do(chromedp.Click(chromedp.CSS(".rp-scenes li:nth-child(3) button")))
	is("the third scene", eval[int64](b, "p.data.scenes[2].from"))
	press(" ")
	b.until(fmt.Sprintf("p.t > %d", now()))
	press(" ")
	stood := now()
	if eval[bool](b, "p.playing") || now() != stood {
		t.Error("it plays on after a second space")
	}
	b.dragged()
	b.shoot("replay-1200")
}

// dragged moves through time by mouse and by finger.
func (b *browsed) dragged() {
	b.Helper()
	type box struct {
		X float64 `json:"X"`
		Y float64 `json:"Y"`
		W float64 `json:"W"`
		H float64 `json:"H"`
	}
	at := eval[box](b, "(r => ({X: r.x, Y: r.y, W: r.width, H: r.height}))((p.main.scrollIntoView({block: 'center'}), p.main.getBoundingClientRect()))")
	y := at.Y + at.H/2
	mouse := func(kind input.DispatchMouseEventType, share float64, button input.MouseButton) {
		b.Helper()
		call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: at.X + at.W*share, Y: y, Button: button, ClickCount: 1})
	}
	there := func(what string, share float64) {
		b.Helper()
		if got, want := eval[float64](b, "p.t"), eval[float64](b, fmt.Sprintf("p.timeAt(%g)", at.W*share)); math.Abs(got-want) > 1e5 {
			b.Errorf("%s: it stands at %g ns, want %g", what, got, want)
		}
	}
	mouse("mousePressed", 0.4, "left")
	mouse("mouseMoved", 0.5, "left")
	mouse("mouseMoved", 0.6, "left")
	mouse("mouseReleased", 0.6, "left")
	there("dragged by mouse", 0.6)
	stood := eval[float64](b, "p.t")
	mouse("mouseMoved", 0.8, "none")
	if got := eval[float64](b, "p.t"); got != stood {
		b.Errorf("the mouse moves on without a button, and it goes from %g to %g", stood, got)
	}
	touch := func(kind input.DispatchTouchEventType, shares ...float64) {
		b.Helper()
		points := []*input.TouchPoint{}
		for _, s := range shares {
			points = append(points, &input.TouchPoint{X: at.X + at.W*s, Y: y})
		}
		call(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
	}
	call(b, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	touch("touchStart", 0.6)
	for _, share := range []float64{0.5, 0.4, 0.35} {
		touch("touchMove", share)
	}
	touch("touchEnd")
	there("dragged by finger", 0.35)
}

// From a phone to a projector nothing is wider than its page, and something is drawn, in
// light and in dark.
func TestReplayFitsInTheBrowser(t *testing.T) {
	for _, c := range []struct {
		width  int64
		scheme string
	}{{360, "light"}, {800, "dark"}, {1920, "light"}} {
		t.Run(fmt.Sprint(c.width), func(t *testing.T) {
			b := browse(t, pageOf(t, exampleTrial(t)), c.width, 1000)
			b.prefers("prefers-color-scheme", c.scheme)
			eval[bool](b, "(p.scene(2), p.go(4148800000, true), document.querySelectorAll('details').forEach(d => d.open = true), true)")
			if got := eval[int64](b, "document.documentElement.scrollWidth"); got > c.width {
				t.Errorf("the page is %d wide", got)
			}
			over := eval[[]string](b, "[...document.querySelectorAll('.replay *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.tagName)")
			if len(over) > 0 {
				t.Errorf("these stand out of the page: %q", over)
			}
			colors := `new Set((d => Array.from({length: d.length / 4}, (_, i) => d.slice(4 * i, 4 * i + 4).join()))(p.main.getContext('2d').getImageData(0, 0, p.main.width, p.main.height).data)).size`
			if got := eval[int64](b, colors); got < 20 {
				t.Errorf("%d colours are drawn, want a picture", got)
			}
			b.shoot(fmt.Sprintf("replay-%d-%s", c.width, c.scheme))
		})
	}
}

// Where motion is to be reduced, playing goes from event to event.
func TestReplayReducesMotionInTheBrowser(t *testing.T) {
	b := browse(t, pageOf(t, replaytest.ElectionTrial()), 1200, 1000)
	b.prefers("prefers-reduced-motion", "reduce")
	eval[bool](b, `(globalThis.seen = new Set(), p.go(0, true), p.draw = (draw => function () { seen.add(this.t); return draw.call(this); })(p.draw), p.pace = 4, p.start(), true)`)
	b.until("!p.playing")
	between := eval[[]int64](b, "[...seen].filter(t => t !== 0 && t !== p.data.length && !p.data.steps.some(s => s.at === t))")
	if len(between) > 0 {
		t.Errorf("it was drawn at %v, between two events", between)
	}
	if got := eval[int64](b, "seen.size"); got < 10 {
		t.Errorf("it was drawn at %d instants, want each event's", got)
	}
}

// What a run calls its things is text, whatever it says.
func TestHostileNamesInAReplayInTheBrowser(t *testing.T) {
	const evil = `</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2">`
	trial := replaytest.ElectionTrial()
	trial.Cell, trial.Sites = evil, []string{evil, "b", "c"}
	trial.Faults[0].Action, trial.Faults[0].Target = evil, evil
	trial.Events = append(trial.Events[:len(trial.Events)-2], results.Event{AtNS: trial.Events[20].AtNS + 6e8, Node: evil, Peer: evil, Kind: results.EventLeader, Term: 5})
	b := browse(t, pageOf(t, trial), 1200, 1000)
	eval[bool](b, "(document.querySelectorAll('details').forEach(d => d.open = true), p.step(1), p.go(p.data.length, true), true)")
	if eval[bool](b, "'hacked' in window") {
		t.Error("a name of the run's was run as a script")
	}
	if got := eval[int64](b, "document.querySelectorAll('.replay img, .replay script').length"); got != 0 {
		t.Errorf("%d elements were made of names", got)
	}
	if !strings.Contains(eval[string](b, "p.root.textContent"), "onerror=") {
		t.Error("the names are not shown")
	}
}
