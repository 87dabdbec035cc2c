// Package perfettotest reads traces as tests want them. It knows perfetto's schema
// from a description of it, and shares no number with what writes traces.
package perfettotest

import (
	_ "embed" // the schema
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

//go:embed schema.textproto
var schema []byte

// decode reads a trace by the description of perfetto's schema alone. A field that
// the schema does not have is an error.
func decode(t *testing.T, trace []byte) protoreflect.List {
	t.Helper()
	var described descriptorpb.FileDescriptorProto
	if err := prototext.Unmarshal(schema, &described); err != nil {
		t.Fatal(err)
	}
	file, err := protodesc.NewFile(&described, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := dynamicpb.NewMessage(file.Messages().ByName("Trace"))
	if err := proto.Unmarshal(trace, m); err != nil {
		t.Fatal(err)
	}
	known(t, m)
	return get(m, "packet").List()
}

// known checks that no field of a message is unknown to the schema.
func known(t *testing.T, m protoreflect.Message) {
	t.Helper()
	if len(m.GetUnknown()) > 0 {
		t.Errorf("%s has fields that its schema has not: %x", m.Descriptor().Name(), m.GetUnknown())
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				known(t, v.List().Get(i).Message())
			}
		default:
			known(t, v.Message())
		}
		return true
	})
}

func get(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(name))
}

// Lines are a trace in a few words a packet: the tracks, then what is on them. That
// the first packet begins a sequence, without which a reader may wait for one, is
// checked.
func Lines(t *testing.T, trace []byte) []string {
	t.Helper()
	packets := decode(t, trace)
	if flags := get(packets.Get(0).Message(), "sequence_flags").Uint(); flags != 1 {
		t.Errorf("the first packet's flags are %d, want 1: a sequence begins", flags)
	}
	var out []string
	names := map[uint64]string{}
	for i := range packets.Len() {
		p := packets.Get(i).Message()
		if n := get(p, "trusted_packet_sequence_id").Uint(); n != 1 {
			t.Errorf("packet %d is of the sequence %d", i, n)
		}
		if d := get(p, "track_descriptor").Message(); d.IsValid() {
			names[get(d, "uuid").Uint()] = get(d, "name").String()
			out = append(out, descriptor(d, names))
			continue
		}
		out = append(out, fmt.Sprintf("%d %s", get(p, "timestamp").Uint(), event(get(p, "track_event").Message(), names)))
	}
	return out
}

func descriptor(d protoreflect.Message, names map[uint64]string) string {
	kind := "track"
	if get(d, "counter").Message().IsValid() {
		kind = "counter"
	}
	return fmt.Sprintf("%s %s in %q, %d", kind, get(d, "name").String(), names[get(d, "parent_uuid").Uint()], get(d, "sibling_order_rank").Int())
}

func event(e protoreflect.Message, names map[uint64]string) string {
	kind := e.Descriptor().Enums().ByName("Type").Values().ByNumber(get(e, "type").Enum()).Name()
	line := strings.ToLower(strings.TrimPrefix(string(kind), "TYPE_")) + " " + names[get(e, "track_uuid").Uint()]
	if name := get(e, "name").String(); name != "" {
		line += " " + name
	}
	if kind == "TYPE_COUNTER" {
		line += fmt.Sprint(" ", get(e, "counter_value").Int())
	}
	args := get(e, "debug_annotations").List()
	for i := range args.Len() {
		a := args.Get(i).Message()
		value := get(a, "string_value").String()
		if value == "" {
			value = fmt.Sprint(get(a, "uint_value").Uint())
		}
		line += " " + get(a, "name").String() + "=" + value
	}
	return line
}
