package report

import (
	"fmt"
	"strings"

	"github.com/raftbench/raftbench/summary"
)

// contrastWords say what two runs of a history differ in: kernel 6.1 → 6.8.
func contrastWords(u summary.Contrast) string {
	what := strings.ReplaceAll(string(u.What), "-", " ")
	if u.Name != "" {
		what = cleanName(u.Name)
	}
	if u.Old == "" && u.New == "" {
		return what
	}
	return fmt.Sprintf("%s %s → %s", what, onRecord(u.Old), onRecord(u.New))
}

func onRecord(text string) string {
	if text = cleanName(text); text == "" {
		return "not on record"
	}
	return text
}

// firstOf names the first few of many: a, b and 4 more.
func firstOf(names []string, most int) string {
	if n := len(names) - most; n > 0 {
		return list(append(append([]string{}, names[:most]...), fmt.Sprintf("%d more", n)))
	}
	return list(names)
}
