package results

import "time"

// Environment is the host that a run ran on: environment.json.
type Environment struct {
	SchemaVersion int       `json:"schema_version"`
	RunID         string    `json:"run_id"`
	StartedAt     time.Time `json:"started_at"`
	// Label is the experiment's own warning, to be shown with every result.
	Label       string `json:"label,omitempty"`
	Hostname    string `json:"hostname"`
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Kernel      string `json:"kernel"`
	CPUModel    string `json:"cpu_model"`
	Cores       int    `json:"cores"`
	MemoryBytes int64  `json:"memory_bytes"`
	// Filesystem under the data directories, and how long its fsync takes:
	// the probe appends 4 KiB and syncs, some hundred times.
	Filesystem string  `json:"filesystem"`
	FsyncP50NS int64   `json:"fsync_p50_ns"`
	FsyncP99NS int64   `json:"fsync_p99_ns"`
	FsyncReal  bool    `json:"fsync_real"`
	Load1      float64 `json:"load1"`
	// ClientBias is null where it was not measured.
	ClientBias *ClientBias `json:"client_bias,omitempty"`
	GoVersion  string      `json:"go_version"`
	// Version of raftbench and of what it drives (hashicorp/raft, etcd).
	Version  string            `json:"version"`
	Commit   string            `json:"commit"`
	Versions map[string]string `json:"versions"`
	// Processes are the most node processes that lived at once, as memory had room.
	Processes int `json:"processes,omitempty"`
	// Endpoints of the running cluster that was loaded, where no node was
	// started; Versions are that cluster's then.
	Endpoints []string `json:"endpoints,omitempty"`
	// NodeBinary ran the nodes, where another build than raftbench's own did;
	// Versions are what it says of itself then.
	NodeBinary string `json:"node_binary,omitempty"`
	// Arms are the builds that ran the nodes of each arm, where arms have builds of
	// their own.
	Arms []ArmBuild `json:"arms,omitempty"`
}

// check refuses what no writer of this schema writes.
func (e *Environment) check() error {
	r := &ranges{}
	r.within("cores", int64(e.Cores), 0, maxList)
	r.within("processes", int64(e.Processes), 0, maxList)
	r.counts(e.MemoryBytes)
	r.times(e.FsyncP50NS, e.FsyncP99NS)
	r.figure("load1", e.Load1, maxCount)
	if b := e.ClientBias; b != nil {
		r.times(b.P50NS, b.P90NS)
		r.figure("client_bias.offered_ops", b.OfferedOps, maxCount)
		r.counts(b.Count)
	}
	r.texts(e.RunID, e.Label, e.Hostname, e.OS, e.Arch, e.Kernel, e.CPUModel, e.Filesystem, e.GoVersion, e.Version, e.Commit, e.NodeBinary)
	r.texts(e.Endpoints...)
	r.lists(len(e.Versions), len(e.Endpoints), len(e.Arms))
	return r.first
}

// ArmBuild is the build whose nodes one arm's setups are made of.
type ArmBuild struct {
	Arm string `json:"arm"`
	// Binary is the file, SHA256 what it held when the run began, in hexadecimal,
	// and Build what it says of itself: raftbench devel (4f2c1d0). Versions are
	// those of the modules it was built with.
	Binary   string            `json:"binary"`
	SHA256   string            `json:"sha256,omitempty"`
	Build    string            `json:"build"`
	Versions map[string]string `json:"versions,omitempty"`
}

// ClientBias is the latency of writes that another process of the host answers at
// once, just before the run, through the client and the generator that measure:
// at most so much of a latency is their own.
type ClientBias struct {
	P50NS      int64   `json:"p50_ns"`
	P90NS      int64   `json:"p90_ns"`
	OfferedOps float64 `json:"offered_ops"` // per second
	Count      int64   `json:"count"`
}

// BrokenNodes stands among Versions where a build's nodes may be broken on purpose,
// and says how they were: see Broken.
const BrokenNodes = "raftbench/broken-nodes"

// Broken says how the run's nodes were broken on purpose, to see whether the checks
// find it; empty where they were not. Nothing else of such a run is a result.
func (e Environment) Broken() string {
	for _, a := range e.Arms {
		if how := a.Versions[BrokenNodes]; how != "" {
			return how
		}
	}
	return e.Versions[BrokenNodes]
}
