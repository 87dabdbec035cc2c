package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// Writer records a run. One process at a time may hold a folder's writer. Its
// methods may be called from many goroutines.
type Writer struct {
	dir  string
	root *os.Root // dir

	mu     sync.Mutex
	trials *os.File // locked for as long as it is open
	end    int64    // length of the finished lines
	known  *ledger
}

const takenHint = "name a new folder with --out, or go on with the run in it with --resume"

// Create makes dir, which may exist but must be empty, into a run's folder.
// Its errors are of type *Error.
func Create(dir string, env Environment, experiment []byte) (*Writer, error) {
	if err := makeEmpty(dir); err != nil {
		return nil, err
	}
	// trials.jsonl comes first: O_EXCL lets one of two contenders win.
	f, err := os.OpenFile(filepath.Join(dir, TrialsFile), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	if err != nil {
		return nil, cannotWrite(dir, err)
	}
	w, err := newWriter(dir, f)
	if err != nil {
		return nil, err
	}
	if err := w.begin(env, experiment); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// newWriter takes the trials' file over.
func newWriter(dir string, trials *os.File) (*Writer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errors.Join(cannotWrite(dir, err), trials.Close())
	}
	return &Writer{dir: dir, root: root, trials: trials, known: newLedger()}, nil
}

func makeEmpty(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cannotWrite(dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return cannotWrite(dir, err)
	}
	if len(entries) > 0 {
		return &Error{Path: dir, What: fmt.Sprintf("is not empty (it holds %s); a new run wants an empty folder", entries[0].Name()), Do: takenHint}
	}
	return nil
}

func cannotWrite(path string, err error) error {
	do := "choose a folder that you may write to with --out"
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		do = "free some space there, or choose a folder on another disk with --out"
	}
	return &Error{Path: path, What: "cannot be written", Err: bare(err), Do: do}
}

func (w *Writer) begin(env Environment, experiment []byte) error {
	if err := lock(w.trials, w.dir); err != nil {
		return err
	}
	env.SchemaVersion = SchemaVersion
	if env.RunID == "" {
		env.RunID = filepath.Base(w.dir)
	}
	text, err := json.MarshalIndent(env, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", EnvironmentFile, err)
	}
	if err := w.root.Mkdir(TrialsDir, 0o755); err != nil {
		return cannotWrite(w.dir, err)
	}
	if err := WriteFile(w.root, EnvironmentFile, append(text, '\n')); err != nil {
		return err
	}
	return WriteFile(w.root, ExperimentFile, experiment)
}

// Resume goes on with the run in dir. A last line that a crash tore is cut
// off, and said in Run.Warnings.
func Resume(dir string) (*Writer, *Run, error) {
	// Read once before anything is touched: a damaged run stays as it is.
	if _, err := Open(dir); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, TrialsFile), os.O_RDWR, 0)
	if err != nil {
		return nil, nil, cannotWrite(dir, err)
	}
	w, err := newWriter(dir, f)
	if err != nil {
		return nil, nil, err
	}
	run, err := w.resume()
	if err != nil {
		return nil, nil, errors.Join(err, w.Close())
	}
	return w, run, nil
}

func (w *Writer) resume() (*Run, error) {
	if err := lock(w.trials, w.dir); err != nil {
		return nil, err
	}
	// Only now does nobody else write.
	run, good, err := open(w.dir)
	if err != nil {
		return nil, err
	}
	for i, t := range run.Trials {
		if err := w.known.add(t, i+1); err != nil {
			return nil, err // open has read it
		}
	}
	if err := w.root.MkdirAll(TrialsDir, 0o755); err != nil {
		return nil, cannotWrite(w.dir, err)
	}
	return run, w.cutTo(good)
}

// cutTo drops what stands behind the finished lines, and ends the last of
// them where only its newline is missing.
func (w *Writer) cutTo(good int64) error {
	if err := w.trials.Truncate(good); err != nil {
		return cannotWrite(w.trials.Name(), err)
	}
	w.end = good
	if good == 0 {
		return nil
	}
	last := make([]byte, 1)
	if _, err := w.trials.ReadAt(last, good-1); err != nil {
		return cannotWrite(w.trials.Name(), err)
	}
	if last[0] == '\n' {
		return nil
	}
	return w.write([]byte("\n"))
}

// Append records a finished trial; when it returns nil, the trial survives a
// crash. The schema version is filled in, and an Attempt of 0 counts as 1.
// Write the trial's histograms first.
func (w *Writer) Append(t Trial) error {
	t = t.normal()
	if err := t.check(); err != nil {
		return fmt.Errorf("record a trial: %w", err)
	}
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("record trial %d of %s: %w", t.Trial, t.Cell, err)
	}
	if len(line) > maxTrialLine {
		return &Error{
			Path: filepath.Join(w.dir, TrialsFile), What: "cannot hold the trial", Err: fmt.Errorf("%w: trial %d of %s takes a line of %d bytes with %d events, and readers want at most %d", ErrTooLarge, t.Trial, t.Cell, len(line), len(t.Events), maxTrialLine),
			Do: "nothing of it was written: make the trial shorter (watch.duration, or fewer faults a trial)",
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.known.add(t, len(w.known.lines)+1); err != nil {
		return fmt.Errorf("record a trial: %w", err)
	}
	return w.write(append(line, '\n'))
}

// write appends one line in one call. What a failed write left behind is cut
// off again, so that the next line does not join it.
func (w *Writer) write(line []byte) error {
	_, err := w.trials.WriteAt(line, w.end)
	if err == nil {
		err = w.trials.Sync()
	}
	if err != nil {
		return errors.Join(cannotWrite(w.trials.Name(), err), w.trials.Truncate(w.end))
	}
	w.end += int64(len(line))
	return nil
}

// normal fills in what a reader relies on: lists are empty, never null.
func (t Trial) normal() Trial {
	t.SchemaVersion = SchemaVersion
	t.Attempt = max(t.Attempt, 1)
	t.Remarks = listed(t.Remarks)
	t.Findings = listed(t.Findings)
	t.Events = listed(t.Events)
	t.Windows = append([]Window{}, t.Windows...)
	for i := range t.Windows {
		t.Windows[i].Series = listed(t.Windows[i].Series)
		t.Windows[i].Parts = listed(t.Windows[i].Parts)
	}
	t.Links = listed(t.Links)
	t.Resources = listed(t.Resources)
	return t
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Dir is the run's folder.
func (w *Writer) Dir() string { return w.dir }

// TrialDir is where a trial's logs belong; it is not made here.
func (w *Writer) TrialDir(cell string, trial int) string {
	return filepath.Join(w.dir, TrialFolder(cell, trial))
}

// TrialFolder is TrialDir within the run's folder.
func TrialFolder(cell string, trial int) string {
	return filepath.Join(TrialsDir, trialName(cell, trial))
}

func trialName(cell string, trial int) string { return fmt.Sprintf("%s-%d", cell, trial) }

// Close lets go of the folder.
func (w *Writer) Close() error { return errors.Join(w.trials.Close(), w.root.Close()) }
