package main

import (
	"strings"
	"testing"
)

// A variable that stands for nothing would silently measure something else.
func TestUnknownVariables(t *testing.T) {
	for name, want := range map[string]string{
		"RAFTBENCH_TRAILS": "hint: did you mean RAFTBENCH_TRIALS?",
		"RAFTBENCH_PROFIL": "hint: did you mean RAFTBENCH_PROFILE?",
		"RAFTBENCH_ZZZZZZ": "hint: such variables stand for flags: RAFTBENCH_TRIALS is --trials; unset RAFTBENCH_ZZZZZZ",
		"RAFTBENCH_HELP":   "hint: ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "9")
			for _, verb := range []string{"run", "validate", "profiles"} {
				code, stdout, stderr := command(t, verb)
				if code != exitUsage || stdout != "" || !strings.Contains(stderr, "error: got the variable "+name+"=9, which stands for no flag\n"+want) {
					t.Errorf("%s: got %d, %s and\n%s\nwant %q", verb, code, stdout, stderr, want)
				}
			}
			if code, _, stderr := command(t, "--version"); code != exitOK {
				t.Errorf("--version: got %d: %s", code, stderr)
			}
		})
	}
	t.Setenv("RAFTBENCH_TRIALS", "nonsense") // a flag of others
	if code, _, stderr := command(t, "profiles"); code != exitOK {
		t.Errorf("got %d: %s", code, stderr)
	}
}
