package configs

import (
	"fmt"
	"reflect"
	"strings"
)

// everyKey is the advice where nothing nearer is known.
const everyKey = "`raftbench init` writes an example with every key there is"

// writtenLike shows how a value is written where one was wrong, by the default
// of the same key.
func writtenLike(flag, path string) string {
	value := defaultAt(path)
	if path == "network.sites" {
		value = "a=2,b=1" // by default members go round the sites
	}
	key := path[strings.LastIndex(path, ".")+1:]
	switch {
	case value == "":
		return everyKey
	case strings.HasPrefix(flag, "--set "):
		return "write it like --set " + quoted(strings.TrimPrefix(flag, "--set ")+"="+value)
	case flag != "":
		return fmt.Sprintf("write it like %s %s", flag, value)
	}
	return fmt.Sprintf("write it like `%s: %s`", strings.TrimRight(indices.ReplaceAllString(key, ""), " "), value)
}

// quoted is a word as a shell takes it: p99 < 20ms would read a file.
func quoted(word string) string {
	if strings.ContainsAny(word, " \t<>|&;()$`\\\"*?[]{}#~!") {
		return "'" + word + "'"
	}
	return word
}

// orWrittenLike is the advice, or where there is none how a value is written.
func orWrittenLike(advice, flag, path string) string {
	if advice != "" {
		return advice
	}
	return writtenLike(flag, path)
}

// defaultAt is the default of a key, of a list one value; empty where there is
// none.
func defaultAt(path string) string {
	d := Default()
	d.Trials = usualTrials // 0, the default, is no example of a number
	at, m := override{path: indices.ReplaceAllString(path, "")}.find(reflect.ValueOf(&d).Elem())
	if m != nil {
		return ""
	}
	if list, ok := at.Addr().Interface().(axis); ok && list.size() > 0 {
		// The second: of sizes, 3 says more than 1.
		return list.text(min(1, list.size()-1))
	}
	if target, ok := valuesOf(at); ok && target.one() {
		return fmt.Sprint(plain(at.Interface()))
	}
	return ""
}
