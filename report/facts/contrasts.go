package facts

import (
	"fmt"
	"strconv"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// TraitWords are what the traits of a run are called.
var TraitWords = map[summary.Trait]string{
	summary.TraitHost: "host", summary.TraitOS: "operating system", summary.TraitArch: "architecture", summary.TraitCPU: "CPU model",
	summary.TraitCores: "cores", summary.TraitKernel: "kernel", summary.TraitFilesystem: "file system",
	summary.TraitFsyncReal: "whether fsync is real", summary.TraitFsync: "median of the fsync probe", summary.TraitGo: "Go version",
	summary.TraitRaftbench: "build of raftbench", summary.TraitNodeBinary: "binary of the nodes", summary.TraitArmBuild: "build of an arm", summary.TraitEndpoints: "endpoints of a running cluster",
	summary.TraitFsyncP99: "p99 of the fsync probe", summary.TraitLoad: "load of the host before", summary.TraitBlocks: "number of blocks",
	summary.TraitOthers:  "others' share of the CPU under light load",
	summary.TraitProfile: "network profile", summary.TraitMessageFaults: "messages harmed on purpose",
	summary.TraitFaults: "faults done under load",
}

// Contrast words one thing in which the runs differ: kernel 6.12.0 → 6.18.4.
func Contrast(u summary.Contrast) string {
	if u.What == summary.TraitExperiment {
		return "the experiments, which cannot be read key by key: see " + results.ExperimentFile + " of each"
	}
	was, is := clean.Name(u.Old), clean.Name(u.New)
	what, none := TraitWords[u.What], "not on record"
	switch u.What {
	case summary.TraitVersion:
		what = "version of " + clean.Name(u.Name)
	case summary.TraitSetting, summary.TraitProfileFile:
		what = clean.Name(u.Name)
	case summary.TraitLink:
		what, none = "link "+clean.Name(u.Name), "as the profile has it"
	case summary.TraitDelay:
		what = "delay asked of link " + clean.Name(u.Name)
		was, is = nanoseconds(u.Old), nanoseconds(u.New)
	case summary.TraitFsync, summary.TraitFsyncP99:
		was, is = nanoseconds(u.Old), nanoseconds(u.New)
	case summary.TraitOthers:
		was, is = share(u.Old), share(u.New)
	case summary.TraitMessageFaults, summary.TraitFsyncReal:
		was, is = yesNo(u.Old), yesNo(u.New)
	case summary.TraitNodeBinary:
		none = "raftbench's own"
	case summary.TraitArmBuild:
		what, none = "build", "raftbench's own"
	case summary.TraitEndpoints, summary.TraitFaults:
		none = "none"
	}
	if u.Arm != "" {
		what += " of arm " + clean.Name(u.Arm)
	}
	return fmt.Sprintf("%s %s → %s", what, either(was, none), either(is, none))
}

func either(text, none string) string {
	if text == "" {
		return none
	}
	return text
}

func yesNo(text string) string {
	if text == "true" {
		return "yes"
	}
	return "no"
}

func share(text string) string {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return ""
	}
	return units.Share.Show(v)
}

func nanoseconds(text string) string {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v == 0 {
		return ""
	}
	return units.Duration.Show(v)
}
