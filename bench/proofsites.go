package bench

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// stand is the members at a site.
type stand struct {
	site    string
	members []Member
}

// stands of a system's members, in the order in which the sites come in; none where
// the members stand nowhere.
func stands(members []Member) (out []stand) {
	for _, m := range members {
		if m.Site() == "" {
			continue
		}
		i := slices.IndexFunc(out, func(s stand) bool { return s.site == m.Site() })
		if i < 0 {
			i, out = len(out), append(out, stand{site: m.Site()})
		}
		out[i].members = append(out[i].members, m)
	}
	return out
}

// siteBySite kills all members of one site at once, watches whether writes go on as
// arithmetic has it, brings them back, and goes to the next site; then the largest
// sites at once where more than one may be lost: if writes go on without these, they
// do without any others as many. The leader's site comes first, so that each proof
// has seen it lost.
//
// With one site there is nothing to be seen that the proof of tolerance did not show.
func (p *proof) siteBySite(ctx context.Context) error {
	all := stands(p.system.Members())
	if len(all) < 2 {
		return nil
	}
	p.tell(StageKillingSites)
	leader, err := p.leads(ctx)
	if err != nil {
		return err
	}
	counts := make([]int, len(all))
	for i, s := range all {
		counts[i] = len(s.members)
	}
	bySize := slices.SortedStableFunc(slices.Values(all), func(a, b stand) int { return cmp.Compare(len(b.members), len(a.members)) })
	slices.SortStableFunc(all, func(a, b stand) int { return cmp.Compare(b.holds(leader), a.holds(leader)) })
	losses := make([][]stand, len(all))
	for i, s := range all {
		losses[i] = []stand{s}
	}
	if most := quorum.Size(p.setup.Nodes).ToleratesSites(counts); most > 1 {
		losses = append(losses, bySize[:most])
	}
	for _, lost := range losses {
		if err := p.loses(ctx, lost); err != nil || len(p.record.Findings) > 0 {
			return err
		}
	}
	return nil
}

// holds is 1 where the member called id stands there.
func (s stand) holds(id string) int {
	if slices.ContainsFunc(s.members, func(m Member) bool { return m.ID() == id }) {
		return 1
	}
	return 0
}

// loses some sites at once and sees what comes of it.
func (p *proof) loses(ctx context.Context, lost []stand) error {
	z := results.ZoneResult{}
	var victims []Member
	for _, s := range lost {
		z.Sites = append(z.Sites, s.site)
		for _, m := range s.members {
			victims, z.Members = append(victims, m), append(z.Members, m.ID())
		}
	}
	name := strings.Join(z.Sites, ", ")
	b, err := p.strike(ctx, name, victims...)
	if err != nil {
		return err
	}
	z.LeaderThere = slices.Contains(z.Members, b.fault.Leader)
	durable := durableOn(victims)
	if quorum.Size(p.setup.Nodes).NeedsSite(len(victims)) {
		z.Blocked, err = p.silent(ctx, minSiteBlocked, fmt.Sprintf("site %s dead, %d of %d nodes", name, len(victims), p.setup.Nodes))
	} else {
		err = p.goesOn(ctx, b.deadNS(), provingWrites, "without site "+name)
		z.Survived = err == nil
	}
	if first := b.mark.first(); first > 0 && !z.Blocked {
		z.OutageNS = first - b.fault.AtNS
	}
	p.result.Zones = append(p.result.Zones, z)
	if err != nil || len(p.record.Findings) > 0 {
		return err
	}
	return p.bringBack(ctx, b, victims, durable)
}

// bringBack starts members again, and waits until all is as before they were lost:
// the next loss is to be the first of a full cluster.
func (p *proof) bringBack(ctx context.Context, b *blow, victims []Member, durable map[string]uint64) error {
	if err := restartAll(ctx, p.system, p.events, p.record); err != nil {
		return err
	}
	b.fault.EndNS = clock.Now()
	if p.compare(durable); p.record.found(results.Safety) {
		return nil
	}
	if err := p.rejoin(ctx, victims); err != nil {
		return err
	}
	if err := p.goesOn(ctx, clock.Now(), provingWrites, "after the lost site was back"); err != nil {
		return err
	}
	if _, err := p.leads(ctx); err != nil {
		return err
	}
	return p.caughtUp(ctx, victims)
}

// leads is whom all members name as their leader.
func (p *proof) leads(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	return p.system.Leader(ctx)
}

// caughtUp waits until members hold what any member held durable when it was
// called. That they do not is a matter of liveness.
func (p *proof) caughtUp(ctx context.Context, members []Member) error {
	var want uint64
	for _, index := range durableOn(p.system.Members()) {
		want = max(want, index)
	}
	deadline := time.Now().Add(p.patience)
	for _, m := range members {
		for {
			index, _ := m.Durable()
			if index >= want {
				break
			}
			if time.Now().After(deadline) {
				p.record.find(results.Finding{Class: results.Liveness, Rule: results.RuleApplied, Node: m.ID(), Log: m.LogTail(logLines),
					Got: fmt.Sprintf("a log up to index %d, %v after it was back", index, p.patience), Want: fmt.Sprintf("at least index %d", want)})
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(5 * time.Millisecond):
			}
			if err := p.system.Health(); err != nil {
				return err
			}
		}
	}
	return nil
}
