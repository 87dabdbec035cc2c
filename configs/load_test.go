package configs

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/strictyaml"
)

// What cannot be read and what is out of range is told at once.
func TestEveryMistakeOfAFileIsTold(t *testing.T) {
	_, err := planOf([]byte(`
nods: 3
trials: six
nodes: [3, 100, five]
workload:
  value_size: 4k
  calm: {rate: 0/s, duration: 5}
network:
  links: [{form: a}, {limit: 0B}]
faults: [{at: soon}]
`))
	var es strictyaml.Errors
	if !errors.As(err, &es) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, e := range es {
		got = append(got, fmt.Sprintf("%d %s: %.40s", e.Line, e.Key, e.Message))
	}
	want := []string{
		`2 : no key is called "nods" here, want one o`,
		`3 trials: got "six", want a whole number`,
		`4 nodes[2]: got "five", want a whole number`,
		`6 workload.value_size: got "4k", which could mean 4KB or 4KiB, `,
		`7 workload.calm.rate: got 0/s, want 0.01/s to 1000000/s`,
		`7 workload.calm.duration: got "5", want a duration such as 5ms, 1.`,
		`9 network.links[0]: no key is called "form" here, want one o`,
		`9 network.links[1].limit: got 0B, want 1B to 8192TiB`,
		`10 faults[0].at: got "soon", want a duration such as 5ms,`,
	}
	for i, g := range got {
		if i < len(want) && !strings.HasPrefix(g, want[i]) {
			t.Errorf("got %s\nwant %s", g, want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d mistakes, want %d:\n%v", len(got), len(want), err)
	}
	if !strings.Contains(err.Error(), "hint: write 4KB (powers of 1000) or 4KiB (powers of 1024)") {
		t.Errorf("no hint on 4k in\n%v", err)
	}
}

// A file of brackets took gigabytes, a pipe hung and a device never ended.
func TestExperimentsAreBoundedBeforeTheyAreRead(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("[", 50_000):                              "more than 20000 values",
		"nodes: [" + strings.Repeat("1, ", 400_000) + "1]":       "longer than 256 KiB",
		"nodes: [" + strings.Repeat("1, ", 9_000) + "1]":         "got 9001 values, want at most 100",
		"network: {links: [" + strings.Repeat("{},", 201) + "]}": "got 201, want at most 200",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse([]byte(text))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: got %.200v, want %s", text, err, want)
		}
		if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 200 {
			t.Errorf("%.20s: %d MiB were allocated", text, grown)
		}
	}
	pipe := filepath.Join(t.TempDir(), "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/zero"} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "want a regular file") {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

// The axes' product is bounded, and so is what a setup holds.
func TestSetupsAreBounded(t *testing.T) {
	list := func(n int) string {
		var values []string
		for i := range n {
			values = append(values, fmt.Sprint(i+1))
		}
		return "[" + strings.Join(values, ", ") + "]"
	}
	if p := mustPlan(t, "nodes: 1\nraft: {max_append_entries: "+list(10)+", trailing_logs: "+list(100)+"}"); len(p.Setups) != MaxSetups {
		t.Errorf("got %d setups", len(p.Setups))
	}
	_, err := planOf([]byte("nodes: 1\nraft: {max_append_entries: " + list(11) + ", trailing_logs: " + list(100) + "}"))
	if want := "got axes of 1100 setups (11 × raft.max_append_entries, 100 × raft.trailing_logs), want at most 1000"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Numbers go from small to large, words as they are written, and a mistake
// still names the value where it is written.
func TestAxesAreInOrder(t *testing.T) {
	for text, want := range map[string][]string{
		"nodes: 1\nraft: {max_rpcs_in_flight: [1, 16, 2]}":            {"1", "2", "16"},
		"nodes: 1\nstorage: {sync: [10ms, 500us, real, 2ms]}":         {"real", "500µs", "2ms", "10ms"},
		"nodes: 1\nworkload: {value_size: [1MiB, 256B, 1KiB]}":        {"256B", "1KiB", "1MiB"},
		"nodes: 1\nworkload: {calm: {rate: [1000/s, 50/s]}}":          {"50/s", "1000/s"},
		"nodes: 1\nworkload: {warmup: [1s, auto, 300ms]}":             {"auto", "300ms", "1s"},
		"nodes: 1\nworkload: {load: {limit: [p99 < 1s, p99 < 20ms]}}": {"p99 < 20ms", "p99 < 1s"},
		"nodes: 1\nworkload: {target: [leader, all]}":                 {"leader", "all"},
		"nodes: 1\nraft: {batch_apply_ch: [true, false]}":             {"true", "false"},
	} {
		var got []string
		for _, s := range mustPlan(t, text).Setups {
			for _, value := range s.Params {
				got = append(got, value)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", text, diff)
		}
	}
	_, err := planOf([]byte("nodes: 1\nworkload: {keys: 100000, key_size: [32B, 15B, 64B]}"))
	if want := "experiment.yaml:2:42: workload.key_size[1]: got 15 bytes"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Every experiment that a person gets without writing one is the same.
func TestThereIsOneDefault(t *testing.T) {
	want, err := Default().Plan()
	if err != nil {
		t.Fatal(err)
	}
	preset, err := Preset("default")
	if err != nil {
		t.Fatal(err)
	}
	got, err := preset.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the preset is not the default: -default +preset\n%s", diff)
	}
}

// A profile that is too slow for the timeouts is one that can be reasoned
// about, and none to run.
func TestASketchTakesTimeoutsThatNoClusterLivesWith(t *testing.T) {
	e, err := Parse([]byte("nodes: [1, 7]\nnetwork: {profile: aws-global-7}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Plan(); err == nil {
		t.Fatal("the plan was taken")
	}
	p, err := e.Sketch()
	if err != nil || len(p.Setups) != 2 {
		t.Fatalf("got %d setups, %v", len(p.Setups), err)
	}
	if want := "a run would be refused: experiment.yaml:2:20: network.profile: a leader_lease_timeout of 500ms is too short"; len(p.Warnings) != 1 || !strings.HasPrefix(p.Warnings[0], want) {
		t.Errorf("got the warnings %q, want %s", p.Warnings, want)
	}
	if e, err = Parse([]byte("nodes: 3\nleader: mars")); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Sketch(); err == nil {
		t.Error("a leader that stands nowhere was taken")
	}
}
