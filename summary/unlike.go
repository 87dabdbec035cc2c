package summary

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Contrast is one thing in which two runs differ that no metric tells. What is
// not on record is empty.
type Contrast struct {
	What Trait `json:"what"`
	// Name is that of the module, of TraitVersion; the path of TraitSetting; the
	// file and the path in it, of TraitProfileFile; the link, of TraitLink and
	// TraitDelay.
	Name string `json:"name,omitempty"`
	// Arm is the one whose build TraitArmBuild and TraitVersion are of; empty is the
	// whole run.
	Arm string `json:"arm,omitempty"`
	Old string `json:"old"`
	New string `json:"new"`
	// Bars: figures measured so cannot be compared, whatever they are. Cells are
	// those it bars, by the old run's names; none where it bars all.
	Bars  bool     `json:"bars,omitempty"`
	Cells []string `json:"cells,omitempty"`
}

// Trait of a run.
type Trait string

// The traits that are looked at.
const (
	TraitHost       Trait = "host"
	TraitOS         Trait = "os"
	TraitArch       Trait = "arch"
	TraitCPU        Trait = "cpu-model"
	TraitCores      Trait = "cores"
	TraitKernel     Trait = "kernel"
	TraitFilesystem Trait = "filesystem"
	TraitFsyncReal  Trait = "fsync-real" // true or false
	TraitFsync      Trait = "fsync-p50"  // the probe's median in nanoseconds, where it is far off
	TraitFsyncP99   Trait = "fsync-p99"  // likewise
	TraitLoad       Trait = "load"       // processes that were ready when the run began, likewise
	TraitBlocks     Trait = "blocks"     // of measuring trials, likewise
	TraitOthers     Trait = "others"     // the share of all cores that others took under light load, likewise
	TraitGo         Trait = "go"
	TraitRaftbench  Trait = "raftbench" // version and commit
	TraitVersion    Trait = "version"   // of the module Name
	TraitNodeBinary Trait = "node-binary"
	TraitArmBuild   Trait = "arm-build" // what the arm's binary says of itself, and its SHA-256
	TraitEndpoints  Trait = "endpoints"
	// TraitSetting is what the experiment has at the YAML path Name.
	TraitSetting Trait = "setting"
	// TraitExperiment: the experiments' texts differ, and one of them cannot be
	// read key by key; Old and New are empty.
	TraitExperiment Trait = "experiment"
	// TraitProfile is the network's name of some cells; TraitProfileFile what the
	// copy of its file has; TraitLink how the experiment changed a link, empty where
	// the link is as the profile has it; TraitDelay the nanoseconds that were asked
	// of a link.
	TraitProfile     Trait = "profile"
	TraitProfileFile Trait = "profile-file"
	TraitLink        Trait = "link"
	TraitDelay       Trait = "delay"
	// TraitMessageFaults: messages were harmed on purpose, true or false.
	TraitMessageFaults Trait = "message-faults"
	// TraitFaults are those done under some cells' load, in one text; empty: none.
	TraitFaults Trait = "faults"
)

// Common is what two runs have in common, of what is on record in both.
type Common struct {
	Traits []Trait `json:"traits"`
	// Settings and Versions are how many of these are the same.
	Settings int `json:"settings"`
	Versions int `json:"versions"`
}

// unlikeness gathers what differs between two runs and what does not.
type unlikeness struct {
	differ []Contrast
	same   Common
}

func (u *unlikeness) compare(c Contrast) {
	switch {
	case c.Old != c.New:
		u.differ = append(u.differ, c)
	case c.Old == "":
	case c.What == TraitSetting:
		u.same.Settings++
	case c.What == TraitVersion:
		u.same.Versions++
	case slices.Contains(u.same.Traits, c.What): // of another arm
	default:
		u.same.Traits = append(u.same.Traits, c.What)
	}
}

// unlike lists what differs between two runs that no metric tells, what bars
// comparing them first.
func unlike(old, latest Side, pairs []cellPair) ([]Contrast, Common) {
	u := &unlikeness{differ: []Contrast{}, same: Common{Traits: []Trait{}}}
	u.hosts(old.Run.Environment, latest.Run.Environment)
	u.conditions(old.Run, latest.Run)
	u.builds(old.Run.Environment, latest.Run.Environment)
	u.networks(old, latest, pairs)
	u.settings(old.Run, latest.Run, u.timelines(old, latest, pairs))
	slices.SortStableFunc(u.differ, func(a, b Contrast) int {
		if a.Bars != b.Bars {
			return cmp.Compare(strconv.FormatBool(b.Bars), strconv.FormatBool(a.Bars))
		}
		return 0
	})
	return u.differ, u.same
}

// Bars are what keeps the figures of two runs from being compared: they were
// measured on hosts of two classes, through other networks, or under other faults.
func Bars(old, latest Side) []Contrast {
	all, _ := unlike(old, latest, matched(old.Summary.Cells, latest.Summary.Cells))
	return slices.DeleteFunc(all, func(c Contrast) bool { return !c.Bars })
}

// hosts bars what was measured on hosts of two classes.
func (u *unlikeness) hosts(a, b results.Environment) {
	class := func(what Trait, was, is string) { u.compare(Contrast{What: what, Old: was, New: is, Bars: true}) }
	class(TraitOS, a.OS, b.OS)
	class(TraitArch, a.Arch, b.Arch)
	class(TraitCPU, a.CPUModel, b.CPUModel)
	class(TraitCores, countOf(a.Cores), countOf(b.Cores))
	class(TraitFilesystem, a.Filesystem, b.Filesystem)
	u.compare(Contrast{What: TraitHost, Old: a.Hostname, New: b.Hostname})
	u.compare(Contrast{What: TraitKernel, Old: a.Kernel, New: b.Kernel})
	u.compare(Contrast{What: TraitFsyncReal, Old: strconv.FormatBool(a.FsyncReal), New: strconv.FormatBool(b.FsyncReal)})
}

// What is below these on both sides is not told: the one is small, however many times
// the other's.
const (
	noLoad   = 0.5  // processes
	noOthers = 0.05 // of all cores
)

// conditions are told where they are far off: they vary a little from run to run.
func (u *unlikeness) conditions(old, latest *results.Run) {
	a, b := old.Environment, latest.Environment
	where := func(what Trait, was, is, least float64) {
		if max(was, is) >= least && far(was, is) {
			text := func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
			if what == TraitFsync || what == TraitFsyncP99 || what == TraitBlocks {
				text = func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }
			}
			u.compare(Contrast{What: what, Old: text(was), New: text(is)})
		}
	}
	where(TraitFsync, float64(a.FsyncP50NS), float64(b.FsyncP50NS), 0)
	where(TraitFsyncP99, float64(a.FsyncP99NS), float64(b.FsyncP99NS), 0)
	where(TraitLoad, a.Load1, b.Load1, noLoad)
	where(TraitOthers, others(old), others(latest), noOthers)
	where(TraitBlocks, float64(results.BlocksOf(old.Trials)), float64(results.BlocksOf(latest.Trials)), 1)
}

// others took this share of all cores under light load: processes that are none of ours,
// the median over valid trials; 0 where that is not on record.
func others(run *results.Run) float64 {
	var shares stats.Sample
	for i := range run.Trials {
		if t := &run.Trials[i]; t.Kind == results.Measure && t.Valid {
			if w := t.Window(results.RoleLight); w != nil {
				shares = append(shares, w.ForeignBusy)
			}
		}
	}
	return median(shares)
}

// countOf is empty of what is not on record.
func countOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// far tells apart what differs by more than half, as a probe does not from minute to
// minute.
func far(a, b float64) bool { return 2*min(a, b) < max(a, b) }

func (u *unlikeness) builds(a, b results.Environment) {
	u.compare(Contrast{What: TraitRaftbench, Old: buildOf(a), New: buildOf(b)})
	u.compare(Contrast{What: TraitGo, Old: a.GoVersion, New: b.GoVersion})
	u.compare(Contrast{What: TraitNodeBinary, Old: a.NodeBinary, New: b.NodeBinary})
	u.compare(Contrast{What: TraitEndpoints, Old: strings.Join(a.Endpoints, ","), New: strings.Join(b.Endpoints, ",")})
	u.versions("", a.Versions, b.Versions)
	was, is := armBuilds(a), armBuilds(b)
	for _, arm := range keys(was, is) {
		u.compare(Contrast{What: TraitArmBuild, Arm: arm, Old: armBuild(was[arm]), New: armBuild(is[arm])})
		u.versions(arm, was[arm].Versions, is[arm].Versions)
	}
}

func (u *unlikeness) versions(arm string, a, b map[string]string) {
	for _, name := range keys(a, b) {
		u.compare(Contrast{What: TraitVersion, Name: name, Arm: arm, Old: a[name], New: b[name]})
	}
}

// keys are those of both maps, in order.
func keys[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func armBuilds(e results.Environment) map[string]results.ArmBuild {
	out := map[string]results.ArmBuild{}
	for _, a := range e.Arms {
		out[a.Arm] = a
	}
	return out
}

// armBuild tells a build from every other, also from those that say the same of
// themselves.
func armBuild(a results.ArmBuild) string {
	const digits = 12 // enough for people
	if len(a.SHA256) < digits {
		return a.Build
	}
	return a.Build + ", SHA-256 " + a.SHA256[:digits]
}

// bars tells whether anything bars comparing a cell's figures.
func bars(contrasts []Contrast, cell string) bool {
	return slices.ContainsFunc(contrasts, func(c Contrast) bool {
		return c.Bars && (len(c.Cells) == 0 || slices.Contains(c.Cells, cell))
	})
}
