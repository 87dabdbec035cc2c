package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// cellPattern is what a cell may be called: it becomes part of file names.
var cellPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

const damagedHint = "the file was changed or damaged after it was written; restore it, or run again into a new folder"

// decodeTrials reads trials.jsonl. good is the length of what was understood:
// when a crash tore the last line, everything behind good is that line.
func decodeTrials(path string, data []byte) (trials []Trial, good int64, warnings []string, err error) {
	known := newLedger()
	for line := 1; len(data) > 0; line++ {
		text, rest, ended := bytes.Cut(data, []byte("\n"))
		last := len(rest) == 0
		if last && torn(text, ended) {
			warning := fmt.Sprintf("%s:%d: dropped a torn last line of %d bytes (the run was cut off while writing it)", path, line, len(text))
			return trials, good, append(warnings, warning), nil
		}
		t, err := decodeTrial(text)
		if err == nil {
			err = known.add(t, line)
		}
		if err != nil {
			return nil, 0, nil, located(err, path, line)
		}
		trials = append(trials, t)
		good += int64(len(data) - len(rest))
		data = rest
	}
	return trials, good, warnings, nil
}

// torn tells a line that a crash cut short from one that is damaged: a cut
// line stops before its JSON does.
func torn(text []byte, ended bool) bool {
	if !ended {
		return !json.Valid(text)
	}
	var v any
	return errors.Is(json.NewDecoder(bytes.NewReader(text)).Decode(&v), io.ErrUnexpectedEOF)
}

func decodeTrial(text []byte) (Trial, error) {
	var t Trial
	if len(text) > maxTrialLine {
		return t, fmt.Errorf("%w: a line of %d bytes, want at most %d", ErrTooLarge, len(text), maxTrialLine)
	}
	if err := decodeStrict(text, &t); err != nil {
		return t, err
	}
	return t, t.check()
}

// decodeStrict reads one JSON object of this schema. Where that fails the
// version is looked at, so that a file of another schema is called that and not
// damaged.
func decodeStrict(text []byte, into interface{ schema() int }) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("something follows the object, want one a line")
	}
	if err == nil && into.schema() == SchemaVersion {
		return nil
	}
	var head struct {
		SchemaVersion *int `json:"schema_version"`
	}
	if e := json.Unmarshal(text, &head); e != nil {
		return e
	}
	if e := checkVersion(head.SchemaVersion); e != nil {
		return e
	}
	return err
}

func (t *Trial) schema() int       { return t.SchemaVersion }
func (e *Environment) schema() int { return e.SchemaVersion }

// versionError is a file of a schema that this build does not read.
type versionError struct{ got int }

func (e *versionError) Error() string {
	return fmt.Sprintf("schema_version %d: this build reads %d", e.got, SchemaVersion)
}

// Hint says what to do about it.
func (e *versionError) Hint() string {
	if e.got > SchemaVersion {
		return "it was written by a newer raftbench; read it with that one"
	}
	return "it was written by an older raftbench, whose records mean something else: measure anew with `raftbench run`, or read it with the raftbench that wrote it (environment.json tells which)"
}

func checkVersion(got *int) error {
	switch {
	case got == nil || *got < 1:
		return fmt.Errorf("no schema_version: want %d", SchemaVersion)
	case *got != SchemaVersion:
		return &versionError{*got}
	}
	return nil
}

// located says where err was met and what to do about it.
func located(err error, path string, line int) error {
	hint, what := damagedHint, "cannot be read"
	if other := (*versionError)(nil); errors.As(err, &other) {
		hint, what = other.Hint(), "is of another schema"
	}
	return &Error{Path: path, Line: line, What: what, Err: err, Do: hint}
}
