// Package strictyaml reads the YAML that people write: experiments, profile
// files and gate rules. It is strict and tells everything at once: each mistake
// of a file with its line and column, the source, what was got and wanted, and
// what to do, at most MostMistakes of them.
//
// It reads less than YAML is. A document is sections, lists and plain values;
// anchors, aliases, tags, explicit keys and directives are refused, for what
// they would save a person they cost in surprise. Length, nesting and the
// number of values are bounded before anything is parsed: whoever hands in a
// file cannot exhaust time or memory with it.
//
// A reader asks a Value for what it wants, by Section, List or Text. What does
// not fit is noted in the File and the reader goes on; File.Err has it all.
package strictyaml

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MostBytes bounds a file: a person writes these, in some kilobytes.
const MostBytes = 256 << 10

// File is one document that was read, with the mistakes found so far.
type File struct {
	name  string
	lines []string
	// advice is given where nothing nearer is known.
	advice   string
	root     Value
	index    map[string]Value
	mistakes Errors
}

// Read returns the content of a regular file of at most MostBytes. A pipe or a
// device could keep its reader for ever. The error is of type *Error.
func Read(path, advice string) ([]byte, error) {
	data, err := read(os.OpenFile, path)
	if err == nil {
		return data, nil
	}
	return nil, unread(path, advice, err)
}

// ReadWithin is Read of a file that has to lie in a folder, for paths that whoever
// made the folder chose: neither its name nor a symbolic link may lead out of it, so
// that a message about it never quotes another file.
func ReadWithin(folder, path, advice string) ([]byte, error) {
	name, err := filepath.Rel(folder, path)
	if err != nil || !filepath.IsLocal(name) {
		return nil, unread(path, advice, fmt.Errorf("it lies outside of %s, want a file within", folder))
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, unread(path, advice, err)
	}
	defer root.Close() //nolint:errcheck // nothing was written
	data, err := read(root.OpenFile, name)
	if err != nil {
		return nil, unread(path, advice, err)
	}
	return data, nil
}

func unread(path, advice string, err error) error {
	why := err
	var p *fs.PathError
	if errors.As(err, &p) {
		why = p.Err // without the path, which stands there already
	}
	return &Error{File: path, Message: "cannot be read: " + why.Error(), Advice: advice, Cause: err}
}

func read(open func(string, int, os.FileMode) (*os.File, error), path string) ([]byte, error) {
	// Without O_NONBLOCK a pipe would keep the one who opens it.
	f, err := open(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a directory, want a file")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is a pipe or a device, want a regular file")
	}
	data, err := io.ReadAll(io.LimitReader(f, MostBytes+1))
	if err == nil && len(data) > MostBytes {
		err = tooLong()
	}
	return data, err
}

func tooLong() error {
	return fmt.Errorf("it is longer than %d KiB, which no person writes", MostBytes>>10)
}

// Parse reads a document. name stands in mistakes; advice is what to do where
// nothing nearer is known. The error is of type Errors: what is no YAML is told
// by its first mistake.
func Parse(name string, data []byte, advice string) (*File, error) {
	f := &File{name: name, advice: advice}
	if len(data) > MostBytes {
		return nil, Errors{&Error{File: name, Message: tooLong().Error(), Advice: advice}}
	}
	text, err := f.text(data)
	if err == nil {
		err = f.bounded(text)
	}
	if err == nil {
		err = f.parse(text)
	}
	if err != nil {
		return nil, Errors{err}
	}
	return f, nil
}

// parse turns the text into a tree. goccy/go-yaml panics on some malformed
// files, and such a file is a mistake like any other.
func (f *File) parse(text string) (err *Error) {
	defer func() {
		if r := recover(); r != nil {
			err = f.mistake(place{}, "", f.advice, fmt.Sprintf("the YAML cannot be read: %v", r))
		}
	}()
	tokens := lexer.Tokenize(text)
	if err := f.plain(tokens); err != nil {
		return err
	}
	// Keys that are written twice are told by Section, all of them.
	tree, bad := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if bad != nil {
		return f.syntax(bad)
	}
	f.root = Value{file: f}
	for _, d := range tree.Docs {
		if d.Body != nil {
			f.root.node = d.Body
		}
	}
	return nil
}

// syntax says where YAML itself is broken.
func (f *File) syntax(err error) *Error {
	var theirs yaml.Error
	if errors.As(err, &theirs) {
		return f.mistake(at(theirs.GetToken()), "", f.advice, theirs.GetMessage())
	}
	return f.mistake(place{}, "", f.advice, err.Error())
}

// Root is the document itself. It is Empty where the file says nothing.
func (f *File) Root() Value { return f.root }

// Find returns what stands at a path such as workload.calm.rate[1].
func (f *File) Find(path string) (Value, bool) {
	if f.index == nil {
		f.index = map[string]Value{}
		f.root.walk(func(v Value) { f.index[v.path] = v })
	}
	v, found := f.index[path]
	return v, found
}

// Err holds all mistakes that were noted, in the order of the file; nil where
// there are none.
func (f *File) Err() error {
	if len(f.mistakes) == 0 {
		return nil
	}
	return f.mistakes.Told()
}

// Mistakes is Err before it is cut to what a person can read at once.
func (f *File) Mistakes() Errors { return f.mistakes }

// place in a file, from 1.
type place struct{ line, column int }

// at is where a token stands.
func at(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{}
	}
	return place{t.Position.Line, t.Position.Column}
}

// start of a node; a block's own token is the colon after its first key.
func start(n ast.Node) place {
	if block, ok := n.(*ast.MappingNode); ok && !block.IsFlowStyle && len(block.Values) > 0 {
		return at(block.Values[0].Key.GetToken())
	}
	return at(n.GetToken())
}

func (f *File) mistake(p place, key, advice, message string) *Error {
	if advice == "" {
		advice = f.advice
	}
	return &Error{
		File: f.name, Line: p.line, Column: p.column, Key: key, Message: message,
		Excerpt: excerpt(f.lines, p), Advice: advice,
	}
}

// text is the file in UTF-8 with plain ends of lines, cut into lines.
func (f *File) text(data []byte) (string, *Error) {
	text := strings.TrimPrefix(string(data), "\ufeff") // some editors' mark of UTF-8
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	f.lines = strings.Split(text, "\n")
	for i, line := range f.lines {
		if column, why := unreadable(line); why != "" {
			return "", f.mistake(place{i + 1, column}, "", f.advice, why)
		}
	}
	return text, nil
}
