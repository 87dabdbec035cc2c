package ci

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// says is a build of raftbench whose version prints a text.
func says(text string) string {
	return "#!/bin/sh\n[ \"$1\" = ab ] && exit $AB_CODE\n" + text
}

// Only what cannot be compared is skipped, and it is said: the base must build,
// and tell a control protocol that is not the head's.
func TestSelfGateSkipsOnlyWhatItCannotCompare(t *testing.T) {
	three, two := says("echo 'raftbench devel (x), node protocol 3, go1'"), says("echo 'raftbench devel (x), node protocol 2, go1'")
	for name, c := range map[string]struct {
		base, head string // programs; empty does not build
		ab, code   int
		want       string
	}{
		"a pass":                  {three, three, 0, 0, ""},
		"a failure":               {three, three, 3, 3, ""},
		"an inconclusive verdict": {three, three, 5, 0, "inconclusive"},
		"another protocol":        {two, three, 3, 0, "speak control protocol 2, this tree's 3"},
		"a base that crashes":     {says("exit 1"), three, 0, 1, "tells no control protocol"},
		"a base that says less":   {says("echo raftbench"), three, 0, 1, "tells no control protocol"},
		"a head that crashes":     {three, says("exit 1"), 0, 1, "tells no control protocol"},
		"a base that is broken":   {"", three, 3, 0, "does not build"},
		"a head that is broken":   {three, "", 0, 1, "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			withFakeGo(t)
			dir := t.TempDir()
			script, err := os.ReadFile("../tools/self-gate")
			if err := errors.Join(err, os.Mkdir(filepath.Join(dir, "tools"), 0o700)); err != nil {
				t.Fatal(err)
			}
			git(t, dir, "init", "--quiet", "--initial-branch", "main")
			commit(t, dir, "tools/self-gate", string(script))
			for _, program := range []string{c.base, c.head} {
				if name := map[bool]string{true: "broken", false: "program"}[program == ""]; name == "broken" {
					git(t, dir, "rm", "--quiet", "--ignore-unmatch", "program")
					commit(t, dir, name, "")
				} else {
					git(t, dir, "rm", "--quiet", "--ignore-unmatch", "broken")
					commit(t, dir, name, program+"\n# of "+strconv.Itoa(len(git(t, dir, "log"))))
				}
			}
			cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "tools", "self-gate"), "HEAD~1")
			cmd.Env = append(os.Environ(), "AB_CODE="+strconv.Itoa(c.ab))
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.want) {
				t.Errorf("%v: got %d and\n%s\nwant %d and %q", err, code, out, c.code, c.want)
			}
			if got := git(t, dir, "worktree", "list"); strings.Contains(got, "\n") {
				t.Errorf("got the worktrees\n%s", got)
			}
		})
	}
}
