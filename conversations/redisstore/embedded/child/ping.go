//go:build unix

package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// pingEvery is the wait between two attempts to reach a server that is starting.
const pingEvery = 2 * time.Millisecond

// Ping returns nil once the Redis server at the address answers PING with PONG. It
// keeps asking while the server is not listening yet or answers -LOADING (it is
// reading its data), until ctx ends.
func Ping(ctx context.Context, network, addr string) error {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	var last error // what the server said, not that time was up while it was being asked
	for {
		err := pingOnce(ctx, network, addr)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
			last = err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: last answer: %w", ctx.Err(), last)
		}
	}
}

func pingOnce(ctx context.Context, network, addr string) error {
	return tell(ctx, network, addr, "PING", "+PONG")
}

// Configure has the Redis server at the address set one of its settings.
func Configure(ctx context.Context, network, addr, setting, value string) error {
	return tell(ctx, network, addr, "CONFIG SET "+setting+" "+value, "+OK")
}

// tell sends one inline command, and returns nil if the answer is the wanted one.
func tell(ctx context.Context, network, addr, command, want string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if answer := strings.TrimSpace(line); answer != want {
		return fmt.Errorf("%s answered %q", command, answer)
	}
	return nil
}
