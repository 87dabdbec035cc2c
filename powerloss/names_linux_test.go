package powerloss

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// sync a file or directory.
func syncAt(path ...string) error {
	f, err := os.Open(filepath.Join(path...))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// put text, which is synced, into a file; what it does not sync is the directory.
func store(text string, path ...string) error {
	f, err := os.Create(filepath.Join(path...))
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// programs that use a directory, and end. Their names say what they do.
var programs = map[string]func(at string) error{
	"create":                func(at string) error { return os.WriteFile(filepath.Join(at, "a"), []byte("a"), 0o600) },
	"create, sync the file": func(at string) error { return store("a", at, "a") },
	"create, sync the directory": func(at string) error {
		return errors.Join(os.WriteFile(filepath.Join(at, "a"), []byte("a"), 0o600), syncAt(at))
	},
	"rename":                     renameTo(nil),
	"rename, sync the file":      renameTo(func(at string) error { return syncAt(at, "b") }),
	"rename, sync the directory": renameTo(func(at string) error { return syncAt(at) }),
	"replace":                    replace(nil),
	"replace, sync the directory": replace(func(at string) error {
		return syncAt(at)
	}),
	"unlink":                     unlinks(nil),
	"unlink, sync the directory": unlinks(func(at string) error { return syncAt(at) }),
	"unlink, create anew, sync that file": unlinks(func(at string) error {
		return store("anew", at, "a")
	}),
	"make directories": func(at string) error { return os.MkdirAll(filepath.Join(at, "d", "e"), 0o700) },
	"make directories, sync a file in them": func(at string) error {
		return errors.Join(os.MkdirAll(filepath.Join(at, "d", "e"), 0o700), store("a", at, "d", "e", "a"))
	},
	"fill a directory, rename it":                             snapshot(nil),
	"fill a directory, rename it, sync the one above":         snapshot(func(at string) error { return syncAt(at) }),
	"fill a directory, remove it":                             clearAway(nil),
	"fill a directory, remove it, sync the one above":         clearAway(func(at string) error { return syncAt(at) }),
	"move to another directory, sync the one it came from":    move(func(at string) error { return syncAt(at) }),
	"move to another directory, sync the one that it goes to": move(func(at string) error { return syncAt(at, "d") }),
	"link": func(at string) error {
		return errors.Join(store("a", at, "a"), os.Link(filepath.Join(at, "a"), filepath.Join(at, "b")))
	},
}

func then(at string, err error, last func(string) error) error {
	if err == nil && last != nil {
		return last(at)
	}
	return err
}

func renameTo(last func(string) error) func(string) error {
	return func(at string) error {
		err := errors.Join(store("a", at, "a"), os.Rename(filepath.Join(at, "a"), filepath.Join(at, "b")))
		return then(at, err, last)
	}
}

func replace(last func(string) error) func(string) error {
	return func(at string) error {
		err := errors.Join(store("old", at, "a"), store("new", at, "a.tmp"), os.Rename(filepath.Join(at, "a.tmp"), filepath.Join(at, "a")))
		return then(at, err, last)
	}
}

func unlinks(last func(string) error) func(string) error {
	return func(at string) error {
		return then(at, errors.Join(store("a", at, "a"), os.Remove(filepath.Join(at, "a"))), last)
	}
}

func snapshot(last func(string) error) func(string) error {
	return func(at string) error {
		err := errors.Join(os.Mkdir(filepath.Join(at, "d.tmp"), 0o700), store("a", at, "d.tmp", "a"),
			os.Rename(filepath.Join(at, "d.tmp"), filepath.Join(at, "d")))
		return then(at, err, last)
	}
}

func clearAway(last func(string) error) func(string) error {
	return func(at string) error {
		err := errors.Join(os.Mkdir(filepath.Join(at, "d"), 0o700), store("a", at, "d", "a"), os.RemoveAll(filepath.Join(at, "d")))
		return then(at, err, last)
	}
}

func move(last func(string) error) func(string) error {
	return func(at string) error {
		err := errors.Join(os.Mkdir(filepath.Join(at, "d"), 0o700), store("a", at, "a"), syncAt(at),
			os.Rename(filepath.Join(at, "a"), filepath.Join(at, "d", "a")))
		return then(at, err, last)
	}
}

// tree lists what stands in a directory: directories end in a slash, and files have
// their content.
func tree(t *testing.T, at string) string {
	t.Helper()
	var all []string
	if err := filepath.WalkDir(at, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(at, path)
		switch {
		case err != nil || path == at:
		case e.IsDir():
			all = append(all, name+"/")
		default:
			text, readErr := os.ReadFile(path)
			all, err = append(all, name+"="+string(text)), readErr
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// TestNamesThatWereNotSyncedAreUndone: programs that end, and then the power is cut.
func TestNamesThatWereNotSyncedAreUndone(t *testing.T) {
	want := map[string]string{
		"create":                                "",
		"create, sync the file":                 "a=a",
		"create, sync the directory":            "a=",
		"rename":                                "a=a",
		"rename, sync the file":                 "a=a",
		"rename, sync the directory":            "b=a",
		"replace":                               "a=old a.tmp=new",
		"replace, sync the directory":           "a=new",
		"unlink":                                "a=a",
		"unlink, sync the directory":            "",
		"unlink, create anew, sync that file":   "a=anew",
		"make directories":                      "",
		"make directories, sync a file in them": "d/ d/e/ d/e/a=a",
		"fill a directory, rename it":           "d.tmp/ d.tmp/a=a",
		"fill a directory, rename it, sync the one above":         "d/ d/a=a",
		"fill a directory, remove it":                             "d/ d/a=a",
		"fill a directory, remove it, sync the one above":         "",
		"move to another directory, sync the one it came from":    "a=a d/",
		"move to another directory, sync the one that it goes to": "d/ d/a=a",
		"link": "a=a",
	}
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		t.Run(name, func(t *testing.T) {
			d, at := mounted(t)
			if out, err := exec.Command(os.Args[0], "program", name, at).CombinedOutput(); err != nil { //nolint:gosec // this test itself
				t.Fatalf("%v: %s", err, out)
			}
			before := tree(t, at)
			lost, err := d.Cut(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := tree(t, at); got != want[name] || (lost.Names == 0) != (got == before) && name != "create, sync the directory" {
				t.Errorf("before the loss %q, after it %q, want %q; lost %+v", before, got, want[name], lost)
			}
		})
	}
}

// TestSnapshotsSurviveByTheirSyncs: raft's file store syncs what it has renamed, and the
// snapshots that it removes meanwhile may come back, whole.
func TestSnapshotsSurviveByTheirSyncs(t *testing.T) {
	d, at := mounted(t)
	for index := range uint64(4) {
		s, err := raft.NewFileSnapshotStoreWithLogger(at, 1, hclog.NewNullLogger())
		if err != nil {
			t.Fatal(err)
		}
		sink, err := s.Create(raft.SnapshotVersionMax, 10+index, 1, raft.Configuration{}, 1, nil)
		if err == nil {
			_, err = sink.Write([]byte("state"))
		}
		if err := errors.Join(err, sink.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Cut(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := s.List()
		if err != nil || len(all) == 0 || all[0].Index != 10+index {
			t.Fatalf("snapshot %d: got %v (%v), in %s", index, all, err, tree(t, at))
		}
		if _, state, err := s.Open(all[0].ID); err != nil {
			t.Fatal(err)
		} else if err := state.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// act is one change of names as a model sees it: objects stand in for inodes.
type act struct {
	from, to         *object
	fromName, toName string
	what             *object
}

type object struct {
	ino uint64
	dir bool
}

// model is which object stands at which name of which directory.
type model map[*object]map[string]*object

// apply an act; false where it contradicts what is there.
func (m model) apply(a act) bool {
	if a.from != nil {
		if m[a.from][a.fromName] != a.what {
			return false
		}
		delete(m[a.from], a.fromName)
	}
	if a.to != nil {
		if a.from == nil && m[a.to][a.toName] != nil {
			return false
		}
		if m[a.to] == nil {
			m[a.to] = map[string]*object{}
		}
		m[a.to][a.toName] = a.what
	}
	return true
}

func (m model) paths(dir *object, at string) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(m[dir])) {
		what := m[dir][name]
		path := filepath.Join(at, name)
		out = append(out, fmt.Sprintf("%s %d", path, what.ino))
		if what.dir {
			out = append(out, m.paths(what, path)...)
		}
	}
	return out
}

// TestNamesAreHeldAgainstAModel: whatever is made, renamed, removed and synced, in any
// order, a loss leaves what those changes alone make that were durable by then, and
// none of them needs one that was not.
func TestNamesAreHeldAgainstAModel(t *testing.T) {
	for seed := range uint64(100) {
		w := newWalk(t, seed)
		for range 60 {
			w.step()
		}
		w.cut()
	}
}

// walk is a random one through changes of names.
type walk struct {
	*testing.T
	rng   *rand.Rand
	at    string
	names *names
	root  *object
	acts  []act
	by    map[*change]int // number of the act
	seen  model
}

func newWalk(t *testing.T, seed uint64) *walk {
	at := t.TempDir()
	w := &walk{T: t, rng: rand.New(rand.NewPCG(seed, 2)), at: filepath.Join(at, "files"), by: map[*change]int{}, seen: model{}} //nolint:gosec // a test's seed
	var err error
	if w.names, err = openNames(filepath.Join(at, "removed"), func(uint64) {}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.names.removed.Close() })
	if err := os.Mkdir(w.at, 0o700); err != nil {
		t.Fatal(err)
	}
	w.root = &object{ino: inodeOf(t, w.at), dir: true}
	return w
}

func inodeOf(t *testing.T, path string) uint64 {
	t.Helper()
	p, st, err := find(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		t.Fatal(path, err)
	}
	p.close()
	return st.Ino
}

// directory and a name in it, by chance.
func (w *walk) pick() (dir *object, path, name string) {
	dir, path = w.root, w.at
	for w.rng.IntN(2) == 0 {
		var under []string
		for _, n := range slices.Sorted(maps.Keys(w.seen[dir])) {
			if w.seen[dir][n].dir {
				under = append(under, n)
			}
		}
		if len(under) == 0 {
			break
		}
		n := under[w.rng.IntN(len(under))]
		dir, path = w.seen[dir][n], filepath.Join(path, n)
	}
	return dir, path, string(rune('a' + w.rng.IntN(3)))
}

// step makes, removes, renames or syncs something, where that can be done.
func (w *walk) step() {
	dir, path, name := w.pick()
	what := w.seen[dir][name]
	switch w.rng.IntN(6) {
	case 0, 1:
		isDir := w.rng.IntN(2) == 0
		if what != nil {
			return
		}
		errno := w.names.make(path, name, func() syscall.Errno {
			if isDir {
				return errno(os.Mkdir(filepath.Join(path, name), 0o700))
			}
			return errno(os.WriteFile(filepath.Join(path, name), nil, 0o600))
		})
		w.did(errno, act{to: dir, toName: name, what: &object{inodeOf(w.T, filepath.Join(path, name)), isDir}})
	case 2:
		if what == nil || len(w.seen[what]) > 0 {
			return
		}
		w.did(w.names.remove(path, name), act{from: dir, fromName: name, what: what})
	case 3, 4:
		w.rename(dir, path, name)
	case 5:
		ino, sync := dir.ino, w.names.syncDir
		if what != nil && !what.dir && w.rng.IntN(2) == 0 {
			ino, sync = what.ino, w.names.syncFile
		}
		if err := sync(ino); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *walk) rename(dir *object, path, name string) {
	to, toPath, toName := w.pick()
	what, old := w.seen[dir][name], w.seen[to][toName]
	inItself := strings.HasPrefix(toPath+"/", filepath.Join(path, name)+"/")
	if what == nil || what == old || inItself || old != nil && (old.dir != what.dir || len(w.seen[old]) > 0) {
		return
	}
	w.did(w.names.rename(path, name, toPath, toName), act{dir, to, name, toName, what})
}

// did an act, which has to have succeeded.
func (w *walk) did(failed syscall.Errno, a act) {
	if failed != 0 || !w.seen.apply(a) {
		w.Fatalf("%+v: %v", a, failed)
	}
	w.by[w.names.pending[len(w.names.pending)-1]] = len(w.acts)
	w.acts = append(w.acts, a)
}

// cut the power, and hold what is left against the acts that were durable.
func (w *walk) cut() {
	pending := map[int]bool{}
	for _, c := range w.names.pending {
		pending[w.by[c]] = true
	}
	left := model{}
	for i, a := range w.acts {
		if !pending[i] && !left.apply(a) {
			w.Fatalf("act %d of %d, %+v, is durable, and one that it builds on is not", i, len(w.acts), a)
		}
	}
	if n, _, err := w.names.lose(); err != nil || n != len(pending) {
		w.Fatalf("lost %d of %d changes: %v", n, len(pending), err)
	}
	var got []string
	if err := filepath.WalkDir(w.at, func(path string, _ fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(w.at, path); err == nil && path != w.at {
			got = append(got, fmt.Sprintf("%s %d", rel, inodeOf(w.T, path)))
		}
		return err
	}); err != nil {
		w.Fatal(err)
	}
	if want := left.paths(w.root, ""); !slices.Equal(got, want) {
		w.Fatalf("after the loss got %v, want %v", got, want)
	}
	if rest, err := os.ReadDir(w.names.removed.Name()); err != nil || len(rest) > 0 {
		w.Fatalf("%d are left among the removed (%v)", len(rest), err)
	}
}
