package loadgen

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
)

// header is the part of a value that makes it unique, in bytes.
const header = 16

// generators counts those made by this process: two of them never write the
// same value, even with the same seed.
var generators atomic.Uint32

// payload draws what operation number seq of a stream does. A draw depends on
// the seed, the window, the stream and seq alone, never on which worker makes
// it or when.
type payload struct {
	work     Workload
	identity uint32 // of the generator
	window   uint32
	seed     uint64
	filler   []byte
}

func newPayload(w Workload, identity, window uint32) *payload {
	h := fnv.New64a()
	_, _ = h.Write([]byte(w.KeyPrefix))
	seed := mix(uint64(w.Seed) ^ h.Sum64() ^ uint64(window)<<40)
	p := &payload{work: w, identity: identity, window: window, seed: seed, filler: make([]byte, w.ValueSize)}
	rng := rand.NewPCG(uint64(w.Seed), 1)
	for i := range p.filler {
		p.filler[i] = byte(rng.Uint64())
	}
	return p
}

// draw returns a uniform number of 64 bits.
func (p *payload) draw(stream uint32, seq int64) uint64 {
	return mix(p.seed + mix(uint64(stream)<<32^uint64(seq)))
}

// kind and key of the operation that u was drawn for. The two use different
// bits, so that reads and writes meet on the same keys.
func (p *payload) kind(u uint64) Kind {
	if float64(u>>40)/(1<<24) < p.work.ReadRatio {
		return Get
	}
	return Put
}

func (p *payload) key(u uint64) string {
	return keyName(p.work.KeyPrefix, int(mix(u)%uint64(p.work.Keys)), p.work.KeySize)
}

// fill makes value (a copy of the filler) the one of this operation: header
// first, then bytes that do not compress.
func (p *payload) fill(value []byte, stream uint32, seq int64) {
	binary.BigEndian.PutUint16(value[0:], uint16(p.identity))
	binary.BigEndian.PutUint16(value[2:], uint16(p.window))
	binary.BigEndian.PutUint32(value[4:], stream)
	binary.BigEndian.PutUint64(value[8:], uint64(seq))
}

// keyName is prefix and n, padded with zeros to size bytes.
func keyName(prefix string, n, size int) string {
	var digits [20]byte
	d := strconv.AppendInt(digits[:0], int64(n), 10)
	b := make([]byte, 0, max(size, len(prefix)+len(d)))
	b = append(b, prefix...)
	for range size - len(prefix) - len(d) {
		b = append(b, '0')
	}
	return string(append(b, d...))
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
