package main

// gateHelp says what a rule is, and when it fails.
const gateHelp = `Judge a run by rules, each on every setup of the run:

  rules:
    - lost_writes == 0
    - survived == tolerates
    - write_latency_p50 < 20ms
    - availability > 99.9%
    - write_latency_p50 <= 1.05x baseline
    - write_latency_p50[n=5] <= 1.2x write_latency_p50[n=3]
    - {rule: "throughput > 5000/s", where: {nodes: 3}}

A metric is a name of summary.json, its unit left out or not. [n=5] selects
setups by size, engine, profile, load or any setting that the run varies, as
"where" does. The baseline is arm a of a run with two arms (raftbench ab), of
which rules judge arm b; or another run, --baseline DIR.

A measured value fails only when the whole of its 95 % interval does, and passes
only when the whole of it does; between the two the verdict is inconclusive. So
a rule of 1.05x cannot fail what is truly 5 % slower: a rule sees what exceeds
its limit by the interval's half-width, and the verdicts say from where on. Each
rule more is one more chance of a false alarm: one fails only where it still
does after Holm's correction for all that the gate asks. A pass needs none,
since a gate passes only where all rules do.

What was remarked of the trials, such as other processes on the host, makes a
verdict inconclusive where it can have moved the value over the limit or nobody
knows by how much. Two setups in one block share what was remarked of both, so
that a ratio is moved only by what weighs on one of them more. A p99 has an
interval from the operations and from how far the trials lie apart. Where a run
is too small for intervals the median decides, and the verdict says so; not for
a p99, and one trial alone decides nothing. An operation that failed took for
ever: it is above every limit.

Two runs that were not made side by side differ by what the host did between
them. So against --baseline a rule rests on how far repeated runs of one build
lie apart, which "raftbench run --repeat 6" leaves in a file beside the runs;
without it, or where the baseline is of another class of hosts, another profile
or another experiment, its verdict is inconclusive.

With --run the run is first measured on: an interrupted one is finished, and one
that asked for a precision gets more blocks, until its intervals are that narrow
or its budget is spent; never until a rule is decided. --precision and --budget
replace what the run was asked for, and its folder says so. A run of a fixed
number of trials is only finished. Who measures on after each verdict until one
pleases would find what is not there: so each further look at a run halves what
may be chance, in passes and fails, and the verdict says which look it is.

Lost writes and what else Raft does not allow count whatever the rules ask.

Exit codes: 0 pass, 3 fail, 4 safety is violated, 5 inconclusive, 6 something
that should have happened did not, such as a replica that does not catch up. No
rule lets 4 or 6 pass. Where several hold: 4, then 6, 3, 5.`
