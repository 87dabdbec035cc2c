package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftbench/raftbench/configs"
)

// What validate accepts, run accepts: flags and variables included.
func TestValidateResolvesAsRunDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(path, []byte("name: x\nnodes: [3, 5]\ntrials: 2\nproofs: 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(want string, wantCode int, args ...string) {
		t.Helper()
		code, stdout, stderr := command(t, append([]string{"validate"}, args...)...)
		if code != wantCode || !strings.Contains(stdout+stderr, want) {
			t.Errorf("%v: got %d: %s%s, want %d and %q", args, code, stdout, stderr, wantCode, want)
		}
	}
	check("2 setups, 4 measuring trials and 0 proofs", exitOK, path)
	check("1 setup, 2 measuring trials and 0 proofs", exitOK, path, "--set", "nodes=3")
	check("no precision is asked for, and 12 trials are measured: there is one setup", exitOK, "--nodes", "4")
	check("ok: preset quick", exitOK, "--preset", "quick")
	check("ok: the default experiment\n", exitOK)
	check("1 setup, 9 measuring trials", exitOK, "--nodes", "3", "--trials", "9")
	check("--endpoints: endpoint 127.0.0.1:1 refuses connections", exitUsage, "--endpoints", "127.0.0.1:1")
	check("got --nodes 3 with --endpoints", exitUsage, "--endpoints", "127.0.0.1:1", "--nodes", "3")
	check("this build starts hashicorp nodes only", exitUsage, "--engine", "etcd")
	t.Setenv("RAFTBENCH_TRIALS", "7")
	check("2 setups, 14 measuring trials and 0 proofs", exitOK, path)
	check("2 setups, 6 measuring trials and 0 proofs", exitOK, path, "--trials", "3")
	t.Setenv("RAFTBENCH_PROFILE", "mars")
	check(`unknown network profile "mars"`, exitUsage, path)
	t.Setenv("RAFTBENCH_PROFILE", "none")
	t.Setenv("RAFTBENCH_SET", "raft.nosuch=1")
	check(`no key is called "nosuch"`, exitUsage, path)
}

func TestOneOfAKindIsNoPlural(t *testing.T) {
	for setups, want := range map[int]string{1: "1 trial of 1 setup", 2: "2 trials of 2 setups"} {
		p := configs.Plan{Setups: make([]configs.Setup, setups), Trials: 1}
		if got := trialsOf(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A preset's label says how often it measures: changed, it would be false.
func TestAPresetsLabelGoesWhereItIsNoLongerTrue(t *testing.T) {
	const label = "no interval can be had"
	for _, c := range []struct {
		args []string
		said bool
	}{
		{[]string{"validate", "--preset", "quick"}, true},
		{[]string{"validate", "--preset", "quick", "--proofs", "2"}, true},
		{[]string{"validate", "--preset", "quick", "--precision", "5%"}, false},
		{[]string{"validate", "--preset", "quick", "--trials", "7"}, false},
		{[]string{"validate", "--preset", "quick", "--trials", "7", "--set", "label=" + label}, true},
	} {
		code, stdout, stderr := command(t, c.args...)
		if code != exitOK || strings.Contains(stdout, label) != c.said {
			t.Errorf("%v: got %d, want the label said: %v\n%s%s", c.args, code, c.said, stdout, stderr)
		}
	}
}

// What is never measured beside the others is said before it is measured.
func TestASetupThatIsNeverBesideAnotherIsWarnedOf(t *testing.T) {
	for sizes, want := range map[string]bool{"3,12,20": false, "11,13,15": true} {
		code, stdout, stderr := command(t, "validate", "--nodes", sizes, "--trials", "2")
		if said := strings.Contains(stdout, "is never measured beside a setup before it"); code != exitOK || said != want {
			t.Errorf("%s: got %d, warned %v, want %v:\n%s%s", sizes, code, said, want, stdout, stderr)
		}
	}
}

// What is done beside measuring is said: how often and how long, to whom, and when.
func TestValidateSaysWhatIsDone(t *testing.T) {
	for preset, want := range map[string]string{
		"failover": "\n30 outages a setup (kill leader)\n",
		"timeouts": "\nwatched for 1m a setup\n",
		"faults":   "\nfaults: 1s kill follower for 1s; 3s kill leader for 1s; 5s pause leader for 1s;\n  7s restart leader; 9s rolling-restart; 12s deadlock leader for 1s;\n",
	} {
		code, stdout, stderr := command(t, "validate", "--preset", preset)
		if code != exitOK || !strings.Contains(stdout, want) {
			t.Errorf("%s: got %d, want %q:\n%s%s", preset, code, want, stdout, stderr)
		}
	}
}

// The experiments that docs/usage.md shows are ones that run would take.
func TestDocumentedExperimentsAreValid(t *testing.T) {
	text, err := os.ReadFile("../../docs/usage.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"--sites a=2,b=2,c=1 --nodes 5",
		"--set outages.repeat=30",
		"--set raft.heartbeat_timeout=5s --set raft.election_timeout=5s --set raft.leader_lease_timeout=2500ms",
	} {
		if !strings.Contains(string(text), "`raftbench run "+args) {
			t.Errorf("docs/usage.md does not show raftbench run %s", args)
		}
		if code, _, stderr := command(t, append([]string{"validate"}, strings.Fields(args)...)...); code != exitOK {
			t.Errorf("%s: got %d: %s", args, code, stderr)
		}
	}
}

// What a safety run is asked for fits the screen, and flags that are not about its trials
// say which are.
func TestValidateOfASafetyRun(t *testing.T) {
	code, stdout, _ := command(t, "validate", "--preset", "safety", "--trials", "1")
	if code != exitOK || !strings.Contains(stdout, "--set safety.trials=1") {
		t.Errorf("got %d, want a warning that --trials is of other trials: %s", code, stdout)
	}
	for line := range strings.Lines(stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 && strings.Contains(line, "nemesis") {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	if code, stdout, _ := command(t, "validate", "--preset", "safety"); code != exitOK || strings.Contains(stdout, "safety.trials") {
		t.Errorf("without the flag: got %d: %s", code, stdout)
	}
}
