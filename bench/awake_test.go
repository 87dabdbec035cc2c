package bench

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

// spinners of the real program.
func spinners(t *testing.T) func() *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return func() *exec.Cmd { return exec.Command(path, "awake") }
}

// What is measured alone is kept awake during light load and under no other, and
// what the spinners use is neither the host's work nor anybody's.
func TestALightWindowAloneIsKeptAwake(t *testing.T) {
	if err := host.AwakeUnavailable(); err != nil {
		t.Skip(err)
	}
	text := strings.Replace(alone, "mode: calm", "mode: calm+saturate", 1)
	runner := testRunner(t, text, nil)
	runner.Plan.Awake, runner.Spinner = configs.AwakeAuto, spinners(t)
	trial := runner.newTrial(Job{Setup: setups(t, text)[0], Kind: results.Measure, Trial: 1, Seed: 1}, 1)
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := trial.record.Trial
	light, full := r.Window(results.RoleLight), r.Window(results.RoleFull)
	if !light.KeptAwake || full.KeptAwake {
		t.Errorf("kept awake: light load %v, full load %v; want the light load alone", light.KeptAwake, full.KeptAwake)
	}
	if light.Host.RunWait != nil {
		t.Errorf("run-wait of %v with spinners, whose own waiting is in it: want it unknown", *light.Host.RunWait)
	}
	if m, said := says(r.Remarks, results.CodeHostUnread); said && strings.Contains(m.Detail, "run_wait") {
		t.Errorf("remark %+v tells of what the spinners hide", m)
	}
}

// Side by side the systems keep the host awake for each other, unless it is asked
// for; what cannot be done is said.
func TestWhoIsKeptAwake(t *testing.T) {
	spin := func() *exec.Cmd { return exec.Command("/not/there") }
	for _, c := range []struct {
		awake  string
		beside []string
		want   bool
	}{
		{configs.AwakeAuto, nil, true},
		{configs.AwakeAuto, []string{"n3"}, false},
		{configs.AwakeOn, []string{"n3"}, true},
		{configs.AwakeOff, nil, false},
	} {
		r := &Runner{Spinner: spin}
		r.Plan.Awake = c.awake
		trial := &trial{runner: r, record: &record{}}
		trial.record.Beside = c.beside
		w := trial.wakefulness()
		if got := w.spinner != nil; got != c.want {
			t.Errorf("%s, beside %v: kept awake %v, want %v", c.awake, c.beside, got, c.want)
		}
		a := w.begin(results.RoleLight)
		if _, said := says(trial.record.Remarks, results.CodeNotAwake); a != nil || said != c.want {
			t.Errorf("%s, beside %v: said %v that it cannot be done, want %v", c.awake, c.beside, said, c.want)
		}
		if again := a.end(); again.awake {
			t.Error("what did not begin was ended")
		}
	}
}
