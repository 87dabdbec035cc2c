package quorum

import (
	"errors"
	"testing"
)

func TestEfficiencyAboveOneIsNoFigure(t *testing.T) {
	if e, err := Efficiency(8*ms, 10*ms); err != nil || e != 0.8 {
		t.Errorf("got %v, %v", e, err)
	}
	if e, err := Efficiency(102*ms, 100*ms); err != nil || e != 1.02 {
		t.Errorf("got %v, %v", e, err)
	}
	if _, err := Efficiency(103*ms, 100*ms); !errors.Is(err, ErrCalibration) {
		t.Errorf("got %v", err)
	}
	if _, err := Efficiency(ms, 0); err == nil {
		t.Error("a measured median of 0 was accepted")
	}
}
