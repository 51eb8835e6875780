package main

import (
	"os"
	"path/filepath"
)

// timerSlack is by how much timers may be late, in ns (prctl(2), PR_SET_TIMERSLACK).
const timerSlack = "1000000"

// calmTimers lets the kernel put timers together. While threads are kept in system
// calls, Go's monitor wakes up to look at them, every 20 µs and the kernel's usual slack
// of 50: on two busy cores an eighth of one went into that and what it set off. Threads
// to come inherit what their makers have. Without CAP_SYS_NICE only this thread obeys;
// a systemd unit then says TimerSlackNSec=1ms.
func calmTimers() {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, t := range tasks {
		_ = os.WriteFile(filepath.Join("/proc", t.Name(), "timerslack_ns"), []byte(timerSlack), 0)
	}
}
