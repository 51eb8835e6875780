package dovecottest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// CPU is what the server has computed for connections that have ended. Linux alone
// tells it; elsewhere it is zero.
func (d *Server) CPU() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest) // from the third on (proc(5))
	ticks := 0
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime: of itself and of those that have ended
		n, _ := strconv.Atoi(f)
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100)
}
