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
		about := "about "
		if plan.Precision > 0 {
			about = "at most "
		}
		fmt.Fprintf(stderr, "%s: %s, %s%s\n", plan.Name, what, about, units.About(takes))
		for _, line := range []string{plan.Unasked, plan.Label} {
			if line != "" {
				fmt.Fprintln(stderr, line)
			}
		}
	}
	for _, w := range planWarnings(plan) {
		fmt.Fprintf(stderr, "warning: %s\n", w)
	}
	if takes <= longRun || o.yes {
		return nil
	}
	fmt.Fprintf(stderr, "that is over %s; start? [y/N] ", units.About(longRun))
	answer := readLine(ctx, stdin)
	if !strings.HasSuffix(answer, "\n") {
		fmt.Fprintln(stderr) // nobody pressed Enter
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return usage(errors.New("not started"), "give --yes, or fewer --trials or --nodes")
}

// readLine reads one line with its end. A read cannot be cancelled:
// interrupted, it is left to the end of the program.
func readLine(ctx context.Context, in io.Reader) string {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(in).ReadString('\n')
		line <- text
	}()
	select {
	case text := <-line:
		return text
	case <-ctx.Done():
		return ""
	}
}

// trialsOf is how many trials of how many setups a whole plan has.
func trialsOf(p configs.Plan) string {
	if p.Precision > 0 {
		return fmt.Sprintf("%s side by side, until differences are known to ±%s", units.Plural(len(p.Setups), "setup"), units.Share.Show(p.Precision))
	}
	trials := len(p.Setups)*(p.Trials+p.Proofs) + p.OutageTrialCount()
	for _, s := range p.Setups {
		if p.Watches(s) {
			trials++
		}
		trials += p.SafetyOf(s)
	}
	return units.Plural(trials, "trial") + " of " + units.Plural(len(p.Setups), "setup")
}
