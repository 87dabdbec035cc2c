package strictyaml

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Value is a part of a document: a section, a list, or a plain value. It knows
// where it stands.
type Value struct {
	file *File
	// path from the root: workload.calm.rate[1]; name is its last part.
	path, name string
	// key is set in a section, and is where a person looks for what is missing.
	key  ast.Node
	node ast.Node
}

// Path from the root: workload.calm.rate[1]; empty for the root itself.
func (v Value) Path() string { return v.path }

// Key is the name under which it stands in its section.
func (v Value) Key() string { return v.name }

// File is the name of the file that it stands in.
func (v Value) File() string { return v.file.name }

// Get is what a section has under a key.
func (v Value) Get(key string) (Value, bool) {
	for _, e := range v.entries() {
		if e.key != nil && e.name == key {
			return e, true
		}
	}
	return Value{}, false
}

// Empty tells whether nothing is written.
func (v Value) Empty() bool { return v.node == nil || v.node.Type() == ast.NullType }

// IsSection tells whether it is a section.
func (v Value) IsSection() bool { _, ok := v.node.(*ast.MappingNode); return ok }

// IsList tells whether it is a list.
func (v Value) IsList() bool { _, ok := v.node.(*ast.SequenceNode); return ok }

// Wrong notes a mistake at the value. advice says what to do; where it is
// empty, the file's own is given.
func (v Value) Wrong(advice, format string, args ...any) {
	v.note(v.place(), advice, fmt.Sprintf(format, args...))
}

// WrongAt notes a mistake inside a plain value, so many bytes into its text.
func (v Value) WrongAt(offset int, advice, format string, args ...any) {
	var p place
	p.line, p.column = v.At(offset)
	v.note(p, advice, fmt.Sprintf(format, args...))
}

// At is line and column, from 1, of a place so many bytes into the text of a
// plain value. It is exact where the text is written without escapes.
func (v Value) At(offset int) (line, column int) {
	p := v.place()
	if v.Quoted() {
		p.column++
	}
	text, _ := v.plain()
	return p.line, p.column + utf8.RuneCountInString(text[:min(offset, len(text))])
}

// WrongKey notes a mistake at the value's key.
func (v Value) WrongKey(advice, format string, args ...any) {
	p := v.place()
	if v.key != nil {
		p = at(v.key.GetToken())
	}
	v.note(p, advice, fmt.Sprintf(format, args...))
}

// Mistake is what Wrong would note.
func (v Value) Mistake(advice, message string) *Error {
	return v.file.mistake(v.place(), v.path, advice, message)
}

func (v Value) note(p place, advice, message string) {
	if v.file == nil {
		return // of no file
	}
	v.file.mistakes = append(v.file.mistakes, v.file.mistake(p, v.path, advice, message))
}

// place of the value, or of its key where nothing is written.
func (v Value) place() place {
	if v.Empty() && v.key != nil {
		return at(v.key.GetToken())
	}
	if v.node == nil {
		return place{}
	}
	return start(v.node)
}

// entries of a section or a list, as they are written.
func (v Value) entries() []Value {
	switch n := v.node.(type) {
	case *ast.MappingNode:
		all := make([]Value, len(n.Values))
		for i, pair := range n.Values {
			name := pair.Key.GetToken().Value
			path := strings.TrimPrefix(v.path+"."+name, ".")
			all[i] = Value{file: v.file, path: path, name: name, key: pair.Key, node: pair.Value}
		}
		return all
	case *ast.SequenceNode:
		all := make([]Value, len(n.Values))
		for i, one := range n.Values {
			all[i] = Value{file: v.file, path: fmt.Sprintf("%s[%d]", v.path, i), node: one}
		}
		return all
	}
	return nil
}

// walk visits what is written below the value, and the value itself.
func (v Value) walk(visit func(Value)) {
	visit(v)
	for _, e := range v.entries() {
		e.walk(visit)
	}
}

// Entries of a section, each key once, whatever the keys are. want says what
// should stand there: "a section such as {nodes: 3}".
func (v Value) Entries(want string) ([]Value, bool) {
	if !v.IsSection() {
		v.unfit(want)
		return nil, false
	}
	seen := map[string]place{}
	return slices.DeleteFunc(v.entries(), func(e Value) bool {
		first, again := seen[e.name]
		if again {
			e.WrongKey("leave one of them out", "got the key %q twice, first in line %d", e.name, first.line)
			return true
		}
		seen[e.name] = at(e.key.GetToken())
		return false
	}), true
}

// Section is a section's entries whose keys are known; of each other key a
// mistake is noted, with the known one that it resembles.
func (v Value) Section(want string, known ...string) ([]Value, bool) {
	entries, ok := v.Entries(want)
	return slices.DeleteFunc(entries, func(e Value) bool {
		if slices.Contains(known, e.name) {
			return false
		}
		e.Unknown(Meant(e.name, known, ""), "", known...)
		return true
	}), ok
}

// Unknown notes that the value's key is not one of those known, or what is said
// of it instead.
func (v Value) Unknown(advice, instead string, known ...string) {
	p := at(v.key.GetToken())
	v.path = strings.TrimSuffix(strings.TrimSuffix(v.path, v.name), ".")
	if instead == "" {
		instead = fmt.Sprintf("no key is called %s here, want one of %s", quoted(v.name), strings.Join(known, ", "))
	}
	v.note(p, advice, instead)
}

// List is the values of a list. want says what should stand there.
func (v Value) List(want string) ([]Value, bool) {
	if !v.IsList() {
		v.unfit(want)
		return nil, false
	}
	return v.entries(), true
}

// Text of a plain value, quotes taken off. want says what should stand there.
func (v Value) Text(want string) (string, bool) {
	if text, ok := v.plain(); ok {
		return text, true
	}
	v.unfit(want)
	return "", false
}

func (v Value) plain() (string, bool) {
	switch n := v.node.(type) {
	case nil, *ast.NullNode:
		return "", false
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// Quoted tells whether a plain value stands in quotes, which take a column.
func (v Value) Quoted() bool {
	if v.Empty() {
		return false
	}
	t := v.node.GetToken().Type
	return t == token.SingleQuoteType || t == token.DoubleQuoteType
}

// unfit says that the value is of another kind than want.
func (v Value) unfit(want string) {
	if v.Empty() && v.key != nil {
		v.WrongKey("leave the key out, or give it a value", "got no value, want %s", want)
		return
	}
	v.Wrong("", "got %s, want %s", v.Kind(), want)
}

// Kind says what the value is: "a section", "a list", "no value", or the text
// itself in quotes.
func (v Value) Kind() string {
	text, plain := v.plain()
	switch {
	case plain:
		return quoted(text)
	case v.IsSection():
		return "a section"
	case v.IsList():
		return "a list"
	case v.Empty():
		return "no value"
	}
	return "a " + strings.ToLower(v.node.Type().String())
}

// quoted is a text for a message, of bounded length.
func quoted(text string) string { return fmt.Sprintf("%.60q", text) }
