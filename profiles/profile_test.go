package profiles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/netem"
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
	files, err := published.ReadDir("published")
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

func TestAProfileOfOnesOwn(t *testing.T) {
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
	want := netem.Shape{
		Delay: 9 * time.Millisecond, Jitter: time.Millisecond, Distribution: netem.Normal, Correlation: 0.25,
		Loss: 0.001, Rate: 1e9, Limit: 256 << 10, SlowClose: 2 * time.Millisecond,
	}
	if p.Name != "lab" || p.Shape("x", "y") != (netem.Shape{Delay: 1500 * time.Microsecond}) || p.Shape("y", "x") != want {
		t.Errorf("got %+v", p)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range Names() {
		data, err := published.ReadFile("published/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = Parse("p", data) })
}
