package netem

import "testing"

func TestEveryBuiltInProfileParses(t *testing.T) {
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range p.Sites {
			for _, b := range p.Sites {
				if p.Shape(a, b).Delay <= 0 {
					t.Errorf("%s: %s→%s has no delay", name, a, b)
				}
			}
		}
	}
}
