package quorum

import (
	"errors"
	"fmt"
	"time"
)

// ErrCalibration says that a floor is above what was measured.
var ErrCalibration = errors.New("the floor is above what was measured: the calibration is wrong")

// mostEfficient leaves room for the noise of two medians.
const mostEfficient = 1.02

// Efficiency is the floor's share of what was measured, both medians at low
// load. Above 1.02 the calibration is wrong and there is no figure to print:
// the error is ErrCalibration.
func Efficiency(floor, measured time.Duration) (float64, error) {
	if measured <= 0 {
		return 0, fmt.Errorf("got a measured median of %s, want more than 0", measured)
	}
	e := float64(floor) / float64(measured)
	if e > mostEfficient {
		return 0, fmt.Errorf("%w: floor %s, measured %s", ErrCalibration, floor, measured)
	}
	return e, nil
}
