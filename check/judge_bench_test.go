package check

import (
	"runtime"
	"testing"
	"time"

	"github.com/raftbench/raftbench/history"
)

// hot is a history of 100,000 operations of 20 clients on 8 keys, so of thousands
// of writes a key, with 1 % of unknown outcome.
func hot() *history.History {
	s := newSim(1, 20, 8)
	s.unknown = 0.01
	return s.run(100_000, 5)
}

// most that judging a hot history may allocate in all, freed or not: so its memory
// is bounded whatever the collector does.
const most = 200 << 20

func TestJudgingAHotHistoryTakesLittleMemory(t *testing.T) {
	h := hot()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v := Judge(h, time.Minute)
	runtime.ReadMemStats(&after)
	if v.Answer != Holds {
		t.Errorf("got %s: %v %v", v.Answer, v.Findings, v.UndecidedKeys)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > most {
		t.Errorf("judging took %d MB, want at most %d", took>>20, most>>20)
	} else {
		t.Logf("%d MB", took>>20)
	}
}

// BenchmarkJudge judges a hot history, and reports the operations a second and the
// megabytes allocated for one judgement, freed or not.
func BenchmarkJudge(b *testing.B) {
	h := hot()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		if v := Judge(h, time.Minute); v.Answer != Holds {
			b.Fatalf("got %s: %v %v", v.Answer, v.Findings, v.UndecidedKeys)
		}
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(len(h.Operations)*b.N)/b.Elapsed().Seconds(), "operations/s")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "MB/judgement")
}
