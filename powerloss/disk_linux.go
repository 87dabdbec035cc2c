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
	behind string
	server *fuse.Server

	mu    sync.Mutex
	files map[uint64]*file // by the inode of the file behind
}

// Mount serves the files of a directory, behind, at another, both of which are
// there. Other file systems are not followed into.
func Mount(behind, at string) (*Disk, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(behind, &st); err != nil {
		return nil, fmt.Errorf("power loss: the directory behind %s: %w", at, err)
	}
	d := &Disk{behind: behind, files: map[uint64]*file{}}
	root := &node{LoopbackNode: gofs.LoopbackNode{RootData: &gofs.LoopbackRoot{Path: behind, Dev: st.Dev}}, disk: d}
	root.RootData.RootNode = root
	server, err := gofs.Mount(at, root, &gofs.Options{MountOptions: fuse.MountOptions{
		DirectMount: true, FsName: "raftbench-power-loss", Name: "raftbench",
	}})
	if err != nil {
		return nil, fmt.Errorf("power loss: mounting at %s: %w", at, err)
	}
	d.server = server
	return d, nil
}

// Unmount ends the directory. What was not synced is gone.
func (d *Disk) Unmount() error { return d.server.Unmount() }

// Lost is what a cut of the power took.
type Lost struct {
	Files int   `json:"files"` // that were longer, shorter or otherwise than when they were last synced
	Bytes int64 `json:"bytes"` // of pages that were not synced
}

// Lose drops whatever was not synced. No process may have a file open: its kernel
// would go on with what it still holds.
func (d *Disk) Lose() (Lost, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var lost Lost
	err := filepath.WalkDir(d.behind, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		if f := d.files[st.Ino]; f != nil && !f.clean() {
			lost.Files++
			lost.Bytes += f.lose(st.Size)
		}
		return nil
	})
	clear(d.files)
	return lost, err
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
func (d *Disk) forget(path string) {
	var st syscall.Stat_t
	if syscall.Lstat(path, &st) == nil && st.Nlink <= 1 && st.Mode&syscall.S_IFMT == syscall.S_IFREG {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.files, st.Ino)
	}
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
func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*gofs.Inode, gofs.FileHandle, uint32, syscall.Errno) {
	inode, fh, _, errno := n.LoopbackNode.Create(ctx, name, readable(flags), mode, out)
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
func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	n.disk.forget(filepath.Join(n.path(), name))
	return n.LoopbackNode.Unlink(ctx, name)
}

// Rename implements fs.NodeRenamer. A file that was there is replaced.
func (n *node) Rename(_ context.Context, name string, to gofs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if flags != 0 {
		return syscall.ENOTSUP
	}
	target, ok := to.(*node)
	if !ok {
		return syscall.EXDEV
	}
	n.disk.forget(filepath.Join(target.path(), newName))
	return gofs.ToErrno(os.Rename(filepath.Join(n.path(), name), filepath.Join(target.path(), newName)))
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

func (d *Disk) open(path string, flags uint32) (*handle, syscall.Errno) {
	behind, err := os.OpenFile(path, int(readable(flags))&^os.O_CREATE&^os.O_EXCL, 0)
	if err != nil {
		return nil, gofs.ToErrno(err)
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(int(behind.Fd()), &st); err != nil {
		return nil, gofs.ToErrno(errors.Join(err, behind.Close()))
	}
	h := &handle{file: d.file(&st), behind: behind}
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
	always bool // every write is synced (O_SYNC)
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
		err = h.file.sync(h.behind)
	}
	return uint32(len(data)), gofs.ToErrno(err)
}

// Fsync implements fs.FileFsyncer, for fdatasync too: a file's length is part of what
// its data needs.
func (h *handle) Fsync(context.Context, uint32) syscall.Errno {
	return gofs.ToErrno(h.file.sync(h.behind))
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
