package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What a killed writer left is removed; what somebody still writes, and what is called
// otherwise, stays.
func TestUnfinishedFilesAreRemovedOnceNobodyWritesThem(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	for _, name := range []string{".new-left", ".new-written", ".new-A", "mine"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("mine", filepath.Join(dir, ".new-link")); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, ".new-written"))
	if err != nil {
		t.Fatal(err)
	}
	if err := lock(f, dir); err != nil {
		t.Fatal(err)
	}
	left := func() string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(entries)
	}
	RemoveUnfinished(root, ".")
	if got := left(); strings.Contains(got, ".new-left") || !strings.Contains(got, ".new-written") || !strings.Contains(got, ".new-A") || !strings.Contains(got, ".new-link") || !strings.Contains(got, "mine") {
		t.Errorf("got %s", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	RemoveUnfinished(root, ".")
	if got := left(); strings.Contains(got, ".new-written") {
		t.Errorf("got %s", got)
	}
}

// A folder that may not be written wants another; a full disk wants room.
func TestWhatToDoAboutAFullDisk(t *testing.T) {
	for err, want := range map[error]string{
		&os.PathError{Op: "write", Path: "f", Err: unix.ENOSPC}: "free some space",
		&os.PathError{Op: "write", Path: "f", Err: unix.EDQUOT}: "free some space",
		&os.PathError{Op: "open", Path: "f", Err: unix.EACCES}:  "choose a folder that you may write to",
	} {
		var e *Error
		if !errors.As(cannotWrite("f", err), &e) || !strings.HasPrefix(e.Hint(), want) {
			t.Errorf("%v: got %+v, want the hint %q", err, e, want)
		}
	}
}
