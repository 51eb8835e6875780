//go:build unix

package redistest

import (
	"bufio"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
)

// Proxy stands between a client and Redis and loses replies: the server executes the
// command, the client never hears of it and finds its connection closed. With that
// one proves that nothing is done twice. It speaks RESP2 and RESP3, pipelines too.
type Proxy struct {
	mu      sync.Mutex
	targets map[string]string // server → our listener
	match   func(command []string) bool
	left    int // replies still to be eaten
	eaten   int
	conns   map[net.Conn]struct{}
	closed  bool
	wg      sync.WaitGroup
}

// NewProxy listens once for each server address (host:port), until the test is over.
// For a cluster or sentinels name all servers, and connect with Dial: those clients
// learn the servers' own addresses, and only a dialer sends them through the proxy.
func NewProxy(t testing.TB, servers ...string) *Proxy {
	t.Helper()
	p := &Proxy{targets: make(map[string]string), conns: make(map[net.Conn]struct{})}
	var listeners []net.Listener
	t.Cleanup(func() {
		for _, l := range listeners {
			l.Close()
		}
		p.closeAll()
		p.wg.Wait()
	})
	for _, server := range servers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
		p.targets[server] = l.Addr().String()
		p.wg.Go(func() { p.accept(l, server) })
	}
	return p
}

// Addr is where the proxy listens for the server.
func (p *Proxy) Addr(server string) string { return p.targets[server] }

// URL is the proxy's address as redis:// URL, for a single server.
func (p *Proxy) URL(server string) string { return "redis://" + p.targets[server] + "/0" }

// Dial connects through the proxy where it stands before addr, directly elsewhere. It
// fits redis.Options.Dialer and its like.
func (p *Proxy) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if through, ok := p.targets[addr]; ok {
		addr = through
	}
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

// EatReplies loses the replies of the next n commands that match; it replaces what an
// earlier call had left. A command is its words as sent: ["evalsha", "…", "1", …].
func (p *Proxy) EatReplies(n int, match func(command []string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.match, p.eaten = n, match, 0
}

// Eaten is how many replies have been lost since the last EatReplies.
func (p *Proxy) Eaten() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.eaten
}

// Cut closes all connections that are open, as a router that restarts does.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

// Command matches commands by name, in any case.
func Command(names ...string) func(command []string) bool {
	return func(command []string) bool {
		for _, name := range names {
			if len(command) > 0 && strings.EqualFold(command[0], name) {
				return true
			}
		}
		return false
	}
}

func (p *Proxy) accept(l net.Listener, server string) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.serve(client, server) })
	}
}

func (p *Proxy) serve(client net.Conn, server string) {
	defer client.Close()
	upstream, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer upstream.Close()
	if !p.keep(client, upstream) {
		return
	}
	defer p.forget(client, upstream)
	s := &session{proxy: p, client: client, upstream: upstream}
	both := make(chan struct{}, 2)
	go func() { s.forwardCommands(); both <- struct{}{} }()
	go func() { s.forwardReplies(); both <- struct{}{} }()
	<-both
	client.Close()
	upstream.Close()
	<-both
}

func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = struct{}{}
	}
	return !p.closed
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

func (p *Proxy) closeAll() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Cut()
}

// doomed decides, as the command passes, whether its reply will be eaten.
func (p *Proxy) doomed(command []string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 || !p.match(command) {
		return false
	}
	p.left--
	return true
}

func (p *Proxy) ate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eaten++
}

// session is one client connection and its connection to the server.
type session struct {
	proxy            *Proxy
	client, upstream net.Conn

	mu      sync.Mutex
	waiting []bool // for each command without a reply yet, oldest first: eat the reply?
	plain   bool   // the connection went over to pushed data: replies cannot be counted
}

func (s *session) forwardCommands() {
	r := bufio.NewReader(s.client)
	for {
		raw, command, err := readCommand(r)
		if err != nil {
			return
		}
		doomed := s.proxy.doomed(command)
		s.mu.Lock()
		s.waiting = append(s.waiting, doomed)
		s.plain = s.plain || Command("subscribe", "psubscribe", "ssubscribe", "monitor", "psync", "sync")(command)
		s.mu.Unlock()
		if _, err := s.upstream.Write(raw); err != nil {
			return
		}
	}
}

func (s *session) forwardReplies() {
	r := bufio.NewReader(s.upstream)
	for {
		raw, pushed, err := readReply(r)
		if err != nil {
			return
		}
		if !pushed && s.next() {
			s.proxy.ate()
			return // closes both connections: the reply is lost
		}
		if _, err := s.client.Write(raw); err != nil {
			return
		}
	}
}

// next takes the oldest waiting command and reports whether its reply is to be eaten.
func (s *session) next() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plain || len(s.waiting) == 0 {
		return false
	}
	eat := s.waiting[0]
	s.waiting = s.waiting[1:]
	return eat
}
