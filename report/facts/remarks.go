// Package facts is where typed facts of the record become English: remarks, findings, limits
// of a load, and what differs between two runs. Nothing is read back out of its words, and a
// code that this build does not know is told as it stands, never passed over.
package facts

import (
	"fmt"
	"math"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// remarkWords say each remark. This file, findings.go and limits.go are where
// the codes of the record become English; nothing is read back out of it.
var remarkWords = map[results.Code]func(r Worst) string{
	results.CodeFailed:  func(r Worst) string { return "the trial did not get to its end" + r.detail() },
	results.CodeNothing: func(Worst) string { return "no operation was completed" },
	results.CodeIncomplete: func(r Worst) string {
		return fmt.Sprintf("%s%s of %s operations were completed in time, at least %s were wanted", r.At, r.got(), wording.Count(r.Of), r.want())
	},
	results.CodeDropped: func(r Worst) string {
		return fmt.Sprintf("%s%s operations were not sent, since more than %s were in flight", r.At, r.got(), r.want())
	},
	results.CodeRecordErrors: func(r Worst) string {
		return fmt.Sprintf("%s%s latencies were beyond what a histogram holds", r.At, r.got())
	},
	results.CodeClientErrors: func(r Worst) string {
		return fmt.Sprintf("%s%s operations failed though nobody harmed the cluster%s", r.At, r.got(), r.detail())
	},
	results.CodeLagP50: lagWords("median"),
	results.CodeLagP99: lagWords("99th percentile"),
	results.CodeArrivals: func(r Worst) string {
		return fmt.Sprintf("operations were not sent as Poisson arrivals are: %s%s of the gaps between them were out of place, where %s may be", r.At, r.got(), r.want())
	},
	results.CodeLeaderChanged: func(Worst) string {
		return "the leader or the term changed, so that an election was measured in place of writes"
	},
	results.CodeLinkLate: func(r Worst) string {
		return fmt.Sprintf("emulated links came late by themselves, %s%s at the median (%s); %s would be a tenth of the median operation",
			r.At, r.got(), r.amongLinks("the worst of "+wording.Count(r.Count)+" that did"), r.want())
	},
	results.CodeCoreWait: func(r Worst) string {
		return fmt.Sprintf("readers of emulated links waited for a core, as those of real packets do on a host as full: %sat most %s of the median operation (%s)",
			r.At, r.got(), r.amongLinks("the slowest"))
	},
	results.CodeLinksUnmeasured: func(r Worst) string {
		return fmt.Sprintf("%s%s of %s emulated links had fewer than %s samples to judge their delay by%s",
			r.At, wording.Count(r.Count), units.Plural(int(r.Of), "link"), r.want(), r.among())
	},
	results.CodeDelayMean:    jitterWords("mean"),
	results.CodeDelaySD:      jitterWords("standard deviation"),
	results.CodeProbesFailed: func(r Worst) string { return "the links" + r.of() + " could not be probed" + r.detail() },
	results.CodeCapacityNotHeld: func(r Worst) string {
		return fmt.Sprintf("the capacity found did not keep its own limit, %s%s where less than %s was asked", r.At, r.got(), r.want())
	},
	results.CodeHostBusy: func(r Worst) string {
		return fmt.Sprintf("the host's CPU was %s%s busy, above %s", r.At, r.got(), r.want())
	},
	results.CodeForeignCPU: func(r Worst) string {
		return fmt.Sprintf("processes that are none of ours used %s%s of the host's CPU", r.At, r.got())
	},
	results.CodeSteal: func(r Worst) string {
		return fmt.Sprintf("the hypervisor took %s%s of the host's CPU", r.At, r.got())
	},
	results.CodeThrottled: func(Worst) string {
		return "a control group stopped processes for having used up their CPU time"
	},
	results.CodeRunWait: func(r Worst) string {
		return fmt.Sprintf("for %s%s of the time some process was ready and had no core", r.At, r.got())
	},
	results.CodeForeignDisk: func(r Worst) string {
		return fmt.Sprintf("writes of processes that are none of ours took %s%s of the disk's time", r.At, r.got())
	},
	results.CodeSlowSync: func(r Worst) string {
		return fmt.Sprintf("a sync of the disk took %s%s before the load, where at most %s was expected from the run's start", r.At, r.got(), r.want())
	},
	results.CodeHostUnread: func(r Worst) string {
		return "the host does not tell all, and what follows was not checked" + r.detail()
	},
	results.CodeNotAwake: func(r Worst) string { return "the host's cores could not be kept from halting" + r.detail() },
	results.CodeSnapshot: func(r Worst) string {
		return fmt.Sprintf("%s%s snapshots of the state were taken", r.At, r.got())
	},
	results.CodeHalvesDiffer: func(r Worst) string {
		than := "above"
		if r.Got < 0 {
			than = "below"
		}
		return fmt.Sprintf("the second half's median latency was %s%s %s the first half's", r.At, wording.Share(math.Abs(r.Got)), than)
	},
	results.CodeRising:  trendWords("rose"),
	results.CodeFalling: trendWords("fell"),
	results.CodeLittle: func(r Worst) string {
		return fmt.Sprintf("operations in flight were %s%s off throughput times latency (Little's law)", r.At, r.got())
	},
	results.CodeFsyncNotReal: func(r Worst) string {
		return fmt.Sprintf("a sync took %s at the median, too fast for a disk that keeps what it is given%s", r.got(), r.detail())
	},
	results.CodeWarmupUnsteady: func(r Worst) string {
		return fmt.Sprintf("the warm-up saw no steady state within %s", r.got())
	},
	results.CodeUnjudged: func(r Worst) string {
		return fmt.Sprintf("the values of %s%s keys have too many writes of unknown outcome to be judged", r.At, r.got())
	},
	results.CodeUndecided: func(r Worst) string {
		return fmt.Sprintf("whether the histories of %s%s keys are linearizable was not decided within %s", r.At, r.got(), wording.Duration(r.Want))
	},
	results.CodeUndecidedHistory: func(r Worst) string {
		return fmt.Sprintf("whether an order explains %s%s keys of %s was not decided within %s", r.At, r.got(), units.Plural(int(r.Of), "operation"), wording.Duration(r.Want))
	},
	results.CodeUnforced: func(r Worst) string { return "not tested, since there was none" + r.detail() },
	results.CodeNotDurable: func(Worst) string {
		return "the store keeps nothing over a restart, so that a restart proves nothing"
	},
	results.CodeTermRace: func(r Worst) string {
		return fmt.Sprintf("a node went back from term %s to term %s while it ran: hashicorp/raft answers heartbeats beside its main goroutine (its issue 695)", r.want(), r.got())
	},
	results.CodePowerUncut: func(r Worst) string {
		return "the power of the disks was not cut, so that surviving it is not proven" + r.detail()
	},
	results.CodeDiskDied: func(r Worst) string {
		return "an emulated disk died under its node, a fault of the tool: the trial says nothing" + r.detail()
	},
	results.CodeUsageUnread: func(r Worst) string { return "what the processes used could not be read" + r.detail() },
	results.CodeSpansLost: func(r Worst) string {
		return fmt.Sprintf("of %s typical writes %s%s were found in the nodes' records, which lost %s: where a write's time goes is told of those alone", wording.Count(r.Of), r.At, r.got(), wording.Count(r.Count))
	},
	results.CodeSpansUnread: func(r Worst) string {
		return "where a write's time goes is not on record: the nodes could not be asked" + r.detail()
	},
	results.CodeHeldThinned: func(r Worst) string {
		return fmt.Sprintf("of %s times that a process was held up the %s shortest, of %s%s and less, are not on record", wording.Count(r.Of), wording.Count(r.Count), r.At, r.got())
	},
}

func lagWords(which string) func(Worst) string {
	return func(r Worst) string {
		return fmt.Sprintf("the load generator was %s%s behind its schedule at the %s, where %s is allowed", r.At, r.got(), which, r.want())
	}
}

func jitterWords(which string) func(Worst) string {
	return func(r Worst) string {
		than := "above"
		if r.Got < 0 {
			than = "below"
		}
		return fmt.Sprintf("the delays of emulated links with jitter had a %s %s%s %s what was asked, where %s may be (%s)",
			which, r.At, wording.Share(math.Abs(r.Got)), than, r.want(), r.amongLinks("the worst of "+wording.Count(r.Count)+" so far off"))
	}
}

func trendWords(how string) func(Worst) string {
	return func(r Worst) string {
		return fmt.Sprintf("latency %s all through the window, %sby %s from its beginning to its end", how, r.At, wording.Share(math.Abs(r.Got)))
	}
}

// Worst is the remark that weighs most of those that are told in one line.
type Worst struct {
	results.Remark
	// At is "at worst " where there were several.
	At string
}

func (r Worst) got() string  { return amount(r.Unit, r.Got) }
func (r Worst) want() string { return amount(r.Unit, r.Want) }

// amount writes a remark's figure; one without a unit is a count.
func amount(u results.Unit, v float64) string {
	switch u {
	case results.UnitNS:
		return wording.Duration(v)
	case results.UnitShare:
		return wording.Share(v)
	case results.UnitP:
		return fmt.Sprintf("%.2g", v)
	}
	return units.Count.Show(math.Round(v))
}

// detail is what an error said, in quotation marks: the words are not ours.
func (r Worst) detail() string {
	if r.Detail == "" {
		return ""
	}
	return ": “" + r.Detail + "”"
}

func (r Worst) of() string {
	if r.Node == "" {
		return ""
	}
	return " of " + r.Node
}

// among names the link that was met first.
func (r Worst) among() string {
	if r.Link == nil {
		return ""
	}
	return " (" + linkName(r.Link) + " among them)"
}

func (r Worst) amongLinks(which string) string {
	if r.Of > 0 {
		which += ", of " + units.Plural(int(r.Of), "link")
	}
	if r.Link != nil {
		which = linkName(r.Link) + ", " + which
	}
	return which
}

func linkName(e *results.Ends) string { return e.From + "→" + e.To }

// Say words a remark. A code that this build does not know is told as it
// stands.
func Say(r Worst) string {
	if words, ok := remarkWords[r.Code]; ok {
		return words(r)
	}
	return fmt.Sprintf("%q, which this build of raftbench has no words for", string(r.Code)) + r.detail()
}

// roleWords are what the windows are called; the first part of a line.
var roleWords = map[results.Role]string{
	results.RoleWatch: "the watch", results.RoleLight: "light load", results.RoleFull: "full load", results.RoleStep: "a step of the sweep",
	results.RoleGuess: "the search for the capacity", results.RoleSearch: "the search for the capacity",
	results.RoleConfirm: "a confirmation of the capacity", results.RoleShare: "a share of the capacity",
}

// When say when something was remarked; empty of a whole trial.
func When(role results.Role, window string) string {
	switch words := roleWords[role]; {
	case words != "":
		return words
	case window == results.Calibration:
		return "before the load"
	}
	return strings.TrimSpace(window)
}

// Remark says one remark in plain English, for a line of progress.
func Remark(r results.Remark) string {
	r = clean.Remark(summary.Remark{Worst: r}).Worst
	text := Say(Worst{Remark: r})
	if when := When(RoleOf(r.Window), r.Window); when != "" {
		text = when + ": " + text
	}
	return text
}

// RoleOf a window that every measuring trial has, by its name.
func RoleOf(window string) results.Role {
	switch window {
	case results.WindowCalm:
		return results.RoleLight
	case results.WindowSaturate:
		return results.RoleFull
	}
	return ""
}

// Groups tells who still reached whom: n1 n2 | n3.
func Groups(groups [][]string) string {
	var sides []string
	for _, g := range groups {
		sides = append(sides, clean.Name(strings.Join(g, " ")))
	}
	return strings.Join(sides, " | ")
}
