package configs

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// suggest says which key an unknown one, given by its path, may be meant for:
// one of the same name elsewhere, or one of a name like it.
func suggest(unknown string) string {
	unknown = indices.ReplaceAllString(unknown, "")
	best, least := "", len(lastKey(unknown))/2+1
	section := parent(unknown)
	inSection := section != "" && isSection(section)
	for _, path := range nearestPaths(unknown) {
		// A slip of the pen is within the section; elsewhere stands only what has the very name.
		if inSection && !strings.HasPrefix(path, section+".") && lastKey(path) != lastKey(unknown) {
			continue
		}
		if d := edits(lastKey(unknown), lastKey(path)); d < least {
			best, least = path, d
		}
	}
	switch {
	case best == "":
		return everyKey
	case least == 0 && isSection(parent(unknown)):
		return fmt.Sprintf("it stands at %s", best)
	}
	return fmt.Sprintf("did you mean %s?", best)
}

// nearestPaths are all keys, those first whose whole path is like the unknown
// one's: two keys may have one name.
func nearestPaths(unknown string) []string {
	paths := keyPaths()
	far := make(map[string]int, len(paths))
	for _, p := range paths {
		far[p] = edits(unknown, p)
	}
	slices.SortStableFunc(paths, func(a, b string) int { return cmp.Compare(far[a], far[b]) })
	return paths
}

// longestKey that is held against others, in bytes.
const longestKey = 100

func edits(a, b string) int {
	if len(a) > longestKey {
		return len(a)
	}
	return levenshtein.ComputeDistance(strings.ToLower(a), b)
}

func lastKey(path string) string { return path[strings.LastIndex(path, ".")+1:] }

// isSection tells whether keys stand under a path; the empty one is the root.
func isSection(path string) bool {
	return path == "" || slices.ContainsFunc(keyPaths(), func(p string) bool { return strings.HasPrefix(p, path+".") })
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
	if t.Kind() == reflect.Slice && !isAxis(t) {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || isAxis(t) {
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

func isAxis(t reflect.Type) bool { return reflect.PointerTo(t).Implements(reflect.TypeFor[axis]()) }

// keysOf a section.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if key := yamlKey(t.Field(i)); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// field of a section by its key.
func field(section reflect.Value, key string) (reflect.Value, bool) {
	for i := range section.NumField() {
		if yamlKey(section.Type().Field(i)) == key {
			return section.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// yamlKey is the field's key, or empty where the field is not written.
func yamlKey(f reflect.StructField) string {
	if !f.IsExported() {
		return ""
	}
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

// SettableKeys are the keys that can be given as `--set KEY=VALUE`: those of plain
// values and of lists of them, outside of lists of sections.
func SettableKeys() []string {
	root := reflect.ValueOf(&Experiment{}).Elem()
	return slices.DeleteFunc(keyPaths(), func(path string) bool {
		at, m := override{path: path}.find(root)
		if m != nil {
			return true
		}
		_, plain := valuesAt(at)
		return !plain
	})
}

// WordsOf are the words that a key may have, where there are few; else nil.
func WordsOf(key string) []string { return slices.Clone(words[key]) }
