package configs

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

func TestSchemaIsCurrent(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(SchemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(SchemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run `go generate ./configs`: -type +file\n%s", diff)
	}
}

// The schema an editor uses takes what the reader takes.
func TestSchemaTakesExampleAndPresets(t *testing.T) {
	files := map[string][]byte{"example": Example}
	for _, name := range PresetNames() {
		files[name], _ = presets.ReadFile("presets/" + name + ".yaml")
		e, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := e.Plan()
		if err != nil {
			t.Fatal(err)
		}
		files["resolved "+name] = plan.YAML
	}
	for name, data := range files {
		if err := schemaTakes(t, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatTheReaderRefuses(t *testing.T) {
	for _, text := range []string{
		"hartbeat: 1s", "engine: zookeeper", "workload: {calm: {rate: 100}}", "nodes: []", "nodes: three",
		"storage: {sync: fast}", "faults: [{action: nuke}]", "network: {links: [{distribution: [gauss]}]}",
		"workload: {load: {limit: p99 20ms}}",
	} {
		if schemaTakes(t, []byte(text)) == nil {
			t.Errorf("taken by the schema: %s", text)
		}
		if _, err := planOf([]byte(text)); err == nil {
			t.Errorf("taken by the reader: %s", text)
		}
	}
}

func schemaTakes(t *testing.T, data []byte) error {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(asJSON, &v); err != nil {
		t.Fatal(err)
	}
	return resolved.Validate(v)
}
