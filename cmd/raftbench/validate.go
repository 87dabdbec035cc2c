package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
)

func newValidateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE",
		Short: "Check an experiment without running it, and tell its size",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runValidate(cmd.OutOrStdout(), args[0])
		},
	}
}

func runValidate(stdout io.Writer, path string) error {
	e, err := configs.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return usage(err, "`raftbench init` writes an example")
	}
	if err != nil {
		return usage(err, "")
	}
	plan, err := e.Plan()
	if err != nil {
		return usage(err, "")
	}
	fmt.Fprintf(stdout, "ok: %s\n%s\n", path, planSize(plan))
	for _, w := range plan.Warnings {
		fmt.Fprintf(stdout, "warning: %s\n", w)
	}
	return nil
}

// planSize is the line that is printed before anything starts.
func planSize(p configs.Plan) string {
	return fmt.Sprintf("%s, %s and %s, about %s",
		count(len(p.Setups), "cell"),
		count(len(p.Setups)*p.Trials, "measuring trial"),
		count(len(p.Setups)*p.Proofs, "proof"),
		configs.Estimate(p).Round(time.Second))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
