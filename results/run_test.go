package results

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func sampleTrial(n int) Trial {
	return Trial{Cell: "n3-hashicorp-none-calm", Trial: n, Block: n - 1, Kind: Measure, Nodes: 3, StartedAt: time.Unix(1, 0).UTC(),
		Windows: []Window{{Name: WindowCalm, Role: RoleLight, Mode: ModeOpen, OfferedOps: 100}}, Valid: true}
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
		"no newline":       `{"schema_version":2,"cell":"n3`,
		"cut with newline": `{"schema_version":2,"cell":"n3` + "\n",
		"nothing but NULs": "\x00\x00\x00",
		"cut in a literal": `{"schema_version":2,"valid":tr`,
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
	appendText(t, dir, `{"schema_version":2,"cell":`)
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
	appendText(t, dir, `{"schema_version":2,"cell":"`+strings.Repeat("x", 1<<16))
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
	good := `{"schema_version":2,"cell":"n1","trial":9,"kind":"measure","nodes":1,"block":8,"attempt":1}` + "\n"
	for name, c := range map[string]struct{ tail, want string }{
		"torn in the middle": {`{"schema_version":2,"cell":"n3` + "\n" + good, ":3: cannot be read"},
		"an empty line":      {"\n" + good, ":3: cannot be read"},
		"not JSON":           {"hello\n", ":3: cannot be read"},
		"two on a line":      {strings.TrimSpace(good) + good, ":3: cannot be read"},
		"newer schema":       {`{"schema_version":3,"surprise":1}` + "\n", "schema_version 3: this build reads 2"},
		"older schema":       {`{"schema_version":1,"cell":"n1","flags":[]}` + "\n", "schema_version 1: this build reads 2"},
		"a million nodes":    {strings.Replace(good, `"nodes":1`, `"nodes":1000000000`, 1), "nodes 1000000000: want 1 to 99"},
		"negative latency":   {strings.Replace(good, `"attempt":1`, `"attempt":1,"windows":[{"latency":{"p50_ns":-5}}]`, 1), "a time in nanoseconds of -5: want 0 to"},
		"null, none failed":  {strings.Replace(good, `"attempt":1`, `"attempt":1,"windows":[{"latency":{"p50_ns":null}}]`, 1), "null and no failed operation"},
		"negative count":     {strings.Replace(good, `"attempt":1`, `"attempt":1,"windows":[{"completed":-1}]`, 1), "a count of -1"},
		"unknown class":      {strings.Replace(good, `"attempt":1`, `"attempt":1,"findings":[{"class":"odd"}]`, 1), `class "odd"`},
		"another size":       {strings.Replace(good, `"nodes":1`, `"nodes":3`, 1), "cell n1 of 3 nodes: want 1"},
		"an idle audit":      {strings.Replace(good, `"attempt":1`, `"attempt":1,"windows":[{"attempted":7,"completed":7,"writes":7}],"audit":{"nodes":1,"acked":6}`, 1), "an audit of 6 acknowledged writes, where the windows completed 7"},
		"a falling latency":  {strings.Replace(good, `"attempt":1`, `"attempt":1,"windows":[{"latency":{"p50_ns":9,"p90_ns":8}}]`, 1), "a percentile of 8 ns, and a lower one of 9"},
		"an escape":          {strings.Replace(good, `"attempt":1`, `"attempt":1,"profile":"a\u001b[2J"`, 1), `a name of "a\x1b[2J"`},
		"no schema":          {"{}\n", "no schema_version"},
		"unknown field":      {`{"schema_version":2,"surprise":1}` + "\n", `unknown field "surprise"`},
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

// What a record says in two places must agree: what does not was made up, and would
// be believed in one place.
func TestARecordThatContradictsItselfIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ tail, want string }{
		"more completed than attempted": {withIn(`"windows":[{"name":"calm","attempted":80,"completed":1000000000,"writes":1000000000}]`),
			`window "calm" completed 1000000000 of 80 attempted operations`},
		"writes that were not completed": {withIn(`"windows":[{"name":"calm","attempted":80,"completed":80,"writes":70}]`), "80 operations, 70 writes and 0 reads: want their sum"},
		"an open loop without a rate":    {withIn(`"windows":[{"name":"calm","mode":"open"}]`), `window "calm", an open loop, offered 0/s`},
		"an idle stretch of no time":     {withIn(`"idle":{"duration_ns":0}`), "idle.duration_ns 0: want 1 to"},
		"valid, and nothing measured":    {withIn(`"valid":true,"windows":[]`), "a valid measuring trial without a window"},
		"more dead than tolerated":       {withIn(`"dead":["n2"]`), `1 dead before the load of a trial of kind "measure": want at most the 0 that 1 nodes tolerate`},
		"a dead leader":                  {withIn(`"leader":"n1","dead":["n1"]`), `dead names the leader "n1"`},
		"dead twice":                     {withIn(`"dead":["n2","n2"]`), `dead names "n2" twice`},
		"alive where dead were asked":    {withIn(`"valid":true,"params":{"dead":"1"},"windows":[{}]`), `a valid trial with 0 dead, where "1" were asked for`},
		"beside itself":                  {withIn(`"beside":["n1"]`), "beside names n1 itself"},
		"beside the same twice":          {withIn(`"beside":["n3","n3"]`), `beside names "n3" twice`},
		"an answer that is none":         {withIn(`"audit":{"linearizable":"fine"}`), `linearizable "fine": want "ok", "violated" or "unknown"`},
		"violated, and nothing found":    {withIn(`"audit":{"linearizable":"violated"}`), `linearizable "violated" and no finding`},
		"a proof while measuring":        {withIn(`"proof":{}`), "a measuring trial with a proof"},
		"survived without a kill":        {proofIn(`"survived":1,"acked":9`), "survived 1 and blocked at 0 with 0 killed"},
		"writes went on, and none did":   {proofIn(`"killed":["n1"],"recovered":true`), "a proof of writes that went on, with 0 acknowledged"},
		"a disk that lost its log": {proofIn(`"killed":["n1"],"acked":9,"recovered":true,"disks":[{"node":"n1","durable_index":202,"found_index":1}]`),
			`the disk of "n1" held a log up to index 1, where 202 was durable, and no finding says so`},
		"a disk twice":                  {proofIn(`"disks":[{"node":"n1"},{"node":"n1"}]`), "disks of 2 members, want at most 1"},
		"an audit of less than a proof": {proofIn(`"acked":9`, `"audit":{"acked":8}`), "an audit of 8 acknowledged writes, where the proof's load had 9"},
		"two trials of one block": {line(`"cell":"n1","trial":1,"block":0`) + line(`"cell":"n1","trial":2,"block":0`),
			":4: cannot be read: trial 2 of n1 is of block 0, and so is its trial 1 on line 3: want one a block"},
		"a name of two setups": {line(`"cell":"n1","trial":1,"block":0,"profile":"multi-az"`) + line(`"cell":"n1","trial":2,"block":1,"profile":"none"`),
			`:4: cannot be read: trial 2 of n1 has profile "none", and its trial 1 has "multi-az"`},
		"a name of two axes": {line(`"cell":"n1","trial":1,"block":0,"params":{"a":"1"}`) + line(`"cell":"n1","trial":2,"block":1,"params":{"a":"2"}`),
			"want one setup a name"},
		"a neighbour that denies it": {line(`"cell":"n1","trial":1,"beside":["n1-b"]`) + line(`"cell":"n1-b","trial":1,"beside":["n5"]`),
			"trial 1 of n1 ran beside n1-b, and trial 1 of n1-b of the same block does not name it"},
		"neighbours at two times": {line(`"cell":"n1","trial":1,"beside":["n1-b"],"started_at":"2026-11-23T09:00:00Z","took_ns":1000000000`) +
			line(`"cell":"n1-b","trial":1,"beside":["n1"],"started_at":"2026-11-23T10:00:00Z","took_ns":1000000000`),
			"want them to overlap"},
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

// A part that joins two others holds its setup twice in a block, and an attempt
// takes an earlier one's place: both are as runs are.
func TestARepeatedSetupOfASplitBlockIsNoContradiction(t *testing.T) {
	dir := newRun(t)
	appendText(t, dir, line(`"cell":"n1","trial":1,"block":0,"group":0`)+line(`"cell":"n1","trial":2,"block":0,"group":1`)+
		line(`"cell":"n1","trial":2,"block":0,"group":1,"attempt":2`))
	if _, err := Open(dir); err != nil {
		t.Error(err)
	}
}

// line of a measuring trial of one node.
func line(fields string) string {
	if !strings.Contains(fields, `"attempt"`) {
		fields += `,"attempt":1`
	}
	return `{"schema_version":2,"kind":"measure","nodes":1,` + fields + "}\n"
}

func withIn(field string) string { return line(`"cell":"n1","trial":9,"block":8,` + field) }

// proofIn is a proof trial of one node with such a result, and other fields.
func proofIn(result string, more ...string) string {
	fields := append([]string{`{"schema_version":2,"kind":"proof","nodes":1,"cell":"n1","trial":9,"attempt":1,"proof":{` + result + "}"}, more...)
	return strings.Join(fields, ",") + "}\n"
}

func TestNotARunsFolder(t *testing.T) {
	_, err := Open(t.TempDir())
	wantError(t, err, "holds no environment.json")
	_, _, err = Resume(filepath.Join(t.TempDir(), "missing"))
	wantError(t, err, "not a run's folder")
}

// A folder of repeated runs is none itself; which are is said.
func TestAFolderOfRepeatedRunsNamesOneOfThem(t *testing.T) {
	dir := t.TempDir()
	if err := os.Rename(newRun(t), filepath.Join(dir, "1")); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir)
	var e *Error
	if !errors.As(err, &e) || e.Hint() != "it holds repeated runs: give one of them, such as "+filepath.Join(dir, "1") {
		t.Errorf("got %v", err)
	}
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
	one, err := run.Histograms("n3", 1, "saturate.latency", "unheard.of")
	if err != nil || len(one) != 1 || one[0].Name != "saturate.latency" {
		t.Errorf("by name: got %v, %v: want that histogram alone", one, err)
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
	wantError(t, err, "histogram 1: got a line of 1 fields, want 4 and a tag")
}

// wantError wants a typed error that holds want.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	var typed *Error
	if !errors.As(err, &typed) || !strings.Contains(err.Error(), want) {
		t.Fatalf("got error %v, want one of type *Error with %q", err, want)
	}
}

// What a pipe or a device gives never ends, and a file may be made up: neither
// is read further than any run's would go.
func TestOnlyBoundedRegularFilesAreRead(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"a pipe":         func(path string) error { return unix.Mkfifo(path, 0o600) },
		"a device":       func(path string) error { return os.Symlink("/dev/zero", path) },
		"a folder":       func(path string) error { return os.Mkdir(path, 0o700) },
		"a huge file":    func(path string) error { return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 1<<40)) },
		"a huge one too": func(path string) error { return os.WriteFile(path, make([]byte, maxExperiment+1), 0o600) },
	} {
		for _, part := range []string{ExperimentFile, EnvironmentFile} {
			t.Run(name+" as "+part, func(t *testing.T) {
				dir := newRun(t)
				path := filepath.Join(dir, part)
				if err := errors.Join(os.Remove(path), put(path)); err != nil {
					t.Fatal(err)
				}
				_, err := Open(dir)
				wantError(t, err, part+": cannot be read: ")
			})
		}
	}
}

// A folder from elsewhere may hold links to anywhere: what is written stays in it.
func TestWritingFollowsNoLinkOutOfTheFolder(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	target := filepath.Join(outside, "precious")
	if err := errors.Join(
		os.WriteFile(target, []byte("kept"), 0o600),
		os.Symlink(outside, filepath.Join(dir, "report")),
		os.Symlink(target, filepath.Join(dir, "summary.json")),
	); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	wantError(t, WriteFile(root, filepath.Join("report", "report.md"), []byte("x")), "cannot be written")
	if err := WriteFile(root, "summary.json", []byte("new")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(target)
	entries, _ := os.ReadDir(outside)
	if err != nil || string(text) != "kept" || len(entries) != 1 {
		t.Errorf("outside: got %q, %v and %d files, want what was there", text, err, len(entries))
	}
	if text, err := os.ReadFile(filepath.Join(dir, "summary.json")); err != nil || string(text) != "new" {
		t.Errorf("inside: got %q, %v: want the link replaced", text, err)
	}
}

// A time that never came is null, and comes back above all others.
func TestNeverIsNull(t *testing.T) {
	text, err := json.Marshal(Latency{P50NS: 5, P99NS: Never, Failed: 1})
	if err != nil || !strings.Contains(string(text), `"p50_ns":5,"p90_ns":0,"p99_ns":null`) {
		t.Fatalf("got %s, %v", text, err)
	}
	var l Latency
	if err := json.Unmarshal(text, &l); err != nil || l.P50NS != 5 || l.P99NS != Never {
		t.Fatalf("got %+v, %v", l, err)
	}
}

// What readers would refuse is not written, so that the rest of the run stays readable.
func TestATrialTooLongToReadIsNotWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := Create(dir, Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	long := sampleTrial(2)
	long.Events = make([]Event, 600_000)
	for i := range long.Events {
		long.Events[i] = Event{AtNS: int64(i) + 1e15, Node: "n1", Kind: EventHeld, Count: 5e6}
	}
	if err := w.Append(sampleTrial(1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(long); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want it refused", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if run, err := Open(dir); err != nil || len(run.Trials) != 1 {
		t.Errorf("got %v, want the one trial that can be read", err)
	}
}
