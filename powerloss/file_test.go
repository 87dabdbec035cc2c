package powerloss

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestFileIsHeldAgainstAPlainOne: whatever is written, cut, synced and lost, in any
// order, a file reads as two byte slices say, of what is seen and of what is synced.
func TestFileIsHeldAgainstAPlainOne(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test's seed
		behind, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		f := newFile(0)
		var seen, synced []byte
		for step := range 60 {
			switch rng.IntN(5) {
			case 0, 1:
				off, data := rng.IntN(5*pageSize), bytes.Repeat([]byte{byte(step + 1)}, 1+rng.IntN(2*pageSize))
				if err := f.writeAt(behind, data, int64(off)); err != nil {
					t.Fatal(err)
				}
				seen = resize(seen, max(len(seen), off+len(data)))
				copy(seen[off:], data)
			case 2:
				size := rng.IntN(6 * pageSize)
				if err := f.truncate(behind, int64(size)); err != nil {
					t.Fatal(err)
				}
				seen = resize(seen, size)
			case 3:
				if err := f.sync(behind); err != nil {
					t.Fatal(err)
				}
				synced = bytes.Clone(seen)
			case 4:
				st, err := behind.Stat()
				if err != nil {
					t.Fatal(err)
				}
				f.lose(st.Size())
				seen = bytes.Clone(synced)
			}
			got := make([]byte, len(seen)+10)
			n, err := f.readAt(behind, got, 0)
			if err != nil || !bytes.Equal(got[:n], seen) {
				t.Fatalf("seed %d, step %d: got %d bytes, want %d that are equal (%v)", seed, step, n, len(seen), err)
			}
		}
		_ = behind.Close()
	}
}

func resize(b []byte, n int) []byte {
	out := make([]byte, n)
	copy(out, b)
	return out
}
