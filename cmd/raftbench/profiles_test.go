package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/profiles"
)

// printed is what `raftbench profiles` answers.
func printed(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(context.Background(), append([]string{"profiles"}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

func TestProfilesListsAndPrints(t *testing.T) {
	code, out, errs := printed(t)
	if code != exitOK || !strings.Contains(out, "multi-az-wide   3      1.43 to 2.16 ms") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	code, out, errs = printed(t, "multi-az")
	for _, want := range []string{"a  0.10  0.69  0.74", "source: IBM Cloud VPC, Washington", "measured: 2026-07-18"} {
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("exit %d, no %q in: %s%s", code, want, out, errs)
		}
	}
}

func TestProfilesAsJSON(t *testing.T) {
	code, out, errs := printed(t, "gcp-3", "-o", "json")
	var got profileView
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil || errs != "" {
		t.Fatalf("exit %d: %v %s", code, err, errs)
	}
	if rtt := got.RTT["europe-west"]["us-west"]; rtt.Milliseconds() != 132 {
		t.Errorf("got %v", rtt)
	}
}

func TestAnUnknownProfileIsUsage(t *testing.T) {
	code, out, errs := printed(t, "mars")
	if code != exitUsage || out != "" || !strings.Contains(errs, "none, same-az, multi-az") || !strings.Contains(errs, "hint: ") {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
	if code, _, _ := printed(t, "-o", "xml"); code != exitUsage {
		t.Errorf("an unknown format: exit %d", code)
	}
}

// The profile file that docs/usage.md shows is one.
func TestTheDocumentedProfileLoads(t *testing.T) {
	text, err := os.ReadFile("../../docs/usage.md")
	if err != nil {
		t.Fatal(err)
	}
	var file []string
	for _, span := range codeSpans(string(text)) {
		if key, _, found := strings.Cut(span, ": "); found && slices.Contains([]string{"sites", "local", "rtt"}, key) {
			file = append(file, span)
		}
	}
	p, err := profiles.Parse("usage.md", []byte(strings.Join(file, "\n")))
	if err != nil || p.NoLocal || p.RTT("b", "c").Microseconds() != 280 {
		t.Errorf("got %+v (%v)", p, err)
	}
}
