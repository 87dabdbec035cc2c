package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// nodeBinary is the program that runs a node: this one unless told otherwise.
func nodeBinary(given string) (string, error) {
	if given == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fail(exitFailed, fmt.Errorf("find this program's own file: %w", err), "name it with --node-binary")
		}
		return self, nil
	}
	if info, err := os.Stat(given); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return "", usage(fmt.Errorf("--node-binary %s: not a program that can be run", given), "build one with make build, and name bin/raftbench")
	}
	return filepath.Abs(given)
}

// versionTime is how long another build may take to say what it is.
const versionTime = 5 * time.Second

// versionsOf asks another build for its modules: the lines of `version` that
// hold a name and a version. It is empty where the build does not say.
func versionsOf(binary string) map[string]string { return modulesIn(versionTextOf(binary)) }

// versionTextOf is what another build's `version` prints; empty where it does
// not in time.
func versionTextOf(binary string) string {
	ctx, cancel := context.WithTimeout(context.Background(), versionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "version")
	cmd.WaitDelay = time.Second
	text, err := cmd.Output()
	if err != nil {
		return ""
	}
	return string(text)
}

func modulesIn(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) == 2 && strings.Contains(words[0], "/") {
			out[words[0]] = words[1]
		}
	}
	return out
}
