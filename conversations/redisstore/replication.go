package redisstore

import (
	"net"
	"strconv"
	"strings"
)

// lagMost is how many seconds ago a replica that is in sync spoke last. It does so
// every second.
const lagMost = 2

// parseReplication reads a master's answer to INFO replication: the name of the
// history it writes, which changes when another takes over, and the addresses of
// the replicas in sync (redis.io/commands/info).
func parseReplication(info string) (history string, insync []string) {
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case name == "master_replid":
			history = value
		case strings.HasPrefix(name, "slave") && strings.Contains(value, "state=online"):
			if addr, ok := inSync(value); ok {
				insync = append(insync, addr)
			}
		}
	}
	return history, insync
}

// inSync reads "ip=…,port=…,state=online,offset=…,lag=…".
func inSync(fields string) (addr string, ok bool) {
	var host, port string
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "ip":
			host = value
		case "port":
			port = value
		case "lag":
			lag, err := strconv.Atoi(value)
			ok = err == nil && lag >= 0 && lag <= lagMost
		}
	}
	return net.JoinHostPort(host, port), ok
}
