package results

import "fmt"

// Error says what is wrong with a run's folder or one of its files. It is a
// mistake of the folder, not of the program: commands answer it with the exit
// code for usage.
type Error struct {
	Path string // the file or folder
	Line int    // from 1; 0 where the whole file is meant
	What string // what was got and what was wanted
	Do   string // what to do about it; may be empty
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
