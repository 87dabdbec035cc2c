package powerloss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	gofs "github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Disk is a mounted directory.
type Disk struct {
	behind string // the files, as they are seen but for what is not synced in them
	server *fuse.Server
	over   chan struct{} // closed when it is mounted no more
	names  *names

	mu    sync.Mutex
	files map[uint64]*file // by the inode of the file behind
}

// What stands in the directory behind a disk.
const (
	filesName   = "files"
	removedName = "removed"
)

// Mount serves a disk at a directory. What it holds stands in another, behind, which
// is the disk's own. Both are there. Other file systems are not followed into.
func Mount(behind, at string) (*Disk, error) {
	d := &Disk{behind: filepath.Join(behind, filesName), files: map[uint64]*file{}}
	err := os.MkdirAll(d.behind, 0o755)
	if err == nil {
		d.names, err = openNames(filepath.Join(behind, removedName), d.forget)
	}
	var st syscall.Stat_t
	if err == nil {
		err = syscall.Stat(d.behind, &st)
	}
	if err != nil {
		return nil, fmt.Errorf("power loss: the directory behind %s: %w", at, err)
	}
	root := &node{LoopbackNode: gofs.LoopbackNode{RootData: &gofs.LoopbackRoot{Path: d.behind, Dev: st.Dev}}, disk: d}
	root.RootData.RootNode = root
	server, err := gofs.Mount(at, root, &gofs.Options{MountOptions: fuse.MountOptions{
		DirectMount: true, FsName: "raftbench-power-loss", Name: "raftbench",
	}})
	if err != nil {
		return nil, fmt.Errorf("power loss: mounting at %s: %w", at, err)
	}
	d.server, d.over = server, make(chan struct{})
	go func() {
		defer close(d.over)
		server.Wait()
	}()
	return d, nil
}

// Unmounted is closed when the directory is mounted no more, whoever ended it.
func (d *Disk) Unmounted() <-chan struct{} { return d.over }

// Unmount ends the directory. What was not synced is gone.
func (d *Disk) Unmount() error { return d.server.Unmount() }

// Lost is what a cut of the power took.
type Lost struct {
	Names int   `json:"names"` // creations, renames and removals that were not synced
	Files int   `json:"files"` // that were longer, shorter or otherwise than when they were last synced
	Bytes int64 `json:"bytes"` // of pages that were not synced
}

// Lose drops whatever was not synced. No process may have a file open: its kernel
// would go on with what it still holds.
func (d *Disk) Lose() (Lost, error) {
	changes, unmade, err := d.names.lose()
	d.mu.Lock()
	defer d.mu.Unlock()
	lost := Lost{Names: changes}
	for _, ino := range unmade {
		d.lose(ino, 0, &lost)
	}
	err = errors.Join(err, filepath.WalkDir(d.behind, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		d.lose(st.Ino, st.Size, &lost)
		return nil
	}))
	clear(d.files)
	return lost, err
}

// lose what a file, which is so long behind, had not synced. The caller holds d.mu.
func (d *Disk) lose(ino uint64, size int64, lost *Lost) {
	if f := d.files[ino]; f != nil && !f.clean() {
		lost.Files++
		lost.Bytes += f.lose(size)
	}
}

// file behind this inode, which is so long.
func (d *Disk) file(st *syscall.Stat_t) *file {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[st.Ino]
	if f == nil {
		f = newFile(st.Size)
		d.files[st.Ino] = f
	}
	return f
}

// forget a file that is gone: its inode may be given to another.
func (d *Disk) forget(ino uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, ino)
}

// node is a file or directory: the one behind it, but for what files hold.
type node struct {
	gofs.LoopbackNode
	disk *Disk
}

// WrapChild implements fs.NodeWrapChilder: what stands in a directory is a node, too.
func (n *node) WrapChild(_ context.Context, child gofs.InodeEmbedder) gofs.InodeEmbedder {
	if l, ok := child.(*gofs.LoopbackNode); ok {
		return &node{LoopbackNode: gofs.LoopbackNode{RootData: l.RootData}, disk: n.disk}
	}
	return child
}

func (n *node) path() string {
	return filepath.Join(n.RootData.Path, n.Path(nil))
}

// Create implements fs.NodeCreater.
func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (inode *gofs.Inode, fh gofs.FileHandle, fuseFlags uint32, errno syscall.Errno) {
	errno = n.disk.names.make(n.path(), name, func() syscall.Errno {
		var errno syscall.Errno
		inode, fh, _, errno = n.LoopbackNode.Create(ctx, name, readable(flags), mode, out)
		return errno
	})
	if errno != 0 {
		return nil, nil, 0, errno
	}
	_ = fh.(gofs.FileReleaser).Release(ctx)
	open, errno := n.disk.open(filepath.Join(n.path(), name), flags)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	return inode, open, 0, 0
}

// Mkdir implements fs.NodeMkdirer.
func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*gofs.Inode, syscall.Errno) {
	return n.make(name, func() (*gofs.Inode, syscall.Errno) { return n.LoopbackNode.Mkdir(ctx, name, mode, out) })
}

// Mknod implements fs.NodeMknoder.
func (n *node) Mknod(ctx context.Context, name string, mode, dev uint32, out *fuse.EntryOut) (*gofs.Inode, syscall.Errno) {
	return n.make(name, func() (*gofs.Inode, syscall.Errno) { return n.LoopbackNode.Mknod(ctx, name, mode, dev, out) })
}

// Symlink implements fs.NodeSymlinker.
func (n *node) Symlink(ctx context.Context, target, name string, out *fuse.EntryOut) (*gofs.Inode, syscall.Errno) {
	return n.make(name, func() (*gofs.Inode, syscall.Errno) { return n.LoopbackNode.Symlink(ctx, target, name, out) })
}

// Link implements fs.NodeLinker.
func (n *node) Link(ctx context.Context, target gofs.InodeEmbedder, name string, out *fuse.EntryOut) (*gofs.Inode, syscall.Errno) {
	return n.make(name, func() (*gofs.Inode, syscall.Errno) {
		inode, errno := n.LoopbackNode.Link(ctx, target, name, out)
		if errno == 0 {
			n.disk.seen(filepath.Join(n.path(), name), &out.Attr)
		}
		return inode, errno
	})
}

func (n *node) make(name string, do func() (*gofs.Inode, syscall.Errno)) (inode *gofs.Inode, errno syscall.Errno) {
	errno = n.disk.names.make(n.path(), name, func() (errno syscall.Errno) {
		inode, errno = do()
		return errno
	})
	return inode, errno
}

// Open implements fs.NodeOpener.
func (n *node) Open(_ context.Context, flags uint32) (gofs.FileHandle, uint32, syscall.Errno) {
	h, errno := n.disk.open(n.path(), flags)
	return h, 0, errno
}

// Lookup implements fs.NodeLookuper.
func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*gofs.Inode, syscall.Errno) {
	inode, errno := n.LoopbackNode.Lookup(ctx, name, out)
	if errno == 0 {
		n.disk.seen(filepath.Join(n.path(), name), &out.Attr)
	}
	return inode, errno
}

// Getattr implements fs.NodeGetattrer.
func (n *node) Getattr(ctx context.Context, _ gofs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	errno := n.LoopbackNode.Getattr(ctx, nil, out)
	if errno == 0 {
		n.disk.seen(n.path(), &out.Attr)
	}
	return errno
}

// Setattr implements fs.NodeSetattrer.
func (n *node) Setattr(ctx context.Context, fh gofs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		h, _ := fh.(*handle)
		if h == nil {
			var errno syscall.Errno
			if h, errno = n.disk.open(n.path(), syscall.O_RDWR); errno != 0 {
				return errno
			}
			defer func() { _ = h.behind.Close() }()
		}
		if err := h.file.truncate(h.behind, int64(size)); err != nil {
			return gofs.ToErrno(err)
		}
		in.Valid &^= fuse.FATTR_SIZE
	}
	if errno := n.LoopbackNode.Setattr(ctx, nil, in, out); errno != 0 {
		return errno
	}
	n.disk.seen(n.path(), &out.Attr)
	return 0
}

// Unlink implements fs.NodeUnlinker.
func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	return n.disk.names.remove(n.path(), name)
}

// Rmdir implements fs.NodeRmdirer.
func (n *node) Rmdir(_ context.Context, name string) syscall.Errno {
	return n.disk.names.remove(n.path(), name)
}

// Rename implements fs.NodeRenamer. What was there is replaced.
func (n *node) Rename(_ context.Context, name string, to gofs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if flags != 0 {
		return syscall.ENOTSUP
	}
	target, ok := to.(*node)
	if !ok {
		return syscall.EXDEV
	}
	return n.disk.names.rename(n.path(), name, target.path(), newName)
}

// OpendirHandle implements fs.NodeOpendirHandler.
func (n *node) OpendirHandle(ctx context.Context, flags uint32) (gofs.FileHandle, uint32, syscall.Errno) {
	var st syscall.Stat_t
	if err := syscall.Stat(n.path(), &st); err != nil {
		return nil, 0, gofs.ToErrno(err)
	}
	open, flags, errno := n.LoopbackNode.OpendirHandle(ctx, flags)
	if errno != 0 {
		return nil, 0, errno
	}
	return &dirHandle{open.(listing), n.disk.names, st.Ino}, flags, 0
}

// listing is an open directory behind.
type listing interface {
	gofs.FileReaddirenter
	gofs.FileSeekdirer
	gofs.FileFsyncdirer
	gofs.FileReleasedirer
}

// dirHandle is an open directory.
type dirHandle struct {
	listing
	names *names
	ino   uint64
}

// Fsyncdir implements fs.FileFsyncdirer.
func (h *dirHandle) Fsyncdir(ctx context.Context, flags uint32) syscall.Errno {
	if errno := h.listing.Fsyncdir(ctx, flags); errno != 0 {
		return errno
	}
	return errno(h.names.syncDir(h.ino))
}

// CopyFileRange implements fs.NodeCopyFileRanger: the kernel reads and writes
// instead.
func (n *node) CopyFileRange(context.Context, gofs.FileHandle, uint64, *gofs.Inode, gofs.FileHandle, uint64, uint64, uint64) (uint32, syscall.Errno) {
	return 0, syscall.ENOTSUP
}

// readable flags for the file behind: what is not whole pages is read before it is
// written, and its length is not the kernel's to cut.
func readable(flags uint32) uint32 {
	flags &^= syscall.O_APPEND | syscall.O_TRUNC | syscall.O_SYNC | syscall.O_DSYNC
	if flags&syscall.O_ACCMODE == syscall.O_WRONLY {
		flags = flags&^syscall.O_ACCMODE | syscall.O_RDWR
	}
	return flags
}

// seen puts the length that is seen in place of that behind.
func (d *Disk) seen(path string, a *fuse.Attr) {
	var st syscall.Stat_t
	if a.Mode&syscall.S_IFMT != syscall.S_IFREG || syscall.Lstat(path, &st) != nil {
		return
	}
	a.Size = uint64(d.file(&st).length())
	a.Blocks = (a.Size + 511) / 512
}

// open a file, to be written where its owner may do so: whoever opens it to read may
// sync what others wrote.
func (d *Disk) open(path string, flags uint32) (*handle, syscall.Errno) {
	how := int(readable(flags)) &^ (os.O_CREATE | os.O_EXCL)
	behind, err := os.OpenFile(path, how&^syscall.O_ACCMODE|os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		behind, err = os.OpenFile(path, how, 0)
	}
	if err != nil {
		return nil, gofs.ToErrno(err)
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(int(behind.Fd()), &st); err != nil {
		return nil, gofs.ToErrno(errors.Join(err, behind.Close()))
	}
	h := &handle{file: d.file(&st), behind: behind, ino: st.Ino, names: d.names}
	h.always = flags&(syscall.O_SYNC|syscall.O_DSYNC) != 0
	if flags&syscall.O_TRUNC != 0 {
		if err := h.file.truncate(behind, 0); err != nil {
			return nil, gofs.ToErrno(errors.Join(err, behind.Close()))
		}
	}
	return h, 0
}

// handle is an open file.
type handle struct {
	file   *file
	behind *os.File
	ino    uint64
	names  *names
	always bool // every write is synced (O_SYNC)
}

// sync the file, and with its data the name that it was made with.
func (h *handle) sync() error {
	if err := h.file.sync(h.behind); err != nil {
		return err
	}
	return h.names.syncFile(h.ino)
}

// Read implements fs.FileReader.
func (h *handle) Read(_ context.Context, to []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n, err := h.file.readAt(h.behind, to, off)
	return fuse.ReadResultData(to[:n]), gofs.ToErrno(err)
}

// Write implements fs.FileWriter.
func (h *handle) Write(_ context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	err := h.file.writeAt(h.behind, data, off)
	if err == nil && h.always {
		err = h.sync()
	}
	return uint32(len(data)), gofs.ToErrno(err)
}

// Fsync implements fs.FileFsyncer, for fdatasync too: a file's length is part of what
// its data needs.
func (h *handle) Fsync(context.Context, uint32) syscall.Errno {
	return gofs.ToErrno(h.sync())
}

// Flush implements fs.FileFlusher: closing a file syncs nothing.
func (h *handle) Flush(context.Context) syscall.Errno { return 0 }

// Allocate implements fs.FileAllocater: a file grows, and nothing else.
func (h *handle) Allocate(_ context.Context, off, size uint64, mode uint32) syscall.Errno {
	if mode != 0 {
		return syscall.ENOTSUP
	}
	if end := int64(off + size); end > h.file.length() {
		return gofs.ToErrno(h.file.truncate(h.behind, end))
	}
	return 0
}

// Release implements fs.FileReleaser.
func (h *handle) Release(context.Context) syscall.Errno { return gofs.ToErrno(h.behind.Close()) }
