package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// calibration is what code and logs take on the host of a run, or nothing where no run
// was named.
type calibration struct {
	dir string
	// sync is what the disk's sync took alone when the run began; 0: that is not known.
	sync time.Duration
	of   []calibratedSetup
}

// calibratedSetup is one of a run, with three members.
type calibratedSetup struct {
	summary.Calibration
	setup configs.Setup
	// fullLoad is what one node of that run did at full load, in operations a second; 0
	// where that was not measured.
	fullLoad float64
}

func fromFlag(f *pflag.FlagSet, dir *string) {
	textFlag(f, dir, "from", "DIR", "a run of 1 and 3 nodes under light load: what code and logs take is taken from it")
}

// errTwoDisks: a run has what its disk took.
var errTwoDisks = usage(errors.New("got --from and --fsync, want one of them"), "--from takes what syncs and logs took in that run")

// calibrate by a run's folder.
func calibrate(stderr io.Writer, dir string) (calibration, error) {
	c := calibration{dir: dir}
	if dir == "" {
		return c, nil
	}
	run, err := openHonest(stderr, dir)
	if err != nil {
		return c, err
	}
	c.sync = time.Duration(run.Environment.FsyncP50NS)
	measure := "measure one on this host: " + commandLine("run", "--nodes", "1,3", "--rate", "20/s", "--trials", "8", "--proofs", "0")
	all, err := summary.Calibrate(run)
	if err != nil {
		return c, usage(err, measure)
	}
	plan, err := recordedPlan(run.Dir)
	if err != nil {
		return c, usage(err, measure)
	}
	for _, one := range all {
		i := slices.IndexFunc(plan.Setups, func(s configs.Setup) bool { return s.Cell == one.Cell })
		if i >= 0 {
			c.of = append(c.of, calibratedSetup{one, plan.Setups[i], 0})
		}
	}
	if len(c.of) == 0 {
		return c, usage(fmt.Errorf("%s: its experiment names none of the setups that its trials are of", dir), measure)
	}
	return c, c.rates(run)
}

// rates at full load of one node in each of the run's setups.
func (c calibration) rates(run *results.Run) error {
	s, err := summary.Build(run)
	if err != nil {
		return orUsage(err)
	}
	for i := range c.of {
		alone := "n1" + strings.TrimPrefix(c.of[i].Cell, "n3")
		for _, cell := range s.Cells {
			if m := cell.Metrics[figures.Throughput].Median; cell.Cell == alone && m != nil {
				c.of[i].fullLoad = *m
			}
		}
	}
	return nil
}

// as the setup is asked for: with its engine, its log and its load, whatever its size and
// network.
func (c calibration) as(s configs.Setup) (calibratedSetup, error) {
	for _, one := range c.of {
		if unlike(one.setup, s) == "" {
			return one, nil
		}
	}
	return calibratedSetup{}, usage(fmt.Errorf("--from %s: %s", c.dir, unlike(c.of[0].setup, s)), "ask for what was run, with --set or --engine, or name a run of what is asked for")
}

// unlike is the first thing, beside size and network, by which writes of a run and those
// that are asked for take another time; empty where there is none.
func unlike(run, asked configs.Setup) string {
	harmed := func(s configs.Setup) bool { return s.MessageFaults != nil }
	for _, t := range []struct {
		what       string
		ran, wants any
	}{
		{"engine", run.Engine, asked.Engine},
		{"storage.store", run.Storage.Store, asked.Storage.Store},
		{"storage.sync", syncWord(run), syncWord(asked)},
		{"storage.apply_delay", run.Storage.ApplyDelay, asked.Storage.ApplyDelay},
		{"storage.stall_length", run.Storage.StallLength, asked.Storage.StallLength},
		{"workload.value_size", run.Workload.ValueSize, asked.Workload.ValueSize},
		{"workload.key_size", run.Workload.KeySize, asked.Workload.KeySize},
		{"workload.target", run.Workload.Target, asked.Workload.Target},
		{"dead", run.Dead, asked.Dead},
		{"harm to messages", harmed(run), harmed(asked)},
	} {
		if t.ran != t.wants {
			return fmt.Sprintf("%s is %v in that run, and %v is asked for", t.what, t.ran, t.wants)
		}
	}
	return ""
}

// syncWord as an experiment has it.
func syncWord(s configs.Setup) string {
	if s.Storage.EmulatedSync == 0 {
		return "real"
	}
	return s.Storage.EmulatedSync.String()
}

// ofSetup is what its writes take, at p50: members on this host together, and each on a
// machine of its own like it.
func (c calibration) ofSetup(s configs.Setup) (here, own time.Duration, err error) {
	one, err := c.as(s)
	if err != nil {
		return 0, 0, err
	}
	trips := s.FollowerTrips()
	p, on := one.Here(trips), one.OwnMachines(trips)
	together := writeTimes(p)
	together.Follower += time.Duration(p[summary.TermNetwork] - on[summary.TermNetwork]) // what links were late by
	return s.WriteLaw(together).Summary().P50, s.WriteLaw(writeTimes(on)).Summary().P50, nil
}

// writeTimes are the parts beside the links.
func writeTimes(p summary.Parts) configs.WriteTimes {
	of := func(terms ...summary.Term) (sum time.Duration) {
		for _, t := range terms {
			sum += time.Duration(p[t])
		}
		return sum
	}
	return configs.WriteTimes{
		Code:      of(summary.TermClient, summary.TermQueue, summary.TermApply),
		LeaderLog: of(summary.TermLeaderLog),
		Follower:  of(summary.TermHandOver, summary.TermFollowerLog),
	}
}
