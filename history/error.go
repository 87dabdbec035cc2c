package history

import "fmt"

// Error says what is wrong with a history's file. It is a mistake of the file, not
// of the cluster whose history it is.
type Error struct {
	Path string
	Line int    // from 1; 0 where the whole file is meant
	What string // what was got and what was wanted
	Do   string // what to do about it
	Err  error  // the cause; may be nil
}

// Error names the file, the line and the problem.
func (e *Error) Error() string {
	where := e.Path
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Path, e.Line)
	}
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", where, e.What, e.Err)
	}
	return fmt.Sprintf("%s: %s", where, e.What)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *Error) Hint() string { return e.Do }

const (
	damagedHint = "the file was changed or damaged after it was written; record the history again"
	foreignHint = "mend what writes the history; if that was raftbench, the file was changed after it was written: record it again"
	versionHint = "read it with the raftbench that wrote it, or record the history again with this one"
	sizeHint    = "record a shorter history, or more of them"
)
