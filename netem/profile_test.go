package netem

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEveryBuiltInProfileParses(t *testing.T) {
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		if p.Source == "" || name != "none" && p.Date == "" {
			t.Errorf("%s has no source or date", name)
		}
		for _, a := range p.Sites {
			for _, b := range p.Sites {
				if p.RTT(a, b) <= 0 || p.RTT(a, b) != p.RTT(b, a) {
					t.Errorf("%s: %s–%s is %v and %v", name, a, b, p.RTT(a, b), p.RTT(b, a))
				}
			}
		}
	}
	files, err := profileFiles.ReadDir("profiles")
	if err != nil || len(files) != len(Names()) {
		t.Errorf("%d files (%v) and %d names", len(files), err, len(Names()))
	}
}

// TestPublishedFiguresAreHalved spot-checks the sources' tables.
func TestPublishedFiguresAreHalved(t *testing.T) {
	for _, c := range []struct {
		profile, from, to string
		rtt               time.Duration
	}{
		{"multi-az", "a", "c", 740 * time.Microsecond},
		{"multi-az", "b", "b", 100 * time.Microsecond},
		{"aws-global-7", "singapore", "sao-paulo", 327400 * time.Microsecond},
		{"aws-global-5", "sydney", "tokyo", 106900 * time.Microsecond},
		{"azure-global-7", "brazil-south", "southeast-asia", 337 * time.Millisecond},
		{"gcp-3", "us-west", "europe-west", 132 * time.Millisecond},
	} {
		p, err := Lookup(c.profile)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Shape(c.from, c.to).Delay; got != c.rtt/2 {
			t.Errorf("%s %s→%s: %v, want %v", c.profile, c.from, c.to, got, c.rtt/2)
		}
	}
}

func TestUnknownProfileListsTheNames(t *testing.T) {
	_, err := Lookup("../profile")
	if err == nil || !strings.Contains(err.Error(), "none, same-az, multi-az") {
		t.Errorf("got %v", err)
	}
}

func TestMembersGoRoundTheSites(t *testing.T) {
	p, err := Lookup("multi-az")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Site(0) + p.Site(1) + p.Site(2) + p.Site(3); got != "abca" {
		t.Errorf("got %s", got)
	}
}

func TestAMatrixOfOnesOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lab.yaml")
	text := `source: my lab
sites: [x, y]
rtt: {x: {y: 3ms}}
links:
  - {from: y, to: x, delay: 9ms, jitter: 1ms, distribution: normal, correlation: 25%, loss: 0.1%, rate: 1gbit, limit: 256KiB, slow_close: 2ms}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want := Shape{
		Delay: 9 * time.Millisecond, Jitter: time.Millisecond, Distribution: Normal, Correlation: 0.25,
		Loss: 0.001, Rate: 1e9, Limit: 256 << 10, SlowClose: 2 * time.Millisecond,
	}
	if p.Name != "lab" || p.Shape("x", "y") != (Shape{Delay: 1500 * time.Microsecond}) || p.Shape("y", "x") != want {
		t.Errorf("got %+v", p)
	}
}

// TestWhatIsWrongIsNamedWithItsPlace gives the error's beginning.
func TestWhatIsWrongIsNamedWithItsPlace(t *testing.T) {
	const head = "sites: [a, b, c]\nrtt:\n  a: {b: 1ms, c: 2ms}\n  b: {c: 3ms}\n"
	for name, c := range map[string]struct{ text, want string }{
		"missing pair":       {"sites: [a, b, c]\nrtt:\n  a: {b: 1ms, c: 2ms}\n", "p:3:4: the round trip b–c is missing"},
		"unknown site":       {"sites: [a, b]\nrtt:\n  a: {b: 1ms, d: 2ms}\n", `p:3:18: got a round trip of site "d"`},
		"two figures":        {"sites: [a, b]\nrtt:\n  a: {b: 1ms}\n  b: {a: 2ms}\n", "is given twice"},
		"to itself":          {"sites: [a, b]\nrtt:\n  a: {a: 1ms, b: 2ms}\n", "p:3:10: got a round trip from a to itself"},
		"negative":           {"sites: [a, b]\nrtt:\n  a: {b: -1ms}\n", "p:3:10: got a round trip of -1ms"},
		"site twice":         {"sites: [a, a]\n", `p:1:12: site "a"`},
		"no sites":           {"rtt: {a: {b: 1ms}}\n", "got figures and no sites"},
		"unknown key":        {head + "delay: 1ms\n", "unknown field"},
		"bad duration":       {"sites: [a, b]\nrtt:\n  a: {b: fast}\n", `got the duration "fast"`},
		"negative delay":     {head + "links:\n  - {from: a, to: b, delay: -1ms}\n", "p:6:5: link a→b: got a delay of -1ms"},
		"loss over 100 %":    {head + "links:\n  - {from: a, to: b, loss: 120%}\n", `got the share "120%"`},
		"no distribution":    {head + "links:\n  - {from: a, to: b, distribution: zipf}\n", `got the distribution "zipf"`},
		"bad rate":           {head + "links:\n  - {from: a, to: b, rate: fast}\n", `got the rate "fast"`},
		"link of nobody":     {head + "links:\n  - {from: a, to: q}\n", `got a link of site "q"`},
		"reorder":            {head + "links:\n  - {from: a, to: b, reorder: 1%}\n", "p:6:31: reorder has no meaning on a stream"},
		"duplicate":          {head + "links:\n  - {from: a, to: b, duplicate: 1%}\n", "duplicate has no meaning on a stream"},
		"corrupt":            {head + "links:\n  - {from: a, to: b, corrupt: 1%}\n", "corrupt has no meaning on a stream"},
		"no mapping at all":  {"- 1\n- 2\n", "p: "},
		"not even YAML":      {"sites: [a, b\n", "p: "},
		"nothing but a word": {"hello", "p: "},
	} {
		_, err := ParseProfile("p", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	var refusal *UnsupportedError
	if !errors.As(error(Unsupported("reorder")), &refusal) || refusal.Hint() == "" {
		t.Error("the refusal has no hint")
	}
}

func TestShapesAreValidated(t *testing.T) {
	for name, s := range map[string]Shape{
		"delay":        {Delay: -1},
		"jitter":       {Jitter: -1},
		"loss":         {Loss: 1.2},
		"correlation":  {Correlation: -0.1},
		"distribution": {Distribution: "zipf"},
		"rate":         {Rate: -1},
		"limit":        {Limit: -1},
		"slow_close":   {SlowClose: -1},
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: got %v", s, err)
		}
		if err := NewEndpoint("a", 1).Shape("b", s); err == nil {
			t.Errorf("an endpoint took %+v", s)
		}
	}
	if err := (Shape{Delay: time.Millisecond, Jitter: time.Second, Loss: 1, Distribution: Pareto, Rate: 1e9}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestRatesHaveTcsUnits(t *testing.T) {
	for text, want := range map[string]int64{"1gbit": 1e9, "100mbit": 1e8, "1.5kbit": 1500, "8bit": 8, "1mbps": 8e6, "1kibit": 1024} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("%s: got %d (%v), want %d", text, got, err, want)
		}
	}
}

func FuzzProfile(f *testing.F) {
	for _, name := range Names() {
		data, err := profileFiles.ReadFile("profiles/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = ParseProfile("p", data) })
}
