package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// largeRun makes a run of so many measuring trials: the made-up run's, over
// five values of a parameter.
func largeRun(b *testing.B, trials int) string {
	b.Helper()
	const tiny = "../results/testdata/tiny"
	dir := b.TempDir()
	if err := os.CopyFS(dir, os.DirFS(tiny)); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(tiny, results.TrialsFile))
	if err != nil {
		b.Fatal(err)
	}
	var out strings.Builder
	for written := 0; written < trials; {
		for line := range strings.Lines(string(text)) {
			var t map[string]any
			if err := json.Unmarshal([]byte(line), &t); err != nil {
				b.Fatal(err)
			}
			if t["kind"] != string(results.Measure) || t["attempt"].(float64) != 1 || written == trials {
				continue
			}
			written++
			was := fmt.Sprintf("%s-%v", t["cell"], t["trial"])
			clients := fmt.Sprint(1 << (written % 5))
			t["cell"], t["trial"], t["block"] = fmt.Sprintf("%s-c%s", t["cell"], clients), written, written
			t["params"] = map[string]string{"workload.saturate.clients": clients}
			line, err := json.Marshal(t)
			if err != nil {
				b.Fatal(err)
			}
			out.Write(append(line, '\n'))
			from, to := filepath.Join(dir, "trials", was+".hlog"), filepath.Join(dir, "trials", fmt.Sprintf("%s-%d.hlog", t["cell"], written))
			if err := os.Link(from, to); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, results.TrialsFile), []byte(out.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	return dir
}

// cpuSeconds are those of this process, which a busy machine leaves alone.
func cpuSeconds(b *testing.B) float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkReport is the whole way of `raftbench report`, from the folder to
// its files, the page among them; it is linear in the number of trials. A report of 500
// trials is to take less than 2 s, of 5,000 less than 6 s.
func BenchmarkReport(b *testing.B) {
	for _, trials := range []int{500, 5000} {
		dir := largeRun(b, trials)
		b.Run(fmt.Sprintf("trials=%d", trials), func(b *testing.B) {
			before := cpuSeconds(b)
			for b.Loop() {
				run, err := results.Open(dir)
				if err != nil {
					b.Fatal(err)
				}
				a, err := summary.Analyse(run)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := New(run, a, Options{}).Write(b.Context(), ""); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpuSeconds(b)-before)/float64(b.N), "cpu-s/op")
		})
	}
}
