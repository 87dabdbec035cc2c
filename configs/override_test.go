package configs

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/strictyaml"
)

func applied(t *testing.T, o Overrides) Plan {
	t.Helper()
	e, err := Default().Apply(o)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFlagsGoOverTheFile(t *testing.T) {
	file, err := Parse([]byte("nodes: [3, 5]\nseed: 7\nraft: {max_append_entries: 32}"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := file.Apply(Overrides{
		Nodes: "1, 4", Profile: "aws-us-3", Trials: "2", Leader: "us-east-1", Client: "us-west-2", Engine: "etcd",
		Set: []string{"raft.max_rpcs_in_flight=1,16", "workload.load.limit=p50 < 5ms"},
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	s := p.Setups[0]
	if len(p.Setups) != 4 || s.Nodes != 1 || s.Network.Name != "aws-us-3" || p.Trials != 2 || p.Seed != 7 ||
		s.Raft.MaxAppendEntries != 32 || s.Raft.MaxRPCsInFlight != 1 || s.Engine != EngineEtcd || s.Client != "us-west-2" {
		t.Errorf("%d setups, first %+v", len(p.Setups), s)
	}
	if diff := cmp.Diff(List[int]{3, 5}, file.Nodes); diff != "" {
		t.Error("the file's experiment was changed:", diff)
	}
}

// A path is written as mistakes write it, and only the copy is changed.
func TestSetReachesIntoTheFilesLinks(t *testing.T) {
	file, err := Parse([]byte("nodes: 3\nnetwork: {links: [{from: a, delay: 1ms}]}"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := file.Apply(Overrides{Set: []string{"network.links[0].delay=2ms, 3ms", "label=a, b"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(List[Duration]{2e6, 3e6}, e.Network.Links[0].Delay); diff != "" || e.Label != "a, b" {
		t.Errorf("the label is %q, the delay %s", e.Label, diff)
	}
	if got := file.Network.Links[0].Delay.First(); got != 1e6 {
		t.Errorf("the file's delay became %v", got)
	}
}

// Mistakes of several flags are told at once.
func TestEveryMistakeInFlagsIsTold(t *testing.T) {
	_, err := Default().Apply(Overrides{Nodes: "three", Trials: "six", Set: []string{"seed", "nods=3"}})
	var es strictyaml.Errors
	if !errors.As(err, &es) || len(es) != 4 {
		t.Errorf("got %v, want four mistakes", err)
	}
}

func TestSetEmptiesWhatTheFileHas(t *testing.T) {
	file, err := Parse([]byte("nodes: 3\nclient: b"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := file.Apply(Overrides{Set: []string{"client="}})
	if err != nil || e.Client.First() != "" {
		t.Errorf("got the load generator at %q (%v)", e.Client.First(), err)
	}
}

// With clients alone a run saturates only, with a rate alone it is calm only.
func TestRateAndClientsChooseTheWindows(t *testing.T) {
	for _, c := range []struct {
		o              Overrides
		load           string
		calm, saturate time.Duration
	}{
		{Overrides{}, ModeBoth, 4 * time.Second, 750 * time.Millisecond},
		{Overrides{Rate: "50/s"}, ModeCalm, 4 * time.Second, 0},
		{Overrides{Clients: "8"}, ModeSaturate, 0, 750 * time.Millisecond},
		{Overrides{Rate: "50/s", Clients: "8"}, ModeBoth, 4 * time.Second, 750 * time.Millisecond},
		{Overrides{Rate: "50/s", Clients: "8", Duration: "5s"}, ModeBoth, 5 * time.Second, 5 * time.Second},
		{Overrides{Clients: "8", Duration: "5s"}, ModeSaturate, 0, 5 * time.Second},
	} {
		s := applied(t, c.o).Setups[0]
		if s.Load != c.load || s.Workload.Calm.Duration != c.calm || s.Workload.Saturate.Duration != c.saturate {
			t.Errorf("%+v: got %s, calm %+v, saturate %+v", c.o, s.Load, s.Workload.Calm, s.Workload.Saturate)
		}
	}
}

// A mistake in a flag names the flag, also where it only shows in combination.
func TestMistakesInFlagsNameTheFlag(t *testing.T) {
	for _, c := range []struct {
		o    Overrides
		want string
	}{
		{Overrides{Nodes: "0"}, "--nodes: got 0, want 1 to 99"},
		{Overrides{Nodes: "1,three"}, `--nodes: got "three", want a whole number`},
		{Overrides{Nodes: "3,100"}, "--nodes: got 100, want 1 to 99"},
		{Overrides{Rate: "0/s"}, "--rate: got 0/s, want 0.01/s to 1000000/s"},
		{Overrides{Rate: "100"}, `--rate: got "100", want a rate such as 500/s`},
		{Overrides{Clients: "0"}, "--clients: got 0, want 1 to 100000"},
		{Overrides{Duration: "5"}, `--duration: got "5", want a duration such as 5ms, 1.5s or 2m`},
		{Overrides{Trials: "-1"}, "--trials: got -1, want 0 to 10000"},
		{Overrides{Profile: "mars"}, `--profile: unknown network profile "mars": there are none`},
		{Overrides{Leader: "mars"}, `--leader: no member of 1 stands at "mars"`},
		{Overrides{Engine: "zookeeper"}, `--engine: got "zookeeper", want one of hashicorp, etcd`},
		{Overrides{Profile: "aws-global-7"}, "--profile: a leader_lease_timeout of 500ms is too short"},
		{Overrides{Set: []string{"raft.hartbeat_timeout=1s"}}, `--set raft.hartbeat_timeout: no key is called "hartbeat_timeout" here`},
		{Overrides{Set: []string{"network.profile="}}, `--set network.profile: got "", want the name of a profile, or a file`},
		{Overrides{Set: []string{"nodes="}}, `--set nodes: got "", want a whole number`},
		{Overrides{Set: []string{"network.message_faults.corrupt=1%"}}, "--set network.message_faults.corrupt: messages are not corrupted"},
		{Overrides{Set: []string{"network.message_faults.max_delay=11m"}}, "--set network.message_faults.max_delay: got 11m, want 0s to 10m"},
		{Overrides{Set: []string{"seed"}}, `--set: got "seed", want a key and its value`},
		{Overrides{Nodes: "3}, name: {x"}, `--nodes: got "3}", want a whole number`},
	} {
		e, err := Default().Apply(c.o)
		if err == nil {
			_, err = e.Plan()
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v:\n got %v\nwant %s", c.o, err, c.want)
		}
		if h, ok := err.(interface{ Hint() string }); !ok || h.Hint() == "" {
			t.Errorf("%+v: %v has no hint", c.o, err)
		}
	}
}

func TestHintsShowHowAValueIsWritten(t *testing.T) {
	for _, c := range []struct {
		o    Overrides
		want string
	}{
		{Overrides{Nodes: "0"}, "write it like --nodes 3"},
		{Overrides{Sites: "a=x"}, "write it like --sites a=2,b=1"},
		{Overrides{Set: []string{"outages.foo=1"}}, everyKey},
		{Overrides{Set: []string{"watch.foo=1"}}, everyKey},
		{Overrides{Duration: "5"}, "write it like --duration 4s"},
		{Overrides{Set: []string{"raft.heartbeat_timeout=1"}}, "write it like --set raft.heartbeat_timeout=1s"},
		{Overrides{Profile: "mult-az"}, "did you mean multi-az?"},
		{Overrides{Set: []string{"=1"}}, "write --set raft.max_rpcs_in_flight=16"},
		{Overrides{Set: []string{"workload.clam.rate=1/s"}}, "did you mean workload.calm.rate?"},
		{Overrides{Set: []string{"workload.saturate.durration=1s"}}, "did you mean workload.saturate.duration?"},
		{Overrides{Set: []string{"workload.calm.clients=1"}}, "it stands at workload.saturate.clients"},
		{Overrides{Set: []string{"netwrok.profile=none"}}, "did you mean network.profile?"},
		{Overrides{Set: []string{"rates=1/s"}}, "it stands at workload.load.rates"},
		{Overrides{Set: []string{"nodes.max=1"}}, everyKey},
		{Overrides{Set: []string{"raft=1"}}, "give one of them its value, or write it in a file"},
		{Overrides{Set: []string{"network.links[0].delay=1ms"}}, "the file's own are counted from 0; a list of values is set as a whole: nodes=1,3,5"},
		{Overrides{Set: []string{"workload.value_size=4k"}}, "write 4KB (powers of 1000) or 4KiB (powers of 1024)"},
	} {
		e, err := Default().Apply(c.o)
		if err == nil {
			_, err = e.Plan()
		}
		if h, ok := err.(interface{ Hint() string }); !ok || h.Hint() != c.want {
			t.Errorf("%+v: got %v and no hint %q", c.o, err, c.want)
		}
	}
}

// What several sizes have wrong is said once; of timeouts the advice is that
// for the longest round trip, which does for all.
func TestAMistakeOfSeveralSizesIsSaidOnce(t *testing.T) {
	short := []string{"raft.leader_lease_timeout=210ms"}
	for _, c := range []struct {
		o           Overrides
		alike, hint string
	}{
		{Overrides{Leader: "mars", Nodes: "1,3,5"}, "no member of 1 stands at \"mars\" (the same with nodes: 3, 5)", "sites with a member: a; or any"},
		{Overrides{Profile: "aws-global-7", Nodes: "3,5,7", Set: short}, "(the same with nodes: ", "the smallest that would do: "},
	} {
		e, err := Default().Apply(c.o)
		if err == nil {
			_, err = e.Plan()
		}
		var es strictyaml.Errors
		if !errors.As(err, &es) || len(es) != 1 || !strings.Contains(es[0].Message, c.alike) || !strings.HasPrefix(es[0].Advice, c.hint) {
			t.Errorf("%+v: got %v, want one mistake with %q", c.o, err, c.alike)
		}
	}
	unfit := func(nodes string) mistakes {
		e, err := Default().Apply(Overrides{Profile: "aws-global-7", Nodes: nodes, Set: short})
		if err != nil {
			t.Fatal(err)
		}
		_, unfit, err := e.plan()
		if err != nil || len(unfit) == 0 {
			t.Fatalf("%s nodes: got %v, %v", nodes, unfit, err)
		}
		return unfit.once()
	}
	all := unfit("3,5,7")
	for _, alone := range []string{"3", "5", "7"} {
		if its := unfit(alone); its[0].rank > all[0].rank {
			t.Errorf("%s nodes alone: got %v, which asks for more than %v", alone, its[0].told, all[0].told)
		}
	}
}

func TestSuggestionsComeWithFlagsToo(t *testing.T) {
	_, err := Default().Apply(Overrides{Set: []string{"raft.hartbeat_timeout=1s"}})
	var e strictyaml.Errors
	if !errors.As(err, &e) || e.Hint() != "did you mean raft.heartbeat_timeout?" {
		t.Errorf("%v, hint %q", err, e.Hint())
	}
}
