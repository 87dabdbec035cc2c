package advice

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
)

func expected(t *testing.T, zoned bool) summary.Downtimes {
	t.Helper()
	lives := summary.Lives{Nodes: []quorum.Life{{MTBF: 30 * 24 * time.Hour, MTTR: 10 * time.Minute}}}
	if zoned {
		lives.Zone, lives.Zones = quorum.Life{MTBF: quorum.Year, MTTR: time.Hour}, 3
	}
	var sizes []summary.SizeFacts
	for _, n := range []int{1, 3, 4, 5} {
		f := summary.SizeFacts{Nodes: n, OutageNS: 2e9, OutageBasis: summary.OutageMeasured, Outages: 30, Write: &summary.Metric{Median: new(float64(n) * 1e6), N: 6}}
		if n == 1 {
			f.OutageBasis, f.OutageNS, f.Outages = summary.OutagePredicted, 1.5e9, 0
		}
		if n != 3 {
			f.Against, f.WriteRatio = 3, &summary.Difference{Ratio: new(float64(n) / 3)}
		}
		sizes = append(sizes, f)
	}
	d, err := summary.ExpectDowntime(sizes, lives)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The answer comes first, then the trade-off in one table that any terminal has
// room for, then what it rests on.
func TestDowntimeAnswersFirst(t *testing.T) {
	for _, zoned := range []bool{false, true} {
		var b bytes.Buffer
		if err := DowntimeText(&b, expected(t, zoned)); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if !strings.HasPrefix(text, "Run 3: expect 0.") {
			t.Errorf("does not answer first:\n%s", text)
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > wording.Width {
				t.Errorf("a line of %d columns: %s", n, line)
			}
		}
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{
			"5 has 0.", "at +67 % per write", "With 1 it is 1", "4 is without a quorum for longer than 3",
			"fails every 30 d and is back after 10 min", "measured for 3 (30 times), 4 (30 times) and 5 (30 times); predicted from raft's timeouts for 1",
			"<0.001",
		} {
			if want == "<0.001" && zoned {
				continue
			}
			if !strings.Contains(flat, want) {
				t.Errorf("zones %v: want %q in:\n%s", zoned, want, text)
			}
		}
		if got := strings.Contains(flat, "the loss of one zone is enough to stop it"); got != zoned {
			t.Errorf("zones %v, and of the zone it says %v:\n%s", zoned, got, text)
		}
	}
}

// Why a larger size is down longer is told as it is: what tolerates more is not told to
// tolerate no more, and figures that print alike are no difference.
func TestWhyALargerSizeIsDownLongerIsTrue(t *testing.T) {
	day := 24 * time.Hour
	month, hours := quorum.Life{MTBF: 30 * day, MTTR: time.Hour}, quorum.Life{MTBF: 2 * time.Hour, MTTR: time.Hour}
	yearly := quorum.Life{MTBF: quorum.Year, MTTR: time.Hour}
	const falsely = "no failure more is tolerated"
	for name, c := range map[string]struct {
		lives     summary.Lives
		sizes     []int
		want, not string
	}{
		"4 of one kind":       {summary.Lives{Nodes: []quorum.Life{month}}, []int{3, 4}, "and one node more can fail.", "either"},
		"5 with two bad ones": {summary.Lives{Nodes: []quorum.Life{month, month, month, hours}}, []int{3, 5}, "more of it can fail, or fails more often.", falsely},
		"7 in two zones":      {summary.Lives{Nodes: []quorum.Life{month}, Zone: yearly, Zones: 2}, []int{5, 7}, "", "7 is without"},
		"4 in two zones":      {summary.Lives{Nodes: []quorum.Life{month}, Zone: yearly, Zones: 2}, []int{3, 4}, "the loss of either zone is enough to stop it.", falsely},
		"4 in three zones":    {summary.Lives{Nodes: []quorum.Life{month}, Zone: yearly, Zones: 3}, []int{3, 4}, "the loss of one zone is enough to stop it.", falsely},
	} {
		var sizes []summary.SizeFacts
		for _, n := range c.sizes {
			sizes = append(sizes, summary.SizeFacts{Nodes: n, OutageNS: 2e9, OutageBasis: summary.OutagePredicted})
		}
		d, err := summary.ExpectDowntime(sizes, c.lives)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(WorseThanSmaller(d, minutesOf), " ")
		if !strings.Contains(got, c.want) || strings.Contains(got, c.not) {
			t.Errorf("%s: got %q, want %q and not %q", name, got, c.want, c.not)
		}
	}
}

func TestDowntimeOnAPage(t *testing.T) {
	var b bytes.Buffer
	if err := DowntimeMarkdown(&b, expected(t, true)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Run 3: expect", "| nodes | tolerates | down | no quorum |", "| 4 | 1, 0 zones | ", "- Nodes by zone: 1 (a 1); 3 (a 1, b 1, c 1); 4 (a 2, b 1, c 1)"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in:\n%s", want, b.String())
		}
	}
}
