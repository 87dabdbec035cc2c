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

// undertaking is what is about to happen.
type undertaking struct {
	plan   configs.Plan
	what   string
	trials int
	takes  time.Duration
}

func wholePlan(p configs.Plan) undertaking {
	trials := len(p.Setups) * (p.Trials + p.Proofs)
	return undertaking{p, units.Plural(trials, "trial") + " in " + units.Plural(len(p.Setups), "cell"), trials, configs.Estimate(p)}
}

// announce says what is about to happen, and asks where it will take long.
func announce(ctx context.Context, stderr io.Writer, stdin io.Reader, u undertaking, o runOptions) error {
	if !o.quiet {
		fmt.Fprintf(stderr, "%s: %s, about %v\n", u.plan.Name, u.what, u.takes.Round(time.Second))
		if u.plan.Label != "" {
			fmt.Fprintf(stderr, "%s\n", u.plan.Label)
		}
	}
	for _, w := range u.plan.Warnings {
		fmt.Fprintf(stderr, "warning: %s\n", w)
	}
	if u.takes <= longRun || o.yes {
		return nil
	}
	fmt.Fprintf(stderr, "that is over %v; start? [y/N] ", longRun)
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
