package netem

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestShapesAreValidated(t *testing.T) {
	for name, s := range map[string]Shape{
		"delay":        {Delay: -1},
		"jitter":       {Jitter: -1},
		"loss":         {Loss: 1.2},
		"correlation":  {Correlation: -0.1},
		"distribution": {Distribution: "zipf"},
		"rate":         {Rate: -1},
		"limit":        {Limit: -1},
		"slow_close":   {SlowClose: -1},
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: got %v", s, err)
		}
		if err := NewEndpoint("a", 1).Shape("b", s); err == nil {
			t.Errorf("an endpoint took %+v", s)
		}
	}
	if err := (Shape{Delay: time.Millisecond, Jitter: time.Second, Loss: 1, Distribution: Pareto, Rate: 1e9}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestTheRefusalHasAHint(t *testing.T) {
	var refusal *UnsupportedError
	if !errors.As(error(Unsupported("reorder")), &refusal) || refusal.Hint() == "" {
		t.Error("the refusal has no hint")
	}
}

func TestAnUnknownFigureNamesThoseThereAre(t *testing.T) {
	if _, err := ReadFigure("delai", "1ms"); err == nil || !strings.Contains(err.Error(), `got the figure "delai", want one of [delay jitter`) {
		t.Errorf("got %v", err)
	}
}
