package configs

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/raftbench/raftbench/control"
)

// The modes of load.
const (
	ModeBoth     = "calm+saturate"
	ModeCalm     = "calm"
	ModeSaturate = "saturate"
	ModeCapacity = "capacity"
	ModeSweep    = "sweep"
)

// Engines that can be measured.
const (
	EngineHashicorp = "hashicorp"
	EngineEtcd      = "etcd"
)

// AnyLeader leaves the leader's place to the election.
const AnyLeader = "any"

// MaxCells bounds the matrix. At some six seconds a trial even a tenth of it
// runs for hours.
const MaxCells = 10_000

// KeyPrefixSize is the length, in bytes, of what stands before the number in
// every key: it makes the keys of a trial its own.
const KeyPrefixSize = 12

// MemberID names member i, counted from 0: n1, n2, …
func MemberID(i int) string { return "n" + strconv.Itoa(i+1) }

// Plan validates the experiment and expands it to setups. Mistakes are of
// type Errors: all that were found, each where it was written.
func (e Experiment) Plan() (Plan, error) {
	if errs := e.check(); len(errs) > 0 {
		return Plan{}, errs
	}
	e.absolute()
	cells, err := e.cells()
	if err != nil {
		return Plan{}, err
	}
	setups := make([]Setup, 0, len(cells))
	var errs Errors
	for _, c := range cells {
		s, problems := c.resolve()
		for _, e := range problems {
			e.nodes = c.Nodes.First()
		}
		errs = append(errs, problems...)
		setups = append(setups, s)
	}
	if len(errs) > 0 {
		return Plan{}, distinct(once(errs))
	}
	name(setups, cells)
	networks, err := e.bundle()
	if err != nil {
		return Plan{}, err
	}
	text, err := yaml.Marshal(e)
	if err != nil {
		return Plan{}, fmt.Errorf("writing the resolved experiment: %w", err)
	}
	return Plan{
		Name: e.Name, Setups: setups, Trials: e.Trials, Proofs: e.Proofs, Retries: e.Retries,
		Seed: int64(e.Seed), Label: e.Label, YAML: text, Networks: networks, Warnings: e.warnings(setups),
	}, nil
}

// cell is an experiment whose every axis is pinned to one value.
type cell struct {
	Experiment
	// index of the value in each axis that varies, by path.
	index map[string]int
	// varying axes in the order of declaration, and their values as written.
	paths, texts []string
	// networks are shared by the cells that differ in something else.
	networks map[string]*network
}

// cells is the product of all axes, the last declared varying fastest.
func (e Experiment) cells() ([]cell, error) {
	var sizes []int
	total := 1.0
	eachAxis(reflect.ValueOf(&e).Elem(), "", func(_ string, a axis) {
		sizes = append(sizes, a.size())
		total *= math.Max(1, float64(a.size()))
	})
	if total > MaxCells {
		return nil, e.tooMany(total)
	}
	cells := make([]cell, int(total))
	networks := map[string]*network{}
	for i := range cells {
		cells[i] = e.pinned(sizes, i)
		cells[i].networks = networks
	}
	return cells, nil
}

func (e Experiment) tooMany(total float64) error {
	var factors []string
	eachAxis(reflect.ValueOf(&e).Elem(), "", func(path string, a axis) {
		if a.size() > 1 {
			factors = append(factors, fmt.Sprintf("%d × %s", a.size(), path))
		}
	})
	return Errors{{
		Message: fmt.Sprintf("a matrix of %.0f cells (%s), want at most %d", total, strings.Join(factors, ", "), MaxCells),
		Advice:  "vary fewer things at once, or split the experiment into several files",
	}}
}

// pinned is cell number i: i in the mixed radix of the axes' sizes.
func (e Experiment) pinned(sizes []int, i int) cell {
	c := cell{Experiment: e, index: map[string]int{}}
	c.Network.Links = append([]Link(nil), e.Network.Links...)
	digits := make([]int, len(sizes))
	for a := len(sizes) - 1; a >= 0; a-- {
		if sizes[a] > 1 {
			digits[a], i = i%sizes[a], i/sizes[a]
		}
	}
	next := 0
	eachAxis(reflect.ValueOf(&c.Experiment).Elem(), "", func(path string, a axis) {
		digit := digits[next]
		next++
		if a.size() < 2 {
			return
		}
		c.index[path] = digit
		c.paths = append(c.paths, path)
		c.texts = append(c.texts, a.text(digit))
		a.pin(digit)
	})
	return c
}

// at is the path of the value that this cell has of an axis.
func (c cell) at(path string) string {
	if i, varies := c.index[path]; varies {
		return fmt.Sprintf("%s[%d]", path, i)
	}
	return path
}

// resolve turns the cell into a Setup.
func (c cell) resolve() (Setup, Errors) {
	n, err := c.network()
	if err != nil {
		return Setup{}, Errors{c.noProfile(err)}
	}
	s := Setup{
		Nodes:    c.Nodes.First(),
		Engine:   c.Engine.First(),
		Load:     c.Workload.Load.Mode.First(),
		Params:   c.params(),
		Network:  n.profile,
		Links:    n.links,
		Leader:   n.leader,
		Client:   c.Client.First(),
		Storage:  c.Storage.resolve(),
		Raft:     c.Raft.resolve(),
		Workload: c.Workload.resolve(),
	}
	for _, f := range c.Faults {
		s.Faults = append(s.Faults, TimedFault{At: span(f.At), Action: f.Action, Target: f.Target})
	}
	s.MessageFaults = c.Network.MessageFaults.resolve()
	return s, c.fit(s, n)
}

// fit finds what each value alone does not show: whether they go together.
func (c cell) fit(s Setup, n *network) Errors {
	errs := slices.Concat(c.checkPlaces(s), c.checkLinks(s), c.checkFaults(s), c.checkMessages(s), c.checkTarget(s), c.checkKeys(s))
	if len(errs) > 0 {
		return errs
	}
	return c.checkTimeouts(s, n)
}

// inName are the axes that every cell's name, or Setup's own fields, tell.
var inName = map[string]bool{"nodes": true, "engine": true, "network.profile": true}

// params are the axes that vary beside size, engine and profile.
func (c cell) params() map[string]string {
	params := map[string]string{}
	for i, path := range c.paths {
		if !inName[path] {
			params[path] = c.texts[i]
		}
	}
	return params
}

func (s Storage) resolve() control.Storage {
	return control.Storage{
		Store:        s.Store.First(),
		EmulatedSync: time.Duration(s.Sync.First()),
		PowerLoss:    s.PowerLoss.First(),
		LogCache:     s.LogCache.First(),
	}
}

func (r Raft) resolve() control.Raft {
	return control.Raft{
		HeartbeatTimeout:   span(r.HeartbeatTimeout.First()),
		ElectionTimeout:    span(r.ElectionTimeout.First()),
		LeaderLeaseTimeout: span(r.LeaderLeaseTimeout.First()),
		CommitTimeout:      span(r.CommitTimeout.First()),
		MaxAppendEntries:   r.MaxAppendEntries.First(),
		MaxRPCsInFlight:    r.MaxRPCsInFlight.First(),
		BatchApplyCh:       r.BatchApplyCh.First(),
		PreVoteDisabled:    r.PreVoteDisabled.First(),
		SnapshotThreshold:  uint64(r.SnapshotThreshold.First()),
		SnapshotInterval:   span(r.SnapshotInterval.First()),
		TrailingLogs:       uint64(r.TrailingLogs.First()),
	}
}

func (m Messages) resolve() *control.MessageFaults {
	f := control.MessageFaults{
		Drop:      float64(m.Drop.First()),
		Duplicate: float64(m.Duplicate.First()),
		Reorder:   float64(m.Reorder.First()),
		Delay:     float64(m.Delay.First()),
		MaxDelay:  span(m.MaxDelay.First()),
	}
	if f.Drop+f.Duplicate+f.Reorder+f.Delay == 0 {
		return nil
	}
	return &f
}

func (w Workset) resolve() Workload {
	r := Workload{
		Keys: w.Keys.First(), KeySize: int(w.KeySize.First()), ValueSize: int(w.ValueSize.First()),
		ReadRatio: w.ReadRatio.First(),
		Reads:     w.Reads.First(),
		Target:    w.Target.First(),
		Warmup:    w.Warmup.First().Length, WarmupAuto: w.Warmup.First().Auto,
		Timeout: span(w.Timeout.First()),
	}
	calm := Calm{
		Rate:     float64(w.Calm.Rate.First()),
		Arrivals: w.Calm.Arrivals.First(),
		Duration: span(w.Calm.Duration.First()),
	}
	saturate := Saturate{Clients: w.Saturate.Clients.First(), Duration: span(w.Saturate.Duration.First())}
	switch w.Load.Mode.First() {
	case ModeCalm:
		r.Calm = calm
	case ModeSaturate:
		r.Saturate = saturate
	case ModeBoth:
		r.Calm, r.Saturate = calm, saturate
	case ModeCapacity:
		// The calm window gives a probe its arrivals and duration, the closed
		// loop the first guess.
		limit := w.Load.Limit.First()
		text, _ := limit.MarshalText()
		r.Capacity = Capacity{Limit: string(text), Percentile: limit.Percentile, Below: limit.Below}
		r.Calm, r.Saturate = Calm{Arrivals: calm.Arrivals, Duration: calm.Duration}, saturate
	case ModeSweep:
		for _, rate := range w.Load.Rates {
			r.Sweep = append(r.Sweep, float64(rate))
		}
		r.Calm = Calm{Arrivals: calm.Arrivals, Duration: calm.Duration}
	}
	return r
}
