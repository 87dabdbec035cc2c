package ci

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/joshdk/go-junit"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// Each format is read back by a reader of it: a library that others read such
// files with, or else the format's schema.

func all() map[string]Judged {
	return map[string]Judged{"judged": judged(), "hostile": hostile(), "nothing": nothing()}
}

func TestGoldens(t *testing.T) {
	for name, write := range map[string]func(io.Writer, Judged) error{
		"junit.xml": JUnit, "summary.md": GitHubSummary, "annotations.txt": Annotations, "bencher.json": Bencher, "openmetrics.txt": OpenMetrics,
		"smaller.json": func(w io.Writer, j Judged) error { return BenchmarkAction(w, j, false) },
		"bigger.json":  func(w io.Writer, j Judged) error { return BenchmarkAction(w, j, true) },
		"otava.csv": func(w io.Writer, j Judged) error {
			out, err := Otava(nil, j)
			return errors.Join(err, second(w.Write(out)))
		},
	} {
		golden(t, name, text(t, func(w io.Writer) error { return write(w, judged()) }))
	}
}

func second(_ int, err error) error { return err }

func TestJUnitIsRead(t *testing.T) {
	for name, j := range all() {
		doc := text(t, func(w io.Writer) error { return JUnit(w, j) })
		if err := antReport([]byte(doc)); err != nil {
			t.Errorf("%s: %v in\n%s", name, err, doc)
		}
		suites, err := junit.Ingest([]byte(doc))
		if err != nil || len(suites) == 0 {
			t.Fatalf("%s: got %d suites, %v", name, len(suites), err)
		}
		var got junit.Totals
		for _, s := range suites {
			got.Tests += s.Totals.Tests
			got.Failed += s.Totals.Failed
			got.Error += s.Totals.Error
			got.Skipped += s.Totals.Skipped
			got.Passed += s.Totals.Passed
		}
		want := junit.Totals{Tests: 5, Passed: 1, Skipped: 1, Failed: 2, Error: 1}
		switch name {
		case "hostile": // its finding goes by another name, and the losses are counted beside it
			want.Tests, want.Error = 6, 2
		case "nothing":
			want = junit.Totals{Tests: 1, Skipped: 1}
		}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

// Writes that are only counted as lost are an error all the same: no file says
// that all is well where the command ends with 4.
func TestCountedLossesAreErrors(t *testing.T) {
	j := judged()
	j.Report.Findings = nil
	suites, err := junit.Ingest([]byte(text(t, func(w io.Writer) error { return JUnit(w, j) })))
	if err != nil || suites[1].Totals.Error != 1 {
		t.Errorf("got %+v, %v; want one error", suites[1].Totals, err)
	}
	if lines := text(t, func(w io.Writer) error { return Annotations(w, j) }); !strings.HasPrefix(lines, "::error title=safety finding::") {
		t.Errorf("got %q, want an error first", lines)
	}
	if page := text(t, func(w io.Writer) error { return GitHubSummary(w, j) }); !strings.Contains(page, "SAFETY") {
		t.Errorf("got no finding in\n%s", page)
	}
}

// antReport is what the schema of Ant's JUnit reports demands (windyroad's
// JUnit.xsd): which elements stand in which, in which order, and with which
// attributes. encoding/xml alone would skip what it does not know.
func antReport(doc []byte) error {
	d := xml.NewDecoder(strings.NewReader(string(doc)))
	var stack []string
	children := map[int][]string{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch el := token.(type) {
		case xml.StartElement:
			children[len(stack)] = append(children[len(stack)], el.Name.Local)
			stack = append(stack, el.Name.Local)
			children[len(stack)] = nil
			if err := antAttributes(el); err != nil {
				return err
			}
		case xml.EndElement:
			inside := strings.Join(children[len(stack)], " ")
			if want := antContent[el.Name.Local]; !regexp.MustCompile("^(" + want + ")$").MatchString(inside) {
				return fmt.Errorf("<%s> holds %q, want %s", el.Name.Local, inside, want)
			}
			stack = stack[:len(stack)-1]
		}
	}
}

// antContent are the elements inside of each, as an expression over their names.
var antContent = map[string]string{
	"testsuites": "testsuite( testsuite)*", "testsuite": "properties( testcase)* system-out system-err",
	"properties": "(property ?)*", "property": "", "testcase": "|skipped|error|failure", "skipped": "", "error": "", "failure": "", "system-out": "", "system-err": "",
}

// antTypes are the attributes of each element, all of which must be there.
var antTypes = map[string]map[string]string{
	"testsuites": {}, "properties": {}, "system-out": {}, "system-err": {},
	"testsuite": {
		"id": `\d+`, "package": ".*", "name": ".+", "hostname": ".+", "timestamp": `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`,
		"tests": `\d+`, "failures": `\d+`, "errors": `\d+`, "skipped": `\d+`, "time": `\d+(\.\d+)?`,
	},
	"property": {"name": ".+", "value": ".*"}, "testcase": {"name": ".+", "classname": ".+", "time": `\d+(\.\d+)?`},
	"skipped": {"message": ".*"}, "error": {"message": ".*", "type": ".+"}, "failure": {"message": ".*", "type": ".+"},
}

func antAttributes(el xml.StartElement) error {
	want, known := antTypes[el.Name.Local]
	if !known || len(el.Attr) != len(want) {
		return fmt.Errorf("<%s> has %v, want %v", el.Name.Local, el.Attr, want)
	}
	for _, a := range el.Attr {
		if pattern, there := want[a.Name.Local]; !there || !regexp.MustCompile("(?s)^"+pattern+"$").MatchString(a.Value) {
			return fmt.Errorf("<%s %s=%q>, want %q", el.Name.Local, a.Name.Local, a.Value, pattern)
		}
	}
	return nil
}

// The JSON of benchmark services is held against the schemas in testdata, and
// has no null: their readers take a value for a number without looking.
func TestBenchmarkServicesReadTheirJSON(t *testing.T) {
	for name, j := range all() {
		for _, c := range []struct {
			schema string
			write  func(io.Writer) error
		}{
			{"bencher.schema.json", func(w io.Writer) error { return Bencher(w, j) }},
			{"benchmarkaction.schema.json", func(w io.Writer) error { return BenchmarkAction(w, j, false) }},
			{"benchmarkaction.schema.json", func(w io.Writer) error { return BenchmarkAction(w, j, true) }},
		} {
			schema := c.schema
			doc := text(t, c.write)
			var v any
			if err := json.Unmarshal([]byte(doc), &v); err != nil {
				t.Fatal(err)
			}
			if err := schemaOf(t, schema).Validate(v); err != nil {
				t.Errorf("%s: %s: %v in\n%s", name, schema, err, doc)
			}
			if strings.Contains(doc, "null") {
				t.Errorf("%s: %s: got a null in\n%s", name, schema, doc)
			}
		}
	}
}

func schemaOf(t *testing.T, name string) *jsonschema.Resolved {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("testdata", name))
	var s jsonschema.Schema
	if err := errors.Join(err, json.Unmarshal(doc, &s)); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// The schemas refuse what would break a reader: else they would check nothing.
func TestTheSchemasRefuse(t *testing.T) {
	for doc, schema := range map[string]string{
		`{"a": {"latency": {"value": null}}}`:                 "bencher.schema.json",
		`{"a": {"latency": {"lower_value": 1}}}`:              "bencher.schema.json",
		`{"a": 1}`:                                            "bencher.schema.json",
		`[{"name": "a", "unit": "ns", "value": "1"}]`:         "benchmarkaction.schema.json",
		`[{"name": "a", "value": 1}]`:                         "benchmarkaction.schema.json",
		`[{"name": "a", "unit": "ns", "value": 1, "low": 1}]`: "benchmarkaction.schema.json",
	} {
		var v any
		if err := json.Unmarshal([]byte(doc), &v); err != nil {
			t.Fatal(err)
		}
		if schemaOf(t, schema).Validate(v) == nil {
			t.Errorf("%s: %s takes it", doc, schema)
		}
	}
}

// What should be high and what should be low are never in one file.
func TestDirectionsAreApart(t *testing.T) {
	for bigger, want := range map[bool][]string{true: {"throughput_ops"}, false: {"cpu_seconds_per_kwrite", "fsyncs_per_write", "network_bytes_per_write", "write_latency_p50_ns"}} {
		var got []benchmarkEntry
		if err := json.Unmarshal([]byte(text(t, func(w io.Writer) error { return BenchmarkAction(w, judged(), bigger) })), &got); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range got[:len(got)/2] {
			names = append(names, strings.TrimPrefix(e.Name, "n3-hashicorp-multi-az-a/"))
		}
		if !slices.Equal(names, want) {
			t.Errorf("bigger %v: got %q, want %q", bigger, names, want)
		}
	}
}

func TestPrometheusReadsTheOpenMetrics(t *testing.T) {
	for name, j := range all() {
		doc := text(t, func(w io.Writer) error { return OpenMetrics(w, j) })
		series, units := openMetrics(t, doc)
		for metric, unit := range units {
			if !strings.HasSuffix(metric, "_"+unit) {
				t.Errorf("%s: %s has the unit %s, want it at the end of the name", name, metric, unit)
			}
		}
		seen := map[string]bool{}
		for _, s := range series {
			if key := s.String(); seen[key] {
				t.Errorf("%s: got %s twice", name, key)
			} else {
				seen[key] = true
			}
		}
		// What collects files for Prometheus reads its older format.
		p := expfmt.NewTextParser(model.LegacyValidation)
		if families, err := p.TextToMetricFamilies(strings.NewReader(doc)); err != nil || len(families) == 0 {
			t.Errorf("%s: the older format: got %d families, %v", name, len(families), err)
		}
	}
}

// openMetrics reads a text as Prometheus scrapes it. Its values are finite.
func openMetrics(t *testing.T, doc string) (series []labels.Labels, units map[string]string) {
	t.Helper()
	p := textparse.NewOpenMetricsParser([]byte(doc), labels.NewSymbolTable())
	units = map[string]string{}
	for {
		entry, err := p.Next()
		if errors.Is(err, io.EOF) {
			return series, units
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		switch entry {
		case textparse.EntryUnit:
			name, unit := p.Unit()
			units[string(name)] = string(unit)
		case textparse.EntryType:
			if name, kind := p.Type(); kind != model.MetricTypeGauge {
				t.Errorf("%s: got the type %s, want gauges alone", name, kind)
			}
		case textparse.EntrySeries:
			var l labels.Labels
			p.Metric(&l)
			if _, at, v := p.Series(); at != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s: got %v at %v, want a number without a time", l, v, at)
			}
			series = append(series, l)
		}
	}
}

func TestOpenMetricsHaveBaseUnits(t *testing.T) {
	for metric, want := range map[string]string{
		"write_latency_p50_ns": "write_latency_p50 seconds", "throughput_ops": "throughput operations_per_second", "rss_bytes": "rss bytes",
		"network_bytes_per_write": "network bytes_per_write", "idle_network_bytes_per_second": "idle_network bytes_per_second",
		"cpu_seconds_per_kwrite": "cpu seconds_per_kwrite", "idle_cpu_seconds_per_second": "idle_cpu seconds_per_second",
		"availability": "availability ratio", "error_ratio": "error ratio", "host_busy_share": "host_busy ratio", "fsyncs_per_write": "fsyncs_per_write ",
	} {
		if base, unit, _ := openName(metric); base+" "+unit != want {
			t.Errorf("%s: got %q and %q, want %q", metric, base, unit, want)
		}
	}
}

// otavaReads reads a history as Otava's importer does: times, and a number in
// every column that is no attribute.
func otavaReads(t *testing.T, history []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(history))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if _, err := time.Parse(time.RFC3339, row[0]); err != nil {
			t.Error(err)
		}
		for i := len(otavaHead); i < len(row); i++ {
			if v, err := strconv.ParseFloat(row[i], 64); err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
				t.Errorf("%s: got %q, want a number", rows[0][i], row[i])
			}
		}
	}
	return rows
}

func TestOtavaReadsAHistory(t *testing.T) {
	var history []byte
	add := func(run string, day int, change func(*Judged)) error {
		j := judged()
		j.Summary.RunID, j.Run.Environment.StartedAt = run, time.Date(2026, 11, day, 8, 0, 0, 0, time.UTC)
		change(&j)
		out, err := Otava(history, j)
		if err == nil {
			history = out
		}
		return err
	}
	as := func(*Judged) {}
	another := func(j *Judged) { j.Run.Environment.Hostname = "ci-2" }
	// Three nights in one folder's name, one of them judged twice, and a second host.
	for _, err := range []error{add("one", 1, as), add("night", 3, as), add("night", 2, as), add("night", 4, as), add("night", 4, as), add("night", 4, another)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var notAdded *NotAdded
	err := add("four", 5, func(j *Judged) { j.Summary.Cells[1].Metrics["write_latency_p50_ns"] = never() })
	if !errors.As(err, &notAdded) || !strings.Contains(err.Error(), "n3-hashicorp-multi-az-b.write_latency_p50_ns") {
		t.Errorf("a run without a number: got %v", err)
	}
	err = add("four", 5, func(j *Judged) { j.Run.Environment.CPUModel = "EPYC" })
	if !errors.As(err, &notAdded) || !strings.Contains(err.Error(), "EPYC") || !strings.Contains(err.Error(), "Xeon") {
		t.Errorf("a run on another class of host: got %v", err)
	}
	if err := add("five", 6, func(j *Judged) { j.Summary.Cells[0].Metrics["outage_p50_ns"] = measured(1, 1, 1) }); err != nil {
		t.Errorf("a run with a new metric: %v", err)
	}
	rows := otavaReads(t, history)
	var runs []string
	for _, row := range rows[1:] {
		runs = append(runs, row[0][8:10]+" "+row[1]+" "+row[2])
	}
	if want := []string{"01 one ci-1", "02 night ci-1", "03 night ci-1", "04 night ci-1", "04 night ci-2", "06 five ci-1"}; !slices.Equal(runs, want) {
		t.Errorf("got the runs %q, want %q", runs, want)
	}
	if slices.ContainsFunc(rows[0], func(c string) bool { return strings.Contains(c, "_p99") }) {
		t.Errorf("got the columns %q, want none that comes and goes", rows[0])
	}
	for _, bad := range []string{"a,b\n1,2\n", "time,run,host,host_class,version,commit\n", "\"\n"} {
		if _, err := Otava([]byte(bad), judged()); err == nil || errors.As(err, &notAdded) {
			t.Errorf("%q: got %v, want it refused", bad, err)
		}
	}
	if _, err := Otava(nil, nothing()); !errors.As(err, &notAdded) {
		t.Errorf("a run without any figure: got %v", err)
	}
	evil, err := Otava(nil, hostile())
	if err != nil {
		t.Fatal(err)
	}
	otavaReads(t, evil)
}

// Rules of one text may hold in places that overlap: each stays a test of its own.
func TestJUnitTestsHaveNamesOfTheirOwn(t *testing.T) {
	j := judged()
	j.Report.Verdicts = append(j.Report.Verdicts, j.Report.Verdicts[0], j.Report.Verdicts[0])
	var names []string
	for i, setup := range j.setups() {
		for _, c := range j.suite(i, setup).Cases {
			names = append(names, c.Class+" "+c.Name)
		}
	}
	n := len(names)
	slices.Sort(names)
	if names = slices.Compact(names); len(names) != n {
		t.Errorf("got %d tests with %d names: %q", n, len(names), names)
	}
}
