package netem

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// Calibration says how a link is probed on purpose: with one probe in each
// interval, at an instant of the clock that all processes of a host share.
type Calibration struct {
	Probes int
	Every  time.Duration
	// Each interval is divided into Slots, of which one is this link's: links
	// that are probed at the same time are so never probed at the same instant.
	Slot, Slots int
	// Patience bounds each attempt to connect, and the wait for the last
	// probe: some round trips.
	Patience time.Duration
}

func (c Calibration) check() error {
	if c.Probes < 1 || c.Every <= 0 || c.Slots < 1 || c.Slot < 0 || c.Slot >= c.Slots || c.Patience <= 0 {
		return fmt.Errorf("got a calibration of %d probes, one in %v, in slot %d of %d, with a patience of %v; wanted all above zero and the slot below their number",
			c.Probes, c.Every, c.Slot, c.Slots, c.Patience)
	}
	return nil
}

// Calibrate sends probes over a connection of their own to a peer at address,
// so that the peer's Arrivals tell the delay of a link that carries nothing
// else, and returns when they have arrived. Somebody must read there until the
// stream ends; no byte comes. With an empty address the probes go over
// whichever connection with the peer is open, dialled by either end.
//
// A probe takes no place on the link's transmitter. Over a connection of its own
// it takes the plain delay: what it tells is how true a link's Delay is. Beside
// data it takes the least delay that the jitter leaves.
func (e *Endpoint) Calibrate(ctx context.Context, to, address string, c Calibration) error {
	if err := c.check(); err != nil {
		return err
	}
	if address == "" {
		return c.pace(ctx, func() {
			if open := e.link(to).probeConn(); open != nil {
				open.out.probe()
			}
		})
	}
	own, err := e.dialRetrying(ctx, to, address, c.Patience)
	if err != nil {
		return err
	}
	defer func() { _ = own.Close() }()
	own.out.probesOnly()
	if err := c.pace(ctx, own.out.probe); err != nil {
		return err
	}
	own.drain(c.Patience)
	return nil
}

// dialAttempts outlast lost SYNs, each of which costs a second.
const dialAttempts = 3

func (e *Endpoint) dialRetrying(ctx context.Context, to, address string, patience time.Duration) (*conn, error) {
	var last error
	for range dialAttempts {
		bounded, cancel := context.WithTimeout(ctx, patience)
		c, err := e.Dial(bounded, to, address)
		cancel()
		if err == nil {
			return c.(*conn), nil
		}
		if last = err; ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			break
		}
	}
	return nil, last
}

// pace probes in its slot of each interval to come. Where in the slot is left
// to chance: links whose frames happen to be due at one instant are so spread.
func (c Calibration) pace(ctx context.Context, probe func()) error {
	first := (clock.Now()/int64(c.Every) + 1) * int64(c.Every)
	width := float64(c.Every) / float64(c.Slots)
	for i := range c.Probes {
		clock.SleepUntil(first + int64(i)*int64(c.Every) + int64((float64(c.Slot)+rand.Float64())*width))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		probe()
	}
	return nil
}

// drain ends what was sent and waits until the peer, which has read it then,
// ends its direction too.
func (c *conn) drain(patience time.Duration) {
	if c.CloseWrite() != nil {
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, _ = c.Read(make([]byte, 1))
}
