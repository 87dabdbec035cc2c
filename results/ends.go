package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// EndsFile says when a run's measuring came to its end. A folder without it holds a
// run that was interrupted.
const EndsFile = "ends.json"

// End is one end that measuring came to by the run's own rule: its precision was
// reached, or its budget spent, or its trials were done. Whoever measures on, after having looked at what came
// out, leaves another one.
type End struct {
	At     time.Time `json:"at"`
	Blocks int       `json:"blocks"` // on record by then
}

type ends struct {
	SchemaVersion int   `json:"schema_version"`
	Ends          []End `json:"ends"`
}

func (e *ends) schema() int { return e.SchemaVersion }

const maxEnds = 1 << 20 // bytes: ten thousand ends

// BlocksOf a record: those that hold a measuring trial.
func BlocksOf(trials []Trial) (blocks int) {
	for _, t := range trials {
		if t.Kind == Measure {
			blocks = max(blocks, t.Block+1)
		}
	}
	return blocks
}

// readEnds reads a folder's ends; none where it has no such file.
func readEnds(dir string) ([]End, error) {
	path := filepath.Join(dir, EndsFile)
	text, err := readWithin(dir, EndsFile, maxEnds)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	const do = "restore it; without it, an unfinished run is measured on by `raftbench gate --run`"
	if err != nil {
		return nil, &Error{Path: path, What: "cannot be read", Err: bare(err), Do: do}
	}
	var all ends
	if err := decodeStrict(text, &all); err != nil {
		return nil, located(err, path, 0)
	}
	return all.Ends, nil
}

// KeepEnd records that measuring ended by the run's own rule, unless nothing was
// measured since it last did. Only who writes to the folder may call it. Its errors
// are of type *Error.
func KeepEnd(dir string, at time.Time) (err error) {
	run, err := Open(dir)
	if err != nil {
		return err
	}
	blocks := BlocksOf(run.Trials)
	if n := len(run.Ends); blocks == 0 || n > 0 && run.Ends[n-1].Blocks >= blocks {
		return nil
	}
	text, err := json.MarshalIndent(ends{SchemaVersion, append(run.Ends, End{At: at.UTC(), Blocks: blocks})}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the ends of %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return cannotWrite(dir, err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return WriteFile(root, EndsFile, append(text, '\n'))
}

// Looks are how often somebody can have looked at this run when its measuring had
// ended, the present look included.
func (r *Run) Looks() int {
	looks, last := 0, 0
	for _, e := range r.Ends {
		if e.Blocks > last {
			looks, last = looks+1, e.Blocks
		}
	}
	if BlocksOf(r.Trials) > last {
		looks++
	}
	return max(1, looks)
}

// Ended tells that measuring came to its end by the run's own rule, and was not gone
// on with since.
func (r *Run) Ended() bool {
	n := len(r.Ends)
	return n > 0 && r.Ends[n-1].Blocks >= BlocksOf(r.Trials)
}
