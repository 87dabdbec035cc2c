// Command raftbench measures what each Raft node costs per write, and proves
// what it buys.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }
