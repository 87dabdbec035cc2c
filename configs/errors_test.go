package configs

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what is got into testdata")

// Each file of testdata/errors is an experiment with a mistake, and what a
// person is told: `go test ./configs -update` rewrites the latter.
func TestErrorsTellWhereAndWhat(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := told(archive.Files[0].Data)
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if !strings.Contains(got, "\nhint: ") {
				t.Error("nothing says what to do")
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// told is what the command line prints.
func told(data []byte) string {
	_, err := planOf(data)
	if err == nil {
		return "accepted\n"
	}
	text := "error: " + err.Error() + "\n"
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		text += "hint: " + h.Hint() + "\n"
	}
	return text
}

func planOf(data []byte) (Plan, error) {
	e, err := Parse(data)
	if err != nil {
		return Plan{}, err
	}
	return e.Plan()
}

// No input makes the reader panic, hang or accept what it cannot write back.
func FuzzParse(f *testing.F) {
	f.Add(Example)
	files, _ := filepath.Glob("testdata/errors/*.txt")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, err := planOf(data)
		if err != nil {
			_ = told(data)
			return
		}
		again, err := planOf(plan.YAML)
		if err != nil {
			t.Fatalf("what was written is not read: %v\n%s", err, plan.YAML)
		}
		plan.Unasked = "" // the resolved experiment has the number of its trials written
		if diff := cmp.Diff(plan, again); diff != "" {
			t.Fatalf("read back differently: -first +second\n%s", diff)
		}
	})
}
