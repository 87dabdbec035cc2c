package configs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func cellsOf(p Plan) []string {
	var out []string
	for _, s := range p.Setups {
		out = append(out, s.Cell+" "+s.Params[ArmAxis])
	}
	return out
}

func TestArmsAreVariantsOfEverySetup(t *testing.T) {
	p := mustPlan(t, `nodes: [3, 5]
arms:
  - {name: a, set: ""}
  - {name: b, set: raft.max_rpcs_in_flight=16; storage.apply_delay=75us}
`)
	want := []string{"n3-hashicorp-multi-az-a a", "n3-hashicorp-multi-az-b b", "n5-hashicorp-multi-az-a a", "n5-hashicorp-multi-az-b b"}
	if diff := cmp.Diff(want, cellsOf(p)); diff != "" {
		t.Error("-want +got\n" + diff)
	}
	if a, b := p.Setups[0].Raft.MaxRPCsInFlight, p.Setups[1].Raft.MaxRPCsInFlight; a != 2 || b != 16 {
		t.Errorf("in flight: a %d, b %d; want 2 and 16", a, b)
	}
	again, err := Parse(p.YAML)
	if err != nil {
		t.Fatal(err)
	}
	p2, err := again.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(cellsOf(p), cellsOf(p2)); diff != "" {
		t.Error("from the record: -want +got\n" + diff)
	}
}

func TestArmsThatCannotBeCompared(t *testing.T) {
	for text, want := range map[string]string{
		`arms: [{name: a}]`:                                                                                "got 1, want none, or 2 to 8",
		`arms: [{name: a}, {name: a}]`:                                                                     "got the arm a twice",
		`arms: [{name: A!}, {name: b}]`:                                                                    `got "A!", want a name of small letters and digits`,
		`arms: [{name: a}, {name: b, set: nodes=5}]`:                                                       "got nodes, in which arms cannot differ",
		`arms: [{name: a}, {name: b, set: raft.max_rpcs=5}]`:                                               `no key is called "max_rpcs" here`,
		`arms: [{name: a}, {name: b, set: "raft.max_rpcs_in_flight=1,2"}]`:                                 "the arm b changes what the experiment varies",
		`arms: [{name: a}, {name: b, set: raft.max_append_entries=0}]`:                                     "got 0, want",
		`arms: [{name: a}, {name: b, set: fast}]`:                                                          `got "fast", want a key and its value`,
		"raft: {max_rpcs_in_flight: [1, 2]}\narms: [{name: a}, {name: b, set: raft.max_rpcs_in_flight=4}]": "the arm b changes what the experiment varies",
	} {
		e, err := Parse([]byte(text))
		if err == nil {
			_, err = e.Plan()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
