package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// Where there is no live line, a trial of minutes is told of every ten seconds, with what
// it does; as long as trials end sooner nothing is added.
func TestALogTellsThatARunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		p := newProgress(newConsole(&said, nil), false)
		job := bench.Job{Setup: configs.Setup{Cell: "n3"}, Kind: results.Watch, Trial: 2}
		step := bench.Progress{Job: job, Number: 2, Of: 3, Stage: bench.StageWatching, Left: time.Minute}
		p.step(step)
		time.Sleep(35*time.Second + 500*time.Millisecond)
		step.Finished, step.Elapsed = &results.Trial{Cell: "n3", Kind: results.Watch, Trial: 2, Valid: true}, 36*time.Second
		p.step(step)
		time.Sleep(9 * time.Second)
		p.close()
		time.Sleep(time.Minute)
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		if len(lines) != 4 {
			t.Fatalf("got %d lines in 35 s of a trial, and one of its end:\n%s", len(lines), said.String())
		}
		for i, line := range lines[:3] {
			if want := fmt.Sprintf("1 of 3 done  %d s so far", 10*(i+1)); !strings.Contains(line, want) || !strings.HasSuffix(line, " · n3, watch 2: watching") {
				t.Errorf("got %q, want %q and what is done now", line, want)
			}
		}
	})
}
