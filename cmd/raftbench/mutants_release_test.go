package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A build without the tag mutants cannot be broken on purpose: none of the mutants'
// names and none of their code is in it, and it refuses the variable that would choose
// one. A build with the tag has all of them, so that this test would see it.
func TestAReleaseHoldsNoMutant(t *testing.T) {
	t.Parallel()
	names, code := mutantSources(t)
	if len(names) < 18 || len(code) < 15 {
		t.Fatalf("found %d names and %d declarations of mutants, want at least 18 and 15: %q %q", len(names), len(code), names, code)
	}
	release, mutants := built(t), built(t, "-tags", "mutants")
	for _, build := range []struct {
		path string
		has  bool
	}{{release, false}, {mutants, true}} {
		for _, of := range []struct {
			what   string
			all    []string
			within string
		}{{"name", names, read(t, build.path)}, {"code", code, symbols(t, build.path)}} {
			found := 0
			for _, one := range of.all {
				if strings.Contains(of.within, one) {
					found++
				} else if !build.has {
					continue
				}
				if !build.has {
					t.Errorf("the build without the tag holds the %s %q of a mutant", of.what, one)
				}
			}
			if build.has && found < len(of.all)/2 {
				t.Errorf("the build with the tag holds %d of %d of the mutants (%s): this test would not see one in a release", found, len(of.all), of.what)
			}
		}
	}
	said, code2 := versionOf(t, release, names[0])
	if code2 != exitUsage || !strings.Contains(said, "RAFTBENCH_MUTANT="+names[0]) || !strings.Contains(said, "only a build with -tags mutants has mutants") {
		t.Errorf("a release that is asked to be %s exits with %d and says %q, want a refusal (%d)", names[0], code2, said, exitUsage)
	}
	if said, code := versionOf(t, mutants, names[0]); code != exitOK || !strings.Contains(said, names[0]) {
		t.Errorf("the build with mutants exits with %d and says %q, want its warning", code, said)
	}
	if said, code := versionOf(t, mutants, "no-such-mutant"); code != exitUsage || !strings.Contains(said, names[0]) {
		t.Errorf("an unknown mutant exits with %d and says %q, want a refusal that lists those there are (%d)", code, said, exitUsage)
	}
}

// mutantSources are the mutants' names, and what only files with the tag declare.
func mutantSources(t *testing.T) (names, code []string) {
	t.Helper()
	files, err := filepath.Glob("../../node/mutants*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text := read(t, path)
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		switch tagged := strings.Contains(text, "//go:build mutants"); {
		case slices.Contains([]string{"mutants.go", "mutants_named.go"}, filepath.Base(path)):
			names = append(names, literals(t, file)...)
		case tagged && !strings.HasSuffix(path, "_test.go"):
			code = append(code, declared(file)...)
		}
	}
	return names, code
}

// literals are the texts of a file's constants that say anything.
func literals(t *testing.T, file *ast.File) (out []string) {
	t.Helper()
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			if text != "" {
				out = append(out, text)
			}
		}
		return true
	})
	return out
}

// declared are the symbols of a file's methods.
func declared(file *ast.File) (out []string) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil {
			continue // a function may have a name that the other build has, too
		}
		switch r := f.Recv.List[0].Type.(type) {
		case *ast.StarExpr:
			if name := r.X.(*ast.Ident).Name; name != "Node" {
				out = append(out, "node.(*"+name+")."+f.Name.Name)
			}
		case *ast.Ident:
			out = append(out, "node."+r.Name+"."+f.Name.Name)
		}
	}
	return out
}

func built(t *testing.T, flags ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "raftbench")
	args := append(append([]string{"build"}, flags...), "-o", path, ".")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return path
}

func symbols(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command("go", "tool", "nm", path).Output()
	if err != nil {
		t.Fatalf("go tool nm: %v", err)
	}
	return string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// versionOf is what a build says of itself when it is asked to be a mutant.
func versionOf(t *testing.T, path, mutant string) (said string, code int) {
	t.Helper()
	cmd := exec.Command(path, "version")
	cmd.Env = append(os.Environ(), "RAFTBENCH_MUTANT="+mutant)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}
