package quorum

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// quoracle is the cluster of Quoracle's case study (Whittaker and others, PaPoC 2021,
// §6, and examples/case_study.py of its repository): five servers that read twice as
// fast as they write, and how long of a week their load has which share of reads.
func quoracle() (servers []Server, hours map[float64]float64) {
	for _, writes := range []float64{2000, 1000, 2000, 1000, 2000} {
		servers = append(servers, Server{Reads: 2 * writes, Writes: writes})
	}
	return servers, map[float64]float64{0.9: 10, 0.8: 20, 0.7: 100, 0.6: 100, 0.5: 100, 0.4: 60, 0.3: 30, 0.2: 30, 0.1: 20}
}

// overWeek is the mean capacity over the case study's mixes of reads and writes.
func overWeek(t *testing.T, capacity func(servers []Server, reads float64) (float64, error)) float64 {
	t.Helper()
	servers, hours := quoracle()
	var sum, all float64
	for reads, h := range hours {
		c, err := capacity(servers, reads)
		if err != nil {
			t.Fatal(err)
		}
		sum, all = sum+h*c, all+h
	}
	return sum / all
}

// The case study's majorities: 2,292 commands a second when every majority is as likely
// as the next, 3,667 by the best odds, and 2,750 when one more is asked than needed.
func TestQuoraclesCaseStudyOfMajorities(t *testing.T) {
	spare := func(f int) func([]Server, float64) (float64, error) {
		return func(s []Server, reads float64) (float64, error) { return MajorityCapacity(s, reads, f) }
	}
	for name, c := range map[string]struct {
		got  float64
		want int
	}{
		"uniform":     {overWeek(t, UniformCapacity), 2292},
		"best odds":   {overWeek(t, spare(0)), 3667},
		"1-resilient": {overWeek(t, spare(1)), 2750},
	} {
		if math.Round(c.got) != float64(c.want) {
			t.Errorf("%s: got %.1f, want %d", name, c.got, c.want)
		}
	}
	// Three servers of capacity 1, any two of them: 3/2 (the paper's §2).
	three := []Server{{1, 1}, {1, 1}, {1, 1}}
	if got, _ := MajorityCapacity(three, 1, 0); math.Abs(got-1.5) > 1e-12 {
		t.Errorf("two of three: got %v, want 1.5", got)
	}
}

// What Raft makes of the case study's servers: every one of them sees every write, so
// that more of them carry no more.
func TestALeaderCarriesNoMoreWithMoreServers(t *testing.T) {
	servers, _ := quoracle()
	for leader, want := range []float64{2000, 1000, 2000, 1000, 2000} {
		if got, err := LeaderCapacity(servers, leader); err != nil || got != want {
			t.Errorf("led by %d: got %v, %v, want %v", leader, got, err, want)
		}
	}
	slow := []Server{{9, 9}, {1, 1}, {1, 1}, {5, 5}}
	if got, _ := LeaderCapacity(slow, 0); got != 1 { // three of four: one of the slow ones
		t.Errorf("a majority with one slow server: got %v, want 1", got)
	}
	if got, _ := LeaderCapacity(slow[:1], 0); got != 9 {
		t.Errorf("alone: got %v, want 9", got)
	}
	if got, err := LeaderCapacity(slow, 4); err == nil {
		t.Errorf("a leader that is not there: got %v", got)
	}
}

// The best odds against a search for the rate: shares min(1, capacity/rate) in sum q.
func TestBestOddsAgainstASearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var servers []Server
		for _, c := range rapid.SliceOfN(rapid.Float64Range(1, 1000), 1, 9).Draw(t, "capacities") {
			servers = append(servers, Server{c, c})
		}
		n := Size(len(servers))
		spare := rapid.IntRange(0, n.Tolerates()).Draw(t, "spare")
		got, err := MajorityCapacity(servers, 0, spare)
		if err != nil {
			t.Fatal(err)
		}
		low, high := 0.0, 1e6
		for range 100 {
			rate, shares := (low+high)/2, 0.0
			for _, s := range servers {
				shares += min(1, s.Writes/rate)
			}
			if shares >= float64(n.Quorum()+spare) {
				low = rate
			} else {
				high = rate
			}
		}
		if math.Abs(got/low-1) > 1e-6 {
			t.Fatalf("%v: got %v, want %v", servers, got, low)
		}
	})
}

func TestCapacityRefusals(t *testing.T) {
	ok := []Server{{2, 1}, {2, 1}, {2, 1}}
	for name, refused := range map[string]func() (float64, error){
		"no servers":        func() (float64, error) { return MajorityCapacity(nil, 0, 0) },
		"reads":             func() (float64, error) { return UniformCapacity(ok, 1.1) },
		"nothing served":    func() (float64, error) { return UniformCapacity([]Server{{}}, 0) },
		"other proportions": func() (float64, error) { return MajorityCapacity([]Server{{1, 1}, {2, 1}}, 0.5, 0) },
		"too many to spare": func() (float64, error) { return MajorityCapacity(ok, 0, 2) },
	} {
		if got, err := refused(); err == nil {
			t.Error(fmt.Sprint(name, ": got ", got))
		}
	}
}
