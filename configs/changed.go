package configs

import (
	"crypto/sha256"
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
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
	maps.Copy(out, s.changedLinks())
	if !s.Workload.Spans {
		out["workload.spans"] = "false"
	}
	if s.Dead > 0 {
		out[DeadAxis] = strconv.Itoa(s.Dead)
	}
	if text := s.Watch.pausesText(); text != "" {
		out["watch.pauses"] = text
	}
	if text, changed := s.changedSites(); changed {
		out["network.sites"] = text
	}
	if len(s.Faults) > 0 {
		out[timelineSetting] = s.timeline()
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
		out[section+"."+strings.TrimSuffix(name, "_ns")] = textOf(a.Field(i).Interface())
	}
}

// textOf is a value as a person writes it.
func textOf(v any) string {
	if d, ok := v.(time.Duration); ok {
		v = Duration(d)
	}
	if m, ok := v.(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(v)
}

// timelineSetting is the path of the faults that are done in a setup's light load.
const timelineSetting = "faults"

// mostTimeline bounds the text of a timeline, in bytes. A longer one is told apart from
// all others by its fingerprint.
const mostTimeline = 4 << 10

// timeline of faults as one text, the same for all that do the same: at 1s kill leader
// for 500ms; at 3s disk-slow n2 sync 20ms.
func (s Setup) timeline() string {
	var all []string
	for _, f := range s.Faults {
		all = append(all, f.text())
	}
	text := strings.Join(all, "; ")
	if len(text) <= mostTimeline {
		return text
	}
	return fmt.Sprintf("%s and more, %d in all, SHA-256 %x", strings.ToValidUTF8(text[:mostTimeline], ""), len(all), sha256.Sum256([]byte(text)))
}

func (f TimedFault) text() string {
	words := []string{"at " + short(f.At), f.Action}
	if f.Target != "" {
		words = append(words, f.Target)
	}
	for i, group := range f.Groups {
		words = append(words, strings.Repeat("| ", min(i, 1))+strings.Join(group, " "))
	}
	if f.For > 0 {
		words = append(words, "for "+short(f.For))
	}
	if f.Sync > 0 {
		words = append(words, "sync "+short(f.Sync))
	}
	figures := map[string]string{}
	differ("link", f.Link, FaultLink{}, figures)
	if f.Messages != nil {
		differ("messages", *f.Messages, control.MessageFaults{}, figures)
	}
	for _, path := range slices.Sorted(maps.Keys(figures)) {
		words = append(words, path+" "+figures[path])
	}
	return strings.Join(words, " ")
}

// changedLinks are the links between members that are shaped otherwise than the
// profile has them: by the path of a link, network.links.a→b, what they are
// instead. Members at two sites are told as one link of the sites where all of
// them changed alike.
func (s Setup) changedLinks() map[string]string {
	between := map[string][]changedLink{} // by their sites
	for i := range s.Nodes {
		for j := range s.Nodes {
			if i != j {
				l := s.compareLink(i, j)
				between[l.sites] = append(between[l.sites], l)
			}
		}
	}
	out := map[string]string{}
	for sites, links := range between {
		alike := !slices.ContainsFunc(links, func(l changedLink) bool { return l.is != links[0].is })
		for _, l := range links {
			switch {
			case l.is == "":
			case alike && len(s.Network.Sites) > 0:
				out["network.links."+sites] = l.is
			default:
				out["network.links."+l.members] = l.is
			}
		}
	}
	return out
}

// changedLink is a link between two members; is tells what it is where it was
// changed, and is empty where it was not.
type changedLink struct{ sites, members, is string }

func (s Setup) compareLink(i, j int) changedLink {
	from, to := control.MemberID(i), control.MemberID(j)
	l := changedLink{sites: s.Network.Site(i) + "→" + s.Network.Site(j), members: from + "→" + to}
	var usual netem.Shape
	if len(s.Network.Sites) > 0 {
		usual = s.Network.Shape(s.Network.Site(i), s.Network.Site(j))
	}
	shape := s.Links[from][to]
	if shape == usual {
		return l
	}
	var figures []string
	for _, f := range shape.Figures() {
		if !slices.Contains(usual.Figures(), f) {
			figures = append(figures, f.Key+" "+f.Value)
		}
	}
	for _, f := range usual.Figures() {
		if !slices.ContainsFunc(shape.Figures(), func(now netem.Figure) bool { return now.Key == f.Key }) {
			figures = append(figures, "no "+f.Key)
		}
	}
	l.is = strings.Join(figures, ", ")
	return l
}
