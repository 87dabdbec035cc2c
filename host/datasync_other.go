//go:build !linux

package host

import "os"

// datasync is a full sync: on macOS Go issues F_FULLFSYNC, as bbolt does.
func datasync(f *os.File) error { return f.Sync() }
