package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/units"
)

// longRun is the estimate above which a person is asked first.
const longRun = 30 * time.Minute

// confirm says what is about to happen and how long it takes, and asks where
// that is long.
func confirm(ctx context.Context, stderr io.Writer, stdin io.Reader, plan configs.Plan, what string, takes time.Duration, o runOptions) error {
	if !o.quiet {
		fmt.Fprintf(stderr, "%s: %s, about %s\n", plan.Name, what, units.About(takes))
		if plan.Label != "" {
			fmt.Fprintf(stderr, "%s\n", plan.Label)
		}
	}
	for _, w := range plan.Warnings {
		fmt.Fprintf(stderr, "warning: %s\n", w)
	}
	if takes <= longRun || o.yes {
		return nil
	}
	fmt.Fprintf(stderr, "that is over %s; start? [y/N] ", units.About(longRun))
	if agreed(ctx, stdin) {
		return nil
	}
	return usage(errors.New("not started"), "give --yes, or fewer --trials or --nodes")
}

// agreed reads the answer. A read cannot be cancelled: interrupted, it is left
// to the end of the program.
func agreed(ctx context.Context, stdin io.Reader) bool {
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stdin).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case a := <-answer:
		return a == "y" || a == "yes"
	case <-ctx.Done():
		return false
	}
}

// trialsOf is how many trials of how many setups a whole plan has.
func trialsOf(p configs.Plan) string {
	return units.Plural(len(p.Setups)*(p.Trials+p.Proofs), "trial") + " of " + units.Plural(len(p.Setups), "setup")
}
