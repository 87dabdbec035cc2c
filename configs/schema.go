package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

//go:generate go test -run TestSchemaIsCurrent -update .

// SchemaFile is the name that the example's first line asks an editor for.
const SchemaFile = "experiment.schema.json"

// Schema is the JSON Schema of an experiment, for completion in editors. What
// only shows in combination, such as timeouts against round trips, it cannot
// say: `validate` does.
func Schema() ([]byte, error) {
	s, err := jsonschema.For[Experiment](&jsonschema.ForOptions{TypeSchemas: scalarSchemas()})
	if err != nil {
		return nil, fmt.Errorf("experiment schema: %w", err)
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "raftbench experiment"
	optional(s)
	for path, allowed := range words {
		restrict(s, path, allowed)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(s); err != nil {
		return nil, fmt.Errorf("experiment schema: %w", err)
	}
	return b.Bytes(), nil
}

// scalarSchemas has the schema of every List and of the scalars outside one.
func scalarSchemas() map[reflect.Type]*jsonschema.Schema {
	m := map[reflect.Type]*jsonschema.Schema{}
	scalarSchema[string](m, jsonschema.Schema{Type: "string"})
	scalarSchema[bool](m, jsonschema.Schema{Type: "boolean"})
	scalarSchema[int](m, jsonschema.Schema{Type: "integer"})
	scalarSchema[float64](m, jsonschema.Schema{Type: "number"})
	scalarSchema[Duration](m, like(`^`+aDuration+`$`, "5ms", "1.5s", "2m"))
	scalarSchema[Size](m, like(`^`+aNumber+`([kmgtKMGT][iI]?)?[bB]$`, "256B", "1KiB"))
	scalarSchema[Rate](m, like(`^`+aNumber+`/s$`, "100/s"))
	scalarSchema[Percent](m, like(`^`+aNumber+`%$`, "0.1%"))
	scalarSchema[Precision](m, like(`^`+aNumber+`%$`, "1.5%"))
	scalarSchema[Bitrate](m, unlimited(like(`^`+aNumber+`([kmgtKMGT][iI]?)?([bB][iI][tT]|[bB][pP][sS])$`, "100mbit", "1gbit")))
	scalarSchema[Sync](m, like(`^(real|`+aDuration+`)$`, "real", "2ms"))
	scalarSchema[Warmup](m, like(`^(auto|`+aDuration+`)$`, "500ms", "auto"))
	scalarSchema[Limit](m, like(`^p[0-9.]+ *< *`+aDuration+`$`, "p99 < 20ms"))
	m[reflect.TypeFor[Placements]()] = placementsSchema()
	m[reflect.TypeFor[Words]()] = &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Type: "string"}, UniqueItems: true}
	m[reflect.TypeFor[Settings]()] = &jsonschema.Schema{Type: "string", Examples: []any{"raft.max_rpcs_in_flight=16"}}
	return m
}

// placementsSchema is of one placement, or of several in a list.
func placementsSchema() *jsonschema.Schema {
	members := &jsonschema.Schema{Type: "integer", Minimum: jsonschema.Ptr(0.0), Maximum: jsonschema.Ptr(float64(MaxNodes))}
	one := &jsonschema.Schema{Type: "object", AdditionalProperties: members}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, {Type: "array", Items: one}}}
}

// What units look like, which an editor checks before the reader does.
const (
	aDuration = `([0-9.]+ *(ns|us|µs|ms|s|m|min|h|[mun]?secs?) *)+`
	aNumber   = `[0-9.]+([eE][+-]?[0-9]+)? *`
)

// unlimited may also be a plain zero.
func unlimited(s jsonschema.Schema) jsonschema.Schema {
	s.Type, s.Types = "", []string{"string", "integer"}
	s.Minimum, s.Maximum = jsonschema.Ptr(0.0), jsonschema.Ptr(0.0)
	return s
}

func like(pattern string, examples ...any) jsonschema.Schema {
	return jsonschema.Schema{Type: "string", Pattern: pattern, Examples: examples}
}

func scalarSchema[T any](m map[reflect.Type]*jsonschema.Schema, s jsonschema.Schema) {
	list := jsonschema.Schema{Type: "array", Items: &s, MinItems: jsonschema.Ptr(1), UniqueItems: true}
	m[reflect.TypeFor[List[T]]()] = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{&s, &list}}
	if t := reflect.TypeFor[T](); t.PkgPath() != "" {
		m[t] = &s
	}
}

// optional makes no key required: what is left out has its default.
func optional(s *jsonschema.Schema) {
	s.Required = nil
	for _, p := range s.Properties {
		optional(p)
	}
	if s.Items != nil {
		optional(s.Items)
	}
}

// restrict allows only these words at a path, alone and in a list.
func restrict(s *jsonschema.Schema, path string, allowed []string) {
	for key := range strings.SplitSeq(path, ".") {
		if s.Items != nil {
			s = s.Items
		}
		s = s.Properties[key]
	}
	enum := make([]any, len(allowed))
	for i, word := range allowed {
		enum[i] = word
	}
	if s.Items != nil {
		s = s.Items // of a list that is no axis
	}
	if len(s.AnyOf) == 0 {
		s.Enum = enum
		return
	}
	s.AnyOf[0].Enum, s.AnyOf[1].Items.Enum = enum, enum
}
