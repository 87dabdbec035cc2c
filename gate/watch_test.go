package gate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// watchOf makes a trial that watched for so long, while its leader lost its place so
// many times, a second apart.
func watchOf(d time.Duration, losses int) results.Trial {
	tr := made("n3-x", 3, 0, nil, 1e6)
	tr.Kind, tr.Timeouts = results.Watch, results.Timeouts{HeartbeatNS: 100e6, ElectionNS: 100e6, LeaseNS: 50e6}
	tr.Windows = []results.Window{{Name: results.WindowWatch, Role: results.RoleWatch, Mode: results.ModeOpen, StartNS: 1e9, DurationNS: int64(d), OfferedOps: 20,
		Attempted: 100, Completed: 100, Writes: 100}}
	role := func(at int64, state string, term int) {
		tr.Events = append(tr.Events, results.Event{AtNS: at, Node: "n1", Kind: results.EventRole, State: state, Term: uint64(term)})
	}
	role(1, results.StateLeader, 2)
	for i := range losses {
		at := 2e9 + int64(i)*1e9
		role(at, results.StateFollower, 2+i)
		role(at+5e8, results.StateLeader, 3+i)
	}
	return tr
}

// Each leader that lost its place is an event of a Poisson count: one watch judges by
// the exact interval of its own, and a run of watches alone is a run.
func TestARunThatOnlyWatchesIsJudged(t *testing.T) {
	const rate = "false_elections_per_hour < 100"
	for name, c := range map[string]struct {
		trials []results.Trial
		rule   string
		want   string
		code   ReasonCode
	}{
		"no write lost":            {[]results.Trial{watchOf(time.Hour, 0)}, "lost_writes == 0", "pass", ""},
		"none in an hour":          {[]results.Trial{watchOf(time.Hour, 0)}, rate, "pass", ""},
		"none in a minute":         {[]results.Trial{watchOf(time.Minute, 0)}, rate, "inconclusive", WithinInterval},
		"30 in an hour":            {[]results.Trial{watchOf(time.Hour, 30)}, rate, "pass", ""},
		"95 in an hour":            {[]results.Trial{watchOf(time.Hour, 95)}, rate, "inconclusive", WithinInterval},
		"200 in an hour":           {[]results.Trial{watchOf(time.Hour, 200)}, rate, "fail", ""},
		"the only one is invalid":  {[]results.Trial{broken(watchOf(time.Hour, 0))}, rate, "inconclusive", NoneValid},
		"nothing was watched":      {[]results.Trial{made("n3-x", 3, 0, nil, 1e6)}, rate, "inconclusive", NotMeasured},
		"at least so many, proven": {[]results.Trial{watchOf(time.Hour, 200)}, "false_elections_per_hour > 100", "pass", ""},
	} {
		r := evaluated(t, Input{Run: analysed(t, c.trials)}, c.rule)
		v := r.Verdicts[0]
		if v.Answer != c.want || c.code != "" && !slices.Contains(codes(v), c.code) {
			t.Errorf("%s: got %+v, want %s since %q", name, v, c.want, c.code)
		}
		if v.Measured != nil && (v.P == nil || (*v.P <= 0.05) == (v.Answer == "inconclusive")) {
			t.Errorf("%s: got p %v beside %s, want at most 0.05 where it is decided and more where not", name, v.P, v.Answer)
		}
		for _, o := range r.Verdicts {
			if o.Kind == Finished && c.code != NoneValid {
				t.Errorf("%s: got %+v, want a run that has a valid trial", name, o)
			}
		}
	}
}

func broken(tr results.Trial) results.Trial {
	tr.Valid = false
	return tr
}

// A later look asks for more: of none seen the interval excludes the limit at the
// first look and is not sure enough at the second.
func TestAWatchIsHeldToItsLooks(t *testing.T) {
	in := Input{Run: analysed(t, []results.Trial{watchOf(2*time.Minute, 0)}), Looks: 2}
	if v := evaluated(t, in, "false_elections_per_hour < 95").Verdicts[0]; v.Answer != "inconclusive" || !slices.Contains(codes(v), NotAtThisLook) {
		t.Errorf("got %+v, want it not sure enough for the second look", v)
	}
}

// A rate of what is rare, and often 0, has no ratio: refused as it is read, with what to
// write.
func TestRatiosOfFalseElectionsAreRefused(t *testing.T) {
	for _, rule := range []string{"false_elections_per_hour <= 1.1x baseline", "false_elections_per_hour[n=5] <= 1.1x false_elections_per_hour[n=3]"} {
		_, err := Parse("t.yaml", []byte("rules: [\""+rule+"\"]"))
		if err == nil || !strings.Contains(err.Error(), "no ratio of it is judged") {
			t.Errorf("%s: got %v, want it refused", rule, err)
		}
	}
}
