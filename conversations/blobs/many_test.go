package blobs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestPutAll(t *testing.T) {
	f, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var data [][]byte
	for i := range 100 {
		data = append(data, fmt.Appendf(nil, "blob %d", i%90)) // ten of them twice
	}
	keys, err := f.PutAll(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		if want, _, err := f.Put(t.Context(), bytes.NewReader(data[i])); err != nil || key != want {
			t.Fatalf("key %d is %s, want %s (%v)", i, key, want, err)
		}
		r, err := f.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(r)
		r.Close()
		if !bytes.Equal(got, data[i]) {
			t.Fatalf("blob %d is %q, want %q", i, got, data[i])
		}
	}
	left, err := os.ReadDir(filepath.Join(f.dir, incoming))
	if err != nil || len(left) > 0 {
		t.Errorf("%d temporary files are left (%v)", len(left), err)
	}
}

// TestLargePacks holds that what is written past the page cache, in whole blocks, is
// read back byte by byte, and the same where the file system refuses that.
func TestLargePacks(t *testing.T) {
	for _, cached := range []bool{false, true} {
		f := open(t)
		f.packs.cached.Store(cached)
		for _, total := range []int{directFrom - 1, directFrom, directFrom + 1, 3*directFrom + 4097, 8 * directFrom} {
			var data [][]byte
			for left := total; left > 0; {
				n := min(left, 1+total/7)
				b := bytes.Repeat([]byte{byte(len(data))}, n)
				binary.LittleEndian.PutUint32(b[:4:n], uint32(total))
				data, left = append(data, b), left-n
			}
			keys, err := f.PutAll(t.Context(), data)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Open(f.dir)
			if err != nil {
				t.Fatal(err)
			}
			for i, key := range keys {
				if read(t, f, key) != string(data[i]) || read(t, again, key) != string(data[i]) {
					t.Errorf("cached %v: %d of %d bytes are not what was put", cached, len(data[i]), total)
				}
			}
			if err := f.Delete(t.Context(), keys[0]); err != nil {
				t.Error(err)
			}
			if _, err := again.Get(t.Context(), keys[0]); !errors.Is(err, ErrNotFound) {
				t.Errorf("deleted, yet: %v", err)
			}
		}
	}
}
