package configs

import (
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
	if s.Dead > 0 {
		out[DeadAxis] = strconv.Itoa(s.Dead)
	}
	if text, changed := s.changedSites(); changed {
		out["network.sites"] = text
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
