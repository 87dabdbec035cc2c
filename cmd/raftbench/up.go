package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// upOptions are up's flags.
type upOptions struct {
	overrides  configs.Overrides
	out        string
	nodeBinary string
	output     string
}

func newUpCommand() *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Keep a cluster running, for any etcd client",
		Long: `Start a cluster and keep it running until Ctrl-C. Any etcd client drives it:
etcdctl, etcd's own benchmark, your program. Kill, stop and continue its
processes as you like: that a node has ended is said on stderr, and the others
go on.

The data is removed at the end, and so are the logs unless --out says where.`,
		Example: `  raftbench up --nodes 3
  raftbench up --nodes 5 --profile multi-az --leader b
  raftbench up --nodes 3 --set raft.election_timeout=2s -o json`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runUp(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	v := &o.overrides
	v.Nodes = "3"
	textFlag(f, &v.Nodes, "nodes", "N", "how many nodes")
	v.Profile = "none"
	profileFlag(f, &v.Profile)
	sitesFlag(f, v)
	leaderFlag(f, v)
	seedFlag(f, v)
	f.StringArrayVar(&v.Set, "set", nil, "any other key of an experiment, as `KEY=VALUE`, such as raft.election_timeout=2s or storage.sync=2ms; may be given again")
	textFlag(f, &o.out, "out", "DIR", "a folder for data and logs (default a temporary one in ./results)")
	nodeBinaryFlag(f, &o.nodeBinary)
	outputFlag(f, &o.output, "table", "json")
	return cmd
}

// runUp starts a cluster, says where it is, and waits for Ctrl-C.
func runUp(ctx context.Context, stdout, stderr io.Writer, o upOptions) error {
	if err := checkFormat(o.output, "table", "json"); err != nil {
		return err
	}
	plan, err := upPlan(o.overrides)
	if err != nil {
		return orUsage(err)
	}
	for _, w := range plan.Warnings {
		fmt.Fprintf(stderr, "warning: %s\n", w)
	}
	setup := plan.Setups[0]
	binary, err := nodeBinary(o.nodeBinary)
	if err != nil {
		return err
	}
	if err := warnOfBroken(stderr, binary, o.nodeBinary == ""); err != nil {
		return err
	}
	ctx, life := begin(ctx, stdout, stderr)
	defer life.end()
	dir, remove, err := upDir(life, o.out)
	if err != nil {
		return usage(err, "name a folder that can be written with --out")
	}
	defer remove()
	return keepUp(ctx, life, setup, plan.Seed, dir, binary, o.output)
}

// warnOfBroken warns of nodes that are broken on purpose.
func warnOfBroken(stderr io.Writer, binary string, own bool) (err error) {
	modules := versions()
	if !own {
		if modules, err = versionsOf(binary); err != nil {
			return err
		}
	}
	if how := modules[results.BrokenNodes]; how != "" {
		fmt.Fprintf(stderr, "warning: NODES BROKEN ON PURPOSE (%s)\n", how)
	}
	return nil
}

// keepUp runs the cluster until the command is stopped.
func keepUp(ctx context.Context, life *lifetime, setup configs.Setup, seed int64, dir, binary, output string) error {
	deaths := make(chan *cluster.DeathError, setup.Nodes)
	spec := upSpec(setup, seed, dir)
	spec.Start = cluster.Local(binary)
	spec.OnDeath = func(d *cluster.DeathError) { deaths <- d }
	c, err := cluster.Start(ctx, spec)
	if ctx.Err() != nil {
		return stopped(ctx, "the cluster was not ready yet")
	}
	if err != nil {
		return fail(exitFailed, err, "")
	}
	err = showCluster(life.stdout, c, output)
	if err == nil {
		err = watchNodes(ctx, life.stderr, c, deaths)
	}
	if err = errors.Join(err, c.Stop(context.WithoutCancel(ctx))); err != nil {
		return fail(exitFailed, err, "")
	}
	return nil
}

// upPlan has the flags parsed and judged as those of an experiment are: of one
// setup.
func upPlan(o configs.Overrides) (configs.Plan, error) {
	experiment, err := configs.Default().Apply(o)
	if err != nil {
		return configs.Plan{}, err
	}
	plan, err := experiment.Plan()
	if err != nil {
		return configs.Plan{}, err
	}
	if len(plan.Setups) != 1 {
		return configs.Plan{}, usage(fmt.Errorf("got flags for %d clusters, wanted one value each", len(plan.Setups)), "give no lists: --nodes 3")
	}
	return plan, nil
}

func upSpec(s configs.Setup, seed int64, dir string) cluster.Spec {
	nodes := cluster.Nodes(s.Nodes, s.Network, s.Raft, s.Storage, seed)
	for i := range nodes {
		nodes[i].MessageFaults = s.MessageFaults
	}
	spec := cluster.Spec{Dir: filepath.Join(dir, "data"), LogDir: filepath.Join(dir, "logs"), Nodes: nodes}
	if s.Leader != configs.AnyLeader {
		spec.Leader = cluster.FirstAt(nodes, s.Leader)
	}
	return spec
}

// upDir makes the folder for data and logs; remove removes it where nobody
// asked for it.
func upDir(life *lifetime, out string) (dir string, remove func(), err error) {
	removeAbandoned()
	if out != "" {
		life.setTemporary(filepath.Join(out, "data"))
		err := errors.Join(os.MkdirAll(out, 0o755), cluster.RemoveStale(filepath.Join(out, "data")))
		return out, func() {}, err
	}
	temp, err := makeTempDir()
	if err != nil {
		return "", nil, err
	}
	life.setTemporary(temp.path)
	return temp.path, temp.remove, nil
}

// watchNodes waits for the end, and says which nodes end before. To be stopped
// is no error: it is what ends a cluster that is kept up.
func watchNodes(ctx context.Context, stderr io.Writer, c *cluster.Cluster, deaths <-chan *cluster.DeathError) error {
	for {
		select {
		case <-ctx.Done():
			var closed *closedOutput
			if errors.As(context.Cause(ctx), &closed) {
				return closed
			}
			return nil
		case d := <-deaths:
			living := 0
			for _, m := range c.Members() {
				if m.Alive() {
					living++
				}
			}
			fmt.Fprintf(stderr, "%s %v\n", time.Now().Format(time.TimeOnly), d)
			if living == 0 {
				return errors.New("no node is left")
			}
			fmt.Fprintf(stderr, "%d of %d nodes go on\n", living, len(c.Members()))
		}
	}
}

// upNode is a node as scripts read it.
type upNode struct {
	ID     string `json:"id"`
	PID    int    `json:"pid"`
	Client string `json:"client"`
	Raft   string `json:"raft"`
	Log    string `json:"log"`
}

// showCluster says where the nodes are: one line of JSON, or a table and how
// to use it.
func showCluster(stdout io.Writer, c *cluster.Cluster, output string) error {
	var nodes []upNode
	for _, m := range c.Members() {
		l := m.Listen()
		nodes = append(nodes, upNode{ID: m.ID(), PID: m.PID(), Client: l.Client, Raft: l.Raft, Log: m.LogPath()})
	}
	leader := ""
	if m, _ := c.Current(); m != nil {
		leader = m.ID()
	}
	if output == "json" {
		return json.NewEncoder(stdout).Encode(struct {
			Nodes  []upNode `json:"nodes"`
			Leader string   `json:"leader"`
		}{nodes, leader})
	}
	t := table{header: []string{"node", "site", "role", "pid", "client", "raft"}}
	for i, n := range nodes {
		role := "follower"
		if n.ID == leader {
			role = "leader"
		}
		t.add(n.ID, cmp.Or(c.Members()[i].Site(), units.Absent), role, fmt.Sprint(n.PID), n.Client, n.Raft)
	}
	t.text(stdout)
	_, err := fmt.Fprintf(stdout, "\nlogs:  %s\ntry:   etcdctl --endpoints=%s put greeting hello\nstop:  Ctrl-C, which also removes the data\n",
		filepath.Dir(nodes[0].Log), nodes[0].Client)
	return err
}
