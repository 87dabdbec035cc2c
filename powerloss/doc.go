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
// Names are held to their syncs, too: a creation, a rename or a removal is undone at
// the loss unless its directory was synced after it (of a rename from one directory to
// another, the directory that it goes to). A program that replaces a file by renaming a
// new one to its name, and does not sync the directory, has the old one afterwards.
// One thing is taken from ext4 and its like, and is less than POSIX lets a file system
// forget: the sync of a new file makes durable that it, and the directories above it,
// were created. bbolt relies on it: it syncs its file and never the directory, so that
// a stricter disk would take every store's whole file at the first loss.
//
// Our assumptions, where file systems differ: a rename is done whole or not at all, and
// nothing that was not synced survives, where a real disk may keep any part of it, in
// any order. LazyFS, which Jepsen and etcd test with, assumes the latter of data, too.
// Modes, owners and times of files are durable at once. What is removed or replaced
// takes its room until that is durable.
package powerloss
