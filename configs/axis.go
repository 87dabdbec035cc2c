package configs

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/units"
)

// List is one scalar of an experiment or several: a list is an axis, and every
// combination of all axes is a setup.
type List[T any] []T

// One holds a single value.
func One[T any](v T) List[T] { return List[T]{v} }

// First is the value in an experiment whose axes are pinned; the zero value
// where nothing was written.
func (l List[T]) First() T {
	var zero T
	if len(l) == 0 {
		return zero
	}
	return l[0]
}

// MarshalYAML writes one value plainly and several as a list.
func (l List[T]) MarshalYAML() (any, error) {
	values := make([]any, len(l))
	for i, v := range l {
		values[i] = plain(v)
	}
	if len(values) == 1 {
		return values[0], nil
	}
	return values, nil
}

// axis is what expansion needs of a List, whatever its element.
type axis interface {
	size() int
	text(i int) string
	pin(i int)
	order() []int
}

func (l *List[T]) size() int         { return len(*l) }
func (l *List[T]) text(i int) string { return fmt.Sprint(plain((*l)[i])) }

// pin replaces the list; it never writes into the array, which other copies
// of the experiment share.
func (l *List[T]) pin(i int) { *l = List[T]{(*l)[i]} }

// order has the index of each value: numbers from small to large, words as
// they are written.
func (l *List[T]) order() []int {
	order := make([]int, len(*l))
	texts := make([]string, len(*l))
	for i := range order {
		order[i], texts[i] = i, l.text(i)
	}
	var t T
	switch any(t).(type) {
	case string, bool:
	default:
		slices.SortStableFunc(order, func(a, b int) int { return units.Compare(texts[a], texts[b]) })
	}
	return order
}

// eachAxis calls f for every List in the struct that v points to, in the
// order of declaration, with its YAML path and the way to it from the root.
func eachAxis(v reflect.Value, f func(path string, route []int, a axis)) { walkAxes(v, "", nil, f) }

func walkAxes(v reflect.Value, path string, route []int, f func(path string, route []int, a axis)) {
	if a, ok := v.Addr().Interface().(axis); ok {
		f(path, slices.Clone(route), a)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if key := yamlKey(v.Type().Field(i)); key != "" {
				walkAxes(v.Field(i), strings.TrimPrefix(path+"."+key, "."), append(route, i), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkAxes(v.Index(i), fmt.Sprintf("%s[%d]", path, i), append(route, i), f)
		}
	}
}

// follow goes the way that eachAxis told.
func follow(v reflect.Value, route []int) reflect.Value {
	for _, i := range route {
		if v.Kind() == reflect.Slice {
			v = v.Index(i)
		} else {
			v = v.Field(i)
		}
	}
	return v
}

// plain is the value as YAML writes it.
func plain(v any) any {
	if m, ok := v.(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText() // ours never fail
		return string(text)
	}
	return v
}
