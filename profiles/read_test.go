package profiles

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/strictyaml"
)

// square is a profile without mistakes of five lines.
const square = "sites: [a, b, c]\nlocal: 0.1ms\nrtt:\n  a: {b: 1ms, c: 2ms}\n  b: {c: 3ms}\n"

// refused reads a file with mistakes, and returns the first: it must have a
// hint.
func refused(t *testing.T, text string) *strictyaml.Error {
	t.Helper()
	_, err := Parse("m.yaml", []byte(text))
	var es strictyaml.Errors
	if !errors.As(err, &es) || len(es) == 0 {
		t.Errorf("%q: got %v, wanted strictyaml.Errors", text, err)
		return &strictyaml.Error{}
	}
	if es[0].Hint() == "" {
		t.Errorf("%q: got no hint on %v", text, es[0])
	}
	return es[0]
}

// TestWhatIsWrongIsNamedWithItsPlace gives the error's beginning.
func TestWhatIsWrongIsNamedWithItsPlace(t *testing.T) {
	link := func(figures string) string { return square + "links:\n  - {from: a, to: b, " + figures + "}\n" }
	for text, want := range map[string]string{
		// pairs and rows
		"sites: [a, b, c]\nrtt:\n  a: {c: 2ms}\n  b: {c: 1ms}\n": "3:3: the round trip a–b is missing",
		"sites: [a, b, c]\nrtt:\n  a: {b: 1ms, c: 2ms}\n# end\n": "2:1: the round trip b–c is missing",
		"sites: [a, b]\n": "1:1: the round trip a–b is missing",
		"sites: [a, b]\nrtt:\n  a: {b: 1ms, d: 2ms}\n":                    `3:15: got a round trip of site "d"`,
		"sites: [a, b]\nrtt:\n  a: {b: 1ms}\n  d: {}\n":                   `4:3: got a row of site "d"`,
		"sites: [a, b]\nrtt:\n  a: {b: 1ms}\n  b: {a: 2ms}\n":             "4:10: the round trip b–a is given twice, as 1ms and 2ms",
		"sites: [a, b]\nrtt:\n  a: {a: 1ms, b: 2ms}\n":                    "3:7: got a round trip from a to itself",
		"sites: [a, b]\nrtt:\n  a:\n    b: -1ms\n":                        `4:8: got "-1ms", which is negative, want a duration`,
		"sites: [a, b]\nrtt:\n  a: {b: fast}\n":                           `3:10: got "fast", want a duration`,
		"sites: [a, b]\nrtt:\n  a: {b: 30m}\n":                            "3:10: got a round trip of 30m, half of it each way: got a delay of 15m0s",
		"sites: [a]\nlocal: 30m\n":                                        "2:8: got a round trip of 30m, half",
		"sites: [a]\nlocal: 5\n":                                          `2:8: got "5", want a duration`,
		"sites: [a, b]\nrtt: [[0ms, 1ms], [1ms, 0ms]]\n":                  "2:6: got a list, want a row for each site",
		"sites: [a, b]\nrtt:\n  - a: 1ms\n":                               "3:3: got a list, want a row for each site",
		"sites: [a, b]\nrtt: {a: [1ms]}\n":                                "2:10: got a list, want the round trips to other sites",
		"sites: [a, b]\nrtt: {a: {b: [1ms]}}\n":                           "2:14: got a list, want a round trip such as 0.69ms",
		"sites: [a, b]\nrtt:\n  a:\n    b:\n      x: 1ms\n":               "5:7: got a section, want a round trip",
		"sites: [a, b]\nrtt: {a: {b: !!int 5ms}}\n":                       "2:14: got a tag, which is not read here",
		"sites: [a, b]\nrtt: {a: {b: *x}}\n":                              "2:14: got an alias, which is not read here",
		"sites: [a, b]\nrtt: {a: {b: 1ms}}\nrtt: {}\n":                    `3:1: got the key "rtt" twice, first in line 2`,
		"sites: [a, b]\nrtt: {a: {b: }}\n":                                "2:11: got no value, want a round trip",
		"sites: [a, b]\nrtt: {a: {b}}\n":                                  "2:11: got no value, want a round trip",
		"sites: [a, b]\nrtt:\n  a: {b: ~}\n":                              "3:7: got no value, want a round trip",
		"sites: [a, b]\nrtt:\n  a:\n    b: null\n":                        "4:5: got no value, want a round trip",
		"sites: [a, b]\nrtt:\n  a:\n":                                     "3:3: got no value, want the round trips",
		"sites: [a, b]\nrtt:\n":                                           "2:1: got no value, want a row",
		"sites: [a]\nlocal:\n":                                            "2:1: got no value",
		"sites: [a]\nsource:\n":                                           "2:1: got no value",
		"sites: [a]\ndate: [2026]\n":                                      "2:7: got a list, want a text",
		"sites: [a]\nlinks:\n":                                            "2:1: got no value, want a list of links",
		"sites: [a, b]\nrtt: {a: {b: x}}\nlocal: y\nlinks: [{z: 1}]\n":    `2:14: got "x"`,
		"links: [{from: a}]\nlocal: y\nrtt: {a: {b: x}}\nsites: [a, b]\n": "1:9: got a link without `to`",
		// sites
		"":                               "0:0: got no sites: a profile needs sites",
		"# nothing\n":                    "0:0: got no sites: a profile needs sites",
		"{}":                             "0:0: got no sites: a profile needs sites",
		"source: x\n":                    "0:0: got no sites: a profile needs sites",
		"sites: []\n":                    "1:8: got an empty list: a profile needs sites",
		"sites:\n":                       "1:1: got no value, want a list of sites",
		"sites: a\n":                     `1:8: got "a", want a list of sites`,
		"sites: [a, [b]]\n":              "1:12: got a list, want a site's name",
		"sites: [a, ~]\n":                "1:12: got no value, want a site's name",
		"sites:\n  - a\n  -\n":           "3:5: got no value, want a site's name",
		"sites: [a, a]\n":                `1:12: site "a"`,
		"sites: ['']\n":                  `1:9: site ""`,
		"sites: [a, any]\n":              `1:12: got a site called "any", want another name: `,
		"sites: [client]\n":              `1:9: got a site called "client", want another name: `,
		"sites: [a, b, n2]\n":            `1:15: got a site called "n2", want another name: `,
		"rtt: {a: {b: 1ms}}\n":           "1:1: got figures and no sites",
		"sites: [" + many(300) + "]\n":   "1:8: got 300 sites, want at most 99",
		"sites: [a]\n---\nsites: [b]\n":  "2:1: got a second document, want one",
		"sites: [a]\n---\n":              "2:1: got a second document, want one",
		"- 1\n- 2\n":                     "1:1: got a list, want a section with sites and rtt",
		"sites: [a, b\n":                 "1:8: ",
		"\xff\x00":                       "1:1: got bytes that are no text",
		"hello":                          `1:1: got "hello", want a section with sites and rtt`,
		"sites: [a]\n<<: {local: 1ms}\n": "2:1: got a merge key, which is not read here",
		square + "delay: 1ms\n":          `6:1: no key is called "delay" here, want one of source, date, sites`,
		// links
		link("delay: -1ms"):                                     `7:29: got "-1ms", which is negative`,
		link("delay: "):                                         "7:22: got no value",
		link("delay: 11m"):                                      "7:29: got a delay of 11m0s, wanted one from 0s to 10m0s",
		link("jitter: soon"):                                    `7:30: got "soon", want a duration`,
		link("loss: 120%"):                                      `7:28: got "120%", want a percentage`,
		link("loss: 1"):                                         `7:28: got "1", want a percentage from 0% to 100%, such as 0.1%`,
		link("loss: 0.5"):                                       `7:28: got "0.5", want a percentage from 0% to 100%, such as 0.1%`,
		link("loss: -1%"):                                       `7:28: got "-1%", which is negative`,
		link("loss: [1%]"):                                      "7:28: got a list, want a plain value",
		link("correlation: 0.5"):                                `7:35: got "0.5", want a percentage`,
		link("distribution: zipf"):                              `7:36: got the distribution "zipf"`,
		link("distribution: {a: 1}"):                            "7:36: got a section, want a plain value",
		link("distribution: ''"):                                `7:36: got "", want one of [uniform`,
		link("rate: Fast"):                                      `7:28: got "Fast", want a rate`,
		link("rate: 1bit"):                                      "7:28: got a rate of 1 bit/s, wanted 0 for unlimited or at least 1000 bit/s",
		link("rate: -1gbit"):                                    `7:28: got "-1gbit", which is negative, want a rate`,
		link("limit: 4 MBs"):                                    `7:29: got "4 MBs", want a size`,
		link("limit: 0B"):                                       `7:29: got "0B", want at least 1B`,
		link("slow_close: x"):                                   `7:34: got "x", want a duration`,
		link("reorder: 1%"):                                     "7:22: reorder has no meaning on a stream",
		link("duplicate: 1%"):                                   "7:22: duplicate has no meaning on a stream",
		link("corrupt: 1%"):                                     "7:22: corrupt has no meaning on a stream",
		link("delai: 1ms"):                                      `7:22: no key is called "delai" here`,
		link("jitter: x, delay: y"):                             `7:30: got "x"`,
		square + "links:\n  - {from: a, to: q}\n":               `7:19: got a link of site "q"`,
		square + "links:\n  - {from: a}\n":                      "7:5: got a link without `to`",
		square + "links:\n  - to: b\n    delay: 1ms\n":          "7:5: got a link without `from`",
		square + "links:\n  - {}\n":                             "7:5: got a link without `from`",
		square + "links:\n  -\n":                                "7:5: got no value, want a link",
		square + "links: {from: a, to: b}\n":                    "6:8: got a section, want a list of links",
		square + "links:\n  - {from: b, to: b, delay: 1ms}\n":   "7:5: got a link from b to itself",
		link("delay: 1ms") + "  - {from: a, to: b, loss: 1%}\n": "8:5: the link a→b is given twice",
		link("delay: 1ms") + "  - {from: b, to: a, loss: 1}\n":  `8:28: got "1"`,
		"\ufeffsites: [a, b]\nrtt: {a: {b: x}}\n":               `2:14: got "x"`,
		"\ufeffsites: x\n":                                      `1:8: got "x"`,
	} {
		e := refused(t, text)
		if got := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message); !strings.HasPrefix(got, want) {
			t.Errorf("%q:\n got %v\nwant %s", text, got, want)
		}
	}
}

func many(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("s%d", i)
	}
	return strings.Join(names, ",")
}

func TestAMistakeShowsItsLine(t *testing.T) {
	got := refused(t, "sites: [a, b]\nrtt: {a: {b: fast}}\n")
	want := "   2 | rtt: {a: {b: fast}}\n                    ^"
	if _, excerpt, _ := strings.Cut(got.Error(), "\n"); excerpt != want {
		t.Errorf("got\n%s\nwanted\n%s", excerpt, want)
	}
}

// The first guesses of who has not seen a profile lead to one.
func TestGuessesAreShownTheFormat(t *testing.T) {
	for text, want := range map[string]string{
		"matrix: {a: {b: 1ms}}\n":            "rtt: {a: {b: 0.69ms",
		"sites: [a, b]\nrtt: [[0, 1]]\n":     "rtt: {a: {b: 0.69ms",
		"":                                   "sites: [a, b, c]",
		"sites: [a]\nlink: []\n":             "did you mean links?",
		"name: x\nnodes: [3]\n":              "this is a key of an experiment",
		square + "links: [{form: a}]\n":      "did you mean from?",
		"sites: [a, b]\nrtt: {a: {b: far}}":  "`raftbench profiles multi-az -o yaml`",
		square + "links: [{from: a, to: a}]": "local: 0.1ms",
	} {
		if got := refused(t, text).Hint(); !strings.Contains(got, want) {
			t.Errorf("%q: got the hint %q, wanted %q", text, got, want)
		}
	}
}

func TestTheMarkOfUTF8IsSkipped(t *testing.T) {
	if p, err := Parse("m", []byte("\ufeffsites: [a, b]\nrtt: {a: {b: 9ms}}\n")); err != nil || p.RTT("a", "b") != 9*time.Millisecond {
		t.Errorf("got %v (%v)", p, err)
	}
	for _, loop := range []string{"sites: &x [*x]\n", "sites: [a]\nrtt: &x {a: *x}\n", "sites: &x *x\n"} {
		_ = refused(t, loop)
	}
}

func TestWhatDoesNothingIsSaid(t *testing.T) {
	for link, want := range map[string][]string{
		"{from: a, to: b}":                                      {"link a→b changes nothing: it has no figures"},
		"{from: a, to: b, correlation: 25%}":                    {"link a→b has a correlation or distribution of jitter, and no jitter: they do nothing"},
		"{from: a, to: b, distribution: normal}":                {"link a→b has a correlation or distribution of jitter, and no jitter: they do nothing"},
		"{from: a, to: b, distribution: normal, jitter: 0.1ms}": nil,
		"{from: a, to: b, delay: 1ms}":                          nil,
	} {
		p, err := Parse("m", []byte(square+"links: ["+link+"]"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, p.Warnings); diff != "" {
			t.Errorf("%s: %s", link, diff)
		}
	}
}

func TestALocalThatIsNotGivenIsNotInvented(t *testing.T) {
	for text, want := range map[string]bool{"sites: [a]\n": true, "sites: [a]\nlocal: 0s\n": false} {
		if p, err := Parse("m", []byte(text)); err != nil || p.NoLocal != want || p.Local.Delay != 0 {
			t.Errorf("%q: got %+v (%v)", text, p, err)
		}
	}
}

// anyProfile has sites, round trips and links of every kind.
func anyProfile(t *rapid.T) Profile {
	name := rapid.OneOf(rapid.StringMatching(`[a-z][a-z0-9-]{0,5}`), rapid.SampledFrom([]string{"null", "x y", "\u2028", `"`, "- a", "a: b", "#c", "1", "é"})).
		Filter(func(s string) bool { return taken(s) == "" })
	p := Profile{
		Name: "m", Source: rapid.SampledFrom([]string{"", "a: b, c # d", "\"q\" 'r'", "  x", "<&>"}).Draw(t, "source"),
		Sites: rapid.SliceOfNDistinct(name, 1, 4, rapid.ID).Draw(t, "sites"), Links: map[string]map[string]netem.Shape{},
		NoLocal: rapid.Bool().Draw(t, "no local"),
	}
	trip := rapid.Map(rapid.Int64Range(0, 1e10), func(ns int64) time.Duration { return time.Duration(ns) })
	if !p.NoLocal {
		p.Local.Delay = trip.Draw(t, "local")
	}
	for i, a := range p.Sites {
		for _, b := range p.Sites[i+1:] {
			s := netem.Shape{Delay: trip.Draw(t, "delay")}
			p.set(a, b, s)
			if rapid.Bool().Draw(t, "asymmetric") {
				s.Delay = trip.Draw(t, "back")
			}
			if rapid.Bool().Draw(t, "shaped") {
				s.Jitter, s.Distribution = trip.Draw(t, "jitter")+1, rapid.SampledFrom(netem.Distributions()).Draw(t, "distribution")
				s.Loss, s.Correlation = float64(rapid.IntRange(0, 1000).Draw(t, "loss"))/1000, 0.25
				s.Rate, s.Limit = rapid.Int64Range(1000, 1<<53).Draw(t, "rate"), rapid.Int64Range(1, 1<<53).Draw(t, "limit")
				s.SlowClose = trip.Draw(t, "slow")
			}
			p.set(b, a, s)
		}
	}
	return p
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	dir := t.TempDir()
	same := func(t interface{ Fatal(...any) }, p Profile) {
		path := filepath.Join(dir, p.Name+".yaml")
		if err := os.WriteFile(path, p.YAML(), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Fatal(string(p.YAML()), diff)
		}
	}
	for _, name := range slices.DeleteFunc(Names(), func(name string) bool { return name == "none" }) {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		same(t, p)
	}
	rapid.Check(t, func(t *rapid.T) { same(t, anyProfile(t)) })
}

// A file that is no person's is refused before it takes memory or time.
func TestProfilesAreBoundedBeforeTheyAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.yaml")
	if err := os.WriteFile(path, []byte(strings.Repeat("#\n", strictyaml.MostBytes)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{path: "longer than 256 KiB", "/dev/zero": "want a regular file", path + ".none.yaml": "no such file"} {
		if _, err := Load(name); err == nil || !strings.HasPrefix(err.Error(), name+": cannot be read: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, wanted %s", name, err, want)
		}
	}
	if _, err := Parse("m", []byte(strings.Repeat("[", 50_000))); err == nil || !strings.Contains(err.Error(), "more than 20000 values") {
		t.Errorf("brackets: got %.200v", err)
	}
}

// Every mistake of a profile is told, and none that only follows of another.
func TestEveryMistakeOfAProfileIsTold(t *testing.T) {
	_, err := Parse("m.yaml", []byte("sites: [a, b]\nlokal: 1ms\nrtt: {a: {b: fast}}\nlinks: [{from: a, to: q, delay: 5}, {form: a, limit: 4k}]\n"))
	var es strictyaml.Errors
	if !errors.As(err, &es) {
		t.Fatalf("got %v", err)
	}
	// Of an unknown key the section is told.
	want := []string{"", "rtt.a.b", "links[0].to", "links[0].delay", "links[1]", "links[1].limit"}
	var got []string
	for _, e := range es {
		got = append(got, e.Key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s\n%v", diff, err)
	}
	if last := es[len(es)-1].Hint(); last != "write 4KB (powers of 1000) or 4KiB (powers of 1024)" {
		t.Errorf("got the hint %q", last)
	}
}
