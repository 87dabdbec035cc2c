package history

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON's strings are text, and encoding/json makes one replacement character of
// whatever is not: two values that differ would be read as one. So a key or a value
// that is not UTF-8 is written as Go quotes it ("\xff"), with its quotation marks,
// and so is what begins with one, so that nothing is read as what it is not.

// quoted is how the file has a key or a value.
func quoted(s string) string {
	if strings.HasPrefix(s, `"`) || !utf8.ValidString(s) {
		return strconv.Quote(s)
	}
	return s
}

// unquoted is what the file means by a key or a value.
func unquoted(s string) (string, error) {
	if !strings.HasPrefix(s, `"`) {
		return s, nil
	}
	out, err := strconv.Unquote(s)
	if err != nil {
		return "", fmt.Errorf("got the text %.80q, want one that begins with a quotation mark to be quoted as in Go", s)
	}
	return out, nil
}

// quoteCall and quoteReturn quote what has to be, in copies.
func quoteCall(c *Call) {
	c.Compares, c.Writes, c.Reads = slices.Clone(c.Compares), slices.Clone(c.Writes), slices.Clone(c.Reads)
	for i := range c.Compares {
		c.Compares[i].Key = quoted(c.Compares[i].Key)
	}
	for i := range c.Writes {
		c.Writes[i].Key, c.Writes[i].Value = quoted(c.Writes[i].Key), quoted(c.Writes[i].Value)
	}
	for i := range c.Reads {
		c.Reads[i] = quoted(c.Reads[i])
	}
}

func quoteReturn(r *Return) {
	r.Read = slices.Clone(r.Read)
	for i := range r.Read {
		r.Read[i].Key, r.Read[i].Value = quoted(r.Read[i].Key), quoted(r.Read[i].Value)
	}
}

// strict refuses what encoding/json lets pass, in a line that it has read: text
// that is not UTF-8, and halves of UTF-16 pairs, both of which it replaces; and a
// field that comes twice or in other letters than ours, of which it takes the last.
func strict(text []byte) error {
	if !utf8.Valid(text) {
		return errors.New("the line is not UTF-8, want text")
	}
	var fields [][]byte // of the objects that are open, each object's after an empty one
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			fields = append(fields, nil)
		case '}':
			for len(fields[len(fields)-1]) > 0 {
				fields = fields[:len(fields)-1]
			}
			fields = fields[:len(fields)-1]
		case '"':
			end := closing(text, i)
			inside := text[i+1 : end]
			i = end
			if !isField(text[end+1:]) {
				if err := paired(inside); err != nil {
					return err
				}
				continue
			}
			if err := once(fields, inside); err != nil {
				return err
			}
			fields = append(fields, inside)
		}
	}
	return nil
}

// closing is where the string that begins at i ends.
func closing(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// isField tells that a string was the name of a field, by what follows it.
func isField(rest []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(":"))
}

// once refuses a field that the innermost object has, or that is not written as ours
// are.
func once(fields [][]byte, name []byte) error {
	if len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		return fmt.Errorf("got the field %.40q, want its name in small letters", name)
	}
	for i := len(fields) - 1; len(fields[i]) > 0; i-- {
		if bytes.Equal(fields[i], name) {
			return fmt.Errorf("the field %q comes twice in one object, want each once", name)
		}
	}
	return nil
}

// paired refuses an escaped half of a UTF-16 pair without the other.
func paired(inside []byte) error {
	for i := bytes.IndexByte(inside, '\\'); i >= 0 && i < len(inside); i++ {
		if inside[i] != '\\' {
			continue
		}
		i++
		if inside[i] != 'u' {
			continue
		}
		high := unit(inside[i-1:])
		i += 4
		if high < 0xd800 || high > 0xdfff {
			continue
		}
		if low := unit(inside[i+1:]); high > 0xdbff || low < 0xdc00 || low > 0xdfff {
			return fmt.Errorf("got half of a UTF-16 pair, \\u%04x, want text", high)
		}
		i += 6
	}
	return nil
}

// unit is the escaped UTF-16 unit at the beginning, or 0.
func unit(text []byte) (n int64) {
	if len(text) >= 6 && text[0] == '\\' && text[1] == 'u' {
		n, _ = strconv.ParseInt(string(text[2:6]), 16, 32)
	}
	return n
}
