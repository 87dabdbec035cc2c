#!/usr/bin/env bash
# Holds raftbench's load generator against etcd's own, on one running cluster.
# Wants raftbench, etcd's benchmark and jq on the PATH; docs/cross-check.md.
# usage: cross-check.sh [ROUNDS [SECONDS]]
set -euo pipefail
rounds=${1:-5} seconds=${2:-10}
clients=16 keys=1000 key_size=32 value_size=256
connections=4 # raftbench's own number
sync=2.5ms    # the disk, not the generators' CPU, is to be the limit

dir=$(mktemp -d "$PWD/cross-check-XXXXXX")
raftbench up --nodes 3 --set storage.sync=$sync -o json --out "$dir/cluster" >"$dir/up.json" &
up=$!
trap 'kill -INT $up; wait $up; rm -r "$dir"' EXIT
for _ in {1..100}; do [[ -s $dir/up.json ]] && break; sleep 0.1; done
endpoints=$(jq -r '[.nodes[].client] | join(",")' "$dir/up.json")

printf '%-6s %-10s %12s %12s\n' round tool writes/s 'p50 (ms)'
for ((round = 0; round <= rounds; round++)); do # round 0 warms up
  raftbench run --endpoints "$endpoints" --clients $clients --duration "${seconds}s" --trials 1 --quiet \
    --set workload.keys=$keys --set workload.key_size=${key_size}B --set workload.value_size=${value_size}B \
    --out "$dir/$round" -o json >"$dir/ours.json"
  read -r rate p50 < <(jq -r '.cells[0].metrics | "\(.throughput_ops.median|floor) \(.saturate_write_latency_p50_ns.median/1e6)"' "$dir/ours.json")
  printf '%-6s %-10s %12s %12.2f\n' "$round" raftbench "$rate" "$p50"

  benchmark --endpoints "$endpoints" --target-leader --conns $connections --clients $clients put \
    --total $((rate * seconds)) --key-size $key_size --val-size $value_size --key-space-size $keys >"$dir/theirs" 2>&1
  awk -v round="$round" '/Requests\/sec/ {rate = $2} / 50% in/ {p50 = $3 * 1000}
    END {printf "%-6s %-10s %12d %12.2f\n", round, "benchmark", rate, p50}' "$dir/theirs"
done
