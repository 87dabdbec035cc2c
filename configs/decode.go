package configs

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/units"
)

// decode lays what is written over the experiment. Mistakes are noted in the
// file.
func (e *Experiment) decode(root strictyaml.Value) {
	if root.Empty() || isProfile(root) {
		return
	}
	decodeSection(root, reflect.ValueOf(e).Elem())
}

// isProfile tells a profile file, which looks like an experiment full of
// unknown keys.
func isProfile(root strictyaml.Value) bool {
	for _, key := range []string{"rtt", "sites"} {
		if v, given := root.Get(key); given {
			file := v.File()
			v.WrongKey(fmt.Sprintf("a profile is used with --profile %s, or as network: {profile: %[1]s} in an experiment; `raftbench profiles %[1]s` checks and prints it", file),
				"this is a key of a profile file, and an experiment is wanted")
			return true
		}
	}
	return false
}

func decodeSection(v strictyaml.Value, into reflect.Value) {
	known := keysOf(into.Type())
	entries, _ := v.Entries("a section")
	for _, e := range entries {
		f, found := field(into, e.Key())
		if !found {
			what, advice := noKey(e.Path())
			e.Unknown(advice, what, known...)
			continue
		}
		decodeValue(e, f)
	}
}

// noKey says what an unknown key is, beyond being unknown, and what may be
// meant by it.
func noKey(path string) (what, advice string) {
	path = indices.ReplaceAllString(path, "")
	key := lastKey(path)
	switch section := parent(path); {
	case section == "network.links" && slices.Contains([]string{"reorder", "duplicate", "corrupt"}, key):
		// message_faults has keys of the same names: here they are a link's.
		refusal := netem.Unsupported(key)
		return refusal.Error(), refusal.Hint()
	case path == "network.message_faults.corrupt":
		return "messages are not corrupted: TCP's checksum discards what the network harms, and it comes later or never",
			"message_faults has drop, duplicate, reorder, delay and max_delay"
	}
	return "", suggest(path)
}

// values is a List, or a plain value, whatever its type.
type values interface {
	// set reads texts in place of what was there.
	set(texts []string) error
	// one tells that it is a single value, not a List.
	one() bool
	want() string
}

func decodeValue(v strictyaml.Value, into reflect.Value) {
	if rates, ok := into.Addr().Interface().(*[]Rate); ok {
		decodeRates(v, rates)
		return
	}
	if groups, ok := into.Addr().Interface().(*Groups); ok {
		decodeGroups(v, groups)
		return
	}
	if sites, ok := into.Addr().Interface().(*Placements); ok {
		decodeSites(v, sites)
		return
	}
	if names, ok := into.Addr().Interface().(*Words); ok && v.IsList() {
		if all, _ := v.List(""); len(all) == 0 {
			*names = Words{}
			return
		}
	}
	if target, ok := valuesOf(into); ok {
		decodeValues(v, target)
		return
	}
	if into.Kind() == reflect.Slice {
		decodeList(v, into)
		return
	}
	decodeSection(v, into)
}

// decodeList reads a list of sections: each starts empty.
func decodeList(v strictyaml.Value, into reflect.Value) {
	all, ok := v.List("a list of sections")
	if !ok {
		return
	}
	if len(all) > maxSections {
		v.Wrong("give each what several share in one of them", "got %d, want at most %d", len(all), maxSections)
		return
	}
	list := reflect.MakeSlice(into.Type(), len(all), len(all))
	for i, one := range all {
		decodeSection(one, list.Index(i))
	}
	into.Set(list)
}

// decodeValues reads a plain value, or a list of them where several may stand.
func decodeValues(v strictyaml.Value, into values) {
	all := []strictyaml.Value{v}
	if !into.one() && v.IsList() {
		all, _ = v.List("")
	}
	switch {
	case len(all) == 0:
		v.Wrong(writtenLike("", v.Path()), "got an empty list, want at least one value")
		return
	case len(all) > maxValues:
		v.Wrong("keep those that tell something", "got %d values, want at most %d", len(all), maxValues)
		return
	}
	texts := make([]string, len(all))
	fine := true
	for i, one := range all {
		text, ok := one.Text(into.want())
		if ok {
			// Alone, so that each is told.
			err := into.set([]string{text})
			if err != nil {
				one.Wrong(cmp.Or(advice(err), writtenLike("", one.Path())), "%v", err)
			}
			ok = err == nil
		}
		texts[i], fine = text, fine && ok
	}
	if fine {
		_ = into.set(texts) // each alone was taken
	}
}

// decodeRates reads a list that is no axis, and may be empty.
func decodeRates(v strictyaml.Value, into *[]Rate) {
	all, ok := v.List("a list of rates such as [100/s, 200/s]")
	switch {
	case ok && len(all) == 0:
		*into = []Rate{}
	case ok:
		decodeValues(v, (*List[Rate])(into))
	}
}

// decodeGroups reads a list of lists of members.
func decodeGroups(v strictyaml.Value, into *Groups) {
	const want = "groups of members such as [[n1, n2], [n3]]"
	groups, ok := v.List(want)
	if !ok {
		return
	}
	for _, group := range groups {
		members, ok := group.List(want)
		if !ok {
			return
		}
		var ids []string
		for _, m := range members {
			id, ok := m.Text(want)
			if !ok {
				return
			}
			ids = append(ids, id)
		}
		*into = append(*into, ids)
	}
}

// valuesOf is what holds plain values.
func valuesOf(into reflect.Value) (values, bool) {
	at := into.Addr().Interface()
	if list, ok := at.(values); ok {
		return list, true
	}
	switch at := at.(type) {
	case *string, *int, *bool, encoding.TextUnmarshaler:
		return &scalar{at}, true
	}
	return nil, false
}

// scalar is a plain value outside a List.
type scalar struct{ into any }

func (s *scalar) one() bool    { return true }
func (s *scalar) want() string { return kindOf(s.into) }

func (s *scalar) set(texts []string) error { return parseScalar(texts[0], s.into) }

func (l *List[T]) one() bool    { return false }
func (l *List[T]) want() string { return kindOf(new(T)) }

func (l *List[T]) set(texts []string) error {
	all := make(List[T], len(texts))
	for i, text := range texts {
		if err := parseScalar(text, &all[i]); err != nil {
			return err
		}
	}
	*l = all
	return nil
}

func parseScalar(text string, into any) error {
	var err error
	switch v := into.(type) {
	case encoding.TextUnmarshaler:
		return v.UnmarshalText([]byte(text))
	case *string:
		if strings.ContainsFunc(text, unicode.IsControl) {
			return wanted(text, "text without control characters")
		}
		*v = text
	case *bool:
		*v, err = strconv.ParseBool(text)
	case *int:
		*v, err = strconv.Atoi(text)
	case *float64:
		if *v, err = strconv.ParseFloat(text, 64); err == nil && !finite(*v) {
			err = strconv.ErrSyntax
		}
	default:
		panic(fmt.Sprintf("configs: no way to read a %T", into))
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return wanted(text, kindOf(into)+" that fits 64 bits")
	case err != nil:
		return wanted(text, kindOf(into))
	}
	return nil
}

// kindOf says in a person's words what is read into a pointer.
func kindOf(into any) string {
	switch into.(type) {
	case *int:
		return "a whole number"
	case *float64:
		return "a number"
	case *bool:
		return "true or false"
	case *string:
		return "text"
	case *Duration:
		return units.Duration.Want()
	case *Size:
		return units.Size.Want()
	case *Bitrate:
		return units.Bitrate.Want()
	case *Rate:
		return units.Rate.Want()
	case *Percent:
		return units.Share.Want()
	case *Precision:
		return precisionWant()
	}
	return "a plain value"
}
