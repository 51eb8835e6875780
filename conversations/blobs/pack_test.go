package blobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// keysOf are the keys that All gives.
func keysOf(t rapid.TB, ctx context.Context, f *Folder) (keys []string) {
	for key, err := range f.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func onePack(t testing.TB, f *Folder) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(f.dir, packFolder, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("packs: %v, %v", found, err)
	}
	return found[0]
}

// Whatever is put and deleted, in files and packs, by two gateways on one folder:
// both have what a map would have.
func TestPacksAreAMap(t *testing.T) {
	dir := t.TempDir()
	const rounds = 25 // each waits for the disk a hundred times
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		if round++; round > rounds {
			return
		}
		two := [2]*Folder{}
		var err error
		gateway := func() *Folder {
			i := rapid.IntRange(0, 1).Draw(rt, "gateway")
			if two[i] == nil || rapid.IntRange(0, 5).Draw(rt, "restart") == 0 {
				if two[i], err = Open(filepath.Join(dir, fmt.Sprint(round))); err != nil {
					rt.Fatal(err)
				}
			}
			return two[i]
		}
		want := map[string]string{}
		blob := rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat("x", rapid.IntRange(0, 3).Draw(t, "length")) + rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "end")
		})
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				b := blob.Draw(rt, "blob")
				key, _, err := gateway().Put(t.Context(), strings.NewReader(b))
				if err != nil {
					rt.Fatal(err)
				}
				want[key] = b
			},
			"put all": func(rt *rapid.T) {
				var data [][]byte
				for _, b := range rapid.SliceOfN(blob, 1, 6).Draw(rt, "blobs") {
					data = append(data, []byte(b))
				}
				keys, err := gateway().PutAll(t.Context(), data)
				if err != nil {
					rt.Fatal(err)
				}
				for i, key := range keys {
					want[key] = string(data[i])
				}
			},
			"delete": func(rt *rapid.T) {
				if len(want) == 0 {
					return
				}
				key := rapid.SampledFrom(slices.Sorted(maps.Keys(want))).Draw(rt, "key")
				if err := gateway().Delete(t.Context(), key); err != nil {
					rt.Fatal(err)
				}
				delete(want, key)
				for _, f := range two {
					if f == nil {
						continue
					}
					if _, err := f.Get(t.Context(), key); !errors.Is(err, ErrNotFound) {
						rt.Fatalf("get after delete: %v", err)
					}
				}
			},
			"": func(rt *rapid.T) {
				f := gateway()
				if got := keysOf(rt, t.Context(), f); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
					rt.Fatalf("all: %v, want %v", got, want)
				}
				for key, b := range want {
					about, err := f.Stat(t.Context(), key)
					if err != nil || about.Size != int64(len(b)) || about.Modified.IsZero() || read(t, f, key) != b {
						rt.Fatalf("%s: %+v, %v", key, about, err)
					}
				}
			},
		})
	})
}

// Nothing of a deleted blob is left in the file; the pack goes with its last blob.
func TestDeletedFromAPackIsGone(t *testing.T) {
	f := open(t)
	secret, other := []byte("where is my parcel, says the customer"), []byte("something else")
	keys, err := f.PutAll(t.Context(), [][]byte{secret, other})
	if err != nil {
		t.Fatal(err)
	}
	pack := onePack(t, f)
	if err := f.Delete(t.Context(), keys[0]); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(pack)
	if err != nil || bytes.Contains(raw, secret[:8]) || !bytes.Contains(raw, other) {
		t.Errorf("after the first deletion: %q, %v", raw, err)
	}
	if err := f.Delete(t.Context(), keys[1]); err != nil {
		t.Fatal(err)
	}
	if all := files(t, f); len(all) != 0 {
		t.Errorf("left: %v", all)
	}
}

// A power cut can lose what no PutAll has returned for, and nothing else: a pack that
// is not whole never takes a name, and one that was damaged later is told of.
func TestDamagedPack(t *testing.T) {
	first, second := []byte("the first blob"), []byte("the second blob")
	whole := func(t *testing.T) (*Folder, []string, string) {
		f := open(t)
		keys, err := f.PutAll(t.Context(), [][]byte{first, second})
		if err != nil {
			t.Fatal(err)
		}
		return f, keys, onePack(t, f)
	}
	f, _, pack := whole(t)
	raw, err := os.ReadFile(pack)
	if err != nil {
		t.Fatal(err)
	}
	for n := range raw { // cut anywhere
		if err := os.WriteFile(pack, raw[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err = Open(f.dir); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Get(t.Context(), strings.Repeat("0", 64)); err == nil || errors.Is(err, ErrNotFound) {
			t.Fatalf("cut at %d: a blob that may be in a damaged pack is %v", n, err)
		}
	}
	if key, _, err := f.Put(t.Context(), strings.NewReader("as ever")); err != nil || read(t, f, key) != "as ever" {
		t.Fatalf("beside a damaged pack: %v", err)
	}
	f, keys, pack := whole(t)
	raw = bytes.Replace(raw, first, bytes.ToUpper(first), 1)
	if err := os.WriteFile(pack, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), keys[0]); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("a damaged blob is %v", err)
	}
	if got := read(t, f, keys[1]); got != string(second) {
		t.Errorf("the blob beside it is %q", got)
	}
	if again, err := f.PutAll(t.Context(), [][]byte{first}); err != nil || read(t, f, again[0]) != string(first) {
		t.Errorf("a damaged blob that is put again is not whole: %v", err)
	}
}

func TestPutAllOfManyAtOnce(t *testing.T) {
	f := open(t)
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for round := range 10 {
				data := [][]byte{fmt.Appendf(nil, "shared %d", round), fmt.Appendf(nil, "own %d of %d", round, w), make([]byte, maxPacked+1)}
				keys, err := f.PutAll(t.Context(), data)
				if err != nil {
					t.Error(err)
					return
				}
				for i, key := range keys[:2] {
					if got := read(t, f, key); got != string(data[i]) {
						t.Errorf("%q, want %q", got, data[i])
					}
				}
				if err := f.Delete(t.Context(), keys[1]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := len(keysOf(t, t.Context(), f)); n != 11 {
		t.Errorf("%d blobs are left", n)
	}
}

func FuzzReadTable(f *testing.F) {
	dir := f.TempDir()
	var whole bytes.Buffer
	if err := writePack(&whole, 1, []digest{{1}, {2}}, map[digest][]byte{{1}: []byte("a"), {2}: []byte("bc")}); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte(packMagic))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := os.CreateTemp(dir, "*")
		if err != nil {
			t.Fatal(err)
		}
		defer os.Remove(file.Name())
		defer file.Close()
		if _, err := file.Write(raw); err != nil {
			t.Fatal(err)
		}
		table, err := readTable(file)
		if err != nil {
			return
		}
		for _, e := range table.entries {
			if e.at < 0 || e.at+int64(e.length) > int64(len(raw)) {
				t.Fatalf("%+v lies outside of %d bytes", e, len(raw))
			}
		}
	})
}
