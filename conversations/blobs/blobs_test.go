package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

func open(t testing.TB) *Folder {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t testing.TB, f *Folder, key string) string {
	t.Helper()
	r, err := f.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// files are all files in the store, by their path in it.
func files(t testing.TB, f *Folder) (names []string) {
	t.Helper()
	err := filepath.WalkDir(f.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(f.dir, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestWhatIsPutIsGot(t *testing.T) {
	f := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		content := rapid.SliceOf(rapid.Byte()).Draw(rt, "content")
		key, size, err := f.Put(t.Context(), iotest.OneByteReader(bytes.NewReader(content)))
		if err != nil || size != int64(len(content)) || key != fmt.Sprintf("%x", sha256.Sum256(content)) {
			rt.Fatalf("put %d bytes: %s, %d, %v", len(content), key, size, err)
		}
		about, err := f.Stat(t.Context(), key)
		if err != nil || about.Size != size || read(t, f, key) != string(content) {
			rt.Fatalf("%s: %+v, %v", key, about, err)
		}
	})
}

func TestSameContentIsKeptOnce(t *testing.T) {
	f := open(t)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if _, _, err := f.Put(t.Context(), strings.NewReader("photo")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if all := files(t, f); len(all) != 1 {
		t.Errorf("files: %v", all)
	}
}

func TestDamagedBlobIsWholeAfterPuttingItAgain(t *testing.T) {
	f := open(t)
	key, _, err := f.Put(t.Context(), strings.NewReader("photo"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(f.path(key), 2); err != nil {
		t.Fatal(err)
	}
	if again, _, err := f.Put(t.Context(), strings.NewReader("photo")); err != nil || again != key || read(t, f, key) != "photo" {
		t.Errorf("put again: %s, %v", again, err)
	}
}

func TestFailedPutLeavesNothing(t *testing.T) {
	f := open(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("connection lost")
	for name, tc := range map[string]struct {
		ctx  context.Context
		r    io.Reader
		want error
	}{
		"reader fails midway":   {t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), broken},
		"context already ended": {gone, strings.NewReader("all"), context.Canceled},
	} {
		if key, _, err := f.Put(tc.ctx, tc.r); !errors.Is(err, tc.want) || key != "" {
			t.Errorf("%s: %q, %v", name, key, err)
		}
	}
	if all := files(t, f); len(all) != 0 {
		t.Errorf("left behind: %v", all)
	}
}

func TestDelete(t *testing.T) {
	f := open(t)
	key, _, err := f.Put(t.Context(), strings.NewReader("photo"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Get(t.Context(), key); !errors.Is(err, ErrNotFound) {
		t.Errorf("get after delete: %v", err)
	}
	if _, err := f.Stat(t.Context(), key); !errors.Is(err, ErrNotFound) {
		t.Errorf("stat after delete: %v", err)
	}
}

func TestBadKeys(t *testing.T) {
	f := open(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(f.dir), "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", "..", "../secret", "../../secret" + strings.Repeat("/.", 26), "/etc/passwd", incoming,
		strings.Repeat("A", 64), strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("0", 63) + "\x00", strings.Repeat("../", 21) + "a"} {
		_, get := f.Get(t.Context(), key)
		_, stat := f.Stat(t.Context(), key)
		for _, err := range []error{get, stat, f.Delete(t.Context(), key)} {
			if !errors.Is(err, ErrBadKey) {
				t.Errorf("%q: %v, want ErrBadKey", key, err)
			}
		}
	}
}

func TestSweep(t *testing.T) {
	f := open(t)
	now := time.Now()
	for name, age := range map[string]time.Duration{"old": 2 * time.Hour, "young": time.Minute} {
		path := filepath.Join(f.dir, incoming, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if removed, err := f.Sweep(now.Add(-time.Hour)); removed != 1 || err != nil {
		t.Errorf("swept %d, %v", removed, err)
	}
	if all := files(t, f); len(all) != 1 || filepath.Base(all[0]) != "young" {
		t.Errorf("left: %v", all)
	}
	if err := os.Chtimes(filepath.Join(f.dir, incoming, "young"), now, now.Add(-2*abandoned)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(f.dir); err != nil {
		t.Fatal(err)
	}
	if all := files(t, f); len(all) != 0 {
		t.Errorf("left after opening it again: %v", all)
	}
}
