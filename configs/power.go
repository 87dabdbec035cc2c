package configs

import (
	"fmt"

	"github.com/raftbench/raftbench/control"
)

// PowerUncut is why the setup asks for a loss of power and none can be done to it: its
// store has no files, or has them on an emulated disk, where a sync is a wait and every
// write stays. It is empty where power is cut, and where nobody asked for it.
func (s Setup) PowerUncut() string {
	why, _ := s.powerUncut()
	return why
}

// powerUncut also tells what to do about it.
func (s Setup) powerUncut() (why, advice string) {
	switch {
	case !s.Storage.PowerLoss:
		return "", ""
	case s.Storage.Store == control.StoreMemory:
		return fmt.Sprintf("the store %s has no disk whose power could be cut", s.Storage.Store), "set storage.store: boltdb"
	case s.Storage.EmulatedSync > 0:
		return fmt.Sprintf("with storage.sync %s the disk is emulated, and its power cannot be cut", short(s.Storage.EmulatedSync)), "set storage.sync: real"
	}
	return "", ""
}

// powerWarnings tell of setups that ask for a loss of power and have none.
func powerWarnings(setups []Setup) (out []string) {
	for _, s := range setups {
		if why, advice := s.powerUncut(); why != "" {
			out = append(out, fmt.Sprintf("storage.power_loss does nothing: %s (%s)", why, advice))
		}
	}
	return out
}
