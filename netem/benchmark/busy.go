package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
)

// keepBusy runs one spinning process for each core until ctx ends.
func keepBusy(ctx context.Context) (wait func(), err error) {
	var all []*exec.Cmd
	wait = func() {
		for _, c := range all {
			_ = c.Wait()
		}
	}
	self, err := os.Executable()
	if err != nil {
		return wait, err
	}
	for range runtime.NumCPU() {
		c := exec.CommandContext(ctx, self, "-spin")
		// The pipe closes with this process, however that ends.
		if _, err = c.StdinPipe(); err != nil {
			return wait, err
		}
		if err = c.Start(); err != nil {
			return wait, err
		}
		all = append(all, c)
	}
	return wait, nil
}

// spin burns a core until stdin closes, which the parent's end does.
func spin() {
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	for turns := 0; turns >= 0; turns++ {
		turns %= 1 << 20
	}
}
