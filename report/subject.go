package report

import (
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// subject is what every chart is drawn from.
type subject struct {
	summary summary.Summary
	groups  []group
	env     results.Environment
	options Options
}

// chart is a scene and the name of its files, without their endings.
type chart struct {
	name, title string
	scene       *scene
}

// frame starts what all charts say: their warnings, the host, the day, and
// where the network's figures are from.
func (sub subject) frame(title string) frame {
	f := frame{title: title, warnings: notices(sub.summary), caption: sub.caption()}
	if sub.options.Label != "" {
		f.warnings = append([]string{sub.options.Label}, f.warnings...)
	}
	return f
}

func (sub subject) caption() []string {
	where := hostWords(sub.summary, sub.env)
	if !sub.env.StartedAt.IsZero() {
		where = append([]string{sub.env.StartedAt.UTC().Format("2006-01-02")}, where...)
	}
	out := []string{colocation(sub.env), strings.Join(where, " · ")}
	for _, p := range profiles(sub.summary) {
		if src := sub.options.source(p); src != "" {
			out = append(out, "Network profile "+p+": "+src)
		}
	}
	return append(out, sub.options.Emulated...)
}

// intervals says what the bars at a mark are, or that there are none.
func (sub subject) intervals(name string) string {
	for _, c := range sub.summary.Cells {
		if m, ok := metric(c, name); ok && hasInterval(m) {
			return "medians over trials, 95 % intervals"
		}
	}
	return "medians over trials, too few for intervals"
}
