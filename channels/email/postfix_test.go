package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/email/dovecottest"
)

// postfix is a real mail server in a folder of the test's own, which relays
// everything to one place. It needs root.
type postfix struct {
	t    testing.TB
	dir  string
	port int
}

const postfixMain = `
compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.caravan.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
default_transport = %[2]s
relay_transport = %[2]s
smtp_host_lookup = native
smtp_tls_security_level = %[3]s
lmtp_tls_security_level = %[3]s
disable_dns_lookups = yes
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
transport_retry_time = 1s
default_destination_concurrency_failed_cohort_limit = 1000
default_destination_concurrency_limit = 10
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
`

const postfixMaster = `
127.0.0.1:%d inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// newPostfix starts one that delivers to transport, as "lmtp:inet:127.0.0.1:24".
func newPostfix(t testing.TB, transport, tls string) *postfix {
	t.Helper()
	if _, err := exec.LookPath("/usr/sbin/postfix"); err != nil || os.Getuid() != 0 {
		if os.Getuid() == 0 && os.Getenv("CI") == "true" {
			t.Fatal("postfix is not installed")
		}
		t.Skip("postfix needs to be installed, and root")
	}
	owner, err := user.Lookup("postfix")
	if err != nil {
		t.Skip("no user postfix")
	}
	dir, err := os.MkdirTemp("", "postfix")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	_ = os.Chmod(dir, 0o755)
	p := &postfix{t: t, dir: dir, port: dovecottest.FreePort(t)}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	for _, f := range []string{"conf", "queue", "data"} {
		if err := os.Mkdir(filepath.Join(dir, f), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Chown(filepath.Join(dir, "data"), uid, gid)
	for name, text := range map[string]string{
		"main.cf":   fmt.Sprintf(postfixMain, dir, transport, tls),
		"master.cf": fmt.Sprintf(postfixMaster, p.port),
	} {
		if err := os.WriteFile(filepath.Join(dir, "conf", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p.run("start")
	t.Cleanup(func() { p.run("stop") })
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		if c, err := smtp.Dial(p.addr()); err == nil {
			if err := c.Hello("test.example"); err == nil {
				_ = c.Quit()
				return p
			}
			_ = c.Close()
		}
		<-tick.C
	}
	t.Fatalf("postfix does not start:\n%s", p.log())
	return nil
}

func (p *postfix) run(verb string) {
	p.t.Helper()
	out, err := exec.Command("/usr/sbin/postfix", "-c", filepath.Join(p.dir, "conf"), verb).CombinedOutput()
	if err != nil {
		p.t.Errorf("postfix %s: %v\n%s\n%s", verb, err, out, p.log())
	}
}

func (p *postfix) addr() string { return fmt.Sprintf("127.0.0.1:%d", p.port) }

func (p *postfix) log() string {
	b, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return string(b)
}

// submit hands mails to postfix over a few connections.
func (p *postfix) submit(from, to int) {
	next := make(chan int)
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			var c *smtp.Client
			for i := range next {
				err := errors.New("no connection")
				for range 5 {
					if c == nil {
						if c, err = smtp.Dial(p.addr()); err != nil {
							continue
						}
					}
					if err = c.SendMail(fmt.Sprintf("customer%d@example.net", i), []string{"support@caravan.example"}, strings.NewReader(string(testMail(i)))); err == nil {
						break
					}
					_ = c.Close()
					c = nil
				}
				if err != nil {
					p.t.Error(err)
				}
			}
			if c != nil {
				_ = c.Quit()
			}
		})
	}
	for i := from; i < to; i++ {
		next <- i
	}
	close(next)
	senders.Wait()
}

// listen runs a Server until the test ends.
func listen(t testing.TB, s *store, r Receive) *net.TCPAddr {
	t.Helper()
	r.Listen = "127.0.0.1:0"
	srv := &Server{Receive: r, Intake: testIntake(s), Log: quiet()}
	addr, err := srv.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return addr.(*net.TCPAddr)
}

// TestPostfixDelivers: postfix delivers while the store is stopped for a while
// in the middle. CARAVAN_LONG=1: 5,000 mails and a minute.
func TestPostfixDelivers(t *testing.T) {
	mails, pause := 100, time.Duration(0)
	if long() {
		mails, pause = 5000, time.Minute
	}
	certFile, keyFile := certificateFiles(t)
	for _, tt := range []struct {
		protocol, transport, tls string
		receive                  Receive
	}{
		{"lmtp", "lmtp:inet:127.0.0.1:%d", "none", Receive{Protocol: "lmtp"}},
		{"smtp", "smtp:[127.0.0.1]:%d", "encrypt", Receive{Protocol: "smtp", Certificate: certFile, PrivateKey: keyFile}},
	} {
		t.Run(tt.protocol, func(t *testing.T) {
			s := newStore()
			addr := listen(t, s, tt.receive)
			p := newPostfix(t, fmt.Sprintf(tt.transport, addr.Port), tt.tls)
			p.submit(0, mails/2)
			s.until(t, "some mail", func() bool { return len(s.kept) >= mails/4 })
			refusals, back := 0, time.Now().Add(pause)
			stopped := make(chan struct{})
			s.mu.Lock()
			s.fail = func() error {
				if refusals++; refusals >= 20 && time.Now().After(back) {
					s.fail = nil // within the lock
					close(stopped)
				}
				return channels.ErrUnavailable
			}
			s.mu.Unlock()
			p.submit(mails/2, mails)
			<-stopped
			s.patience = 5 * time.Minute
			s.until(t, "all mail, by postfix's own queue", s.has(mails))
			s.mu.Lock()
			defer s.mu.Unlock()
			fmt.Printf("postfix → %s: %d mails, store away for %d attempts: %d kept, %d offered\n", tt.protocol, mails, refusals, len(s.kept), s.offered)
			for i := range mails {
				if in := s.kept[fmt.Sprintf("mail-%d@example.net", i)]; in.Text != fmt.Sprintf("Where is parcel %d?", i) {
					t.Errorf("mail %d: %q", i, in.Text)
				}
			}
			if tt.tls == "encrypt" && !strings.Contains(p.log(), "status=sent") {
				t.Log(p.log())
			}
		})
	}
}
