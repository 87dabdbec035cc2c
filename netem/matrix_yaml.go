package netem

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// document is the file's only one; nil where the file says nothing.
func (m *matrix) document(data []byte) (ast.Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors' mark of UTF-8
	if !utf8.Valid(data) {
		return nil, m.at(nil, formatHint, "got bytes that are no text, want a matrix in YAML")
	}
	m.lines = strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, m.syntax(err)
	}
	if len(file.Docs) > 1 {
		return nil, m.at(file.Docs[1].Start, startHint, "got a second document, want one")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, nil
	}
	root := file.Docs[0].Body
	ast.Walk(anchors(m.anchors), root)
	return root, nil
}

// anchors collects what aliases stand for.
type anchors map[string]ast.Node

// Visit is called for each node.
func (a anchors) Visit(n ast.Node) ast.Visitor {
	if anchor, ok := n.(*ast.AnchorNode); ok {
		a[anchor.Name.GetToken().Value] = anchor.Value
	}
	return a
}

// entry is a value, and the node that a person looks for when it is missing:
// its key.
type entry struct {
	key   string
	at    ast.Node
	value ast.Node
}

// plain is what an anchor or an alias stands for. Aliases of aliases end
// somewhere, or the file is no tree.
func (m *matrix) plain(n ast.Node) ast.Node {
	for range 8 {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			to, known := m.anchors[v.Value.GetToken().Value]
			if !known {
				return v
			}
			n = to
		default:
			return n
		}
	}
	return n
}

// section lists what a mapping holds; want says what it should be.
func (m *matrix) section(e entry, want string) ([]entry, bool) {
	n, ok := m.plain(e.value).(*ast.MappingNode)
	if !ok {
		m.unfit(e, want, formatHint)
		return nil, false
	}
	entries := make([]entry, len(n.Values))
	for i, v := range n.Values {
		entries[i] = entry{key: v.Key.GetToken().Value, at: v.Key, value: v.Value}
	}
	return entries, true
}

func (m *matrix) list(e entry, want string) []entry {
	n, ok := m.plain(e.value).(*ast.SequenceNode)
	if !ok {
		m.unfit(e, want, formatHint)
		return nil
	}
	entries := make([]entry, len(n.Values))
	for i, v := range n.Values {
		entries[i] = entry{at: v, value: v}
	}
	return entries
}

// text of a plain value.
func (m *matrix) text(e entry, want string) (string, bool) {
	switch n := m.plain(e.value).(type) {
	case *ast.NullNode, *ast.TagNode, *ast.AliasNode:
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	m.unfit(e, want, "")
	return "", false
}
