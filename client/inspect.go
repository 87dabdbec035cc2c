package client

import (
	"context"
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// scanPage is how many keys Scan asks for at once.
const scanPage = 1000

// KeyValue is a stored key with etcd's revisions.
type KeyValue struct {
	Key                         string
	Value                       []byte
	CreateRevision, ModRevision int64
	Version                     int64
}

// Scan calls f for every key with this prefix, in the order of the keys and
// in pages, read from the endpoint's own state (serializable). Each page is a
// moment of its own: the keys are of one revision only when nobody writes.
// An error of f ends the scan and is returned as it is.
func (c *Client) Scan(ctx context.Context, prefix string, f func(KeyValue) error) error {
	from, end := prefix, prefixEnd(prefix)
	if prefix == "" {
		from = "\x00" // etcd's words for "every key" are \0 to \0
	}
	for {
		r, err := c.kv.Range(ctx, &pb.RangeRequest{
			Key: []byte(from), RangeEnd: end, Limit: scanPage, Serializable: true,
		})
		if err != nil {
			return fmt.Errorf("scan of %q at %s: %w", prefix, c.address, err)
		}
		for _, kv := range r.GetKvs() {
			if err := f(keyValue(kv)); err != nil {
				return err
			}
		}
		if !r.GetMore() {
			return nil
		}
		if len(r.GetKvs()) == 0 {
			return fmt.Errorf("scan of %q at %s: got an empty page that says there are more keys", prefix, c.address)
		}
		from = string(r.Kvs[len(r.Kvs)-1].Key) + "\x00"
	}
}

// prefixEnd is the first key after all that begin with prefix; "\0" is etcd's
// way to say that there is no end.
func prefixEnd(prefix string) []byte {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return []byte{0}
}

// Status of the endpoint, as etcd's Maintenance.Status tells it.
type Status struct {
	MemberID, Leader uint64
	Term             uint64
	Index, Applied   uint64
	Revision         int64
	Version          string
	DBSize           int64 // bytes
}

// Status asks the endpoint.
func (c *Client) Status(ctx context.Context) (Status, error) {
	r, err := c.maintenance.Status(ctx, &pb.StatusRequest{})
	if err != nil {
		return Status{}, fmt.Errorf("status of %s: %w", c.address, err)
	}
	return Status{
		MemberID: r.GetHeader().GetMemberId(),
		Leader:   r.GetLeader(),
		Term:     r.GetRaftTerm(),
		Index:    r.GetRaftIndex(),
		Applied:  r.GetRaftAppliedIndex(),
		Revision: r.GetHeader().GetRevision(),
		Version:  r.GetVersion(),
		DBSize:   r.GetDbSize(),
	}, nil
}

// HashKV is the endpoint's hash over all keys at revision rev (0: its latest),
// and the revision that it was taken at.
func (c *Client) HashKV(ctx context.Context, rev int64) (hash uint32, at int64, err error) {
	r, err := c.maintenance.HashKV(ctx, &pb.HashKVRequest{Revision: rev})
	if err != nil {
		return 0, 0, fmt.Errorf("hash of %s at revision %d: %w", c.address, rev, err)
	}
	at = r.GetHashRevision()
	if at == 0 { // before etcd 3.5 the answer did not say
		if at = rev; at == 0 {
			at = r.GetHeader().GetRevision()
		}
	}
	return r.GetHash(), at, nil
}
