package configs

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/agnivade/levenshtein"
)

// suggest says where a key that is close to the unknown one stands.
func suggest(unknown string) string {
	best, distance := "", len(unknown)/2+1
	for _, path := range keyPaths() {
		key := path[strings.LastIndex(path, ".")+1:]
		if d := levenshtein.ComputeDistance(strings.ToLower(unknown), key); d < distance {
			best, distance = path, d
		}
	}
	switch {
	case best == "":
		return everyKey
	case distance == 0:
		return fmt.Sprintf("it stands at %s", best)
	}
	return fmt.Sprintf("did you mean %s?", best)
}

// keyPaths lists every key an experiment may have, as dotted paths.
func keyPaths() []string {
	var paths []string
	eachKey(reflect.TypeFor[Experiment](), "", func(path string) { paths = append(paths, path) })
	return paths
}

// eachKey calls f with the path of each key, sections before what is in them.
// A list of sections has no index: network.links.delay.
func eachKey(t reflect.Type, prefix string, f func(path string)) {
	isAxis := reflect.PointerTo(t).Implements(reflect.TypeFor[axis]())
	if t.Kind() == reflect.Slice && !isAxis {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || isAxis {
		return
	}
	for i := range t.NumField() {
		if key := yamlKey(t.Field(i)); key != "" {
			path := strings.TrimPrefix(prefix+"."+key, ".")
			f(path)
			eachKey(t.Field(i).Type, path, f)
		}
	}
}

// meant names the word that is close to the unknown one; otherwise it gives
// the advice for where there is none.
func meant(unknown string, words []string, otherwise string) string {
	return within(len(unknown)/2, unknown, words, otherwise)
}

// meantName is meant for names of one's own choice, which are seldom a slip of
// another: it wants a slip in four letters at most.
func meantName(unknown string, words []string, otherwise string) string {
	return within(max(1, len(unknown)/4), unknown, words, otherwise)
}

func within(slips int, unknown string, words []string, otherwise string) string {
	best, distance := "", slips+1
	for _, w := range words {
		if d := levenshtein.ComputeDistance(strings.ToLower(unknown), w); d < distance {
			best, distance = w, d
		}
	}
	if best == "" {
		return otherwise
	}
	return fmt.Sprintf("did you mean %s?", best)
}
