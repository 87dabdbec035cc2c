package configs

import "testing"

func TestLightRateLeavesTheHostUnderHalfBusy(t *testing.T) {
	for _, c := range []struct {
		processes, cores int
		want             float64
	}{
		{20, 2, 15}, {6, 2, 90}, {10, 2, 50}, {2, 2, 100}, {20, 64, 100}, {99, 1, 5}, {0, 1, 100},
	} {
		got := LightRate(c.processes, c.cores)
		if got != c.want {
			t.Errorf("%d processes on %d cores: got %v, want %v", c.processes, c.cores, got, c.want)
		}
	}
}
