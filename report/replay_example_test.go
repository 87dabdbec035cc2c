package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// exampleReplay is the committed replay of docs/replay/scenario.yaml.
const exampleReplay = "../docs/replay/index.html"

// exampleTitle and exampleLines introduce it.
const exampleTitle = "Elections, a split vote and a blocked minority, as they happened"

var exampleLines = []string{
	"Five nodes of hashicorp/raft over three regions, each a process of its own, and a client that writes some hundred times a second: what is drawn was recorded, and nothing else is. The leader is killed; then the network is cut with the new leader in the minority; then a follower is killed.",
	"Made by raftbench run docs/replay/scenario.yaml --seed 32. On another host, or another time, the same happens at other instants: whether two followers stand at once is a matter of chance.",
}

var exampleData = regexp.MustCompile(`(?s)<script type="application/json" id="replay-data">(.*?)</script>`)

// The committed example is what its own data make with today's script. With
// REPLAY_OF=FOLDER -update it is made anew, of that run's first trial; with -update alone,
// of its own data.
func TestTheExampleReplay(t *testing.T) {
	data := exampleOf(t)
	page := replayPage(exampleTitle, exampleLines, data)
	if *update {
		if err := os.WriteFile(exampleReplay, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, exampleReplay); got != string(page) {
		t.Errorf("%s is not what its data make: go test ./report -run TestTheExampleReplay -update", exampleReplay)
	}
	if len(page) > 400_000 {
		t.Errorf("the example has %d bytes, want at most 400,000", len(page))
	}
}

func exampleOf(t *testing.T) json.RawMessage {
	t.Helper()
	dir := os.Getenv("REPLAY_OF")
	if dir == "" {
		m := exampleData.FindStringSubmatch(read(t, exampleReplay))
		if m == nil {
			t.Fatalf("%s holds no data of a replay", exampleReplay)
		}
		return json.RawMessage(m[1])
	}
	run, err := results.Open(filepath.Clean(dir))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(replayOf(&run.Trials[0]))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(data)
}
