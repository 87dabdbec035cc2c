package ci

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/raftbench/raftbench/results"
)

// action is action.yml, as far as GitHub's runner looks into a composite one.
type action struct {
	Name, Description string
	Inputs            map[string]struct {
		Description string
		Required    bool
		Default     string
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []step
	}
}

type step struct {
	Name, ID, Uses, If, Shell, Run string
	Env, With                      map[string]string
}

func readAction(t *testing.T) action {
	t.Helper()
	text, err := os.ReadFile("../action.yml")
	var a action
	if err := errors.Join(err, yaml.UnmarshalWithOptions(text, &a, yaml.Strict())); err != nil {
		t.Fatal(err)
	}
	return a
}

// runner runs an action's steps in a shell, as GitHub's does.
type runner struct {
	t *testing.T
	// contexts have the values of expressions: github.workspace.
	contexts map[string]string
	dir      string
	log      strings.Builder
}

// newRunner has the inputs that are given, and the others' defaults. workspace
// is the repository that was checked out, from which the action is used, too.
func newRunner(t *testing.T, a action, workspace string, inputs map[string]string) *runner {
	t.Helper()
	r := &runner{t: t, dir: t.TempDir(), contexts: map[string]string{"github.action_path": workspace, "github.workspace": workspace}}
	for name, in := range a.Inputs {
		value, given := inputs[name]
		if in.Required && !given {
			t.Fatalf("the input %s is required", name)
		} else if !given {
			value = in.Default
		}
		r.contexts["inputs."+name] = value
	}
	for name := range inputs {
		if _, known := a.Inputs[name]; !known {
			t.Fatalf("there is no input %s", name)
		}
	}
	return r
}

var expression = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`)

// fill puts values in for expressions. What it does not know is a mistake in the
// action, but an output of a step that did not write it: that is empty.
func (r *runner) fill(text string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		value, known := r.contexts[name]
		if !known && !regexp.MustCompile(`^steps\.(build|ab)\.outputs\.[a-z-]+$`).MatchString(name) {
			r.t.Errorf("the expression %s is known to no runner", found)
		}
		return value
	})
}

// run runs the steps until one fails, and then only those that always run; it
// returns the first failure's exit code.
func (r *runner) run(steps []step) int {
	code := 0
	for i, s := range steps {
		for _, text := range slices.Concat(slices.Collect(maps.Values(s.Env)), slices.Collect(maps.Values(s.With))) {
			r.fill(text)
		}
		if s.If != "" && s.If != "always()" {
			r.t.Errorf("the step %d has the condition %q, which this runner does not know", i, s.If)
		}
		if s.Uses != "" || code != 0 && s.If == "" {
			continue
		}
		if err := r.shell(i, s); err != nil {
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				r.t.Fatal(err)
			}
			code = exit.ExitCode()
		}
	}
	return code
}

// shell runs one step. GitHub runs bash so, wherever a step asks for it.
func (r *runner) shell(i int, s step) error {
	if s.Shell != "bash" {
		r.t.Fatalf("the step %d has the shell %q, want bash: composite actions must name one", i, s.Shell)
	}
	script, output := filepath.Join(r.dir, fmt.Sprintf("step%d.sh", i)), filepath.Join(r.dir, fmt.Sprintf("output%d", i))
	if err := errors.Join(os.WriteFile(script, []byte(r.fill(s.Run)), 0o600), os.WriteFile(output, nil, 0o600), os.MkdirAll(filepath.Join(r.dir, "temp"), 0o700)); err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = r.contexts["github.workspace"]
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "GITHUB_") && !strings.HasPrefix(e, "RAFTBENCH_") && !strings.HasPrefix(e, "GIT_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "CI=true", "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+filepath.Join(r.dir, "summary.md"),
		"GITHUB_ENV="+filepath.Join(r.dir, "env"), "GITHUB_WORKSPACE="+r.contexts["github.workspace"], "GITHUB_ACTION_PATH="+r.contexts["github.action_path"],
		"RUNNER_TEMP="+filepath.Join(r.dir, "temp"))
	for name, value := range s.Env {
		cmd.Env = append(cmd.Env, name+"="+r.fill(value))
	}
	cmd.Stdout, cmd.Stderr = &r.log, &r.log
	err := cmd.Run()
	text, readErr := os.ReadFile(output)
	if readErr != nil {
		r.t.Fatal(readErr)
	}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			r.contexts["steps."+s.ID+".outputs."+name] = value
		}
	}
	return err
}

// clone is this repository as it was committed, in a folder of its own, with the
// action of the working tree.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repository")
	git(t, "..", "clone", "--quiet", "--local", "--no-hardlinks", ".", dir)
	text, err := os.ReadFile("../action.yml")
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "action.yml"), text, 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("no git repository to clone: git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// The action as a whole: this repository's last commit against one that changes
// what its build says of itself, measured side by side. What is measured on a busy
// host is anybody's guess: it may pass, fail or be inconclusive. But it is never a
// mistake of usage, and never unsafe. The setup is the smallest that there is, and
// the builds share what they compile, since one test must not take minutes.
func TestTheActionRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds this repository and measures")
	}
	a, workspace := readAction(t), clone(t)
	base := git(t, workspace, "rev-parse", "HEAD")
	version := filepath.Join(workspace, "cmd", "raftbench", "version.go")
	text, err := os.ReadFile(version)
	changed := strings.Replace(string(text), `const version = "devel"`, `const version = "tried"`, 1)
	if err != nil || changed == string(text) {
		t.Fatalf("%v: found nothing to change in %s", err, version)
	}
	commit(t, workspace, "cmd/raftbench/version.go", changed)
	head := git(t, workspace, "rev-parse", "HEAD")
	rules := filepath.Join(workspace, "perf.yaml")
	if err := os.WriteFile(rules, []byte("rules:\n  - write_latency_p50 <= 1.10x baseline\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRunner(t, a, workspace, map[string]string{
		"base": base, "rules": "perf.yaml", "nodes": "1",
		"args": "--profile none --rate 40/s --trials 6 --proofs 0 --duration 200ms --set workload.warmup=50ms --quiet",
	})
	code := r.run(a.Runs.Steps)
	judged := r.contexts["steps.ab.outputs.exit-code"]
	if want, may := map[string]int{"0": 0, "3": 3, "5": 0}[judged]; !may || code != want {
		t.Fatalf("got the exit code %d of a job whose verdict is %q\n%s", code, judged, &r.log)
	}
	theArmsAre(t, r.fill(a.Outputs["run"].Value), "raftbench devel ("+base[:7], "raftbench tried ("+head[:7])
	files := r.fill(a.Outputs["files"].Value)
	for _, name := range []string{"junit.xml", "summary.md", "openmetrics.txt", "gobench.txt", "bencher.json", "smaller.json", "bigger.json"} {
		if text, err := os.ReadFile(filepath.Join(files, name)); err != nil || len(text) == 0 {
			t.Errorf("%s: got %d bytes, %v", name, len(text), err)
		} else if name == "junit.xml" && antReport(text) != nil {
			t.Errorf("%s: %v in\n%s", name, antReport(text), text)
		}
	}
	if text, err := os.ReadFile(filepath.Join(r.dir, "summary.md")); err != nil || !strings.HasPrefix(string(text), "## raftbench: ") {
		t.Errorf("the job's summary: got %q, %v", text, err)
	}
	if info, err := os.Stat(filepath.Join(r.fill(a.Outputs["run"].Value), "report", "report.md")); err != nil || info.Size() == 0 {
		t.Errorf("the report: %v", err)
	}
	if !regexp.MustCompile(`(?m)^::(error|warning|notice) `).MatchString(r.log.String()) {
		t.Errorf("got no annotation in\n%s", &r.log)
	}
}

// theArmsAre holds what is on record of a run's arms against what their builds say
// of themselves.
func theArmsAre(t *testing.T, dir, base, head string) {
	t.Helper()
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	arms := run.Environment.Arms
	if len(arms) != 2 || arms[0].Arm != "a" || arms[1].Arm != "b" || !strings.HasPrefix(arms[0].Build, base) || !strings.HasPrefix(arms[1].Build, head) {
		t.Fatalf("got the arms %+v, want a %s and b %s", arms, base, head)
	}
	for _, arm := range arms {
		text, err := os.ReadFile(arm.Binary)
		if sum := sha256.Sum256(text); err != nil || hex.EncodeToString(sum[:]) != arm.SHA256 {
			t.Errorf("%v: arm %s was not %s, but %s", err, arm.Arm, arm.Binary, arm.SHA256)
		}
	}
	if arms[0].SHA256 == arms[1].SHA256 {
		t.Error("both arms are one file")
	}
}

// A base that is neither a file nor a commit is told, before anything is built
// of it.
func TestTheActionRefusesABaseThatIsNone(t *testing.T) {
	withFakeGo(t)
	a := readAction(t)
	r := newRunner(t, a, repository(t), map[string]string{"base": "no-such-branch"})
	if code := r.run(a.Runs.Steps); code != 2 || !strings.Contains(r.log.String(), "::error title=raftbench::base: got no commit of the name no-such-branch") {
		t.Errorf("got %d and\n%s", code, &r.log)
	}
}

// What a verdict means for the job.
func TestTheActionsVerdict(t *testing.T) {
	a := readAction(t)
	last := a.Runs.Steps[len(a.Runs.Steps)-1:]
	for _, c := range []struct {
		code, fail string
		want       int
	}{
		{"0", "false", 0}, {"3", "false", 3}, {"4", "false", 4}, {"6", "false", 6}, {"2", "false", 2}, {"1", "false", 1}, {"130", "false", 130},
		{"5", "false", 0}, {"5", "true", 5}, {"0", "true", 0}, {"", "false", 1},
	} {
		r := newRunner(t, a, t.TempDir(), map[string]string{"base": "main", "fail-on-inconclusive": c.fail})
		r.contexts["steps.ab.outputs.exit-code"] = c.code
		if got := r.run(last); got != c.want {
			t.Errorf("exit code %q, fail-on-inconclusive %s: got %d, want %d\n%s", c.code, c.fail, got, c.want, &r.log)
		}
	}
}

// An expression within a script would run what a branch's name says.
func TestTheActionsScriptsHoldNoExpressions(t *testing.T) {
	a := readAction(t)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("got %+v", a.Runs)
	}
	for i, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("the step %d has an expression in its script: hand it over by env", i)
		}
	}
	for name, in := range a.Inputs {
		if in.Description == "" {
			t.Errorf("the input %s is not described", name)
		}
	}
}
