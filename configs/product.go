package configs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/strictyaml"
)

// combination is an experiment whose every axis is pinned to one value.
type combination struct {
	Experiment
	// paths are those of the axes that vary, in the order of declaration; texts
	// their values, and written the index of each in the list as it is written.
	paths, texts []string
	written      []int
	shared       *shared
}

// dimension is an axis with more than one value.
type dimension struct {
	path  string
	route []int
	texts []string
	// order has the index of each value, from small to large where they are
	// numbers.
	order []int
}

func (e *Experiment) dimensions() []dimension {
	var all []dimension
	eachAxis(reflect.ValueOf(e).Elem(), func(path string, route []int, a axis) {
		if a.size() < 2 {
			return
		}
		d := dimension{path: path, route: route, order: a.order()}
		for i := range a.size() {
			d.texts = append(d.texts, a.text(i))
		}
		all = append(all, d)
	})
	return all
}

// combinations is the product of all axes, the last declared varying fastest,
// and arms within it.
func (e Experiment) combinations() ([]combination, error) {
	if len(e.Arms) > 0 {
		return e.acrossArms()
	}
	return e.product(e.dimensions(), 1)
}

// product of the axes; times is how many such products there will be.
func (e Experiment) product(axes []dimension, times int) ([]combination, error) {
	total := float64(times)
	for _, a := range axes {
		total *= float64(len(a.texts))
	}
	if total > MaxSetups {
		return nil, tooMany(total, axes)
	}
	all := make([]combination, int(total)/times)
	common := newShared()
	for i := range all {
		all[i] = e.pinned(axes, i)
		all[i].shared = common
	}
	return all, nil
}

func tooMany(total float64, axes []dimension) error {
	var factors []string
	for _, a := range axes {
		factors = append(factors, fmt.Sprintf("%d × %s", len(a.texts), a.path))
	}
	return strictyaml.Errors{{
		Message: fmt.Sprintf("got axes of %.0f setups (%s), want at most %d", total, strings.Join(factors, ", "), MaxSetups),
		Advice:  "vary fewer things at once, or split the experiment into several files",
	}}
}

// pinned is combination number i: i in the mixed radix of the axes' sizes.
func (e Experiment) pinned(axes []dimension, i int) combination {
	c := combination{
		Experiment: e, paths: make([]string, len(axes)), texts: make([]string, len(axes)), written: make([]int, len(axes)),
	}
	c.Network.Links = slices.Clone(e.Network.Links)
	root := reflect.ValueOf(&c.Experiment).Elem()
	for n := len(axes) - 1; n >= 0; n-- {
		a := axes[n]
		at := a.order[i%len(a.order)]
		i /= len(a.order)
		c.paths[n], c.texts[n], c.written[n] = a.path, a.texts[at], at
		follow(root, a.route).Addr().Interface().(axis).pin(at)
	}
	return c
}

// at is the path of the value that this combination has of an axis.
func (c combination) at(path string) string {
	if i := slices.Index(c.paths, path); i >= 0 {
		return fmt.Sprintf("%s[%d]", path, c.written[i])
	}
	return path
}
