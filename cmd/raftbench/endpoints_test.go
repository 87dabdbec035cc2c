package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/results"
)

// A cluster that somebody else runs is loaded and audited, twice and once
// more resumed; it keeps no key of ours, and ends when its owner says so.
func TestRunAgainstARunningCluster(t *testing.T) {
	up, addresses := running(t)
	named := strings.Join(addresses, ",")
	small := []string{"--trials", "2", "--rate", "50/s", "--duration", "200ms", "--set", "retries=0"}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"one twice":       {[]string{"--endpoints", addresses[0] + "," + addresses[0]}, "are the same member"},
		"another engine":  {[]string{"--endpoints", named, "--engine", "etcd"}, "which is hashicorp"},
		"raft's settings": {[]string{"--endpoints", named, "--set", "raft.max_rpcs_in_flight=1,16"}, "got raft settings with --endpoints"},
		"storage":         {[]string{"--endpoints", named, "--set", "storage.sync=2ms"}, "got storage settings with --endpoints"},
		"faults":          {[]string{"--endpoints", named, faulty(t)}, "got faults with --endpoints"},
		"messages":        {[]string{"--endpoints", named, "--set", "network.message_faults.drop=1%"}, "got network.message_faults with --endpoints"},
		"a size":          {[]string{"--endpoints", named, "--nodes", "5"}, "got --nodes 5 with --endpoints"},
		"other nodes":     {[]string{"--endpoints", named, "--node-binary", "/bin/true"}, "--endpoints and --node-binary"},
	} {
		refuses(t, name, c.want, append([]string{"run"}, c.args...)...)
	}
	dir := ""
	// All are named, or the one that is named names the others.
	for _, some := range []string{named, addresses[0]} {
		dir = filepath.Join(t.TempDir(), "r")
		said := measured(t, append([]string{"run", "--endpoints", some, "--out", dir}, small...)...)
		if want := "found besides the named: n2 at " + addresses[1] + ", n3 at " + addresses[2] + "\n"; strings.Contains(said, want) != (some != named) {
			t.Errorf("with %s: got\n%s\nand %q", some, said, want)
		}
		noKeys(t, addresses)
	}
	if code, out, errs := command(t, "validate", "--endpoints", addresses[1]); code != exitOK || !strings.Contains(out, "1 setup, ") || !strings.Contains(out, "found besides the named: n1 at ") {
		t.Errorf("validate: got %d and\n%s%s", code, out, errs)
	}
	if trials := trialsIn(t, dir); len(trials) != 2 || trials[0].Nodes != 3 || trials[0].Engine != "hashicorp" {
		t.Errorf("got %d trials, of %d %s nodes; want 2 of 3 hashicorp nodes", len(trials), trials[0].Nodes, trials[0].Engine)
	}
	forgetLast(t, dir)
	measured(t, "run", "--resume", dir)
	if trials := trialsIn(t, dir); len(trials) != 2 {
		t.Errorf("got %d trials after the resumed run, want 2", len(trials))
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if e := run.Environment; !slices.Equal(e.Endpoints, addresses) || !strings.Contains(e.Versions["hashicorp"], ownVersionMark) || len(e.Versions) != 1 {
		t.Errorf("recorded endpoints %v and versions %v", e.Endpoints, e.Versions)
	}
	noKeys(t, addresses)

	if err := up.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := up.Wait(); err != nil {
		t.Errorf("the cluster's own end: got %v, wanted exit code 0", err)
	}
	forgetLast(t, dir)
	refuses(t, "resumed without the cluster", "refuses connections", "run", "--resume", dir)
}

// running starts three nodes with raftbench up.
func running(t *testing.T) (up *exec.Cmd, addresses []string) {
	t.Helper()
	up = program(t, "up", "--nodes", "3", "-o", "json")
	up.Dir = t.TempDir()
	stdout, err := up.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = up.Process.Kill() })
	for _, n := range readyLine(t, bufio.NewReader(stdout)).Nodes {
		addresses = append(addresses, n.Client)
	}
	return up, addresses
}

func faulty(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "faulty.yaml")
	if err := os.WriteFile(path, []byte("faults: [{at: 1s, action: kill, target: leader}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// refuses wants exit code 2, a reason, and no folder.
func refuses(t *testing.T, name, want string, args ...string) {
	t.Helper()
	if args[1] != "--resume" {
		args = append(args, "--out", filepath.Join(t.TempDir(), "refused"))
	}
	var said bytes.Buffer
	code := Main(t.Context(), args, &bytes.Buffer{}, &said)
	if code != exitUsage || !strings.Contains(said.String(), want) || !strings.Contains(said.String(), "hint: ") {
		t.Errorf("%s: exit code %d, want %d, %q and a hint in\n%s", name, code, exitUsage, want, said.String())
	}
}

// measured runs to its end; a busy host may leave too few valid trials.
func measured(t *testing.T, args ...string) (told string) {
	t.Helper()
	var said bytes.Buffer
	if code := Main(t.Context(), args, &bytes.Buffer{}, &said); code != exitOK && code != exitInconclusive {
		t.Fatalf("exit code %d\n%s", code, said.String())
	}
	return said.String()
}

// forgetLast makes a run an interrupted one: without its last trial.
func forgetLast(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, results.TrialsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSpace(string(text)), "\n")
	if err := os.WriteFile(path, []byte(strings.Join(lines[:len(lines)-1], "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// noKeys allows a follower some time to hear of the last deletion.
func noKeys(t *testing.T, addresses []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, a := range addresses {
		c, err := client.Dial(ctx, a, nil)
		if err != nil {
			t.Fatal(err)
		}
		left := -1
		for ; left != 0 && err == nil; time.Sleep(10 * time.Millisecond) {
			left = 0
			err = c.Scan(ctx, "", func(client.KeyValue) error { left++; return nil })
		}
		if err != nil {
			t.Errorf("%s keeps %d keys: %v", a, left, err)
		}
		_ = c.Close()
	}
}

// What is no etcd API, or nothing at all, is refused.
func TestEndpointsThatAreNone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	refuses(t, "mute", "--endpoints: endpoint "+l.Addr().String(), "run", "--endpoints", l.Addr().String())
	// A member elsewhere is not loaded because one that is here names it.
	for urls, want := range map[string]string{
		"http://192.0.2.7:2379":       "member m2 serves clients at http://192.0.2.7:2379, want http:// on this machine's loopback",
		"https://127.0.0.1:2379":      "member m2 serves clients at https://127.0.0.1:2379, want http://",
		"":                            "member m2 does not say where it serves clients",
		"http://127.0.0.1:1":          "member m2, which the others name: endpoint 127.0.0.1:1 refuses connections",
		"http://" + fakeMember(t, ""): "where member m2 is said to serve, is another one",
	} {
		refuses(t, urls, want, "run", "--endpoints", fakeMember(t, urls))
	}
	refuses(t, "nobody", "refuses connections", "run", "--endpoints", "127.0.0.1:1")
}

// fakeMember is member 1 of a cluster of two, whose other says to serve at url.
func fakeMember(t *testing.T, url string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	pb.RegisterMaintenanceServer(s, fakeMaintenance{})
	pb.RegisterClusterServer(s, fakeCluster{url: url})
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

type fakeMaintenance struct {
	pb.UnimplementedMaintenanceServer
}

func (fakeMaintenance) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	return &pb.StatusResponse{Header: &pb.ResponseHeader{MemberId: 1}, Version: "3.6.0"}, nil
}

type fakeCluster struct {
	pb.UnimplementedClusterServer
	url string
}

func (c fakeCluster) MemberList(context.Context, *pb.MemberListRequest) (*pb.MemberListResponse, error) {
	other := &pb.Member{ID: 2, Name: "m2"}
	if c.url != "" {
		other.ClientURLs = []string{c.url}
	}
	return &pb.MemberListResponse{Members: []*pb.Member{{ID: 1, Name: "m1"}, other}}, nil
}
