package bench

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

const ms = int64(time.Millisecond)

// of is a figure that is known.
func of[T any](v T) *T { return &v }

// quiet is a host on which nothing else goes on, and which tells so.
func quiet() results.HostFacts {
	return results.HostFacts{ForeignCores: of(0.02), Steal: of(0.0), RunWait: of(0.1), DiskWait: of(0.3)}
}

// quietHost is what a quiet host's counters say.
func quietHost(length time.Duration) hostCost {
	none := of(time.Duration(0))
	return hostCost{Activity: host.Activity{Length: length, Cores: 2, Busy: none, Steal: none, CPUWait: none, DiskWait: none, Foreign: none}}
}

// What a host does not tell is said, and is no reason to doubt a number.
func TestWhatTheHostDoesNotTellIsNoted(t *testing.T) {
	j := healthy()
	j.window.Host = results.HostFacts{ForeignCores: of(0.0), Steal: of(0.0)}
	if r := only(t, j.remarks(), results.CodeHostUnread, results.Note); r.Detail != "run_wait, psi_io" {
		t.Errorf("got %q, want run_wait, psi_io", r.Detail)
	}
}

// healthy is a calm window to which nobody could object.
func healthy() judged {
	w := results.Window{
		Name: "calm", Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100, DurationNS: 10 * time.Second.Nanoseconds(),
		Attempted: 1000, Completed: 1000, Writes: 1000, ThroughputOps: 100,
		Latency: results.Latency{P50NS: results.Nanos(2 * ms), P99NS: results.Nanos(4 * ms), MeanNS: 2e6, Count: 1000},
		Service: results.Latency{P50NS: results.Nanos(2 * ms), P99NS: results.Nanos(4 * ms), MeanNS: 2e6, Count: 1000},
		Lag:     results.Latency{P50NS: 1000, P99NS: 20000, Count: 1000},
		// 100/s × 2 ms: Little's law holds.
		MeanInFlight: 0.2, HostBusy: 0.3, Host: quiet(),
	}
	for i := range 10 {
		w.Parts = append(w.Parts, results.Point{P50NS: 2*ms + int64(i%3)*1000, Completed: 100})
	}
	return judged{
		window: w, light: true, crossings: 2, syncNS: ms, cost: cost{length: 10 * time.Second, host: hostCost{Activity: host.Activity{Cores: 2}}},
		// Two crossings of a write of 2 ms, each 5 µs late, are half a percent of it.
		links: []results.Link{{From: "n1", To: "n2", AskedNS: 5 * ms, Frames: 10, LinkTruth: results.LinkTruth{OwnErrorP50NS: 5_000, Samples: 5}}},
	}
}

func TestAHealthyWindowIsBelieved(t *testing.T) {
	if got := healthy().remarks(); len(got) > 0 {
		t.Errorf("remarks: %+v", got)
	}
}

// says finds a remark by its code.
func says(remarks []results.Remark, code results.Code) (r results.Remark, found bool) {
	for _, r := range remarks {
		if r.Code == code {
			return r, true
		}
	}
	return r, false
}

// only wants one remark, of this code and severity, on the light window.
func only(t *testing.T, got []results.Remark, code results.Code, severity results.Severity) results.Remark {
	t.Helper()
	if len(got) != 1 || got[0].Code != code || got[0].Severity != severity || got[0].Window != "calm" {
		t.Fatalf("got %+v, want one remark %s %s on calm", got, severity, code)
	}
	return got[0]
}

// Each rule by which a trial is not believed, provoked alone.
func TestEachReasonForInvalidity(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*judged)
		code  results.Code
		got   float64
	}{
		"too few completed": {func(j *judged) { j.window.Completed = 989 }, results.CodeIncomplete, 989},
		"nothing completed": {func(j *judged) { j.window.Completed, j.window.Attempted = 0, 0 }, results.CodeNothing, 0},
		"a drop":            {func(j *judged) { j.window.Dropped = 1 }, results.CodeDropped, 1},
		"a record error":    {func(j *judged) { j.window.RecordErrors = 2 }, results.CodeRecordErrors, 2},
		"a rejected write":  {func(j *judged) { j.window.Errors, j.firstError = 1, errors.New("not leader") }, results.CodeClientErrors, 1},
		"an unknown write":  {func(j *judged) { j.window.Unknown = 1 }, results.CodeClientErrors, 1},
		"lag at the median": {func(j *judged) { j.window.Lag.P50NS = results.Nanos(2*ms/10 + 1000) }, results.CodeLagP50, float64(2*ms/10 + 1000)},
		"the leader moved":  {func(j *judged) { j.cost.leaderMoved = true }, results.CodeLeaderChanged, 0},
		"links by a tenth":  {func(j *judged) { j.links[0].OwnErrorP50NS = 100_001 }, results.CodeLinkLate, 100_001},
		"links by a tenth, from a site": {func(j *judged) {
			j.crossings, j.links[0].OwnErrorP50NS = 4, 50_001
		}, results.CodeLinkLate, 50_001},
		"a short link by twice its delay": {func(j *judged) {
			j.links[0].AskedNS, j.links[0].OwnErrorP50NS = 50_000, 100_001
		}, results.CodeLinkLate, 100_001},
		"links while most writes fail": {func(j *judged) {
			j.harmed, j.window.Latency.P50NS, j.links[0].OwnErrorP50NS = true, results.Never, 100_201
		}, results.CodeLinkLate, 100_201},
	} {
		t.Run(name, func(t *testing.T) {
			j := healthy()
			c.spoil(&j)
			if r := only(t, j.remarks(), c.code, results.Invalid); r.Got != c.got {
				t.Errorf("got %v, want %v: %+v", r.Got, c.got, r)
			}
		})
	}
}

// The worst timeouts let nothing through: that is what a watch is to see.
func TestAWatchInWhichNothingWasCompletedStands(t *testing.T) {
	j := healthy()
	j.harmed, j.light, j.window.Role, j.window.Completed = true, false, results.RoleWatch, 0
	for _, r := range j.remarks() {
		if r.Severity == results.Invalid {
			t.Errorf("got %+v, want a watch that stands", r)
		}
	}
}

// What a link's lateness did to the median operation decides, not its share of
// the delay: 90 µs of 50 matter to a write of 2 ms, and not to one of 200.
func TestALateLinkIsHeldAgainstTheNumber(t *testing.T) {
	j := healthy()
	j.links[0].AskedNS, j.links[0].OwnErrorP50NS = 50_000, 90_000
	if r := only(t, j.remarks(), results.CodeLinkLate, results.Doubtful); r.Want != 100_000 {
		t.Errorf("got %+v: a tenth of the write is 100 µs on each of two crossings", r)
	}
	j.window.Latency.P50NS, j.window.Service.P50NS = results.Nanos(200*ms), results.Nanos(200*ms)
	if got := j.remarks(); len(got) > 0 {
		t.Errorf("remarks: %+v", got)
	}
}

// Nobody's search for the most that a host carries is spoilt by what a full host
// does to links: it is said, and the trial stands.
func TestAHeldTryIsSparedLikeFullLoad(t *testing.T) {
	j := healthy()
	j.light, j.links[0].OwnErrorP50NS, j.window.Lag.P50NS = light(offer{rate: 9000, role: results.RoleSearch}), 50*ms, results.Nanos(ms)
	for _, code := range []results.Code{results.CodeLinkLate, results.CodeLagP50} {
		if r, said := says(j.remarks(), code); !said || r.Severity != results.Doubtful {
			t.Errorf("%s: got %+v, want a doubt", code, j.remarks())
		}
	}
}

// One remark speaks for all late links: their number, and the worst of them.
func TestTheWorstOfManyLateLinksIsNamed(t *testing.T) {
	j := healthy()
	for i, by := range []int64{2 * ms, 4 * ms, 0, 3 * ms} {
		j.links = append(j.links, results.Link{From: "n1", To: "n" + string(rune('3'+i)), AskedNS: 5 * ms,
			LinkTruth: results.LinkTruth{OwnErrorP50NS: by, Samples: 9}})
	}
	r := only(t, j.remarks(), results.CodeLinkLate, results.Invalid)
	if r.Count != 3 || r.Of != 5 || r.Got != float64(4*ms) || *r.Link != (results.Ends{From: "n1", To: "n4"}) {
		t.Errorf("got %+v, want 3 of 5, the worst n1→n4 by 4 ms", r)
	}
}

// The errors rest on samples, not on frames: those of a busy link that nobody
// waited for say nothing.
func TestFewSamplesSayNothingOfALink(t *testing.T) {
	j := healthy()
	l := &j.links[0]
	l.Frames, l.Samples, l.OwnErrorP50NS = 1000, results.MinLinkSamples-1, 5*ms
	if got := j.remarks(); len(got) > 0 {
		t.Errorf("judged by %d samples: %+v", l.Samples, got)
	}
	l.Samples++
	only(t, j.remarks(), results.CodeLinkLate, results.Invalid)
}

// A saturating window was to bring the host to its limit: late frames and a
// new leader are said, a busy host is not even that.
func TestASaturatingWindowIsInvalidByItsErrorsOnly(t *testing.T) {
	j := healthy()
	j.window.Mode, j.light = results.ModeClosed, false
	j.window.Lag.P50NS, j.window.HostBusy, j.cost.leaderMoved, *j.window.Host.RunWait = results.Nanos(10*ms), 1, true, 0.9
	j.links[0].OwnErrorP50NS = 50 * ms
	got := j.remarks()
	link, _ := says(got, results.CodeLinkLate)
	leader, _ := says(got, results.CodeLeaderChanged)
	if len(got) != 2 || link.Severity != results.Doubtful || leader.Severity != results.Doubtful {
		t.Errorf("got %+v, want doubts about the link and the leader", got)
	}
	j.window.Unknown = 1
	if r, _ := says(j.remarks(), results.CodeClientErrors); r.Severity != results.Invalid {
		t.Errorf("got %+v, want the unknown write", j.remarks())
	}
}

func TestEachDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*judged)
		code  results.Code
		got   float64
	}{
		"lag at the median":          {func(j *judged) { j.window.Lag.P50NS = results.Nanos(2*ms/20 + 1000) }, results.CodeLagP50, float64(2*ms/20 + 1000)},
		"lag at p99":                 {func(j *judged) { j.window.Lag.P99NS = results.Nanos(4*ms/4 + 1000) }, results.CodeLagP99, float64(4*ms/4 + 1000)},
		"links by less than a tenth": {func(j *judged) { j.links[0].OwnErrorP50NS = 99_000 }, results.CodeLinkLate, 99_000},
		"links by half a percent":    {func(j *judged) { j.links[0].OwnErrorP50NS = 5_001 }, results.CodeLinkLate, 5_001},
		"a busy host":                {func(j *judged) { j.window.HostBusy = 0.86 }, results.CodeHostBusy, 0.86},
		"foreign load":               {func(j *judged) { *j.window.Host.ForeignCores = 0.4 }, results.CodeForeignCPU, 0.2},
		"steal":                      {func(j *judged) { *j.window.Host.Steal = 0.05 }, results.CodeSteal, 0.05},
		"throttling":                 {func(j *judged) { j.cost.host.Throttled = of[int64](1) }, results.CodeThrottled, 0},
		"run queue delay":            {func(j *judged) { *j.window.Host.RunWait = 0.5 }, results.CodeRunWait, 0.5},
		// Six of 64 cores are a tenth of them, and six.
		"foreign load on a large host": {func(j *judged) {
			j.cost.host.Cores, *j.window.Host.ForeignCores = 64, 6
		}, results.CodeForeignCPU, 6.0 / 64},
		// Ten of each hundred milliseconds, on one core of two.
		"short bursts":    {func(j *judged) { *j.window.Host.ForeignCores = 0.1 }, results.CodeForeignCPU, 0.05},
		"syncs of others": {func(j *judged) { j.window.Host.ForeignSyncs = of[int64](2000) }, results.CodeForeignDisk, 0.2},
		"a stream of others": {func(j *judged) {
			j.window.Host.ForeignSyncs, j.window.Host.ForeignDiskBytes = of[int64](0), of[int64](2000*streamRequest)
		}, results.CodeForeignDisk, 0.2},
		// A disk that is never told to flush its cache says nothing of syncs.
		"pages of others":     {func(j *judged) { j.window.Host.ForeignDiskBytes = of[int64](2000 * page) }, results.CodeForeignDisk, 0.2},
		"a snapshot":          {func(j *judged) { j.cost.snapshots = 1 }, results.CodeSnapshot, 1},
		"Little's law broken": {func(j *judged) { j.window.MeanInFlight = 0.3 }, results.CodeLittle, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			j := healthy()
			c.spoil(&j)
			if r := only(t, j.remarks(), c.code, results.Doubtful); math.Abs(r.Got-c.got) > 1e-9 {
				t.Errorf("got %v, want %v", r.Got, c.got)
			}
		})
	}
}

// A rate that was tried and not carried is an answer.
func TestAFailedTrySpoilsNoTrial(t *testing.T) {
	j := healthy()
	j.failed, j.window.Completed, j.window.Dropped, j.window.Unknown, j.window.HostBusy = true, 10, 500, 3, 1
	if got := j.remarks(); len(got) > 0 {
		t.Errorf("got %+v, want nothing", got)
	}
}

// Lag is held against what it spoils most easily: reads beside slow writes.
func TestLagIsHeldAgainstTheFasterOfReadsAndWrites(t *testing.T) {
	j := healthy()
	j.window.ReadLatency = &results.Latency{P50NS: results.Nanos(ms / 5), P99NS: results.Nanos(ms), Count: 500}
	j.window.Lag.P50NS, j.links = results.Nanos(ms/40), nil // 1 % of a write, 12 % of a read
	only(t, j.remarks(), results.CodeLagP50, results.Invalid)
}

// What readers waited for a core is no error of the link's: it is noted, with the
// bound of its effect, and doubts nothing.
func TestWaitingForACoreIsTheHostsLimit(t *testing.T) {
	j := healthy()
	j.links[0].ErrorP50NS, j.links[0].CoreWaitP50NS = 305_000, 300_000
	r := only(t, j.remarks(), results.CodeCoreWait, results.Note)
	if math.Abs(r.Got-0.3) > 1e-9 || r.Of != 1 || *r.Link != (results.Ends{From: "n1", To: "n2"}) {
		t.Errorf("got %+v, want 30 %% of the write on two crossings of n1→n2", r)
	}
}
