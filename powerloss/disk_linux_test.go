package powerloss

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// TestMain serves a disk, or is a program that uses one, where a test has started it to.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		if err := Serve(os.Stdin, os.Stdout, os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 4 && os.Args[1] == "program" {
		if err := programs[os.Args[2]](os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "available" {
		if Available() != nil {
			os.Exit(3)
		}
		return
	}
	os.Exit(m.Run())
}

// TestWhoMayNotMountHasNoDisk: root without the right to mount, as in a container, has
// /dev/fuse all the same.
func TestWhoMayNotMountHasNoDisk(t *testing.T) {
	if err := Available(); err != nil || os.Geteuid() != 0 {
		t.Skipf("wants root who may mount: %v", err)
	}
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Skip(err)
	}
	for want, args := range map[int][]string{
		3: {"--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", os.Args[0], "available"},
		0: {os.Args[0], "available"},
	} {
		c := exec.Command(setpriv, args...)
		if out, err := c.CombinedOutput(); c.ProcessState == nil || c.ProcessState.ExitCode() != want {
			t.Errorf("setpriv %q: got %v, want exit code %d\n%s", args, err, want, out)
		}
	}
}

// mounted is a disk over a new directory, and where it is mounted. Hosts without FUSE
// are asked for nothing: a run on them says "not proven".
func mounted(t *testing.T) (*Process, string) {
	t.Helper()
	if err := Available(); err != nil {
		t.Skip(err)
	}
	behind, at := t.TempDir(), t.TempDir()
	p, err := Start(t.Context(), exec.Command(os.Args[0], "serve", behind, at), at) //nolint:gosec // this test itself
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, at
}

// TestWhatWasNotSyncedIsGone, through the kernel's calls.
func TestWhatWasNotSyncedIsGone(t *testing.T) {
	d, at := mounted(t)
	path := filepath.Join(at, "file")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(s string) {
		t.Helper()
		if _, err := f.WriteString(s); err != nil {
			t.Fatal(err)
		}
	}
	write("synced")
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	write(" and not")
	if got, _ := os.ReadFile(path); string(got) != "synced and not" {
		t.Errorf("before the loss: got %q", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	lost, err := d.Cut(t.Context())
	if err != nil || lost.Files != 1 || lost.Bytes == 0 {
		t.Errorf("lost %+v, %v; want one file", lost, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "synced" {
		t.Errorf("after the loss: got %q, %v", got, err)
	}
}

// TestAFileThatTakesAnothersPlaceHasItsOwnData: a name or an inode that is used again
// has nothing of what it was.
func TestAFileThatTakesAnothersPlaceHasItsOwnData(t *testing.T) {
	d, at := mounted(t)
	path, other := filepath.Join(at, "a"), filepath.Join(at, "b")
	for i := range 20 {
		text := bytes.Repeat([]byte{byte('a' + i)}, 100*(20-i))
		for _, p := range []string{path, other} {
			if err := os.WriteFile(p, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Rename(other, path); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("round %d: got %d bytes %.3q, want %d of %.3q (%v)", i, len(got), got, len(text), text, err)
		}
		if i%2 == 0 {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := d.Cut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadDir(at); err != nil || len(got) != 0 {
		t.Errorf("got %v, which nobody synced (%v)", got, err)
	}
}

// TestBboltSurvivesByItsSyncs: bbolt maps its file, writes pages and syncs them. What a
// transaction has committed is there after a loss; with NoSync it is not.
func TestBboltSurvivesByItsSyncs(t *testing.T) {
	for _, noSync := range []bool{false, true} {
		t.Run(fmt.Sprintf("no sync %v", noSync), func(t *testing.T) {
			d, at := mounted(t)
			path := filepath.Join(at, "db")
			put(t, path, false, "before") // synced in both: a file that can be opened
			crash := put(t, path, noSync, "after")
			crash()
			if _, err := d.Cut(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := has(t, path, "before"); !got {
				t.Error("what was synced is gone")
			}
			if got := has(t, path, "after"); got == noSync {
				t.Errorf("the last transaction is there: %v, want %v", got, !noSync)
			}
		})
	}
}

// put a thousand keys in transactions of ten; crash closes the file as a kill does,
// without a word.
func put(t *testing.T, path string, noSync bool, prefix string) (crash func()) {
	t.Helper()
	var file *os.File
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: noSync, NoGrowSync: noSync,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			var err error
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			for k := range 10 {
				if err == nil {
					err = b.Put(fmt.Appendf(nil, "%s %d", prefix, 10*i+k), bytes.Repeat([]byte{1}, 200))
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if !noSync {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return func() {}
	}
	return func() { _ = db.Close() } // which syncs nothing either
}

func has(t *testing.T, path, prefix string) bool {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	var found bool
	_ = db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte("b")); b != nil {
			found = b.Get([]byte(prefix+" 999")) != nil
		}
		return nil
	})
	return found
}
