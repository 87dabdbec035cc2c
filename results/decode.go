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
	seen := map[trialKey]int{}
	for line := 1; len(data) > 0; line++ {
		text, rest, ended := bytes.Cut(data, []byte("\n"))
		last := len(rest) == 0
		if last && torn(text, ended) {
			warning := fmt.Sprintf("%s:%d: dropped a torn last line of %d bytes (the run was cut off while writing it)", path, line, len(text))
			return trials, good, append(warnings, warning), nil
		}
		t, err := decodeTrial(text)
		if err == nil {
			err = seenBefore(seen, t, line)
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

// trialKey tells trials of one run apart.
type trialKey struct {
	cell           string
	trial, attempt int
}

func keyOf(t Trial) trialKey { return trialKey{t.Cell, t.Trial, t.Attempt} }

func seenBefore(seen map[trialKey]int, t Trial, line int) error {
	if earlier, ok := seen[keyOf(t)]; ok {
		return fmt.Errorf("trial %d of %s, attempt %d, stands on line %d already", t.Trial, t.Cell, t.Attempt, earlier)
	}
	seen[keyOf(t)] = line
	return nil
}

func decodeTrial(text []byte) (Trial, error) {
	var t Trial
	if err := decodeStrict(text, &t); err != nil {
		return t, err
	}
	return t, t.check()
}

// check refuses what no writer of this schema writes.
func (t Trial) check() error {
	switch {
	case !cellPattern.MatchString(t.Cell):
		return fmt.Errorf("cell %q: want lower-case words, digits and single dashes", t.Cell)
	case t.Trial < 1:
		return fmt.Errorf("trial %d: want 1 or more", t.Trial)
	case t.Attempt < 1:
		return fmt.Errorf("attempt %d: want 1 or more", t.Attempt)
	case t.Nodes < 1:
		return fmt.Errorf("nodes %d: want 1 or more", t.Nodes)
	case t.Kind != Measure && t.Kind != Proof:
		return fmt.Errorf("kind %q: want %q or %q", t.Kind, Measure, Proof)
	}
	return nil
}

// decodeStrict reads one JSON object of this schema. The version is looked at
// first, so that a newer file is called newer and not damaged.
func decodeStrict(text []byte, into any) error {
	var head struct {
		SchemaVersion *int `json:"schema_version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	if err := checkVersion(head.SchemaVersion); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// newerError is a file of a schema that this build does not know.
type newerError struct{ got int }

func (e *newerError) Error() string {
	return fmt.Sprintf("schema_version %d: this build reads up to %d", e.got, SchemaVersion)
}

func checkVersion(got *int) error {
	switch {
	case got == nil:
		return fmt.Errorf("no schema_version: want %d", SchemaVersion)
	case *got > SchemaVersion:
		return &newerError{*got}
	case *got < 1:
		return fmt.Errorf("schema_version %d: want 1 to %d", *got, SchemaVersion)
	}
	return nil
}

// located says where err was met and what to do about it.
func located(err error, path string, line int) error {
	hint, what := damagedHint, "cannot be read"
	if newer := (*newerError)(nil); errors.As(err, &newer) {
		hint, what = "it was written by a newer raftbench; read it with that one", "is too new"
	}
	return &Error{Path: path, Line: line, What: what, Err: err, Do: hint}
}
