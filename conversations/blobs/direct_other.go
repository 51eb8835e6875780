//go:build !linux

package blobs

// direct opens a file past the page cache, where the system has that.
const direct = 0
