package blobs

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// flush writes everything of the folder's file system to the disk (syncfs(2)):
// for many files one wait, instead of two for each.
func (f *Folder) flush() error {
	d, err := os.Open(f.dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return fmt.Errorf("syncfs: %w", err)
	}
	return nil
}
