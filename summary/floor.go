package summary

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/raftbench/raftbench/results"
)

// Floor is how far two arms of one and the same build were told apart at most,
// side by side, on one class of host: the bias of measuring so, and what the
// measurement that found it could not exclude. A smaller difference between two
// builds is not claimed there. It is kept in a file beside the runs' folders.
type Floor struct {
	SchemaVersion int    `json:"schema_version"`
	Host          Host   `json:"host"`
	Experiment    string `json:"experiment"` // Fingerprint, arms left out
	// Build is the version and commit of the raftbench that was both arms.
	Build string `json:"build"`
	// Run is the folder of the run that measured it, begun At.
	Run string    `json:"run"`
	At  time.Time `json:"at"`
	// Metrics by name; of several sizes, the worst.
	Metrics map[string]FloorMetric `json:"metrics"`
}

// FloorMetric is the ratio of two arms of one build, with its 95 % interval.
type FloorMetric struct {
	Ratio  float64 `json:"ratio"`
	CILow  float64 `json:"ci_low"`
	CIHigh float64 `json:"ci_high"`
	N      int     `json:"n"` // blocks
}

// Reach is the share by which two arms of one build may differ: the end of the
// interval that is further from 1.
func (m FloorMetric) Reach() float64 {
	return math.Exp(max(-math.Log(m.CILow), math.Log(m.CIHigh))) - 1
}

// Blocks are the most that a metric rests on.
func (f Floor) Blocks() (n int) {
	for _, m := range f.Metrics {
		n = max(n, m.N)
	}
	return n
}

// FloorVersion of a floor's file.
const FloorVersion = 1

// FloorFile is the name of the file with the floor of an experiment on a class of
// hosts.
func FloorFile(h Host, experiment string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %q %q", h.OS, h.Arch, h.CPUModel, h.Cores, h.Filesystem, experiment))
	return "floor-" + hex.EncodeToString(sum[:])[:fingerprintDigits] + ".json"
}

// FloorOf is the floor that a run of one build in two arms measured. Its errors
// are of type *results.Error.
func FloorOf(run *results.Run) (Floor, error) {
	s, err := Build(run)
	if err != nil {
		return Floor{}, err
	}
	if err := twins(run, s); err != nil {
		return Floor{}, err
	}
	f := Floor{
		Experiment:    withoutArms(run.Experiment),
		SchemaVersion: FloorVersion, Host: HostOf(run.Environment), Build: buildOf(run.Environment),
		Run: filepath.Base(run.Dir), At: run.Environment.StartedAt, Metrics: map[string]FloorMetric{},
	}
	for _, p := range s.Arms(nil) {
		for name, m := range p.Metrics {
			if m.Ratio == nil || m.CILow == nil || m.CIHigh == nil || *m.CILow <= 0 {
				continue // without an interval nothing is excluded
			}
			now := FloorMetric{Ratio: *m.Ratio, CILow: *m.CILow, CIHigh: *m.CIHigh, N: m.N}
			if before, there := f.Metrics[name]; !there || now.Reach() > before.Reach() {
				f.Metrics[name] = now
			}
		}
	}
	if len(f.Metrics) == 0 {
		return Floor{}, &results.Error{Path: run.Dir, What: "holds too few valid blocks of two arms for an interval", Do: "measure longer: raftbench aa --budget 10m"}
	}
	return f, nil
}

// twins refuses arms that are not one and the same: what they differ by would hide
// every smaller defect.
func twins(run *results.Run, s Summary) error {
	wrong := func(what string) error {
		return &results.Error{Path: run.Dir, What: what + ": that is no floor", Do: "measure one build as both arms: raftbench aa"}
	}
	for _, a := range run.Environment.Arms {
		if a.Binary != run.Environment.Arms[0].Binary || a.Build != run.Environment.Arms[0].Build {
			return wrong("its arms are two builds")
		}
	}
	for _, step := range s.Along(ArmAxis) {
		if !maps.Equal(step.From.Settings, step.To.Settings) || step.From.EmulatedSyncNS != step.To.EmulatedSyncNS || step.From.Load != step.To.Load || step.From.Engine != step.To.Engine {
			return wrong("its arms have different settings")
		}
	}
	return nil
}

// withoutArms is the fingerprint of an experiment whose arms do not count: the
// section, which raftbench writes at the end of the file, is cut.
func withoutArms(experiment []byte) string {
	before, _, _ := bytes.Cut(append([]byte("\n"), experiment...), []byte("\narms:"))
	return Fingerprint(before)
}

// Reach is the share by which two copies of one build may differ in a metric. A nil
// floor, one that was not measured, knows none.
func (f *Floor) Reach(metric string) (share float64, known bool) {
	if f == nil {
		return 0, false
	}
	m, known := f.Metrics[metric]
	if !known {
		return 0, false
	}
	return m.Reach(), true
}

// Covers tells whether a ratio is one that two copies of one build may show. A
// nil floor, one that was not measured, covers nothing.
func (f *Floor) Covers(metric string, ratio *float64) bool {
	reach, known := f.Reach(metric)
	return known && ratio != nil && *ratio > 0 && math.Abs(math.Log(*ratio)) <= math.Log1p(reach)
}

// FloorFor is the floor beside a run's folder that is of its class of host and its
// experiment, but for the arms; nil where there is none. Its errors are of type *results.Error.
func FloorFor(run *results.Run) (*Floor, error) {
	full, err := filepath.Abs(run.Dir)
	if err != nil {
		return nil, &results.Error{Path: run.Dir, What: "has no absolute path", Err: err, Do: "name the folder in full"}
	}
	path := filepath.Join(filepath.Dir(full), FloorFile(HostOf(run.Environment), withoutArms(run.Experiment)))
	f, err := ReadFloor(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // none was measured
	}
	if err != nil {
		return nil, err
	}
	if f.Host != HostOf(run.Environment) || f.Experiment != withoutArms(run.Experiment) {
		return nil, &results.Error{Path: path, What: "is of another host or experiment than its name says", Do: "remove it, and measure anew: raftbench aa"}
	}
	return &f, nil
}

// maxFloor is the size of a floor's file in bytes: some hundred metrics.
const maxFloor = 1 << 20

// ReadFloor reads a floor's file. Its errors are of type *results.Error.
func ReadFloor(path string) (f Floor, err error) {
	err = readBeside(path, maxFloor, &f, "floor", "give a file that `raftbench aa` wrote, or write it anew")
	return f, err
}

// check refuses what no run can have given.
func (f Floor) check() error {
	if f.SchemaVersion != FloorVersion {
		return fmt.Errorf("schema_version %d: this build reads %d", f.SchemaVersion, FloorVersion)
	}
	for name, m := range f.Metrics {
		if !(m.CILow > 0 && m.CILow <= m.Ratio && m.Ratio <= m.CIHigh && m.CIHigh < math.MaxFloat32) || m.N < 1 {
			return fmt.Errorf("%.200q: got %+v, want a ratio within its interval", name, m)
		}
	}
	return nil
}

// Write puts the floor into a folder under its own name, and returns its path.
func (f Floor) Write(dir string) (path string, err error) {
	return writeBeside(dir, FloorFile(f.Host, f.Experiment), f)
}
