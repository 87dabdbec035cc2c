package ci

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeGo is a go command that builds in no time: what the tree has as its program,
// or one that prints which commit it was built of. It fails where the tree is
// marked as broken.
const fakeGo = `#!/bin/sh
echo "$*" >> "$GO_LOG"
tree=. out=
while [ $# -gt 0 ]; do
	case $1 in
	-C) tree=$2; shift ;;
	-o) out=$2; shift ;;
	esac
	shift
done
if [ -e "$tree/broken" ]; then echo "broken: syntax error" >&2; exit 1; fi
mkdir -p "$(dirname "$out")"
if [ -e "$tree/program" ]; then cp "$tree/program" "$out"; else echo "echo built of $(git -C "$tree" rev-parse HEAD)" > "$out"; fi
chmod +x "$out"
`

// withFakeGo has go be that command; it returns the file that its arguments are
// written to.
func withFakeGo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(fakeGo), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	log := filepath.Join(dir, "log")
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("GO_LOG", log)
	return log
}

// repository has two commits: main, and the one of a change that adds a program
// called main, which is checked out.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch", "main")
	commit(t, dir, "README", "the base")
	git(t, dir, "checkout", "--quiet", "-b", "change")
	commit(t, dir, "main", "echo the change's own program")
	return dir
}

func commit(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	git(t, dir, "add", name)
	git(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", name)
}

// built runs the action as far as its builds, and is what was built of an arm.
func built(t *testing.T, dir string, inputs map[string]string) (r *runner, code int, arm func(string) string) {
	t.Helper()
	a := readAction(t)
	r = newRunner(t, a, dir, inputs)
	code = r.run(a.Runs.Steps[:2])
	return r, code, func(name string) string {
		text, err := os.ReadFile(filepath.Join(r.contexts["steps.build.outputs.work"], name))
		if err != nil {
			t.Errorf("%v\n%s", err, &r.log)
		}
		return string(text)
	}
}

// Whoever proposes a change must not choose what it is compared with.
func TestAChangeIsNotItsOwnBase(t *testing.T) {
	log, dir := withFakeGo(t), repository(t)
	base, head := git(t, dir, "rev-parse", "main"), git(t, dir, "rev-parse", "HEAD")
	r, code, arm := built(t, dir, map[string]string{"base": "main"})
	if got := arm("base"); code != 0 || !strings.Contains(got, base) {
		t.Errorf("got %d and the base %q, want one built of %s\n%s", code, got, base, &r.log)
	}
	if got := arm("head"); !strings.Contains(got, head) {
		t.Errorf("got the head %q, want one built of %s", got, head)
	}
	text, err := os.ReadFile(log)
	for _, commit := range []string{base, head} {
		if err != nil || !strings.Contains(string(text), "-X main.commit="+commit[:7]) {
			t.Errorf("%v: no build is told that it is of %s:\n%s", err, commit, text)
		}
	}
}

// A build is given by a path that no ref has.
func TestTheActionTakesABuild(t *testing.T) {
	withFakeGo(t)
	dir := repository(t)
	if err := os.WriteFile(filepath.Join(dir, "node"), []byte("a build"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, code, arm := built(t, dir, map[string]string{"base": "./node"})
	if got := arm("base"); code != 0 || got != "a build" {
		t.Errorf("got %d and %q\n%s", code, got, &r.log)
	}
	if info, err := os.Stat(filepath.Join(r.contexts["steps.build.outputs.work"], "base")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("got %v, %v, want a program", info, err)
	}
	r, code, _ = built(t, dir, map[string]string{"base": "./no-node"})
	if code != 2 || !strings.Contains(r.log.String(), "::error title=raftbench::base: got no file ./no-node, want a build") {
		t.Errorf("got %d and\n%s", code, &r.log)
	}
}

// A runner of one's own is used again: nothing is left in its repository, also
// where a build fails.
func TestTheActionLeavesNoWorktree(t *testing.T) {
	withFakeGo(t)
	dir := repository(t)
	git(t, dir, "checkout", "--quiet", "-b", "fails")
	commit(t, dir, "broken", "")
	git(t, dir, "checkout", "--quiet", "change")
	for head, want := range map[string]int{"change": 0, "fails": 1} {
		r, code, _ := built(t, dir, map[string]string{"base": "main", "head": head})
		if code != want {
			t.Errorf("%s: got %d, want %d\n%s", head, code, want, &r.log)
		}
		if got := git(t, dir, "worktree", "list"); strings.Contains(got, "\n") {
			t.Errorf("%s: got the worktrees\n%s", head, got)
		}
	}
}

func TestTheActionTellsThatThereAreNoFloors(t *testing.T) {
	withFakeGo(t)
	dir := repository(t)
	r, code, _ := built(t, dir, map[string]string{"base": "main", "floors": "floors"})
	if code != 2 || !strings.Contains(r.log.String(), "::error title=raftbench::floors: got no floor-*.json in floors") {
		t.Errorf("got %d and\n%s", code, &r.log)
	}
	floor := filepath.Join(dir, "floors", "floor-ci.json")
	if err := errors.Join(os.Mkdir(filepath.Dir(floor), 0o700), os.WriteFile(floor, []byte("{}"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if r, code, arm := built(t, dir, map[string]string{"base": "main", "floors": "floors"}); code != 0 || arm("floor-ci.json") != "{}" {
		t.Errorf("got %d\n%s", code, &r.log)
	}
}
