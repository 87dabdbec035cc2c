package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
// Far more than it takes on a host that does much else.
const versionTime = 30 * time.Second

// versionsOf asks another build for its modules: the lines of `version` that
// hold a name and a version. A program that tells none is no build of raftbench, and one
// that could not answer might be broken on purpose without anybody knowing.
func versionsOf(binary string) (map[string]string, error) {
	modules := modulesIn(versionTextOf(binary))
	if len(modules) == 0 {
		return nil, usage(fmt.Errorf("--node-binary %s: `%s version` tells of no modules: it is no raftbench, or gave no answer in %s", binary, binary, versionTime),
			"name a build of raftbench")
	}
	return modules, nil
}

// maxVersionText is far more than any build says of itself.
const maxVersionText = 64 << 10

// limited keeps what is written to it, up to maxVersionText.
type limited struct{ text bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.text.Len()+len(p) > maxVersionText {
		return 0, errors.New("that is no version's text")
	}
	return l.text.Write(p)
}

// versionTextOf is what another build's `version` prints; empty where it does
// not in time, or prints on and on.
func versionTextOf(binary string) string {
	ctx, cancel := context.WithTimeout(context.Background(), versionTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "version")
	cmd.WaitDelay = time.Second
	var out limited
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		return ""
	}
	return out.text.String()
}

// modulesIn are the versions of modules in what `version` prints, by their paths.
func modulesIn(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		module, version, found := strings.Cut(strings.TrimSpace(line), " ")
		if found && strings.Contains(module, "/") {
			out[module] = version
		}
	}
	return out
}

// fileSHA256 tells builds apart that say the same of themselves.
func fileSHA256(path string) (_ string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fail(exitFailed, err, "")
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fail(exitFailed, fmt.Errorf("read %s: %w", path, err), "")
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
