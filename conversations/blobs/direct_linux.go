package blobs

import "syscall"

// direct opens a file past the page cache (open(2)).
const direct = syscall.O_DIRECT
