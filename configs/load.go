package configs

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/raftbench/raftbench/netem"
)

//go:embed presets/*.yaml
var presets embed.FS

// Example is the commented experiment that init writes; it says what the
// defaults are and what every key means.
//
//go:embed example.yaml
var Example []byte

// MaxFile bounds an experiment's length in bytes: a person writes these.
const MaxFile = 1 << 20

// Load reads the experiment in a file. What the file leaves out has Default's
// value. Mistakes are of type *Error or Errors.
func Load(path string) (Experiment, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Experiment{}, unreadable(path, err)
	}
	return parse(path, data)
}

// unreadable says that the file itself is out of reach.
func unreadable(path string, err error) *Error {
	why := err
	var p *fs.PathError
	if errors.As(err, &p) {
		why = p.Err // without the path, which stands there already
	}
	return &Error{
		File: path, Message: fmt.Sprintf("%s: cannot be read: %v", path, why), cause: err,
		Advice: "name an experiment's file; `raftbench init` writes an example",
	}
}

// Parse reads an experiment from memory, such as a Plan's YAML.
func Parse(data []byte) (Experiment, error) { return parse("experiment.yaml", data) }

// Preset returns an embedded experiment by name.
func Preset(name string) (Experiment, error) {
	data, err := presets.ReadFile("presets/" + name + ".yaml")
	if err != nil {
		return Experiment{}, &Error{
			Message: fmt.Sprintf("got the preset %q, want one of %s", name, strings.Join(PresetNames(), ", ")),
			Advice:  meant(name, PresetNames(), "`raftbench run FILE` takes an experiment of your own"),
		}
	}
	return parse("preset "+name, data)
}

// PresetNames lists the presets, in alphabetical order.
func PresetNames() []string {
	entries, _ := presets.ReadDir("presets") // embedded: it is there
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

func parse(file string, data []byte) (Experiment, error) {
	if len(data) > MaxFile {
		return Experiment{}, &Error{File: file, Message: fmt.Sprintf(
			"%s: %d bytes, want at most %d: is this an experiment?", file, len(data), MaxFile)}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors' mark of UTF-8
	e, err := read(file, data)
	if err != nil {
		mistake := inFile(file, err)
		mistake.show(data)
		return Experiment{}, mistake
	}
	return e, nil
}

func read(file string, data []byte) (_ Experiment, err error) {
	defer recovered(file, &err)
	doc, err := parser.ParseBytes(data, 0)
	if err != nil {
		return Experiment{}, err
	}
	if err := refuseMatrix(file, doc); err != nil {
		return Experiment{}, err
	}
	e := Default()
	e.origin = &origin{file: file, text: data, doc: doc}
	return e, decode(doc, &e)
}

// inFile is a mistake in a file, with what to do.
func inFile(file string, err error) *Error {
	e := located(file, "", err)
	if e.Advice == "" {
		e.Advice = everyKey
	}
	return e
}

// recovered makes an error of a panic: goccy/go-yaml panics on some malformed
// tags and anchors, and such a file is a mistake like any other.
func recovered(file string, err *error) {
	if r := recover(); r != nil {
		*err = &Error{
			File: file, Message: fmt.Sprintf("%s: the YAML cannot be read: %v", file, r),
			Advice: "leave out tags, anchors and aliases; `raftbench init` writes an example",
		}
	}
}

func decode(doc *ast.File, into *Experiment) error {
	if len(doc.Docs) > 1 {
		return &yaml.SyntaxError{Message: "got a second document, want one", Token: doc.Docs[1].Start}
	}
	for _, d := range doc.Docs {
		if d.Body == nil {
			continue
		}
		var empty emptyValues
		ast.Walk(&empty, d.Body)
		if empty.first != nil {
			return &yaml.SyntaxError{
				Message: "got no value; leave the key out to have its default",
				Token:   empty.first,
			}
		}
		if err := refuseCorruption(d.Body); err != nil {
			return err
		}
		if err := yaml.NodeToValue(d.Body, into, yaml.Strict()); err != nil {
			return err
		}
	}
	return nil
}

// refuseMatrix tells a matrix of one's own, which looks like an experiment
// full of unknown keys.
func refuseMatrix(file string, doc *ast.File) error {
	for _, d := range doc.Docs {
		for _, key := range []string{"rtt", "sites"} {
			if at := keyOf(d.Body, key); at != nil {
				e := &Error{
					File:    file,
					Message: fmt.Sprintf("%q is a key of a network's matrix, and this wants an experiment", key),
					Advice:  fmt.Sprintf("a matrix is used with --profile %s, or as network: {profile: %[1]s} in an experiment; `raftbench profiles %[1]s` checks and prints it", file),
				}
				e.point(at.Key.GetToken())
				return e
			}
		}
	}
	return nil
}

// refuseCorruption explains a key of message_faults that a person may expect
// there, before strict decoding takes it for a link's.
func refuseCorruption(root ast.Node) error {
	in := root
	for _, key := range []string{"network", "message_faults", "corrupt"} {
		pair := keyOf(in, key)
		if pair == nil {
			return nil
		}
		in = pair.Value
		if key == "corrupt" {
			e := &Error{
				Message: "messages are not corrupted: TCP's checksum discards what the network harms, and it comes later or never",
				Advice:  "message_faults has drop, duplicate, reorder, delay and max_delay",
			}
			e.point(pair.Key.GetToken())
			return e
		}
	}
	return nil
}

// keyOf finds a key of a mapping.
func keyOf(n ast.Node, key string) *ast.MappingValueNode {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return nil
	}
	for _, v := range m.Values {
		if v.Key.GetToken().Value == key {
			return v
		}
	}
	return nil
}

// emptyValues finds the first null, which the YAML library takes for zero.
type emptyValues struct{ first *token.Token }

// Visit prefers the key: the null of `key:` has no place of its own.
func (v *emptyValues) Visit(node ast.Node) ast.Visitor {
	if v.first != nil {
		return nil
	}
	if pair, ok := node.(*ast.MappingValueNode); ok && pair.Value.Type() == ast.NullType {
		v.first = pair.Key.GetToken()
	} else if node.Type() == ast.NullType {
		v.first = node.GetToken()
	}
	return v
}

// located turns an error of the YAML library into one of ours.
func located(file, key string, err error) *Error {
	var ours *Error
	if errors.As(err, &ours) {
		ours.File = file
		return ours
	}
	e := &Error{File: file, Key: key, Message: err.Error()}
	var theirs yaml.Error
	if errors.As(err, &theirs) {
		e.Message = theirs.GetMessage()
		e.point(theirs.GetToken())
	}
	e.translate(err)
	return e
}

// translate says the YAML library's errors in a person's words.
func (e *Error) translate(err error) {
	var kind *yaml.TypeError
	if errors.As(err, &kind) {
		e.Message = fmt.Sprintf("got %s, want %s", gotOf(kind), kindOf(kind.DstType))
	}
	var node *yaml.UnexpectedNodeTypeError
	if errors.As(err, &node) {
		e.Message = fmt.Sprintf("got %s, want %s", nodeKind(node.Actual), nodeKind(node.Expected))
	}
	var overflow *yaml.OverflowError
	if errors.As(err, &overflow) {
		e.Message = fmt.Sprintf("got %s, want %s that fits 64 bits", overflow.SrcNum, kindOf(overflow.DstType))
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		e.Message = fmt.Sprintf("no key is called %q here", unknown.Token.Value)
		e.Advice = suggest(unknown.Token.Value)
		// message_faults has keys of the same names: here they are a link's.
		if slices.Contains([]string{"reorder", "duplicate", "corrupt"}, unknown.Token.Value) {
			refusal := netem.Unsupported(unknown.Token.Value)
			e.Message, e.Advice = refusal.Error(), refusal.Hint()
		}
	}
}

// gotOf quotes a text, and names what is no scalar.
func gotOf(e *yaml.TypeError) string {
	if e.SrcType.Kind() == reflect.String && e.Token != nil {
		return strconv.Quote(e.Token.Value)
	}
	return kindOf(e.SrcType)
}

// nodeKind says a kind of YAML in a person's words.
func nodeKind(t ast.NodeType) string {
	switch t {
	case ast.MappingType, ast.MappingValueType:
		return "a section"
	case ast.SequenceType:
		return "a list"
	case ast.TagType, ast.AliasType, ast.AnchorType:
		return "a " + strings.ToLower(t.String())
	}
	return "a plain value"
}

// kindOf says a Go type in a person's words.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "a section"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// point sets line and column from the token that is at fault.
func (e *Error) point(t *token.Token) {
	if t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
}

// show sets the excerpt: of the text as it is, for the YAML library's has
// nulls that nobody wrote.
func (e *Error) show(text []byte) {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if e.Line < 1 || e.Line > len(lines) {
		return
	}
	const around = 3
	var b strings.Builder
	for i := max(1, e.Line-around); i <= min(len(lines), e.Line+around); i++ {
		mark := " "
		if i == e.Line {
			mark = ">"
		}
		fmt.Fprintf(&b, "%s%3d | %s\n", mark, i, strings.TrimRight(lines[i-1], "\r"))
		if i == e.Line {
			fmt.Fprintf(&b, "%*s\n", len("> 12 | ")+e.Column, "^")
		}
	}
	e.Excerpt = b.String()
}

// origin remembers where an experiment's values were written.
type origin struct {
	file string
	text []byte
	doc  *ast.File
	// flags holds the flag that set a YAML path.
	flags map[string]string
}

// mistake makes an Error at the first of these paths that was written. A path
// whose index was not written stands for the whole list.
func (o *origin) mistake(message, advice string, paths ...string) *Error {
	e := &Error{Message: message, Advice: advice, Key: paths[0]}
	for _, path := range paths {
		for p := path; p != ""; p = parent(p) {
			if o.locate(e, p) {
				e.advise(p)
				return e
			}
			if !strings.HasSuffix(p, "]") {
				break
			}
		}
	}
	e.advise(paths[0])
	return e
}

// advise fills in what to do where nothing better is known.
func (e *Error) advise(path string) {
	if e.Advice == "" {
		e.Advice = writtenLike(e.Flag, path)
	}
}

func (o *origin) locate(e *Error, path string) bool {
	if o == nil {
		return false
	}
	if flag, ok := o.flags[path]; ok {
		e.Flag, e.Key = flag, ""
		return true
	}
	if o.doc == nil {
		return false
	}
	p, err := yaml.PathString("$." + path)
	if err != nil {
		return false
	}
	node, err := p.FilterFile(o.doc)
	if err != nil || node == nil {
		return false
	}
	e.File, e.Key = o.file, path
	e.point(start(node))
	e.show(o.text)
	return true
}

// start of a node; a block's own token is the colon after its first key.
func start(n ast.Node) *token.Token {
	if block, ok := n.(*ast.MappingNode); ok && !block.IsFlowStyle && len(block.Values) > 0 {
		return block.Values[0].Key.GetToken()
	}
	return n.GetToken()
}

// parent of a.b[2] is a.b, of a.b is a.
func parent(path string) string {
	i := strings.LastIndexAny(path, ".[")
	return path[:max(i, 0)]
}

// clone is for an overlay that must not reach the original.
func (o *origin) clone() *origin {
	c := origin{flags: map[string]string{}}
	if o != nil {
		c.file, c.text, c.doc = o.file, o.text, o.doc
		for path, flag := range o.flags {
			c.flags[path] = flag
		}
	}
	return &c
}

func sortErrors(es Errors) {
	slices.SortStableFunc(es, func(a, b *Error) int { return a.Line - b.Line })
}
