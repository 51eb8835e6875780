package main

import (
	"os"
	"runtime/debug"
)

const (
	collectAt   = 400       // percent of live memory by which the heap may grow between two collections
	memoryLimit = 114 << 20 // bytes; near it the collector works as often as it must
)

// tuneMemory trades memory that a gateway has for time: at full load the default
// spends a quarter of it on collecting a heap of a few megabytes. What the
// environment says (GOGC, GOMEMLIMIT) stands.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
