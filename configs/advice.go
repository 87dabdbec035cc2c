package configs

import (
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

// everyKey is the advice where nothing nearer is known.
const everyKey = "`raftbench init` writes an example with every key there is"

// writtenLike shows how a value is written where one was wrong, by the default
// of the same key.
func writtenLike(flag, path string) string {
	value := defaultAt(path)
	key := path[strings.LastIndex(path, ".")+1:]
	switch {
	case value == "":
		return everyKey
	case strings.HasPrefix(flag, "--set "):
		return fmt.Sprintf("write it like %s=%s", flag, value)
	case flag != "":
		return fmt.Sprintf("write it like %s %s", flag, value)
	}
	return fmt.Sprintf("write it like `%s: %s`", strings.TrimRight(indices.ReplaceAllString(key, ""), " "), value)
}

// defaultAt is the default of a key, of a list one value; empty where there is
// none.
func defaultAt(path string) string {
	p, err := yaml.PathString("$." + indices.ReplaceAllString(path, ""))
	if err != nil {
		return ""
	}
	var value any
	if err := p.Read(strings.NewReader(defaultText()), &value); err != nil {
		return ""
	}
	switch v := value.(type) {
	case nil, map[string]any:
		return ""
	case []any:
		if len(v) == 0 {
			return ""
		}
		// The second: of sizes, 3 says more than 1.
		return fmt.Sprint(v[min(1, len(v)-1)])
	}
	return fmt.Sprint(value)
}

// defaultText is Default as YAML.
var defaultText = sync.OnceValue(func() string {
	text, _ := yaml.Marshal(Default()) // a constant: it marshals or no test passes
	return string(text)
})
