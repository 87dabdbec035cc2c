package results

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

func sampleTrial(n int) Trial {
	return Trial{Cell: "n3-hashicorp-none-calm", Trial: n, Kind: Measure, Nodes: 3, StartedAt: time.Unix(1, 0).UTC(),
		Windows: []Window{{Name: WindowCalm, Mode: ModeOpen}}, Valid: true}
}

// newRun makes a run of two trials and returns its folder.
func newRun(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := Create(dir, Environment{Hostname: "h"}, []byte("name: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		if err := w.Append(sampleTrial(n + 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// appendText adds text behind the last line of trials.jsonl.
func appendText(t *testing.T, dir, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, TrialsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	run, err := Open(newRun(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Warnings) > 0 || string(run.Experiment) != "name: x\n" || run.Environment.RunID != "run" {
		t.Fatalf("got %+v", run)
	}
	if diff := cmp.Diff([]Trial{sampleTrial(1).normal(), sampleTrial(2).normal()}, run.Trials); diff != "" {
		t.Fatal(diff)
	}
}

func TestCreateLeavesWhatIsThere(t *testing.T) {
	dir := newRun(t)
	_, err := Create(dir, Environment{}, nil)
	wantError(t, err, "is not empty")
	if run, err := Open(dir); err != nil || len(run.Trials) != 2 {
		t.Fatalf("the run that was there: got %v, %v", run, err)
	}
}

func TestTornLastLineIsDropped(t *testing.T) {
	for name, tail := range map[string]string{
		"no newline":       `{"schema_version":1,"cell":"n3`,
		"cut with newline": `{"schema_version":1,"cell":"n3` + "\n",
		"nothing but NULs": "\x00\x00\x00",
		"cut in a literal": `{"schema_version":1,"valid":tr`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := newRun(t)
			appendText(t, dir, tail)
			run, err := Open(dir)
			if err != nil || len(run.Trials) != 2 || len(run.Warnings) != 1 {
				t.Fatalf("got %+v, %v: want 2 trials and a warning", run, err)
			}
		})
	}
}

func TestResumeCutsTheTornLineAndGoesOn(t *testing.T) {
	dir := newRun(t)
	appendText(t, dir, `{"schema_version":1,"cell":`)
	w, run, err := Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Warnings) != 1 || !strings.Contains(run.Warnings[0], ":3: dropped a torn last line") {
		t.Fatalf("warnings: got %q", run.Warnings)
	}
	if err := errors.Join(w.Append(sampleTrial(3)), w.Close()); err != nil {
		t.Fatal(err)
	}
	run, err = Open(dir)
	if err != nil || len(run.Trials) != 3 || len(run.Warnings) != 0 {
		t.Fatalf("got %+v, %v: want 3 trials and no warning", run, err)
	}
}

// A tail that is longer than the next line must not show behind it.
func TestResumeCutsALongTornLine(t *testing.T) {
	dir := newRun(t)
	appendText(t, dir, `{"schema_version":1,"cell":"`+strings.Repeat("x", 1<<16))
	w, _, err := Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Append(sampleTrial(3)), w.Close()); err != nil {
		t.Fatal(err)
	}
	if run, err := Open(dir); err != nil || len(run.Trials) != 3 || len(run.Warnings) != 0 {
		t.Fatalf("got %+v, %v: want 3 trials and no warning", run, err)
	}
}

func TestResumeEndsALineThatLacksItsNewline(t *testing.T) {
	dir := newRun(t)
	path := filepath.Join(dir, TrialsFile)
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.Truncate(path, int64(len(text)-1))
	}
	if err != nil {
		t.Fatal(err)
	}
	w, run, err := Resume(dir)
	if err != nil || len(run.Trials) != 2 {
		t.Fatalf("got %v, %v", run, err)
	}
	if err := errors.Join(w.Append(sampleTrial(3)), w.Close()); err != nil {
		t.Fatal(err)
	}
	if run, err = Open(dir); err != nil || len(run.Trials) != 3 {
		t.Fatalf("got %v, %v: want 3 trials", run, err)
	}
}

func TestDamageIsAnErrorWithItsLine(t *testing.T) {
	good := `{"schema_version":1,"cell":"n1","trial":9,"kind":"measure","nodes":1,"attempt":1}` + "\n"
	for name, c := range map[string]struct{ tail, want string }{
		"torn in the middle": {`{"schema_version":1,"cell":"n3` + "\n" + good, ":3: cannot be read"},
		"an empty line":      {"\n" + good, ":3: cannot be read"},
		"not JSON":           {"hello\n", ":3: cannot be read"},
		"two on a line":      {strings.TrimSpace(good) + good, ":3: cannot be read"},
		"newer schema":       {`{"schema_version":2,"surprise":1}` + "\n", "schema_version 2: this build reads up to 1"},
		"no schema":          {"{}\n", "no schema_version"},
		"unknown field":      {`{"schema_version":1,"surprise":1}` + "\n", `unknown field "surprise"`},
		"cell is a path":     {strings.Replace(good, "n1", "../n1", 1), `cell "../n1"`},
		"unknown kind":       {strings.Replace(good, "measure", "guess", 1), `kind "guess"`},
		"same trial twice":   {good + good, ":4: cannot be read: trial 9 of n1, attempt 1, stands on line 3"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := newRun(t)
			appendText(t, dir, c.tail)
			_, err := Open(dir)
			wantError(t, err, c.want)
			_, _, err = Resume(dir)
			wantError(t, err, c.want)
		})
	}
}

func TestNotARunsFolder(t *testing.T) {
	_, err := Open(t.TempDir())
	wantError(t, err, "holds no experiment.yaml")
	_, _, err = Resume(filepath.Join(t.TempDir(), "missing"))
	wantError(t, err, "not a run's folder")
}

func TestUnwritableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Create(filepath.Join(file, "run"), Environment{}, nil)
	wantError(t, err, "cannot be written: not a directory")
}

func TestOneWriterAtATime(t *testing.T) {
	dir := newRun(t)
	w, _, err := Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Resume(dir)
	wantError(t, err, "another raftbench is writing this run")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w, _, err = Resume(dir)
	if err != nil {
		t.Fatalf("after the first let go: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAppendRefusesWhatCouldNotBeRead(t *testing.T) {
	w, _, err := Resume(newRun(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := w.Append(sampleTrial(2)); err == nil {
		t.Error("the same trial twice: got no error")
	}
	if err := w.Append(Trial{Cell: "N3", Trial: 1, Kind: Measure, Nodes: 3}); err == nil {
		t.Error("a cell in capitals: got no error")
	}
}

func TestLatestIsTheLastAttempt(t *testing.T) {
	first, other, again := sampleTrial(1), sampleTrial(2), sampleTrial(1)
	first.Attempt, other.Attempt, again.Attempt = 1, 1, 2
	got := (&Run{Trials: []Trial{first, other, again}}).Latest()
	if diff := cmp.Diff([]Trial{again, other}, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestHistogramsComeBack(t *testing.T) {
	dir := newRun(t)
	w, _, err := Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	for v := range int64(1000) {
		if err := h.RecordValue(v * 1000); err != nil {
			t.Fatal(err)
		}
	}
	start := time.UnixMilli(1_700_000_000_250)
	in := []NamedHistogram{
		{"calm.latency", start, 3 * time.Second, h},
		{"saturate.latency", start, time.Second, hdrhistogram.New(1, int64(time.Minute), 3)},
	}
	if err := errors.Join(w.WriteHistograms("n3", 1, in), w.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run.Histograms("n3", 1)
	if err != nil || len(out) != 2 {
		t.Fatalf("got %v, %v: want 2 histograms", out, err)
	}
	for i := range in {
		if out[i].Name != in[i].Name || !out[i].Histogram.Equals(in[i].Histogram) {
			t.Errorf("histogram %d: got %s with %d samples, want %s with %d", i, out[i].Name, out[i].Histogram.TotalCount(), in[i].Name, in[i].Histogram.TotalCount())
		}
		if d := out[i].Start.Sub(start).Abs(); d > time.Millisecond {
			t.Errorf("start of histogram %d is off by %v", i, d)
		}
	}
	none, err := run.Histograms("n3", 2)
	if err != nil || none != nil {
		t.Fatalf("a trial without histograms: got %v, %v", none, err)
	}
}

func TestDamagedHistogramsAreAnError(t *testing.T) {
	dir := newRun(t)
	path := filepath.Join(dir, TrialsDir, "n3-1.hlog")
	if err := os.WriteFile(path, []byte("#x\nTag=a,1.0,1.0,1.0,HISTFAAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = run.Histograms("n3", 1)
	wantError(t, err, "n3-1.hlog")
	if err := os.WriteFile(path, []byte("no histogram at all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = run.Histograms("n3", 1)
	wantError(t, err, "got 0 histograms in 1 lines")
}

// wantError wants a typed error that holds want.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	var typed *Error
	if !errors.As(err, &typed) || !strings.Contains(err.Error(), want) {
		t.Fatalf("got error %v, want one of type *Error with %q", err, want)
	}
}
