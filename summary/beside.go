package summary

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/raftbench/raftbench/results"
)

// What holds for many runs stands in a JSON file of its own, beside their folders: a
// spread, a floor.

// readBeside reads such a file, of at most so many bytes, into a value that checks
// itself. what it should be and what to do otherwise are for errors, which are of
// type *results.Error.
func readBeside(path string, most int64, into interface{ check() error }, what, do string) error {
	text, err := results.ReadFile(path, most)
	if err != nil {
		var p *os.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return &results.Error{Path: path, What: "cannot be read", Err: err, Do: do}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err = d.Decode(into); err == nil {
		err = into.check()
	}
	if err != nil {
		return &results.Error{Path: path, What: "is no " + what, Err: err, Do: do}
	}
	return nil
}

// writeBeside puts such a file into a folder, whole or not at all, and returns its
// path.
func writeBeside(dir, name string, v any) (path string, err error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode %s: %w", name, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", &results.Error{Path: dir, What: "cannot be written", Err: err, Do: "make the folder writable"}
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return filepath.Join(dir, name), results.WriteFile(root, name, append(text, '\n'))
}
