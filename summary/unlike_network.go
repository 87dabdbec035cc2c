package summary

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/results"
)

// networks bars the cells whose messages travelled otherwise: what two networks
// differ by is no change of the build.
func (u *unlikeness) networks(old, latest Side, pairs []cellPair) {
	at := len(u.differ)
	explained := u.profiles(old, latest, pairs)
	for _, p := range pairs {
		was, is := old.Summary.Cells[p.old], latest.Summary.Cells[p.new]
		u.bar(at, Contrast{What: TraitProfile, Old: was.Profile, New: is.Profile}, was.Cell)
		u.bar(at, Contrast{What: TraitMessageFaults, Old: harmed(was), New: harmed(is)}, was.Cell)
		if was.Profile != is.Profile || slices.Contains(explained, was.Cell) {
			continue
		}
		if !u.links(at, was, is) {
			u.delays(at, askedOf(old.Run, was.Cell), askedOf(latest.Run, is.Cell), was.Cell)
		}
	}
	if len(u.differ) == at && len(pairs) > 0 {
		u.same.Traits = append(u.same.Traits, TraitProfile)
	}
}

func harmed(c Cell) string { return strconv.FormatBool(c.MessageFaults) }

// bar notes a contrast that bars a cell; one that other cells have, too, is noted
// once. Those before the place from are none of these.
func (u *unlikeness) bar(from int, c Contrast, cell string) {
	if c.Old == c.New {
		return
	}
	c.Bars = true
	for i := range u.differ[from:] {
		if d := &u.differ[from+i]; d.What == c.What && d.Name == c.Name && d.Old == c.Old && d.New == c.New {
			d.Cells = append(d.Cells, cell)
			return
		}
	}
	c.Cells = []string{cell}
	u.differ = append(u.differ, c)
}

// untold are the keys of a profile file that shape nothing.
var untold = []string{"source", "date"}

// profiles compares the copies of the profile files that both runs name, and
// returns the cells that they bar.
func (u *unlikeness) profiles(old, latest Side, pairs []cellPair) (barred []string) {
	at, theirs := len(u.differ), profileFiles(latest.Run)
	for _, path := range profileFiles(old.Run) {
		a, b := profileFile(old.Run, path), profileFile(latest.Run, path)
		if a == nil || b == nil || !slices.Contains(theirs, path) {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		for _, key := range pathsOf(a, b) {
			c := Contrast{What: TraitProfileFile, Name: path + ": " + key, Old: a.at[key], New: b.at[key]}
			if slices.Contains(untold, key) {
				continue
			}
			for _, p := range pairs {
				was, is := old.Summary.Cells[p.old], latest.Summary.Cells[p.new]
				if was.Profile == name && is.Profile == name && c.Old != c.New {
					u.bar(at, c, was.Cell)
					barred = append(barred, was.Cell)
				}
			}
		}
	}
	return barred
}

// linkSettings begin the paths of links that an experiment changed.
const linkSettings = "network.links."

// links compares what the experiments changed of the profile's links.
func (u *unlikeness) links(at int, was, is Cell) (found bool) {
	names := map[string]bool{}
	for _, settings := range []map[string]string{was.Settings, is.Settings} {
		for path := range settings {
			if strings.HasPrefix(path, linkSettings) {
				names[path] = true
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(names)) {
		c := Contrast{What: TraitLink, Name: strings.TrimPrefix(path, linkSettings), Old: was.Settings[path], New: is.Settings[path]}
		u.bar(at, c, was.Cell)
		found = found || c.Old != c.New
	}
	return found
}

// delays compares what was asked of the links: a built-in profile may have other
// figures in another build.
func (u *unlikeness) delays(at int, was, is map[string]int64, cell string) {
	for _, link := range slices.Sorted(maps.Keys(was)) {
		if ns, both := is[link]; both {
			u.bar(at, Contrast{What: TraitDelay, Name: link, Old: strconv.FormatInt(was[link], 10), New: strconv.FormatInt(ns, 10)}, cell)
		}
	}
}

// askedOf are the delays that were asked of a cell's links, by n1→n2.
func askedOf(run *results.Run, cell string) map[string]int64 {
	out := map[string]int64{}
	for i := range run.Trials {
		if t := &run.Trials[i]; t.Cell == cell && t.Valid && len(t.Links) > 0 {
			for _, l := range t.Links {
				out[l.From+"→"+l.To] = l.AskedNS
			}
			return out
		}
	}
	return out
}
