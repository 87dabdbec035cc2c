package history

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const head = `{"header":{"version":1,"seed":7,"nodes":3,"prefix":"k"}}` + "\n"

// story has every kind of operation and of outcome.
const story = head +
	`{"call":{"id":1,"client":1,"node":"n1","at_ns":10,"kind":"put","writes":[{"key":"k1","value":"a"}]}}
{"call":{"id":2,"client":2,"node":"n2","at_ns":11,"kind":"get","serializable":true,"reads":["k1"]}}
{"return":{"id":1,"at_ns":20,"outcome":"ok","succeeded":true,"revision":2}}
{"return":{"id":2,"at_ns":21,"outcome":"ok","revision":1,"read":[{"key":"k1"}]}}
{"call":{"id":3,"client":1,"at_ns":22,"kind":"cas","compares":[{"key":"k1","mod_revision":2}],"writes":[{"key":"k1","value":"b"}]}}
{"return":{"id":3,"at_ns":23,"outcome":"unknown","err":"deadline"}}
{"call":{"id":4,"client":2,"at_ns":24,"kind":"txn","reads":["k1","k2"],"writes":[{"key":"k2","value":"c"},{"key":"k1","delete":true}]}}
{"return":{"id":4,"at_ns":25,"outcome":"rejected","err":"not leader"}}
{"call":{"id":5,"client":1,"at_ns":26,"kind":"delete","writes":[{"key":"k1","delete":true}]}}
{"call":{"id":6,"client":3,"node":"n1","at_ns":27,"kind":"scan"}}
{"return":{"id":6,"at_ns":28,"outcome":"ok","revision":2,"read":[{"key":"k1","value":"a","mod_revision":2}]}}
`

func TestAHistoryIsReadAsItWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	read, err := Decode("story", strings.NewReader(story))
	if err != nil {
		t.Fatal(err)
	}
	if err := rewrite(path, read); err != nil {
		t.Fatal(err)
	}
	again, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(read, again); diff != "" {
		t.Errorf("(-first +again):\n%s", diff)
	}
	if read.Seed != 7 || len(read.Operations) != 6 || read.Unfinished != 1 || read.Torn {
		t.Errorf("got %+v", read)
	}
}

// rewrite writes a history as a client would have, operation by operation: the
// order of lines between operations is no part of it.
func rewrite(path string, h *History) error {
	w, err := Create(path, h.Header)
	if err != nil {
		return err
	}
	for _, o := range h.Operations {
		if err := w.Call(o.Call); err != nil {
			return err
		}
	}
	for _, o := range h.Operations {
		if o.Return == nil {
			continue
		}
		if err := w.Return(*o.Return); err != nil {
			return err
		}
	}
	return w.Close()
}

// Whatever a server may tell is read, and read as it was told: that it lies is for a
// judge to say.
func TestAnswersAreReadWhateverTheyAre(t *testing.T) {
	get := Call{ID: 1, Kind: Get, Reads: []string{"k1"}}
	for name, c := range map[string]struct {
		call Call
		ret  Return
	}{
		"no revision":            {get, Return{Read: []KV{{Key: "k1"}}}},
		"revision below 0":       {get, Return{Revision: -1, Read: []KV{{Key: "k1"}}}},
		"another key":            {get, Return{Revision: 3, Read: []KV{{Key: "k2", Value: "a", ModRevision: 2}}}},
		"another's key":          {get, Return{Revision: 3, Read: []KV{{Key: "\x00z", Value: "a", ModRevision: 2}}}},
		"no key":                 {get, Return{Revision: 3}},
		"two keys":               {get, Return{Revision: 3, Read: []KV{{Key: "k1"}, {Key: "k1"}}}},
		"a value of no revision": {get, Return{Revision: 3, Read: []KV{{Key: "k1", Value: "a"}}}},
		"a revision below 0":     {get, Return{Revision: 3, Read: []KV{{Key: "k1", ModRevision: -7}}}},
		"one value, no text":     {get, Return{Revision: 3, Read: []KV{{Key: "k1", Value: "\xff", ModRevision: 2}}}},
		"another, no text":       {get, Return{Revision: 3, Read: []KV{{Key: "k1", Value: "\xfe", ModRevision: 2}}}},
		"a replacement":          {get, Return{Revision: 3, Read: []KV{{Key: "k1", Value: "\ufffd", ModRevision: 2}}}},
		"a quotation":            {get, Return{Revision: 3, Read: []KV{{Key: "k1", Value: `"\xff"`, ModRevision: 2}}}},
		"a pair":                 {get, Return{Revision: 3, Read: []KV{{Key: "k1", Value: "\U0001f600 \\u", ModRevision: 2}}}},
		"a key of no text":       {get, Return{Revision: 3, Read: []KV{{Key: "k\xff", ModRevision: 2}}}},
		"a long value":           {get, Return{Revision: 3, Read: []KV{{Key: "k1", Value: strings.Repeat("\x01", 5<<20), ModRevision: 2}}}},
		"a put that failed":      {Call{ID: 1, Kind: Put, Writes: []Write{{Key: "k1", Value: "\xfe"}}}, Return{Revision: 3}},
		"a txn that failed":      {Call{ID: 1, Kind: Txn, Reads: []string{"k1", "k2"}}, Return{Revision: 3}},
		"a scan of one twice":    {Call{ID: 1, Kind: Scan}, Return{Revision: 3, Read: []KV{{Key: "k1", ModRevision: 2}, {Key: "k1", ModRevision: 2}}}},
		"a compare below 0":      {Call{ID: 1, Kind: Txn, Compares: []Compare{{Key: "k1", ModRevision: -7}}}, Return{Revision: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			c.ret.ID, c.ret.Outcome = c.call.ID, OK
			want := &History{Header: Header{Version: Version, Nodes: 3, Prefix: "k"}, Operations: []Operation{{Call: c.call, Return: &c.ret}}}
			path := filepath.Join(t.TempDir(), "h.jsonl")
			if err := rewrite(path, want); err != nil {
				t.Fatal(err)
			}
			got, err := Read(path)
			if err != nil {
				t.Fatalf("%.300v", err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-told +read):\n%.1000s", diff)
			}
		})
	}
}

// A client whose operation timed out goes on; a crash may leave it without an end.
func TestAClientGoesOnAfterAnUnknownOutcome(t *testing.T) {
	h, err := Decode("h", strings.NewReader(head+
		`{"call":{"id":1,"client":1,"at_ns":5,"kind":"put","writes":[{"key":"k1","value":"a"}]}}
{"return":{"id":1,"at_ns":6,"outcome":"unknown"}}
{"call":{"id":2,"client":1,"at_ns":7,"kind":"get","reads":["k1"]}}
`))
	if err != nil || len(h.Operations) != 2 || h.Unfinished != 1 {
		t.Errorf("got %+v, %v", h, err)
	}
}

func TestWhatOutcomesMean(t *testing.T) {
	h, err := Decode("story", strings.NewReader(story))
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		outcome            Outcome
		changed, mayChange bool
	}{{OK, true, false}, {OK, false, false}, {Unknown, false, true}, {Rejected, false, false}, {Unknown, false, true}, {OK, false, false}}
	for i, w := range want {
		if o := h.Operations[i]; o.Outcome() != w.outcome || o.Changed() != w.changed || o.MayChange() != w.mayChange {
			t.Errorf("operation %d: got %s, %t, %t; want %+v", o.ID, o.Outcome(), o.Changed(), o.MayChange(), w)
		}
	}
}

// However a crash cuts the file off, what is left is read: all whole lines.
func TestAHistoryCutOffAnywhere(t *testing.T) {
	for n := len(head); n <= len(story); n++ {
		h, err := Decode("cut", strings.NewReader(story[:n]))
		if err != nil {
			t.Fatalf("cut at byte %d: %v", n, err)
		}
		lines := strings.Count(story[:n], "\n") - 1
		tail := story[strings.LastIndex(story[:n], "\n")+1 : n]
		whole := strings.HasSuffix(tail, "}}") && strings.HasPrefix(story[n:], "\n")
		if h.Torn != (tail != "" && !whole) {
			t.Errorf("cut at byte %d, behind %q: torn is %t", n, tail, h.Torn)
		}
		if whole {
			lines++
		}
		returns := 0
		for _, o := range h.Operations {
			if o.Return != nil {
				returns++
			}
		}
		if len(h.Operations)+returns != lines || h.Unfinished != len(h.Operations)-returns {
			t.Errorf("cut at byte %d: %d calls and %d returns of %d lines, %d unfinished", n, len(h.Operations), returns, lines, h.Unfinished)
		}
	}
}

func TestBadHistoriesAreNamed(t *testing.T) {
	call := func(rest string) string { return head + `{"call":{"id":1,"client":1,"at_ns":5,` + rest + "}}\n" }
	put := call(`"kind":"put","writes":[{"key":"k1","value":"a"}]`)
	ret := func(rest string) string { return `{"return":{"id":1,"at_ns":9,` + rest + "}}\n" }
	cases := map[string]struct{ text, want, hint string }{
		"nothing":             {"", "h.jsonl: is empty, want a header in the first line", "name a history"},
		"no header":           {put[len(head):], "h.jsonl:1: got no header, want it in the first line", "name a history"},
		"torn header":         {head[:20], "h.jsonl:1: got what is no line of a history", ""},
		"another version":     {strings.Replace(put, `"version":1`, `"version":2,"new":[]`, 1), "h.jsonl:1: got a history of version 2, want version 1", "with the raftbench that wrote it"},
		"no version":          {`{"header":{"nodes":3}}` + "\n", "h.jsonl:1: a header without a version, want version 1", "raftbench that wrote it"},
		"no nodes":            {`{"header":{"version":1}}` + "\n", "got a cluster of 0 nodes", ""},
		"two headers":         {head + head, "h.jsonl:2: a second header", ""},
		"damaged in between":  {head + "{\"call\":\n" + put[len(head):], "h.jsonl:2: got what is no line of a history, want a call or a return as JSON: unexpected EOF", "changed or damaged"},
		"compressed":          {"\x1f\x8b\x08\x00", "h.jsonl:1: it is compressed", "gunzip it first"},
		"an empty line":       {head + "\n", "h.jsonl:2: got what is no line", ""},
		"no object":           {head + "7\n", "h.jsonl:2: got what is no line", ""},
		"neither":             {head + "{}\n", "an object of 0 parts, want a header, a call or a return", ""},
		"two on a line":       {head + `{} {}` + "\n", "something follows the object", ""},
		"an unknown field":    {call(`"kind":"scan","more":1`), `unknown field "more"`, ""},
		"id twice":            {put + put[len(head):], "h.jsonl:3: call 1 comes twice, want an id of its own for each", "mend what writes the history"},
		"return without call": {head + ret(`"outcome":"unknown"`), "h.jsonl:2: return 1 has no call, want a call of that id before it", ""},
		"return twice":        {put + ret(`"outcome":"unknown"`) + ret(`"outcome":"unknown"`), "h.jsonl:4: return 1 comes twice", ""},
		"return before call":  {put + `{"return":{"id":1,"at_ns":4,"outcome":"unknown"}}` + "\n", "return 1: got 4 ns, want no earlier than its call at 5 ns: the clock goes back", ""},
		"client goes back": {put + ret(`"outcome":"unknown"`) + `{"call":{"id":2,"client":1,"at_ns":8,"kind":"scan"}}` + "\n",
			"call 2: got 8 ns, want no earlier than the client's last instant, 9 ns", ""},
		"before the clock":    {strings.Replace(put, `"at_ns":5`, `"at_ns":-5`, 1), "got -5 ns, want no earlier", ""},
		"kind":                {call(`"kind":"watch"`), `got the kind "watch", want put, get, cas, delete, txn or scan`, ""},
		"put of two":          {call(`"kind":"put","writes":[{"key":"k1","value":"a"},{"key":"k2","value":"b"}]`), "a put of 0 compares, 2 writes and 0 reads, want one written value", ""},
		"get of nothing":      {call(`"kind":"get"`), "a get of 0 compares, 0 writes and 0 reads, want one key", ""},
		"cas of nothing":      {call(`"kind":"cas","writes":[{"key":"k1","value":"a"}]`), "want one compare and one written value", ""},
		"delete of a value":   {call(`"kind":"delete","writes":[{"key":"k1","value":"a"}]`), "want one deletion", ""},
		"txn of nothing":      {call(`"kind":"txn"`), "want a compare, a write or a read", ""},
		"txn of deletions":    {call(`"kind":"txn","writes":[{"key":"k1","delete":true}]`), "among writes at least one value", ""},
		"scan of something":   {call(`"kind":"scan","reads":["k1"]`), "want no compares, writes or reads", ""},
		"serializable write":  {call(`"kind":"put","serializable":true,"writes":[{"key":"k1","value":"a"}]`), "a serializable put, want only reads to be so", ""},
		"many parts":          {call(`"kind":"txn","reads":["k1"` + strings.Repeat(`,"k1"`, MaxParts) + `]`), "and 129 reads, want at most 128 of each", "shorter"},
		"another's key":       {call(`"kind":"get","reads":["other"]`), `got the key "other", want one under the prefix "k"`, ""},
		"a key of no text":    {call(`"kind":"get","reads":["k\u001b"]`), `the key "k\x1b" has a character that is not printable`, ""},
		"a long key":          {call(`"kind":"get","reads":["k` + strings.Repeat("x", longestName) + `"]`), "a key of 1025 bytes, want at most 1024", ""},
		"a node of no text":   {call(`"kind":"scan","node":"n\n"`), `the node "n\n" has a character`, ""},
		"one key twice":       {call(`"kind":"txn","writes":[{"key":"k1","value":"a"},{"key":"k1","delete":true}]`), `key "k1" is written twice by one operation`, ""},
		"one value twice":     {put + `{"call":{"id":2,"client":2,"at_ns":6,"kind":"put","writes":[{"key":"k2","value":"a"}]}}` + "\n", `h.jsonl:3: call 2: the value "a" is written twice, want each value once`, "mend what writes the history"},
		"no value":            {call(`"kind":"put","writes":[{"key":"k1"}]`), "an empty value is written", ""},
		"deletion of a value": {call(`"kind":"delete","writes":[{"key":"k1","value":"a","delete":true}]`), `a deletion with the value "a"`, ""},
		"outcome":             {put + ret(`"outcome":"fine"`), `got the outcome "fine", want ok, rejected or unknown`, ""},
		"two at a time": {put + `{"call":{"id":2,"client":1,"at_ns":6,"kind":"scan"}}` + "\n" + ret(`"outcome":"unknown"`),
			"h.jsonl: client 1 made call 2 at 6 ns and returned from call 1 at 9 ns, want one operation of a client at a time", "a number of its own"},
		"one without an end": {put + `{"call":{"id":2,"client":1,"at_ns":6,"kind":"scan"}}` + "\n",
			"h.jsonl: client 1 made call 2 and never returned from call 1, want one", "record how each"},
		"a field twice":            {put + ret(`"outcome":"ok","succeeded":true,"revision":1,"revision":3`), `h.jsonl:3: the field "revision" comes twice in one object`, ""},
		"another field's name":     {put + ret(`"outcome":"ok","succeeded":true,"REVISION":3`), `got the field "REVISION", want its name in small letters`, "mend what writes the history"},
		"a field by escapes":       {put + ret(`"outcome":"ok","\u0072evision":3`), `want its name in small letters`, ""},
		"a call twice":             {head + `{"call":{"id":1,"client":1,"at_ns":5,"kind":"scan"},"call":{"id":2,"client":2,"at_ns":5,"kind":"scan"}}` + "\n", `the field "call" comes twice`, ""},
		"no UTF-8":                 {call(`"kind":"put","writes":[{"key":"k1","value":"a` + "\xff" + `"}]`), "the line is not UTF-8, want text", ""},
		"half a pair":              {call(`"kind":"put","writes":[{"key":"k1","value":"\ud800"}]`), `got half of a UTF-16 pair, \ud800, want text`, ""},
		"the other half":           {call(`"kind":"put","writes":[{"key":"k1","value":"x\udc00"}]`), `got half of a UTF-16 pair, \udc00`, ""},
		"two first halves":         {call(`"kind":"put","writes":[{"key":"k1","value":"\ud83d\ud83d"}]`), `got half of a UTF-16 pair, \ud83d`, ""},
		"half a quotation":         {call(`"kind":"put","writes":[{"key":"k1","value":"\"x"}]`), `want one that begins with a quotation mark to be quoted as in Go`, ""},
		"a key of no text, quoted": {call(`"kind":"get","reads":["\"k\\xff\""]`), `the key "k\xff" is not UTF-8, want text`, ""},
		"garbage follows":          {head + `{"call":{"id":1,"client":1,"at_ns":5,"kind":"scan"}} "x` + "\n", "something follows the object", ""},
		"answer of unknown":        {put + ret(`"outcome":"unknown","revision":3`), "an answer to an operation whose outcome is unknown, want none", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Decode("h.jsonl", strings.NewReader(c.text))
			var located *Error
			if !errors.As(err, &located) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v\nwant %s", err, c.want)
			}
			if located.Do == "" || !strings.Contains(located.Hint(), c.hint) {
				t.Errorf("hint %q, want %q", located.Hint(), c.hint)
			}
		})
	}
}

// endless gives a line, then the same bytes for ever.
type endless struct {
	first *strings.Reader
	more  []byte
	given int
}

func (e *endless) Read(into []byte) (int, error) {
	if e.first.Len() > 0 {
		return e.first.Read(into)
	}
	for n := 0; n < len(into); {
		c := copy(into[n:], e.more)
		n += c
	}
	e.given += len(into)
	return len(into), nil
}

// Nothing is parsed, and little is kept, of what is too big.
func TestSizesAreBounded(t *testing.T) {
	long := &endless{first: strings.NewReader(head), more: []byte("x")}
	if _, err := Decode("long", long); err == nil || !strings.Contains(err.Error(), "a line of over 33554432 bytes") {
		t.Errorf("got %v", err)
	}
	if long.given > MaxLine+1<<20 {
		t.Errorf("%d bytes were read of a line that may have %d", long.given, MaxLine)
	}
	var scans bytes.Buffer
	scans.WriteString(head)
	for i := range MaxScans + 1 {
		fmt.Fprintf(&scans, `{"call":{"id":%d,"client":%d,"at_ns":1,"kind":"scan"}}`+"\n", i, i)
	}
	if _, err := Decode("scans", &scans); err == nil || !strings.Contains(err.Error(), "over 256 scans") {
		t.Errorf("got %v", err)
	}
	var keys bytes.Buffer
	keys.WriteString(head)
	for i := range MaxKeys + 1 {
		fmt.Fprintf(&keys, `{"call":{"id":%d,"client":%d,"at_ns":1,"kind":"get","reads":["k%d"]}}`+"\n", i, i, i)
	}
	if _, err := Decode("keys", &keys); err == nil || !strings.Contains(err.Error(), "over 10000 keys") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	for _, path := range []string{t.TempDir(), "/dev/zero", filepath.Join(t.TempDir(), "none")} {
		var located *Error
		if _, err := Read(path); !errors.As(err, &located) || !strings.Contains(err.Error(), path+": cannot be read") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAWriterOverwritesNothingAndSaysWhatFailed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	w, err := Create(path, Header{Nodes: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(path, Header{Nodes: 3}); err == nil || !errors.Is(err, os.ErrExist) {
		t.Errorf("a second writer got %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Call(Call{ID: 1, Kind: Scan}); !errors.Is(err, errClosed) {
		t.Errorf("after closing got %v", err)
	}
	h, err := Read(path)
	if err != nil || len(h.Operations) != 0 || h.Version != Version {
		t.Errorf("got %+v, %v", h, err)
	}
}

func TestManyClientsWriteWholeLines(t *testing.T) {
	const clients, each = 8, 200
	path := filepath.Join(t.TempDir(), "h.jsonl")
	w, err := Create(path, Header{Nodes: 3})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range each {
				id := int64(c*each + i)
				call := Call{ID: id, Client: c, AtNS: int64(i), Kind: Put, Writes: []Write{{Key: "k", Value: fmt.Sprint(id)}}}
				ret := Return{ID: id, AtNS: int64(i), Outcome: OK, Succeeded: true, Revision: id + 1}
				if err := errors.Join(w.Call(call), w.Return(ret)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := Read(path)
	if err != nil || len(h.Operations) != clients*each || h.Unfinished != 0 {
		t.Errorf("%v", err)
	}
}

// What is read can be written and is read alike.
func FuzzRead(f *testing.F) {
	f.Add([]byte(story))
	f.Add([]byte(story[:len(story)-7]))
	f.Add([]byte(head))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := Decode("fuzz", bytes.NewReader(text))
		if err != nil {
			var located *Error
			if !errors.As(err, &located) || located.Do == "" {
				t.Errorf("an error without a hint: %v", err)
			}
			return
		}
		path := filepath.Join(t.TempDir(), "h.jsonl")
		if err := rewrite(path, h); err != nil {
			t.Fatal(err)
		}
		again, err := Read(path)
		if err != nil {
			t.Fatalf("%v\nafter writing what was read of\n%s", err, text)
		}
		h.Torn = false
		if diff := cmp.Diff(h, again, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-first +again):\n%s", diff)
		}
	})
}
