package configs

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// Changed are a setup's settings that differ from the defaults, by YAML path:
// what a reader of its figures must know. What a trial's record has a field of
// its own for (size, engine, load, emulated disk) is not among them.
func Changed(s Setup) map[string]string {
	out := map[string]string{}
	differ("raft", s.Raft, control.DefaultRaft(), out)
	storage, usual := s.Storage, control.DefaultStorage()
	storage.EmulatedSync = 0
	differ("storage", storage, usual, out)
	if changed, of := s.changedLinks(); changed > 0 {
		out["network.links"] = fmt.Sprintf("%d of %d changed", changed, of)
	}
	return out
}

// differ compares two structs field by field, under their JSON names.
func differ(section string, got, usual any, out map[string]string) {
	a, b := reflect.ValueOf(got), reflect.ValueOf(usual)
	for i := range a.NumField() {
		if a.Field(i).Interface() == b.Field(i).Interface() {
			continue
		}
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		text := fmt.Sprint(a.Field(i).Interface())
		if d, ok := a.Field(i).Interface().(time.Duration); ok {
			short, _ := Duration(d).MarshalText()
			text = string(short)
		}
		out[section+"."+strings.TrimSuffix(name, "_ns")] = text
	}
}

// changedLinks counts the links between members that are shaped otherwise than
// the profile has them.
func (s Setup) changedLinks() (changed, of int) {
	for i := range s.Nodes {
		for j := range s.Nodes {
			if i == j {
				continue
			}
			of++
			var usual netem.Shape
			if len(s.Network.Sites) > 0 {
				usual = s.Network.Shape(s.Network.Site(i), s.Network.Site(j))
			}
			if s.Links[control.MemberID(i)][control.MemberID(j)] != usual {
				changed++
			}
		}
	}
	return changed, of
}
