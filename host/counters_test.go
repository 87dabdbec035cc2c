package host

import (
	"testing"
	"time"
)

func TestForeignWorkIsThatOfProcessesThatAreNotOurs(t *testing.T) {
	const s = time.Second
	one := func(parent int, started int64, cpu, children time.Duration) Process {
		return Process{Parent: parent, Started: started, CPU: cpu, Children: children}
	}
	for name, c := range map[string]struct {
		before, after map[int]Process
		want          time.Duration
	}{
		"a burner beside a node": {
			map[int]Process{10: one(1, 5, 7*s, 0), 20: one(1, 5, 9*s, 0)},
			map[int]Process{10: one(1, 5, 8*s, 0), 20: one(1, 5, 11*s, 0)}, s,
		},
		"one that began": {nil, map[int]Process{10: one(1, 5, s, 0)}, s},
		// A shell with children that end: each is waited for.
		"one that ended counts through its parent": {
			map[int]Process{10: one(1, 5, s, 0), 11: one(10, 6, 3*s, 0)},
			map[int]Process{10: one(1, 5, s, 4*s)}, s,
		},
		"and through its grandparent where both ended": {
			map[int]Process{9: one(1, 4, s, 0), 10: one(9, 5, s, s), 11: one(10, 6, 3*s, 0)},
			map[int]Process{9: one(1, 4, s, 6*s)}, s,
		},
		"one that nobody waited for takes nothing away": {
			map[int]Process{10: one(1, 5, s, 0), 11: one(10, 6, 300*s, 0), 12: one(1, 6, 0, 0)},
			map[int]Process{10: one(1, 5, s, 0), 12: one(1, 6, s, 0)}, s,
		},
		"a pid that was given anew": {
			map[int]Process{10: one(1, 5, 300*s, 0)}, map[int]Process{10: one(1, 99, s, 0)}, s,
		},
	} {
		a := Counters{Processes: c.after}
		b := Counters{Processes: c.before}
		if b.Processes == nil {
			b.Processes = map[int]Process{}
		}
		got := a.Since(b, map[int]bool{20: true})
		if got.Foreign == nil || *got.Foreign != c.want {
			t.Errorf("%s: got %v, want %v", name, got.Foreign, c.want)
		}
	}
}

// Busy is what is left of idle time: user and system time are sampled by the
// tick, and miss most of what is short.
func TestBusyIsMeasuredByIdleTime(t *testing.T) {
	at := time.Now()
	second, half := time.Second, time.Second/2
	zero := time.Duration(0)
	before := Counters{At: at, Cores: 2, Idle: &zero, Steal: &zero}
	after := Counters{At: at.Add(2 * time.Second), Cores: 2, Idle: &second, Steal: &half}
	a := after.Since(before, nil)
	if a.Busy == nil || *a.Busy != 2500*time.Millisecond {
		t.Errorf("busy %v, want 2.5 s of the 4 s of two cores", a.Busy)
	}
	a.Add(after.Since(before, nil))
	if *a.Busy != 5*time.Second || a.Length != 4*time.Second || *a.Steal != time.Second {
		t.Errorf("two stretches: got %+v", a)
	}
	a.Add(Activity{Length: time.Second})
	if a.Busy != nil || a.Steal != nil {
		t.Errorf("with one of which nothing is known: got %+v, want unknown", a)
	}
}
