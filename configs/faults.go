package configs

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/control"
)

// checkFaults holds what is to be done against the cluster it is done to.
func (c combination) checkFaults(s Setup) mistakes {
	var errs mistakes
	add := func(i int, key, message, advice string) {
		fault := fmt.Sprintf("faults[%d]", i)
		errs = append(errs, c.origin.mistake(message, advice, fault+"."+key, fault, "faults"))
	}
	for i, f := range s.Faults {
		switch {
		case s.Workload.Calm.Rate == 0:
			add(i, "at", "got a fault and no light load to do it in", "faults go with load modes calm and calm+saturate")
		case f.At >= s.Workload.Calm.Duration:
			add(i, "at", fmt.Sprintf("got %s, want less than the light load's %s", short(f.At), short(s.Workload.Calm.Duration)), "")
		}
		if f.Target == "" {
			add(i, "target", "got no target, want "+s.targets(), "say to whom it is done: target: leader")
		} else if !s.hasTarget(f.Target) {
			add(i, "target", wanted(f.Target, s.targets()).Error(),
				s.targetAdvice(f.Target))
		}
		if strings.Contains(f.Target, "->") && f.Action != "partition" && f.Action != "heal" {
			add(i, "action", wanted(f.Action, "partition or heal for a link").Error(), "other faults are done to members")
		}
		if f.Action == "power-loss" && !s.Storage.PowerLoss {
			add(i, "action", "got power-loss and a store that forgets nothing", "set storage.power_loss: true")
		}
	}
	return errs
}

// checkMessages holds the shares of harmed messages against each other.
func (c combination) checkMessages(s Setup) mistakes {
	if s.MessageFaults == nil {
		return nil
	}
	if err := s.MessageFaults.Validate(); err != nil {
		return mistakes{c.origin.mistake(err.Error(), cmp.Or(advice(err), "message_faults: {delay: 10%, max_delay: 20ms}"), "network.message_faults")}
	}
	return nil
}

func (s Setup) targets() string {
	return fmt.Sprintf("leader, follower, a member n1 to n%d, or a link n1->n2", s.Nodes)
}

func (s Setup) hasTarget(target string) bool {
	if from, to, isLink := strings.Cut(target, "->"); isLink {
		return from != to && s.hasMember(from) && s.hasMember(to)
	}
	switch target {
	case "leader":
		return true
	case "follower":
		return s.Nodes > 1
	}
	return s.hasMember(target)
}

func (s Setup) hasMember(id string) bool {
	digits, found := strings.CutPrefix(id, "n")
	i, err := strconv.Atoi(digits)
	return found && err == nil && i >= 1 && i <= s.Nodes && control.MemberID(i-1) == id
}

func (s Setup) targetAdvice(target string) string {
	if target == "follower" {
		return fmt.Sprintf("a cluster of %d has no follower", s.Nodes)
	}
	return ""
}

// isMember also holds for members that only larger sizes have.
func isMember(name string) bool { return Setup{Nodes: MaxNodes}.hasMember(name) }
