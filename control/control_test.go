package control

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/netem"
)

// TestRoundTrip: what one side says the other reads, to the nanosecond.
func TestRoundTrip(t *testing.T) {
	command := Command{
		ID: 7, Op: OpStart,
		Start: &Options{
			Version: Version, ID: "n1", Site: "a", DataDir: "d", Seed: -3, AllowRemote: true,
			Listen: Listen{Raft: "a:1", Client: "a:2", Peer: "a:3"}, Storage: DefaultStorage(), Raft: DefaultRaft(),
			Links:         map[string]netem.Shape{"n2": {Delay: 345 * time.Microsecond, Distribution: netem.Normal, Loss: 0.001}},
			Cut:           []string{"n3"},
			MessageFaults: &MessageFaults{Drop: 0.1, MaxDelay: 1}, Probe: time.Second,
		},
		Peers: []Peer{{ID: "n1", Raft: "r", Peer: "p", Client: "c"}},
		To:    "n2", Fault: &Fault{Action: FaultShape, To: []string{"n2"}, Shape: netem.Shape{Delay: 1}, Immediate: true},
		Calibrate: &Calibrate{Slots: map[string]int{"n2": 3}, SlotCount: 6, Probes: 18, Every: 1, Patience: 2},
		Apply:     &Apply{Writers: 64, ValueSize: 256, Duration: time.Second},

		MessageFaults: &MessageFaults{Duplicate: 0.5},
	}
	event := Event{
		Kind: EventReply, AtNS: math.MaxInt64, ID: 7, Error: "no", Version: 1, PID: 2, Listen: &Listen{Raft: "a:1"},
		State: "Leader", Term: math.MaxUint64, Leader: "n1", From: "n2", Index: 9,
		Code: CodeData, Granted: true, PreVote: true, OnDisk: &OnDisk{FirstIndex: 1, LastIndex: 9, LastTerm: 2, SnapshotIndex: 4, SnapshotTerm: 1, Term: 3},
		Stats: &Stats{AtNS: 1, DurableIndex: new(uint64), Links: []LinkStats{{From: "n2", To: "n1", Asked: 5, Error: "h"}}, InjectionCPU: 3, StoreTime: "h"},
		Apply: &ApplyResult{Writes: 1, P50: 2, P99: 3, Took: 4},
	}
	roundTrip(t, command)
	roundTrip(t, event)
}

func roundTrip[T Command | Event](t *testing.T, want T) {
	t.Helper()
	line, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(string(line), "\n") {
		t.Errorf("more than one line: %s", line)
	}
	got, err := Decode[T](line)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMessageFaultsValidate(t *testing.T) {
	for name, test := range map[string]struct {
		faults *MessageFaults
		want   string // part of the error; empty: valid
	}{
		"none":             {nil, ""},
		"all":              {&MessageFaults{Drop: 1, Duplicate: 1, Reorder: 1, Delay: 1, MaxDelay: 1}, ""},
		"over one":         {&MessageFaults{Duplicate: 1.5}, "duplicate is 1.5"},
		"below zero":       {&MessageFaults{Drop: -0.1}, "drop is -0.1"},
		"no number":        {&MessageFaults{Reorder: math.NaN(), MaxDelay: 1}, "reorder is NaN"},
		"negative delay":   {&MessageFaults{MaxDelay: -1}, "max_delay"},
		"no bound":         {&MessageFaults{Delay: 0.5}, "max_delay"},
		"reorder no bound": {&MessageFaults{Reorder: 0.5}, "max_delay"},
	} {
		err := test.faults.Validate()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":1,"op":"start","start":{"raft":{"heartbeat_timeout_ns":1}}}`))
	f.Add([]byte(`{"event":"role","at_ns":-1}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if c, err := Decode[Command](line); err == nil {
			roundTrip(t, c)
		}
	})
}
