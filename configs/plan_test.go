package configs

import (
	"testing"
)

func TestPresetsPlan(t *testing.T) {
	for _, name := range PresetNames() {
		e, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Plan()
		if err != nil {
			t.Fatal(err)
		}
		t.Log(name, len(p.Setups), p.Setups[0].Cell, string(p.YAML))
		again, err := Parse(p.YAML)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Plan(); err != nil {
			t.Fatal(err)
		}
	}
}
