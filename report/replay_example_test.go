package report

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"

	"github.com/raftbench/raftbench/report/replay"
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

// exampleTrial is the trial of that run, as it is on record.
func exampleTrial(t *testing.T) *results.Trial {
	t.Helper()
	f, err := os.Open("testdata/replay-trial.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var trial results.Trial
	if err := json.NewDecoder(z).Decode(&trial); err != nil {
		t.Fatal(err)
	}
	return &trial
}

// pageOf is a page of a trial's replay.
func pageOf(t *testing.T, trial *results.Trial) []byte {
	t.Helper()
	data, err := json.Marshal(replay.Of(trial))
	if err != nil {
		t.Fatal(err)
	}
	return replayPage(exampleTitle, exampleLines, data)
}

// The committed example is what its trial makes with today's script. -update writes it
// anew.
func TestTheExampleReplay(t *testing.T) {
	page := pageOf(t, exampleTrial(t))
	if *update {
		if err := os.WriteFile(exampleReplay, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, exampleReplay); got != string(page) {
		t.Errorf("%s is not what its trial makes: go test ./report -run TestTheExampleReplay -update", exampleReplay)
	}
	if len(page) > 400_000 {
		t.Errorf("the example has %d bytes, want at most 400,000", len(page))
	}
}
