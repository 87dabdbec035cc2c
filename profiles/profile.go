// Package profiles has networks as links: round trips that were published, with
// where and when they were measured, and those of one's own from a profile
// file. It invents nothing: a figure is in the file or it is not there, and what
// a file says to no effect is told as a warning.
//
// What is published are round trips, so a one-way delay is half of one, unless
// the file gives a direction a delay of its own.
package profiles

import (
	"time"

	"github.com/raftbench/raftbench/netem"
)

// Profile is the shapes between sites, with where its figures are from.
type Profile struct {
	Name   string
	Source string // who published it
	Date   string // when it was measured
	Sites  []string
	// Local is the shape between two members of one site.
	Local netem.Shape
	// NoLocal tells that the file does not say it: Local does nothing.
	NoLocal bool
	// Members are the sites of a cluster's members, n1 first, where they are placed;
	// beyond them, and where it is empty, members go round the sites.
	Members []string
	// Links by from-site and to-site.
	Links map[string]map[string]netem.Shape
	// Warnings are what the file says to no effect.
	Warnings []string
}

// Site tells where member i (from 0) stands: where it is placed, or on its way
// round the sites. It is empty where the profile has no sites.
func (p Profile) Site(i int) string {
	switch {
	case i < len(p.Members):
		return p.Members[i]
	case len(p.Sites) == 0:
		return ""
	}
	return p.Sites[i%len(p.Sites)]
}

// Shape of the directed link between two members at these sites.
func (p Profile) Shape(from, to string) netem.Shape {
	if from == to {
		return p.Local
	}
	return p.Links[from][to]
}

// RTT is the round trip between two sites by the links' plain delays.
func (p Profile) RTT(a, b string) time.Duration { return p.Shape(a, b).Delay + p.Shape(b, a).Delay }

// Direction is one directed link of a profile.
type Direction struct {
	From, To string
	Shape    netem.Shape
}

// Shaped lists the directions, site by site, that do more than half of a round
// trip: those whose way back takes longer or shorter, and those with other
// figures than a delay.
func (p Profile) Shaped() []Direction {
	var out []Direction
	for _, from := range p.Sites {
		for _, to := range p.Sites {
			s := p.Shape(from, to)
			if from != to && (s != netem.Shape{Delay: s.Delay} || s.Delay != p.Shape(to, from).Delay) {
				out = append(out, Direction{from, to, s})
			}
		}
	}
	return out
}
