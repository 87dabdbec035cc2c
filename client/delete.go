package client

import (
	"context"
	"errors"
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// DeletePrefix deletes every key that begins with prefix, which must not be
// empty: a whole store is nobody's to delete.
func (c *Client) DeletePrefix(ctx context.Context, prefix string) error {
	if prefix == "" {
		return errors.New("delete: got an empty prefix, which is every key there is")
	}
	_, err := c.kv.DeleteRange(ctx, &pb.DeleteRangeRequest{Key: []byte(prefix), RangeEnd: prefixEnd(prefix)})
	if err != nil {
		return fmt.Errorf("delete of %q at %s: %w", prefix, c.address, err)
	}
	return nil
}
