package configs

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
)

// longestName keeps `<cell>-<trial>.hlog` well within a file name's 255 bytes.
const longestName = 120

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// slug is text in the letters that a setup's name may have.
func slug(text string) string {
	plain := strings.ReplaceAll(strings.ToLower(text), "µ", "u")
	return strings.Trim(notInName.ReplaceAllString(plain, "-"), "-")
}

// name gives each setup its name: size, engine and profile, then key
// and value of every other axis. It follows from the experiment alone, so a
// resumed run finds its setups again.
func name(setups []Setup, all []combination) {
	taken := map[string]int{}
	for i := range setups {
		n := cellName(setups[i], all[i])
		if len(n) > longestName {
			h := fnv.New32a()
			h.Write([]byte(n))
			n = fmt.Sprintf("%s-%08x", strings.TrimRight(n[:longestName-9], "-"), h.Sum32())
		}
		// What differs only in what a name does not have: two files m.yaml.
		if taken[n]++; taken[n] > 1 {
			n = fmt.Sprintf("%s-v%d", n, taken[n])
		}
		setups[i].Cell = n
	}
}

func cellName(s Setup, c combination) string {
	parts := []string{fmt.Sprintf("n%d", s.Nodes), slug(s.Engine), slug(s.Network.Name)}
	for i, path := range c.paths {
		if inName[path] {
			continue
		}
		value := slug(c.texts[i])
		if path == ArmAxis {
			parts = append(parts, value)
			continue
		}
		if value == "" {
			value = "default" // what is empty: a leader at the first site
		}
		parts = append(parts, slug(shortKey(path, c.paths)), value)
	}
	return strings.Join(parts, "-")
}

// shortKey is the last part of the path, with the part before it where
// another axis ends alike: calm.duration beside saturate.duration.
func shortKey(path string, all []string) string {
	parts := strings.Split(path, ".")
	last := parts[len(parts)-1]
	for _, other := range all {
		if other != path && strings.HasSuffix(other, "."+last) {
			return strings.Join(parts[max(0, len(parts)-2):], "-")
		}
	}
	return last
}
