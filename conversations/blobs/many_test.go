package blobs

import (
	"bytes"
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
