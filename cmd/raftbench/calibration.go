package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/summary"
)

// calibration is what code and logs take on the host of a run, or nothing where no run
// was named.
type calibration struct {
	dir string
	of  []summary.Calibration
}

func fromFlag(f *pflag.FlagSet, dir *string) {
	textFlag(f, dir, "from", "DIR", "a run of 1 and 3 nodes under light load: what code and logs take is taken from it")
}

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
	if c.of, err = summary.Calibrate(run); err != nil {
		return c, usage(err, "measure one on this host: "+commandLine("run", "--nodes", "1,3", "--rate", "20/s", "--trials", "8", "--proofs", "0"))
	}
	return c, nil
}

// as asked: of this engine, and with logs kept in this way.
func (c calibration) as(engine string, volatile bool, emulated time.Duration) (summary.Calibration, error) {
	i := slices.IndexFunc(c.of, func(one summary.Calibration) bool {
		return one.Engine == engine && one.Volatile == volatile && one.EmulatedSync == emulated
	})
	if i >= 0 {
		return c.of[i], nil
	}
	return summary.Calibration{}, usage(fmt.Errorf("--from %s: got writes of %s, want some of the engine %s with %s", c.dir, stored(c.of[0].Engine, c.of[0].Volatile, c.of[0].EmulatedSync), engine, disk(volatile, emulated)),
		"name a run of what is to be predicted, or predict what was run (storage.store, storage.sync, --engine)")
}

func stored(engine string, volatile bool, emulated time.Duration) string {
	return "the engine " + engine + " with " + disk(volatile, emulated)
}

func disk(volatile bool, emulated time.Duration) string {
	switch {
	case volatile:
		return "a log in memory"
	case emulated > 0:
		return "an emulated sync of " + showNS(emulated.Nanoseconds())
	}
	return "a real disk"
}

// ofSetup is what its writes take, at p50: members on this host together, and each on a
// machine of its own like it.
func (c calibration) ofSetup(s configs.Setup) (here, own time.Duration, err error) {
	one, err := c.as(s.Engine, s.Storage.Store != control.StoreBolt, s.Storage.EmulatedSync)
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
