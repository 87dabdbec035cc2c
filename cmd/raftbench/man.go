package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the manual pages, one for each command",
		Long: `Write the manual pages, one for each command, as files for man(1). Completions
for shells come from "raftbench completion".`,
		Example: `  raftbench man /tmp/man && man -l /tmp/man/raftbench-run.1
  raftbench man ~/.local/share/man/man1`,
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return runMan(cmd.OutOrStdout(), cmd.Root(), args[0]) },
	}
}

// manualPage is the name of one, of whatever program: ls.1, raftbench.1.gz.
var manualPage = regexp.MustCompile(`\.[1-9][a-z]*(\.(gz|xz|bz2|zst))?$`)

// holdsOnlyPages refuses a folder of other things, such as that of a run.
func holdsOnlyPages(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return usage(err, "name a new folder, or one of manual pages")
	}
	for _, e := range entries {
		if e.IsDir() || !manualPage.MatchString(e.Name()) {
			return usage(fmt.Errorf("got %s, which holds %s, want a new or empty folder or one of manual pages", dir, e.Name()), "write it like `raftbench man /tmp/man`")
		}
	}
	return nil
}

func runMan(stdout io.Writer, root *cobra.Command, dir string) error {
	if dir == "" {
		return usage(errors.New(`got "", want a folder`), "write it like `raftbench man /tmp/man`")
	}
	if err := holdsOnlyPages(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(exitFailed, err, "name a folder that can be written")
	}
	root.DisableAutoGenTag = true // it would hold the day on which it was written
	header := &doc.GenManHeader{Section: "1", Source: "raftbench " + version, Manual: "raftbench"}
	if err := doc.GenManTree(root, header, dir); err != nil {
		return fail(exitFailed, err, "name a folder that can be written")
	}
	pages, err := filepath.Glob(filepath.Join(dir, "raftbench*.1"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "manual pages: %s (%d files)\n", dir, len(pages))
	return err
}
