package main

import (
	"os"
	"runtime"
)

// leaveCore leaves one core to the redis-server that this gateway has started beside it.
// With as many threads of Go's as there are cores, each of them and redis-server wait for
// each other's core: on two cores a message then costs the gateway a fifth more, and comes
// no sooner. What the environment says (GOMAXPROCS) stands.
func leaveCore() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)-1))
	}
}
