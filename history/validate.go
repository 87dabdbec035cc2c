package history

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// call takes a call over, if it is one that a client can have sent.
func (d *decoder) call(c Call) error {
	operations := &d.history.Operations
	if _, twice := d.places[c.ID]; twice {
		return fmt.Errorf("call %d comes twice, want an id of its own for each", c.ID)
	}
	if len(*operations) == MaxOperations {
		return &Error{What: fmt.Sprintf("over %d operations, want at most that", MaxOperations), Do: sizeHint}
	}
	if last := d.clients[c.Client]; c.AtNS < last {
		return fmt.Errorf("call %d: got %d ns, want no earlier than the client's last instant, %d ns: its clock goes back", c.ID, c.AtNS, last)
	}
	if err := d.shape(&c); err != nil {
		return fmt.Errorf("call %d: %w", c.ID, err)
	}
	d.clients[c.Client] = c.AtNS
	d.places[c.ID] = len(*operations)
	*operations = append(*operations, Operation{Call: c})
	return nil
}

// oneAtATime refuses a client that called before it had returned. One that gave an
// operation up has returned from it, with an unknown outcome.
func (d *decoder) oneAtATime() error {
	last := make(map[int]*Operation, len(d.clients))
	for i := range d.history.Operations {
		o := &d.history.Operations[i]
		switch before := last[o.Client]; {
		case before == nil:
		case before.Return == nil:
			return fmt.Errorf("client %d made call %d and never returned from call %d, want one operation of a client at a time", o.Client, o.ID, before.ID)
		case before.Return.AtNS > o.AtNS:
			return fmt.Errorf("client %d made call %d at %d ns and returned from call %d at %d ns, want one operation of a client at a time",
				o.Client, o.ID, o.AtNS, before.ID, before.Return.AtNS)
		}
		last[o.Client] = o
	}
	return nil
}

// shape of a call, by its kind.
func (d *decoder) shape(c *Call) error {
	compares, writes, reads := len(c.Compares), len(c.Writes), len(c.Reads)
	if max(compares, writes, reads) > MaxParts {
		return &Error{What: fmt.Sprintf("%d compares, %d writes and %d reads, want at most %d of each", compares, writes, reads, MaxParts), Do: sizeHint}
	}
	puts := 0
	for _, w := range c.Writes {
		if !w.Delete {
			puts++
		}
	}
	var ok bool
	var want string
	switch c.Kind {
	case Put:
		ok, want = compares == 0 && writes == 1 && puts == 1 && reads == 0, "one written value and nothing else"
	case Get:
		ok, want = compares == 0 && writes == 0 && reads == 1, "one key that is read and nothing else"
	case CAS:
		ok, want = compares == 1 && writes == 1 && puts == 1 && reads == 0, "one compare and one written value"
	case Delete:
		ok, want = compares == 0 && writes == 1 && puts == 0 && reads == 0, "one deletion and nothing else"
	case Txn:
		ok, want = compares+writes+reads > 0 && (writes == 0 || puts > 0), "a compare, a write or a read, and among writes at least one value"
	case Scan:
		if d.scans++; d.scans > MaxScans {
			return &Error{What: fmt.Sprintf("over %d scans, want at most that", MaxScans), Do: sizeHint}
		}
		ok, want = compares+writes+reads == 0, "no compares, writes or reads"
	default:
		return fmt.Errorf("got the kind %.40q, want put, get, cas, delete, txn or scan", c.Kind)
	}
	if !ok {
		return fmt.Errorf("a %s of %d compares, %d writes and %d reads, want %s", c.Kind, compares, writes, reads, want)
	}
	if c.Serializable && c.Kind != Get && c.Kind != Scan && (c.Kind != Txn || writes > 0) {
		return fmt.Errorf("a serializable %s, want only reads to be so", c.Kind)
	}
	if c.AtNS < 0 {
		return fmt.Errorf("got %d ns, want an instant from 0", c.AtNS)
	}
	return d.content(c)
}

// content of a call: its names, of which one copy is kept, and its values.
func (d *decoder) content(c *Call) (err error) {
	if c.Node, err = d.name("node", c.Node); err != nil {
		return err
	}
	for i := range c.Compares {
		if c.Compares[i].Key, err = d.key(c.Compares[i].Key); err != nil {
			return err
		}
	}
	for i := range c.Reads {
		if c.Reads[i], err = d.key(c.Reads[i]); err != nil {
			return err
		}
	}
	for i := range c.Writes {
		w := &c.Writes[i]
		if w.Key, err = d.key(w.Key); err != nil {
			return err
		}
		for _, other := range c.Writes[:i] {
			if other.Key == w.Key {
				return fmt.Errorf("key %q is written twice by one operation, want once", w.Key)
			}
		}
		if err := d.value(w); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) value(w *Write) (err error) {
	if w.Value, err = unquoted(w.Value); err != nil {
		return err
	}
	switch _, twice := d.written[w.Value]; {
	case w.Delete && w.Value != "":
		return fmt.Errorf("a deletion with the value %.40q, want none", w.Value)
	case w.Delete:
		return nil
	case w.Value == "":
		return errors.New("an empty value is written, want one that no other write has")
	case twice:
		return fmt.Errorf("the value %.40q is written twice, want each value once: a read of it would not name its write", w.Value)
	}
	d.written[w.Value] = w.Value
	return nil
}

// ret takes a return over, if it answers an open call.
func (d *decoder) ret(r Return) error {
	place, found := d.places[r.ID]
	if !found {
		return fmt.Errorf("return %d has no call, want a call of that id before it", r.ID)
	}
	o := &d.history.Operations[place]
	switch {
	case o.Return != nil:
		return fmt.Errorf("return %d comes twice, want one for each call", r.ID)
	case r.AtNS < o.AtNS:
		return fmt.Errorf("return %d: got %d ns, want no earlier than its call at %d ns: the clock goes back", r.ID, r.AtNS, o.AtNS)
	}
	if err := d.answer(&r); err != nil {
		return fmt.Errorf("return %d: %w", r.ID, err)
	}
	d.clients[o.Client] = max(d.clients[o.Client], r.AtNS)
	o.Return = &r
	return nil
}

// answer that a client can have been given. What a server tells is for a judge to
// believe or not, its form, too: only what is certainly no server's is refused.
func (d *decoder) answer(r *Return) error {
	switch r.Outcome {
	case OK:
	case Rejected, Unknown:
		if r.Succeeded || r.Revision != 0 || len(r.Read) > 0 {
			return fmt.Errorf("an answer to an operation whose outcome is %s, want none", r.Outcome)
		}
		return nil
	default:
		return fmt.Errorf("got the outcome %.40q, want ok, rejected or unknown", r.Outcome)
	}
	if d.told += len(r.Read); d.told > MaxRead {
		return &Error{What: fmt.Sprintf("over %d keys in answers, want at most that", MaxRead), Do: sizeHint}
	}
	for i := range r.Read {
		if err := d.kv(&r.Read[i]); err != nil {
			return err
		}
	}
	return nil
}

// kv that was read, of which the copies are kept that are there.
func (d *decoder) kv(kv *KV) (err error) {
	if kv.Key, err = unquoted(kv.Key); err != nil {
		return err
	}
	if kv.Value, err = unquoted(kv.Value); err != nil {
		return err
	}
	if written, ok := d.written[kv.Value]; ok {
		kv.Value = written
	}
	if kept, ok := d.names[kv.Key]; ok {
		kv.Key = kept
	}
	return nil
}

// key of a call.
func (d *decoder) key(key string) (string, error) {
	key, err := unquoted(key)
	if err != nil {
		return "", err
	}
	if key == "" || !strings.HasPrefix(key, d.history.Prefix) {
		return "", fmt.Errorf("got the key %.80q, want one under the prefix %q", key, d.history.Prefix)
	}
	if !d.keys[key] {
		if len(d.keys) == MaxKeys {
			return "", &Error{What: fmt.Sprintf("over %d keys, want at most that", MaxKeys), Do: sizeHint}
		}
		d.keys[key] = true
	}
	return d.name("key", key)
}

// name returns the one copy of a name that is kept.
func (d *decoder) name(what, name string) (string, error) {
	if kept, ok := d.names[name]; ok {
		return kept, nil
	}
	if err := readable(what, name); err != nil {
		return "", err
	}
	d.names[name] = name
	return name, nil
}

// longestName in bytes: names are shown to people.
const longestName = 1024

// readable refuses what would harm a terminal.
func readable(what, name string) error {
	if len(name) > longestName {
		return fmt.Errorf("a %s of %d bytes, want at most %d", what, len(name), longestName)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("the %s %.80q is not UTF-8, want text", what, name)
	}
	if i := strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		return fmt.Errorf("the %s %.80q has a character that is not printable, want text", what, name)
	}
	return nil
}
