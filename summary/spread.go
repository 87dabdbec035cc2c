package summary

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Spread is how far repeated runs of one build lie apart on one class of host:
// what any two stored runs differ by, whatever was changed between them. It is
// kept in a file beside the runs' folders.
type Spread struct {
	SchemaVersion int    `json:"schema_version"`
	Host          Host   `json:"host"`
	Experiment    string `json:"experiment"` // Fingerprint
	// Build is the version and commit of the raftbench that was repeated.
	Build string `json:"build"`
	// Runs are the repeats' folders, the first of which began at Begun and the
	// last at Ended: what drifts more slowly than that is not in the spread.
	Runs  []string  `json:"runs"`
	Begun time.Time `json:"begun"`
	Ended time.Time `json:"ended"`
	// Cells have the spread of each metric that all repeats have, by the cell's
	// name and the metric's.
	Cells map[string]map[string]MetricSpread `json:"cells"`
}

// MetricSpread is stats.Spread of one metric, on natural logarithms.
type MetricSpread struct {
	SD     float64 `json:"log_sd"`
	Within float64 `json:"within_log_sd"`
	Trials float64 `json:"trials"` // a run, on average
	Runs   int     `json:"runs"`
	// Pooled: each run is one value of all its trials' operations together.
	Pooled bool `json:"pooled,omitempty"`
}

// Host is a class of hosts: those on which a spread that was measured on one
// may be taken for another's.
type Host struct {
	OS         string `json:"os"`
	Arch       string `json:"arch"`
	CPUModel   string `json:"cpu_model"`
	Cores      int    `json:"cores"`
	Filesystem string `json:"filesystem"`
}

// SpreadVersion of a spread's file.
const SpreadVersion = 1

// HostOf is the class of a run's host.
func HostOf(e results.Environment) Host {
	return Host{OS: e.OS, Arch: e.Arch, CPUModel: e.CPUModel, Cores: e.Cores, Filesystem: e.Filesystem}
}

// unmeasured are the settings of an experiment that say how often it is done,
// and not what is measured.
var unmeasured = []string{"name", "label", "seed", "trials", "proofs", "retries", "precision", "budget"}

// Fingerprint tells experiments apart that measure different things: it is that
// of all settings but those that say how often. Comments do not count.
func Fingerprint(experiment []byte) string {
	sum := sha256.New()
	for line := range bytes.Lines(experiment) {
		text := strings.TrimRight(string(line), " \t\r\n")
		key, _, _ := strings.Cut(text, ":")
		if text == "" || strings.HasPrefix(strings.TrimSpace(text), "#") || slices.Contains(unmeasured, key) {
			continue
		}
		sum.Write([]byte(text + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))[:fingerprintDigits]
}

// fingerprintDigits are enough for the experiments of one folder, and short
// enough for a file's name.
const fingerprintDigits = 12

// SpreadFile is the name of the file with the spread of an experiment on a
// class of hosts.
func SpreadFile(h Host, experiment string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %q %q", h.OS, h.Arch, h.CPUModel, h.Cores, h.Filesystem, experiment))
	return SpreadPrefix + hex.EncodeToString(sum[:])[:fingerprintDigits] + ".json"
}

// SpreadPrefix begins the name of every spread's file.
const SpreadPrefix = "spread-"

// SpreadOf measures the spread of repeats: whole runs of one experiment by one
// build on one host. Its errors are of type *results.Error.
func SpreadOf(repeats []*results.Run) (Spread, error) {
	if len(repeats) < stats.LeastRuns {
		return Spread{}, &results.Error{
			What: fmt.Sprintf("got %d runs, want at least %d to tell how far they lie apart", len(repeats), stats.LeastRuns), Do: "repeat the run more often",
		}
	}
	first := repeats[0]
	s := Spread{
		SchemaVersion: SpreadVersion, Host: HostOf(first.Environment), Experiment: Fingerprint(first.Experiment), Build: buildOf(first.Environment),
		Begun: first.Environment.StartedAt, Ended: first.Environment.StartedAt, Cells: map[string]map[string]MetricSpread{},
	}
	var all []Analysis
	for _, run := range repeats {
		if err := s.same(run); err != nil {
			return Spread{}, err
		}
		a, err := analyse(run, nil)
		if err != nil {
			return Spread{}, err
		}
		all = append(all, a)
		s.Runs = append(s.Runs, filepath.Join(filepath.Base(filepath.Dir(run.Dir)), filepath.Base(run.Dir)))
		if at := run.Environment.StartedAt; at.Before(s.Begun) {
			s.Begun = at
		} else if at.After(s.Ended) {
			s.Ended = at
		}
	}
	for i, cell := range all[0].Summary.Cells {
		s.Cells[cell.Cell] = spreadsOf(cell, all[0].observed[i], all[1:])
	}
	return s, nil
}

func buildOf(e results.Environment) string { return strings.TrimSpace(e.Version + " " + e.Commit) }

// same refuses a run that is no repeat of the others.
func (s Spread) same(run *results.Run) error {
	env := run.Environment
	var what string
	switch {
	case HostOf(env) != s.Host:
		what = fmt.Sprintf("the host is %+v, and the other repeats' is %+v", HostOf(env), s.Host)
	case Fingerprint(run.Experiment) != s.Experiment:
		what = "the experiment is not that of the other repeats"
	case buildOf(env) != s.Build:
		what = fmt.Sprintf("the build is %q, and the other repeats' is %q", buildOf(env), s.Build)
	default:
		return nil
	}
	return &results.Error{Path: run.Dir, What: what, Do: "repeat one experiment by one build on one host: start anew in another folder"}
}

// spreadsOf are the spreads of all metrics of one cell.
func spreadsOf(cell Cell, own observations, others []Analysis) map[string]MetricSpread {
	out := map[string]MetricSpread{}
	for name, m := range cell.Metrics {
		runs := []stats.RunValue{runValue(m, own.sample(name))}
		for _, a := range others {
			i := slices.IndexFunc(a.Summary.Cells, func(c Cell) bool { return c.Cell == cell.Cell })
			if i < 0 {
				break
			}
			if other, there := a.Summary.Cells[i].Metrics[name]; there && other.Pooled == m.Pooled {
				runs = append(runs, runValue(other, a.observed[i].sample(name)))
			}
		}
		if len(runs) <= len(others) {
			continue // one of the repeats lacks it
		}
		if s, ok := stats.SpreadOf(runs); ok {
			out[name] = MetricSpread{SD: s.SD, Within: s.Within, Trials: s.Trials, Runs: s.Runs, Pooled: m.Pooled}
		}
	}
	return out
}

// runValue is what a run says of a metric. Pooled, it has no trials' values.
func runValue(m Metric, trials stats.Sample) stats.RunValue {
	if m.Pooled {
		trials = nil
	}
	return stats.RunValue{Center: value(m.Median), Trials: trials, N: m.N}
}

func (m MetricSpread) spread() stats.Spread {
	return stats.Spread{SD: m.SD, Within: m.Within, Trials: m.Trials, Runs: m.Runs}
}

// Reach is the ratio that two runs of one build stay below, in 95 of 100 cases.
func (m MetricSpread) Reach() float64 { return m.spread().Reach() }

// Fits tells whether a spread may be taken for what two runs differ by anyway:
// both on its class of host, and one of them of its experiment.
func (s Spread) Fits(before, after *results.Run) bool {
	return HostOf(before.Environment) == s.Host && HostOf(after.Environment) == s.Host &&
		(Fingerprint(before.Experiment) == s.Experiment || Fingerprint(after.Experiment) == s.Experiment)
}

// maxSpread is the size of a spread's file in bytes: some hundred setups of a
// hundred metrics each.
const maxSpread = 8 << 20

// ReadSpread reads a spread's file. Its errors are of type *results.Error.
func ReadSpread(path string) (s Spread, err error) {
	err = readBeside(path, maxSpread, &s, "spread of runs", "give a file that `raftbench run --repeat` wrote, or write it anew")
	return s, err
}

// check refuses what no repeats can have given.
func (s Spread) check() error {
	if s.SchemaVersion != SpreadVersion {
		return fmt.Errorf("schema_version %d: this build reads %d", s.SchemaVersion, SpreadVersion)
	}
	if s.Ended.Before(s.Begun) {
		return fmt.Errorf("ended at %s and begun at %s: want the end after the beginning", s.Ended.Format(time.RFC3339), s.Begun.Format(time.RFC3339))
	}
	for _, cell := range slices.Sorted(maps.Keys(s.Cells)) {
		for _, name := range slices.Sorted(maps.Keys(s.Cells[cell])) {
			m := s.Cells[cell][name]
			sane := func(v, most float64) bool { return v >= 0 && v <= most }
			if !sane(m.SD, math.MaxUint8) || !sane(m.Within, math.MaxUint8) || !(m.Trials >= 1 && m.Trials < 1<<20) || m.Runs < stats.LeastRuns || m.Runs > MaxRepeats {
				return fmt.Errorf("%.200q of %.200q: got %+v, want figures of %d to %d runs", name, cell, m, stats.LeastRuns, MaxRepeats)
			}
		}
	}
	return nil
}

// MaxRepeats of one run.
const MaxRepeats = 100

// Write puts the spread into a folder under its own name, and returns its path.
func (s Spread) Write(dir string) (path string, err error) {
	return writeBeside(dir, SpreadFile(s.Host, s.Experiment), s)
}
