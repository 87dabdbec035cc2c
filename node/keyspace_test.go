package node

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

var (
	someKeys = rapid.SampledFrom([]string{"a", "aa", "ab", "b", "ba", "c", "\x00", "\xff"})
	someEnds = rapid.SampledFrom([]string{"", "", "\x00", "b", "ac", "\xff", "a"})
	values   = rapid.SampledFrom([]string{"", "x", "y", "zz"})
)

func drawPut(t *rapid.T) *pb.PutRequest {
	r := &pb.PutRequest{Key: []byte(someKeys.Draw(t, "key")), PrevKv: rapid.Bool().Draw(t, "prev")}
	if r.IgnoreValue = rapid.IntRange(0, 9).Draw(t, "ignore") == 0; !r.IgnoreValue {
		r.Value = []byte(values.Draw(t, "value"))
	}
	return r
}

func drawDelete(t *rapid.T) *pb.DeleteRangeRequest {
	return &pb.DeleteRangeRequest{
		Key: []byte(someKeys.Draw(t, "key")), RangeEnd: []byte(someEnds.Draw(t, "end")), PrevKv: rapid.Bool().Draw(t, "prev"),
	}
}

func drawRange(t *rapid.T, revision int64) *pb.RangeRequest {
	bound := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, revision+1))
	r := &pb.RangeRequest{
		Key: []byte(someKeys.Draw(t, "key")), RangeEnd: []byte(someEnds.Draw(t, "end")),
		Limit:     rapid.Int64Range(0, 4).Draw(t, "limit"),
		KeysOnly:  rapid.Bool().Draw(t, "keysOnly"),
		CountOnly: rapid.IntRange(0, 4).Draw(t, "countOnly") == 0,
		SortOrder: pb.RangeRequest_SortOrder(rapid.Int32Range(0, 2).Draw(t, "order")), SortTarget: pb.RangeRequest_SortTarget(rapid.Int32Range(0, 4).Draw(t, "target")),
	}
	if rapid.IntRange(0, 2).Draw(t, "filtered") == 0 {
		r.MinModRevision, r.MaxModRevision = bound.Draw(t, "minMod"), bound.Draw(t, "maxMod")
		r.MinCreateRevision, r.MaxCreateRevision = bound.Draw(t, "minCreate"), bound.Draw(t, "maxCreate")
	}
	if rapid.IntRange(0, 3).Draw(t, "numbered") == 0 {
		r.Revision = rapid.Int64Range(max(revision-1, 1), revision+1).Draw(t, "revision")
	}
	return r
}

func drawCompare(t *rapid.T, revision int64) *pb.Compare {
	c := &pb.Compare{
		Key: []byte(someKeys.Draw(t, "key")), RangeEnd: []byte(someEnds.Draw(t, "end")),
		Result: pb.Compare_CompareResult(rapid.Int32Range(0, 3).Draw(t, "result")),
		Target: pb.Compare_CompareTarget(rapid.Int32Range(0, 4).Draw(t, "target")),
	}
	number := rapid.Int64Range(0, revision).Draw(t, "number")
	switch c.Target {
	case pb.Compare_VERSION:
		c.TargetUnion = &pb.Compare_Version{Version: number % 4}
	case pb.Compare_CREATE:
		c.TargetUnion = &pb.Compare_CreateRevision{CreateRevision: number}
	case pb.Compare_MOD:
		c.TargetUnion = &pb.Compare_ModRevision{ModRevision: number}
	case pb.Compare_VALUE:
		c.TargetUnion = &pb.Compare_Value{Value: []byte(values.Draw(t, "value"))}
	case pb.Compare_LEASE:
		c.TargetUnion = &pb.Compare_Lease{Lease: number % 2}
	}
	return c
}

func drawTxn(t *rapid.T, revision int64, depth int) *pb.TxnRequest {
	r := &pb.TxnRequest{}
	for range rapid.IntRange(0, 2).Draw(t, "compares") {
		r.Compare = append(r.Compare, drawCompare(t, revision))
	}
	for _, branch := range []*[]*pb.RequestOp{&r.Success, &r.Failure} {
		for range rapid.IntRange(0, 3).Draw(t, "ops") {
			op := &pb.RequestOp{}
			switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
			case kind == 0:
				op.Request = &pb.RequestOp_RequestPut{RequestPut: drawPut(t)}
			case kind == 1:
				op.Request = &pb.RequestOp_RequestDeleteRange{RequestDeleteRange: drawDelete(t)}
			case kind == 2 && depth > 0:
				op.Request = &pb.RequestOp_RequestTxn{RequestTxn: drawTxn(t, revision, depth-1)}
			default:
				op.Request = &pb.RequestOp_RequestRange{RequestRange: drawRange(t, revision)}
			}
			*branch = append(*branch, op)
		}
	}
	return r
}

func same(t *rapid.T, what string, got, want proto.Message) {
	t.Helper()
	if !proto.Equal(got, want) {
		t.Fatalf("%s\ngot  %v\nwant %v", what, got, want)
	}
}

// TestKeyspaceAgainstOracle drives the state machine, by encoded log entries
// as raft does, beside a dumb map.
func TestKeyspaceAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, o := newMachine(0), newOracle()
		index := uint64(0)
		apply := func(command proto.Message) outcome {
			data, err := encodeCommand(command)
			if err != nil {
				t.Fatal(err)
			}
			index++
			return m.Apply(&raft.Log{Index: index, Type: raft.LogCommand, Data: data}).(outcome)
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				r := drawPut(t)
				got, refused := apply(r), r.IgnoreValue && o.kvs[string(r.Key)] == nil
				if refused != (got.err != nil) {
					t.Fatalf("put %v: error %v, want refused %v", r, got.err, refused)
				}
				if refused {
					return
				}
				p := o.begin()
				want := o.put(p, r)
				o.commit(p)
				same(t, "put", got.resp, want)
			},
			"delete": func(t *rapid.T) {
				r := drawDelete(t)
				p := o.begin()
				want := o.delete(p, r)
				o.commit(p)
				same(t, "delete", apply(r).resp, want)
			},
			"txn": func(t *rapid.T) {
				r := drawTxn(t, o.revision, 2)
				if checkTxn(r) != nil {
					return // the API refuses it; the machine never sees it
				}
				got := apply(r)
				p := o.begin()
				want, ok := o.txn(p, r)
				if ok != (got.err == nil) {
					t.Fatalf("txn %v: error %v, want accepted %v", r, got.err, ok)
				}
				if !ok {
					return
				}
				o.commit(p)
				want.Header.Revision = o.revision
				same(t, "txn", got.resp, want)
			},
			"range": func(t *rapid.T) {
				r := drawRange(t, o.revision)
				got, err := m.read(r)
				if refused := r.Revision > 0 && r.Revision != o.revision; refused != (err != nil) {
					t.Fatalf("range %v at revision %d: error %v", r, o.revision, err)
				}
				if err == nil {
					same(t, "range", got, o.rangeKeys(o.kvs, r, o.revision))
				}
			},
			"snapshot": func(t *rapid.T) {
				restored := newMachine(0)
				if err := restored.Restore(io.NopCloser(bytes.NewReader(snapshotOf(t, m)))); err != nil {
					t.Fatal(err)
				}
				m = restored // and go on from there
			},
			"": func(t *rapid.T) {
				at := m.position()
				if at.revision != o.revision || at.index != index && index > 0 {
					t.Fatalf("at revision %d index %d, want %d and %d", at.revision, at.index, o.revision, index)
				}
				var size int64
				for key, kv := range o.kvs {
					size += int64(len(key) + len(kv.Value))
				}
				if at.bytes != size {
					t.Fatalf("counts %d bytes, want %d", at.bytes, size)
				}
			},
		})
	})
}

func snapshotOf(t interface{ Fatal(...any) }, m *machine) []byte {
	s, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.(*snapshot).writeTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReplicasAgree applies one log to two machines, one of them by batches
// and over a snapshot: hashes and snapshots are the same to the byte.
func TestReplicasAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var logs []*raft.Log
		for i := range rapid.IntRange(1, 40).Draw(t, "entries") {
			var command proto.Message
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				command = drawPut(t)
			case 1:
				command = drawDelete(t)
			default:
				command = drawTxn(t, 5, 1)
			}
			data, err := encodeCommand(command)
			if err != nil {
				t.Fatal(err)
			}
			logs = append(logs, &raft.Log{Index: uint64(i + 1), Type: raft.LogCommand, Data: data})
		}
		one, other := newMachine(0), newMachine(0)
		for _, l := range logs {
			one.Apply(l)
		}
		cut := rapid.IntRange(0, len(logs)).Draw(t, "cut")
		other.ApplyBatch(logs[:cut])
		if cut > 0 {
			image := snapshotOf(t, other)
			other = newMachine(0)
			if err := other.Restore(io.NopCloser(bytes.NewReader(image))); err != nil {
				t.Fatal(err)
			}
		}
		other.ApplyBatch(logs[cut:])
		a, ra := one.hash()
		b, rb := other.hash()
		if a != b || ra != rb {
			t.Fatalf("hashes %x at %d and %x at %d", a, ra, b, rb)
		}
		if !bytes.Equal(snapshotOf(t, one), snapshotOf(t, other)) {
			t.Fatal("snapshots differ")
		}
	})
}

// TestHashSeesEverything: each field of a pair counts, and where key ends and
// value begins.
func TestHashSeesEverything(t *testing.T) {
	sum := func(puts ...string) uint32 {
		m := newMachine(0)
		for i := 0; i < len(puts); i += 2 {
			m.keys.put([]byte(puts[i]), []byte(puts[i+1]), int64(i)+2)
		}
		h, _ := m.hash()
		return h
	}
	seen := map[uint32][]string{}
	for _, puts := range [][]string{
		{}, {"a", ""}, {"a", "b"}, {"ab", ""}, {"", "ab"}, {"a", "x", "a", "b"}, {"b", "b", "a", "b"}, {"a", "b", "b", "b"},
	} {
		h := sum(puts...)
		if other, twice := seen[h]; twice {
			t.Errorf("%q and %q have the same hash", puts, other)
		}
		seen[h] = puts
	}
}

// TestSnapshotDamaged: a snapshot that is cut or altered is refused and
// changes nothing.
func TestSnapshotDamaged(t *testing.T) {
	m := newMachine(0)
	for i, key := range []string{"a", "b", "c"} {
		m.keys.put([]byte(key), []byte("value"), int64(i)+2)
	}
	image := snapshotOf(t, m)
	before, _ := m.hash()
	for cut := range len(image) {
		if err := m.Restore(io.NopCloser(bytes.NewReader(image[:cut]))); err == nil {
			t.Errorf("a snapshot of %d of %d bytes was accepted", cut, len(image))
		}
	}
	alien := bytes.Clone(image)
	alien[0] ^= 1
	if err := m.Restore(io.NopCloser(bytes.NewReader(alien))); err == nil {
		t.Error("another program's file was accepted")
	}
	if after, _ := m.hash(); after != before {
		t.Error("a refused snapshot changed the store")
	}
}

// TestSnapshotIsAMoment: what is applied after Snapshot is not in it.
func TestSnapshotIsAMoment(t *testing.T) {
	m := newMachine(0)
	m.keys.put([]byte("a"), []byte("1"), 2)
	want := snapshotOf(t, m)
	s, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	m.keys.put([]byte("a"), []byte("2"), 3)
	m.keys.put([]byte("b"), []byte("2"), 4)
	var got bytes.Buffer
	if err := s.(*snapshot).writeTo(&got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("a later write is in the snapshot")
	}
}

func FuzzCommand(f *testing.F) {
	for _, m := range []proto.Message{
		&pb.PutRequest{Key: []byte("a"), Value: []byte("b")},
		&pb.DeleteRangeRequest{Key: []byte("a"), RangeEnd: []byte("b")},
		&pb.TxnRequest{Success: []*pb.RequestOp{{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: []byte("a")}}}}},
	} {
		data, err := encodeCommand(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k := newKeyspace()
		for range 2 {
			o := k.apply(data)
			if (o.err == nil) == (o.resp == nil) {
				t.Fatalf("neither or both of answer and error: %v", o)
			}
		}
	})
}

// An emulated slower state machine takes at least so much longer for each
// command.
func TestTheMachineIsAsSlowAsAsked(t *testing.T) {
	const delay = 2 * time.Millisecond
	m := newMachine(delay)
	var logs []*raft.Log
	for i := range 5 {
		data, err := encodeCommand(&pb.PutRequest{Key: []byte("k"), Value: []byte("v")})
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, &raft.Log{Index: uint64(i + 1), Type: raft.LogCommand, Data: data})
	}
	began := time.Now()
	m.ApplyBatch(logs)
	if took := time.Since(began); took < 5*delay {
		t.Errorf("five commands took %v, want at least %v", took, 5*delay)
	}
}
