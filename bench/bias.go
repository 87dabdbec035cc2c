package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

const (
	// biasWrites are enough for a median to a few percent, and take less than a
	// second at slowestBias, which is a little faster than a light window may be.
	biasWrites               = 100
	slowestBias, fastestBias = 125, 1000 // per second
	// biasBound is how long all of it may take on a host that is busy.
	biasBound = 10 * time.Second
)

// LightRate of a plan is how many operations a second the generator offers in
// light windows: that of all setups that live side by side.
func LightRate(p configs.Plan) float64 {
	sum, most := 0.0, 0.0
	for _, s := range p.Setups {
		most = max(most, s.Workload.Calm.Rate)
		if s.SideBySide() && !p.Apart {
			sum += s.Workload.Calm.Rate
		}
	}
	return max(sum, most)
}

// ClientBias is what a latency holds that no cluster took: writes are sent at a
// light window's rate, by a light window's client and generator, to another
// process that answers at once. The kernel's loopback and the server's own side
// of gRPC are in it, so that it bounds the client's part from above.
//
// command starts that process, which tells its address in a line and ends when
// its stdin does.
func ClientBias(ctx context.Context, command *exec.Cmd, rate float64) (_ *results.ClientBias, err error) {
	ctx, cancel := context.WithTimeout(ctx, biasBound)
	defer cancel()
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close(), command.Wait()) }()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s did not tell its address: %w", command.Path, err)
	}
	c, err := client.Dial(ctx, strings.TrimSpace(address), nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return biasOf(ctx, c, rate)
}

// biasOf a target that answers at once.
func biasOf(ctx context.Context, target loadgen.Target, rate float64) (*results.ClientBias, error) {
	rate = min(max(rate, slowestBias), fastestBias)
	gen := loadgen.New([]loadgen.Target{target}, loadgen.Workload{KeyPrefix: "bias/", Keys: biasWrites, KeySize: 16, ValueSize: 256})
	rec, err := gen.Run(ctx, loadgen.Window{
		Name: "bias", Schedule: loadgen.Constant(rate), Timeout: biasBound, MaxInFlight: maxInFlight,
		Duration: time.Duration(math.Ceil(biasWrites / rate * float64(time.Second))),
	})
	if err == nil {
		err = rec.FirstError
	}
	if err != nil {
		return nil, err
	}
	l := latency(rec.Latency, rec.FailedWrites)
	return &results.ClientBias{P50NS: int64(l.P50NS), P90NS: int64(l.P90NS), OfferedOps: rate, Count: l.Count}, nil
}
