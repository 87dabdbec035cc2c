package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// summaryFormats are what a run's summary, or a forecast of it, can be
// printed as with -o.
var summaryFormats = []string{"table", "json", "markdown", "csv"}

// outputFlag adds -o; the first of the formats is the default.
func outputFlag(f *pflag.FlagSet, output *string, formats ...string) {
	last := len(formats) - 1
	*output = formats[0]
	f.VarP(text{output, "FORMAT"}, "output", "o", strings.Join(formats[:last], ", ")+" or "+formats[last])
	f.Lookup("output").Annotations = map[string][]string{formatsOf: formats}
}

// checkFormat refuses an -o that a command does not know.
func checkFormat(got string, want ...string) error {
	if slices.Contains(want, got) {
		return nil
	}
	return usage(fmt.Errorf("got the output format %q, want one of %s", got, strings.Join(want, ", ")), "write it like -o "+want[0])
}

// printWhole prints what is short enough to be made first, and fails where it cannot be
// written.
func printWhole(w io.Writer, what string, print func(w io.Writer) error) error {
	var whole bytes.Buffer
	err := print(&whole)
	if err == nil {
		_, err = whole.WriteTo(w)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("print the %s: %w", what, err), "")
	}
	return nil
}

// writeJSON writes v as people can read it, too.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
