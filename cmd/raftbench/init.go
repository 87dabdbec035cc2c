package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
)

// exampleFile is where init writes unless told otherwise.
const exampleFile = "experiment.yaml"

func newInitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented experiment to start from",
		Long: "Write an experiment with every key, its default and what it means, to FILE\n" +
			"(" + exampleFile + " unless given), and beside it the schema that an editor\n" +
			"completes from. A file that is there already is never overwritten.",
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := exampleFile
			if len(args) > 0 {
				path = args[0]
			}
			return runInit(cmd.OutOrStdout(), path)
		},
	}
}

func runInit(stdout io.Writer, path string) error {
	if err := writeNew(path, configs.Example); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "wrote %s: every key, its default and what it means\n", path)
	schema, err := configs.Schema()
	if err != nil {
		return fail(exitFailed, err, "")
	}
	schemaPath := filepath.Join(filepath.Dir(path), configs.SchemaFile)
	switch err := writeNew(schemaPath, schema); {
	case errors.Is(err, fs.ErrExist):
		// Of an earlier init; the experiment is valid without it.
		fmt.Fprintf(stdout, "kept %s, which is there already\n", schemaPath)
		return nil
	case err != nil:
		return err
	}
	fmt.Fprintf(stdout, "wrote %s: what an editor completes the experiment from\n", schemaPath)
	return nil
}

// writeNew refuses to overwrite.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usage(fmt.Errorf("%s is there already and stays as it is: %w", path, fs.ErrExist), "give another file name")
	}
	if err != nil {
		return usage(fmt.Errorf("write %s: %w", path, bare(err)), "name a file in a folder that is there and can be written")
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return fail(exitFailed, fmt.Errorf("writing %s: %w", path, err), "")
	}
	return nil
}

// bare strips the path that an *fs.PathError repeats.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
