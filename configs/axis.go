package configs

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// List is one scalar of an experiment or several: a list is an axis of the
// matrix, and every combination of all axes is a setup.
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

// UnmarshalYAML reads a scalar or a list of them.
func (l *List[T]) UnmarshalYAML(node ast.Node) error {
	if anchor, ok := node.(*ast.AnchorNode); ok {
		node = anchor.Value
	}
	nodes := []ast.Node{node}
	if seq, ok := node.(*ast.SequenceNode); ok {
		nodes = seq.Values
	}
	if len(nodes) == 0 {
		return &yaml.SyntaxError{Message: "an empty list: got no value, want at least one", Token: node.GetToken()}
	}
	values := make(List[T], len(nodes))
	for i, n := range nodes {
		if err := parseNode(n, &values[i]); err != nil {
			return err
		}
	}
	*l = values
	return nil
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
}

func (l *List[T]) size() int         { return len(*l) }
func (l *List[T]) text(i int) string { return fmt.Sprint(plain((*l)[i])) }

// pin replaces the list; it never writes into the array, which other copies
// of the experiment share.
func (l *List[T]) pin(i int) { *l = List[T]{(*l)[i]} }

// eachAxis calls f for every List in the struct that v points to, in the
// order of declaration, with its YAML path.
func eachAxis(v reflect.Value, path string, f func(path string, a axis)) {
	if a, ok := v.Addr().Interface().(axis); ok {
		f(path, a)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if key := yamlKey(v.Type().Field(i)); key != "" {
				eachAxis(v.Field(i), strings.TrimPrefix(path+"."+key, "."), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachAxis(v.Index(i), fmt.Sprintf("%s[%d]", path, i), f)
		}
	}
}

// yamlKey is the field's key, or empty where the field is not written.
func yamlKey(f reflect.StructField) string {
	if !f.IsExported() {
		return ""
	}
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

func parseNode(node ast.Node, into any) error {
	scalar, ok := node.(ast.ScalarNode)
	if _, isNull := node.(*ast.NullNode); !ok || isNull {
		return &yaml.SyntaxError{
			Message: fmt.Sprintf("got %s, want a plain value", nodeKind(node.Type())),
			Token:   node.GetToken(),
		}
	}
	if err := parseScalar(scalar.GetToken().Value, into); err != nil {
		return &yaml.SyntaxError{Message: err.Error(), Token: node.GetToken()}
	}
	return nil
}

func parseScalar(text string, into any) error {
	var err error
	switch v := into.(type) {
	case encoding.TextUnmarshaler:
		return v.UnmarshalText([]byte(text))
	case *string:
		*v = text
	case *bool:
		if *v, err = strconv.ParseBool(text); err != nil {
			return wanted(text, "true or false")
		}
	case *int:
		if *v, err = strconv.Atoi(text); err != nil {
			return wanted(text, "a whole number")
		}
	case *float64:
		if *v, err = strconv.ParseFloat(text, 64); err != nil || !finite(*v) {
			return wanted(text, "a number")
		}
	default:
		panic(fmt.Sprintf("configs: no way to read a %T", into))
	}
	return nil
}

// plain is the value as YAML writes it.
func plain(v any) any {
	if m, ok := v.(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText() // ours never fail
		return string(text)
	}
	return v
}
