package powerloss

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// names are the entries of all directories. The directories behind always show what
// is seen; what was done to their entries and is not durable yet is pending, with
// what it takes to undo it.
//
// Invariant: a change is pending only if every later change of the same name, and
// every change within a directory that it made, is pending, too. So undoing all that
// is pending, the latest first, finds each name as the change had left it.
type names struct {
	// removed is a directory that nobody sees. What was removed or replaced stands in
	// it, under a number, until that is durable.
	removed *os.File
	// gone is told the inode of a file that no name is left of.
	gone func(ino uint64)

	mu      sync.Mutex
	pending []*change // the latest last
	numbers int
}

// entry of a directory, which is known by its inode: directories are renamed, too.
type entry struct {
	dir  uint64
	name string
}

// place is an entry and its directory, open: a path would be another's when one of
// its directories is renamed.
type place struct {
	entry
	at *os.File
}

// change of names: something was made (to alone), removed (from alone) or renamed.
type change struct {
	from, to *place
	ino      uint64 // of what was made, removed or renamed
	isDir    bool
	kept     *keeping // what was removed or replaced
}

// keeping is what stands among the removed.
type keeping struct {
	name  string
	ino   uint64
	isDir bool
}

func (c *change) made() bool { return c.from == nil }

// needs is the directory whose sync makes the change durable.
func (c *change) needs() uint64 {
	if c.to == nil {
		return c.from.dir
	}
	return c.to.dir
}

func (c *change) places() []*place {
	return slices.DeleteFunc([]*place{c.from, c.to}, func(p *place) bool { return p == nil })
}

func (c *change) close() {
	c.from.close()
	c.to.close()
}

func openNames(removed string, gone func(ino uint64)) (*names, error) {
	if err := os.RemoveAll(removed); err != nil { // an earlier process may have left some
		return nil, err
	}
	if err := os.Mkdir(removed, 0o700); err != nil {
		return nil, err
	}
	f, err := os.Open(removed)
	return &names{removed: f, gone: gone}, err
}

// find opens the directory of an entry, and tells what stands there; ENOENT where
// nothing does.
func find(dir, name string) (*place, unix.Stat_t, error) {
	var st unix.Stat_t
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, st, err
	}
	p := &place{entry{name: name}, os.NewFile(uintptr(fd), dir)}
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, st, errors.Join(err, p.at.Close())
	}
	p.dir = st.Ino
	return p, st, unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
}

// close it, if there is one.
func (p *place) close() {
	if p != nil {
		_ = p.at.Close()
	}
}

func (p *place) fd() int { return int(p.at.Fd()) }

func directory(st unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFDIR }

// make has something made at a name where nothing stood.
func (n *names) make(dir, name string, do func() syscall.Errno) syscall.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, st, err := find(dir, name)
	if p == nil {
		return errno(err)
	}
	existed := err == nil
	if failed := do(); failed != 0 || existed {
		p.close()
		return failed
	}
	if err := unix.Fstatat(p.fd(), name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		p.close()
		return errno(err)
	}
	n.pending = append(n.pending, &change{to: p, ino: st.Ino, isDir: directory(st)})
	return 0
}

// remove a file, or a directory that is empty.
func (n *names) remove(dir, name string) syscall.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, st, err := find(dir, name)
	if err != nil {
		p.close()
		return errno(err)
	}
	kept, err := n.keep(p, st, unix.Renameat)
	if err != nil {
		p.close()
		return errno(err)
	}
	n.pending = append(n.pending, &change{from: p, ino: st.Ino, isDir: directory(st), kept: kept})
	return 0
}

// rename what stands at one name to another. What stood there is replaced: a file at
// one instant, so that the name is never seen without any.
func (n *names) rename(dir, name, toDir, toName string) syscall.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	from, st, err := find(dir, name)
	if err != nil {
		from.close()
		return errno(err)
	}
	c := &change{from: from, ino: st.Ino, isDir: directory(st)}
	to, old, err := find(toDir, toName)
	c.to = to
	same := err == nil && old.Ino == st.Ino // two names of one file: nothing is done
	switch {
	case same || errors.Is(err, unix.ENOENT):
		err = nil
	case err == nil && directory(old):
		c.kept, err = n.keep(to, old, unix.Renameat)
	case err == nil:
		c.kept, err = n.keep(to, old, hardLink)
	}
	if err == nil && !same {
		if err = unix.Renameat(from.fd(), name, to.fd(), toName); err != nil {
			err = errors.Join(err, n.takeBack(c))
		}
	}
	if err != nil || same {
		c.close()
		return errno(err)
	}
	n.pending = append(n.pending, c)
	return 0
}

func hardLink(fromDir int, from string, toDir int, to string) error {
	return unix.Linkat(fromDir, from, toDir, to, 0)
}

// keep what stands at a place among the removed.
func (n *names) keep(p *place, st unix.Stat_t, by func(int, string, int, string) error) (*keeping, error) {
	if directory(st) {
		if err := empty(p); err != nil {
			return nil, err
		}
	}
	n.numbers++
	k := &keeping{strconv.Itoa(n.numbers), st.Ino, directory(st)}
	return k, by(p.fd(), p.name, int(n.removed.Fd()), k.name)
}

// empty is ENOTEMPTY for a directory that is not.
func empty(p *place) error {
	fd, err := unix.Openat(p.fd(), p.name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	d := os.NewFile(uintptr(fd), p.name)
	defer d.Close() //nolint:errcheck // only read
	if found, _ := d.Readdirnames(1); len(found) > 0 {
		return unix.ENOTEMPTY
	}
	return nil
}

// restore what a change has replaced or removed to its place.
func (n *names) restore(c *change) error {
	if c.kept == nil {
		return nil
	}
	p := c.to
	if p == nil {
		p = c.from
	}
	return unix.Renameat(int(n.removed.Fd()), c.kept.name, p.fd(), p.name)
}

// takeBack what was kept for a rename that failed. A file stands at its place as well.
func (n *names) takeBack(c *change) error {
	if c.kept != nil && !c.kept.isDir {
		return unlink(int(n.removed.Fd()), c.kept.name, false)
	}
	return n.restore(c)
}

// undo a change that is the latest pending one.
func (n *names) undo(c *change) error {
	defer c.close()
	switch {
	case c.to == nil:
	case c.made():
		return unlink(c.to.fd(), c.to.name, c.isDir)
	default:
		if err := unix.Renameat(c.to.fd(), c.to.name, c.from.fd(), c.from.name); err != nil {
			return err
		}
	}
	return n.restore(c)
}

func unlink(dir int, name string, isDir bool) error {
	if isDir {
		return unix.Unlinkat(dir, name, unix.AT_REMOVEDIR)
	}
	return unix.Unlinkat(dir, name, 0)
}

// lose undoes all that is pending, and tells how many changes that were, and of which
// inodes the making was undone.
func (n *names) lose() (changes int, unmade []uint64, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range slices.Backward(n.pending) {
		if c.made() {
			unmade = append(unmade, c.ino)
		}
		err = errors.Join(err, n.undo(c))
	}
	changes, n.pending = len(n.pending), nil
	return changes, unmade, err
}

// syncDir makes durable what was done to the entries of a directory.
func (n *names) syncDir(ino uint64) error {
	return n.settle(func(c *change) bool { return c.needs() == ino || c.made() && c.ino == ino })
}

// syncFile makes durable that a file was made.
func (n *names) syncFile(ino uint64) error {
	return n.settle(func(c *change) bool { return c.made() && c.ino == ino })
}

// settle makes changes durable, and the earlier ones that they build on: those of the
// same names, the making of the directories that they are in, and what was done in a
// directory before it was removed.
func (n *names) settle(wanted func(*change) bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var left []*change
	var err error
	touched, holding, removed := map[entry]bool{}, map[uint64]bool{}, map[uint64]bool{}
	for _, c := range slices.Backward(n.pending) {
		builtOn := c.made() && holding[c.ino] ||
			slices.ContainsFunc(c.places(), func(p *place) bool { return touched[p.entry] || removed[p.dir] })
		if !builtOn && !wanted(c) {
			left = append(left, c)
			continue
		}
		for _, p := range c.places() {
			touched[p.entry], holding[p.dir] = true, true
		}
		if c.kept != nil && c.kept.isDir {
			removed[c.kept.ino] = true
		}
		err = errors.Join(err, n.drop(c))
	}
	slices.Reverse(left)
	n.pending = left
	return err
}

// drop what is needed to undo a change.
func (n *names) drop(c *change) error {
	defer c.close()
	k := c.kept
	if k == nil {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstatat(int(n.removed.Fd()), k.name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if !k.isDir && st.Nlink <= 1 {
		n.gone(k.ino)
	}
	return unlink(int(n.removed.Fd()), k.name, k.isDir)
}

// errno of an error of the system.
func errno(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	if e := syscall.Errno(0); errors.As(err, &e) {
		return e
	}
	return syscall.EIO
}
