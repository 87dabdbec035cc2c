package configs

import (
	"time"

	"github.com/raftbench/raftbench/quorum"
)

// Product is a system built on Raft, with the timeouts that it has unless told
// otherwise.
type Product struct {
	Name   string
	What   string // the setting that makes them
	Engine string // by whose rules it elects
	// Timeouts of hashicorp/raft; of etcd the interval of heartbeats, the least
	// election timeout, and that once more, since its leader looks once in that
	// time whether a majority answers.
	quorum.Timeouts
}

// Products and where their defaults are documented:
//
//   - hashicorp/raft's own are 1 s, 1 s and 500 ms (config.go, DefaultConfig).
//   - Consul multiplies them by 5, and recommends 1 in production
//     (developer.hashicorp.com/consul/docs/reference/agent/configuration-file,
//     performance.raft_multiplier).
//   - Nomad multiplies them by 1 (developer.hashicorp.com/nomad/docs/configuration/server,
//     raft_multiplier).
//   - Vault multiplies them by 5 (developer.hashicorp.com/vault/docs/configuration/storage/raft,
//     performance_multiplier).
//   - etcd has --heartbeat-interval 100 and --election-timeout 1000
//     (etcd.io/docs, tuning).
func Products() []Product {
	return []Product{
		{"consul", "raft_multiplier 5, the default", EngineHashicorp, multiplied(5)},
		{"consul-1", "raft_multiplier 1, for production", EngineHashicorp, multiplied(1)},
		{"nomad", "raft_multiplier 1, the default", EngineHashicorp, multiplied(1)},
		{"vault", "performance_multiplier 5, the default", EngineHashicorp, multiplied(5)},
		{"etcd", "100 ms and 1 s, the default", EngineEtcd, quorum.Timeouts{Heartbeat: 100 * time.Millisecond, Election: time.Second, Lease: time.Second}},
	}
}

// mostMultiplier that Consul, Nomad and Vault take.
const mostMultiplier = 10

// Multiplied are the timeouts that Consul, Nomad and Vault can be set to, from their
// multiplier 1 upwards: all three of hashicorp/raft's defaults times it.
func Multiplied() []quorum.Timeouts {
	var out []quorum.Timeouts
	for m := range mostMultiplier {
		out = append(out, multiplied(time.Duration(m+1)))
	}
	return out
}

func multiplied(by time.Duration) quorum.Timeouts {
	return quorum.Timeouts{Heartbeat: by * time.Second, Election: by * time.Second, Lease: by * 500 * time.Millisecond}
}
