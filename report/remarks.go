package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// remarkWords say each remark. This file, findings.go and limits.go are where
// the codes of the record become English; nothing is read back out of it.
var remarkWords = map[results.Code]func(r worst) string{
	results.CodeFailed:  func(r worst) string { return "the trial did not get to its end" + r.detail() },
	results.CodeNothing: func(worst) string { return "no operation was completed" },
	results.CodeIncomplete: func(r worst) string {
		return fmt.Sprintf("%s%s of %s operations were completed in time, at least %s were wanted", r.at, r.got(), count(r.Of), r.want())
	},
	results.CodeDropped: func(r worst) string {
		return fmt.Sprintf("%s%s operations were not sent, since more than %s were in flight", r.at, r.got(), r.want())
	},
	results.CodeRecordErrors: func(r worst) string {
		return fmt.Sprintf("%s%s latencies were beyond what a histogram holds", r.at, r.got())
	},
	results.CodeClientErrors: func(r worst) string {
		return fmt.Sprintf("%s%s operations failed though nobody harmed the cluster%s", r.at, r.got(), r.detail())
	},
	results.CodeLagP50: lagWords("median"),
	results.CodeLagP99: lagWords("99th percentile"),
	results.CodeArrivals: func(r worst) string {
		return fmt.Sprintf("operations were not sent as Poisson arrivals are: %s%s of the gaps between them were out of place, where %s may be", r.at, r.got(), r.want())
	},
	results.CodeLeaderChanged: func(worst) string {
		return "the leader or the term changed, so that an election was measured in place of writes"
	},
	results.CodeLinkLate: func(r worst) string {
		return fmt.Sprintf("emulated links came late by themselves, %s%s at the median (%s); %s would be a tenth of the median operation",
			r.at, r.got(), r.amongLinks("the worst of "+count(r.Count)+" that did"), r.want())
	},
	results.CodeCoreWait: func(r worst) string {
		return fmt.Sprintf("readers of emulated links waited for a core, as those of real packets do on a host as full: %sat most %s of the median operation (%s)",
			r.at, r.got(), r.amongLinks("the slowest"))
	},
	results.CodeLinksUnmeasured: func(r worst) string {
		return fmt.Sprintf("%s%s of %s emulated links had fewer than %s samples to judge their delay by%s",
			r.at, count(r.Count), units.Plural(int(r.Of), "link"), r.want(), r.among())
	},
	results.CodeDelayMean:    jitterWords("mean"),
	results.CodeDelaySD:      jitterWords("standard deviation"),
	results.CodeProbesFailed: func(r worst) string { return "the links" + r.of() + " could not be probed" + r.detail() },
	results.CodeCapacityNotHeld: func(r worst) string {
		return fmt.Sprintf("the capacity found did not keep its own limit, %s%s where less than %s was asked", r.at, r.got(), r.want())
	},
	results.CodeHostBusy: func(r worst) string {
		return fmt.Sprintf("the host's CPU was %s%s busy, above %s", r.at, r.got(), r.want())
	},
	results.CodeForeignCPU: func(r worst) string {
		return fmt.Sprintf("processes that are none of ours used %s%s of the host's CPU", r.at, r.got())
	},
	results.CodeSteal: func(r worst) string {
		return fmt.Sprintf("the hypervisor took %s%s of the host's CPU", r.at, r.got())
	},
	results.CodeThrottled: func(worst) string {
		return "a control group stopped processes for having used up their CPU time"
	},
	results.CodeRunWait: func(r worst) string {
		return fmt.Sprintf("for %s%s of the time some process was ready and had no core", r.at, r.got())
	},
	results.CodeForeignDisk: func(r worst) string {
		return fmt.Sprintf("writes of processes that are none of ours took %s%s of the disk's time", r.at, r.got())
	},
	results.CodeSlowSync: func(r worst) string {
		return fmt.Sprintf("a sync of the disk took %s%s before the load, where at most %s was expected from the run's start", r.at, r.got(), r.want())
	},
	results.CodeHostUnread: func(r worst) string {
		return "the host does not tell all, and what follows was not checked" + r.detail()
	},
	results.CodeNotAwake: func(r worst) string { return "the host's cores could not be kept from halting" + r.detail() },
	results.CodeSnapshot: func(r worst) string {
		return fmt.Sprintf("%s%s snapshots of the state were taken", r.at, r.got())
	},
	results.CodeHalvesDiffer: func(r worst) string {
		than := "above"
		if r.Got < 0 {
			than = "below"
		}
		return fmt.Sprintf("the second half's median latency was %s%s %s the first half's", r.at, share(math.Abs(r.Got)), than)
	},
	results.CodeRising:  trendWords("rose"),
	results.CodeFalling: trendWords("fell"),
	results.CodeLittle: func(r worst) string {
		return fmt.Sprintf("operations in flight were %s%s off throughput times latency (Little's law)", r.at, r.got())
	},
	results.CodeFsyncNotReal: func(r worst) string {
		return fmt.Sprintf("a sync took %s at the median, too fast for a disk that keeps what it is given%s", r.got(), r.detail())
	},
	results.CodeWarmupUnsteady: func(r worst) string {
		return fmt.Sprintf("the warm-up saw no steady state within %s", r.got())
	},
	results.CodeUnjudged: func(r worst) string {
		return fmt.Sprintf("the values of %s%s keys have too many writes of unknown outcome to be judged", r.at, r.got())
	},
	results.CodeUndecided: func(r worst) string {
		return fmt.Sprintf("whether the histories of %s%s keys are linearizable was not decided within %s", r.at, r.got(), duration(r.Want))
	},
	results.CodeUndecidedHistory: func(r worst) string {
		return fmt.Sprintf("whether an order explains %s%s keys of %s was not decided within %s", r.at, r.got(), units.Plural(int(r.Of), "operation"), duration(r.Want))
	},
	results.CodeUnforced: func(r worst) string { return "not tested, since there was none" + r.detail() },
	results.CodeNotDurable: func(worst) string {
		return "the store keeps nothing over a restart, so that a restart proves nothing"
	},
	results.CodeTermRace: func(r worst) string {
		return fmt.Sprintf("a node went back from term %s to term %s while it ran: hashicorp/raft answers heartbeats beside its main goroutine (its issue 695)", r.want(), r.got())
	},
	results.CodePowerUncut: func(r worst) string {
		return "the power of the disks was not cut, so that surviving it is not proven" + r.detail()
	},
	results.CodeDiskDied: func(r worst) string {
		return "an emulated disk died under its node, a fault of the tool: the trial says nothing" + r.detail()
	},
	results.CodeUsageUnread: func(r worst) string { return "what the processes used could not be read" + r.detail() },
	results.CodeSpansLost: func(r worst) string {
		return fmt.Sprintf("of %s typical writes %s%s were found in the nodes' records, which lost %s: where a write's time goes is told of those alone", count(r.Of), r.at, r.got(), count(r.Count))
	},
	results.CodeSpansUnread: func(r worst) string {
		return "where a write's time goes is not on record: the nodes could not be asked" + r.detail()
	},
	results.CodeHeldThinned: func(r worst) string {
		return fmt.Sprintf("of %s times that a process was held up the %s shortest, of %s%s and less, are not on record", count(r.Of), count(r.Count), r.at, r.got())
	},
}

func lagWords(which string) func(worst) string {
	return func(r worst) string {
		return fmt.Sprintf("the load generator was %s%s behind its schedule at the %s, where %s is allowed", r.at, r.got(), which, r.want())
	}
}

func jitterWords(which string) func(worst) string {
	return func(r worst) string {
		than := "above"
		if r.Got < 0 {
			than = "below"
		}
		return fmt.Sprintf("the delays of emulated links with jitter had a %s %s%s %s what was asked, where %s may be (%s)",
			which, r.at, share(math.Abs(r.Got)), than, r.want(), r.amongLinks("the worst of "+count(r.Count)+" so far off"))
	}
}

func trendWords(how string) func(worst) string {
	return func(r worst) string {
		return fmt.Sprintf("latency %s all through the window, %sby %s from its beginning to its end", how, r.at, share(math.Abs(r.Got)))
	}
}

// worst is the remark that weighs most of those that are told in one line.
type worst struct {
	results.Remark
	// at is "at worst " where there were several.
	at string
}

func (r worst) got() string  { return amount(r.Unit, r.Got) }
func (r worst) want() string { return amount(r.Unit, r.Want) }

// amount writes a remark's figure; one without a unit is a count.
func amount(u results.Unit, v float64) string {
	switch u {
	case results.UnitNS:
		return duration(v)
	case results.UnitShare:
		return share(v)
	case results.UnitP:
		return fmt.Sprintf("%.2g", v)
	}
	return units.Count.Show(math.Round(v))
}

// detail is what an error said, in quotation marks: the words are not ours.
func (r worst) detail() string {
	if r.Detail == "" {
		return ""
	}
	return ": “" + r.Detail + "”"
}

func (r worst) of() string {
	if r.Node == "" {
		return ""
	}
	return " of " + r.Node
}

// among names the link that was met first.
func (r worst) among() string {
	if r.Link == nil {
		return ""
	}
	return " (" + linkName(r.Link) + " among them)"
}

func (r worst) amongLinks(which string) string {
	if r.Of > 0 {
		which += ", of " + units.Plural(int(r.Of), "link")
	}
	if r.Link != nil {
		which = linkName(r.Link) + ", " + which
	}
	return which
}

func linkName(e *results.Ends) string { return e.From + "→" + e.To }

// sayRemark words a remark. A code that this build does not know is told as it
// stands.
func sayRemark(r worst) string {
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

// whenWords say when something was remarked; empty of a whole trial.
func whenWords(role results.Role, window string) string {
	switch words := roleWords[role]; {
	case words != "":
		return words
	case window == results.Calibration:
		return "before the load"
	}
	return strings.TrimSpace(window)
}
