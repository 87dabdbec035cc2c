// Package powerloss is a disk whose power can be cut: a directory in which
// whatever was written and not synced can be made to vanish, as it does from a page
// cache. Killing a process proves nothing of its syncs, for the kernel still holds
// every write; a store that never syncs would pass.
//
// The directory is a file system in user space (FUSE), so that a store is held to
// its real calls: pwrite, ftruncate, fsync, fdatasync, and maps of its file. What is
// written stands in the memory of the process that serves the directory, and
// reaches the files behind it with a sync of the same file.
//
// Our assumptions, where file systems differ: names are durable at once (a file
// that was created, renamed or removed is so after a loss, whoever synced its
// directory), and nothing that was not synced survives, where a real disk may keep
// any part of it. LazyFS, which Jepsen and etcd test with, assumes the same.
package powerloss
