package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"fortio.org/fortio/periodic"
	"fortio.org/log"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/raftbench/raftbench/loadgen"
)

// raftbench runs an open loop at a constant rate.
func raftbench(ctx context.Context, rate int, d time.Duration, arrive func()) error {
	work := loadgen.Workload{KeyPrefix: "k/", Keys: 1000, KeySize: 16, ValueSize: 256}
	g := loadgen.New([]loadgen.Target{target(arrive)}, work)
	_, err := g.Run(ctx, loadgen.Window{Schedule: loadgen.Constant(float64(rate)), Duration: d})
	return err
}

type target func()

func (t target) Put(context.Context, string, []byte) (int64, error) { t(); return 1, nil }

func (t target) Get(context.Context, string, bool) (loadgen.Read, error) {
	t()
	return loadgen.Read{Revision: 1}, nil
}

// vegetaAttack is `vegeta attack -rate`, with a transport in place of a
// network.
func vegetaAttack(_ context.Context, rate int, d time.Duration, arrive func()) error {
	attacker := vegeta.NewAttacker(vegeta.Client(&http.Client{Transport: transport(arrive)}))
	targeter := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: "http://server/"})
	for result := range attacker.Attack(targeter, vegeta.ConstantPacer{Freq: rate, Per: time.Second}, d, "pacer") {
		if result.Error != "" {
			return errors.New(result.Error)
		}
	}
	return nil
}

type transport func()

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t()
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// fortioRun is `fortio load -qps -c 1`: with more connections each follows a
// plan of its own, all starting at the same instant.
func fortioRun(_ context.Context, rate int, d time.Duration, arrive func()) error {
	log.SetLogLevelQuiet(log.Error)
	options := periodic.RunnerOptions{RunType: "pacer", QPS: float64(rate), Duration: d, NumThreads: 1, Out: io.Discard}
	runner := periodic.NewPeriodicRunner(&options)
	defer runner.Options().Abort()
	runner.Options().MakeRunners(runnable(arrive))
	runner.Run()
	return nil
}

type runnable func()

func (r runnable) Run(context.Context, periodic.ThreadID) (status bool, details string) {
	r()
	return true, ""
}
