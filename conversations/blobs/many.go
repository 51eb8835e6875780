package blobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// maxPacked is the most bytes of a blob that is packed: a larger one is worth a
// file of its own.
const maxPacked = 1 << 20

// PutAll keeps many blobs, and returns their keys in order. When it returns
// without an error all of them are on the disk, as after Put. Small ones go into
// one pack: the disk is waited for once, and the file system has one file to name.
func (f *Folder) PutAll(ctx context.Context, data [][]byte) ([]string, error) {
	keys := make([]string, len(data))
	sums := digests(data)
	fresh := make(map[digest][]byte, len(data))
	var order []digest
	for i, b := range data {
		if len(b) > maxPacked {
			var err error
			if keys[i], _, err = f.Put(ctx, bytes.NewReader(b)); err != nil {
				return nil, err
			}
			continue
		}
		sum := sums[i]
		keys[i] = hex.EncodeToString(sum[:])
		if _, twice := fresh[sum]; twice || f.packs.has(sum) {
			continue
		}
		fresh[sum] = b
		order = append(order, sum)
	}
	if len(order) == 0 {
		return keys, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := f.packs.write(order, fresh); err != nil {
		return nil, fmt.Errorf("put blobs: %w", err)
	}
	return keys, nil
}

// digests names the blobs that are packed, on all cores.
func digests(data [][]byte) []digest {
	sums := make([]digest, len(data))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(data)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(data); i = int(next.Add(1)) - 1 {
				if len(data[i]) <= maxPacked {
					sums[i] = sha256.Sum256(data[i])
				}
			}
		})
	}
	workers.Wait()
	return sums
}
