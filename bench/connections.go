package bench

import (
	"context"
	"fmt"
	"sync"

	"github.com/raftbench/raftbench/client"
)

// connections are those that were opened for a trial, to be closed with it.
type connections struct {
	mu      sync.Mutex
	clients []*client.Client
}

// open makes one pinned connection to the server called id.
func (c *connections) open(ctx context.Context, id, address string, through client.Dialer) (*client.Client, error) {
	opened, err := client.Dial(ctx, address, through)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", id, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clients = append(c.clients, opened)
	return opened, nil
}

// all that are open.
func (c *connections) all() []*client.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*client.Client(nil), c.clients...)
}

func (c *connections) close() {
	for _, each := range c.all() {
		_ = each.Close()
	}
}
