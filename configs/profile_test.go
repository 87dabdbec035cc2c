package configs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/strictyaml"
)

const ownProfile = `
source: a tape measure
date: 2026-01-01
sites: [here, there]
local: 0.1ms
rtt:
  here: {there: 30ms}
`

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file names its profile from where it stands; what is resolved from it
// holds from anywhere.
func TestAProfileOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "My Network.yaml", ownProfile)
	e, err := Load(write(t, dir, "experiment.yaml", "nodes: 3\nleader: there\nnetwork: {profile: My Network.yaml}"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	s := p.Setups[0]
	if s.Cell != "n3-hashicorp-my-network" || s.Leader != "there" || s.Links["n1"]["n2"].Delay != 15*time.Millisecond {
		t.Errorf("%s, leader %s, links %v", s.Cell, s.Leader, s.Links)
	}
	// The copy outlives what it was made of.
	write(t, dir, "My Network.yaml", "changed: since")
	kept := t.TempDir()
	if err := os.Mkdir(filepath.Join(kept, "networks"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range p.Networks {
		write(t, kept, path, string(text))
	}
	e, err = Load(write(t, kept, "experiment.yaml", string(p.YAML)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	p.Unasked = "" // the resolved experiment has the number of its trials written
	if diff := cmp.Diff(p, again); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesInAProfileFileNameTheirPlace(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "m.yaml", strings.Replace(ownProfile, "30ms", "far", 1)+"rrt: {}\n")
	for text, want := range map[string][]string{
		"network: {profile: ./m.yaml}":    {"m.yaml:7:17: rtt.here.there: got \"far\", want a duration", "   7 |   here: {there: far}", "m.yaml:8:1: no key is called \"rrt\" here"},
		"network: {profile: ./nope.yaml}": {"experiment.yaml:1:20: network.profile: ", "no such file"},
	} {
		e, err := Load(write(t, dir, "experiment.yaml", text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Plan()
		for _, part := range want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: want %q in %v", text, part, err)
			}
		}
	}
}

func TestLoadOfNothingAndOfTooMuch(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := Load(write(t, dir, "big.yaml", strings.Repeat("# nothing\n", strictyaml.MostBytes/10+1))); err == nil {
		t.Error("a file over the limit was read")
	}
}

// A name that is a slip of a built-in one is that; any other may be a file.
func TestUnknownProfilesAreSlipsOrFiles(t *testing.T) {
	const own = "a profile of your own is a YAML file: profile: ./my.yaml"
	for name, want := range map[string]string{
		"none2": "did you mean none?", "multiaz": "did you mean multi-az?", "aws-global": "did you mean aws-global-5?",
		"home": own, "mine": own, "lab": own, "mars": own, "./nope.yaml": "`raftbench profiles` lists the built-in ones; a file of one's own is found from",
	} {
		_, err := planOf([]byte("network: {profile: " + name + "}"))
		if h, ok := err.(interface{ Hint() string }); !ok || !strings.HasPrefix(h.Hint(), want) {
			t.Errorf("%s: got %v, wanted the hint %q", name, err, want)
		}
	}
}

// Two profiles of one name are two cells.
func TestCellsOfOneNameAreNumbered(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	write(t, one, "m.yaml", ownProfile)
	write(t, two, "m.yaml", strings.Replace(ownProfile, "30ms", "20ms", 1))
	p := mustPlan(t, "nodes: 3\nnetwork: {profile: ["+one+"/m.yaml, "+two+"/m.yaml]}")
	if diff := cmp.Diff([]string{"n3-hashicorp-m", "n3-hashicorp-m-v2"}, cellNames(p)); diff != "" {
		t.Error(diff)
	}
	if a, b := p.Networks["networks/m.yaml"], p.Networks["networks/2/m.yaml"]; len(a) == 0 || len(b) == 0 || string(a) == string(b) {
		t.Errorf("the copies are %q and %q", a, b)
	}
	if got := p.Setups[1].Links["n1"]["n2"].Delay; got != 10*time.Millisecond {
		t.Errorf("the second cell has the first one's links: %s", got)
	}
}

// Cells share a network only where all of it is the same.
func TestPlacesAreNotShared(t *testing.T) {
	p := mustPlan(t, "nodes: 3\nleader: [a, b]\nclient: [\"\", c]\nraft: {max_rpcs_in_flight: [1, 2]}")
	for _, s := range p.Setups {
		if far := len(s.Links["client"]) > 0; far != (s.Client == "c") {
			t.Errorf("%s: the load generator at %q has links %v", s.Cell, s.Client, s.Links["client"])
		}
		if s.Params["leader"] != s.Leader {
			t.Errorf("%s: leader %s, parameter %s", s.Cell, s.Leader, s.Params["leader"])
		}
	}
}
