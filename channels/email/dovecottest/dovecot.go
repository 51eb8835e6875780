// Package dovecottest runs a real Dovecot for tests: New starts one in a folder
// of the test's own, Deliver puts mail into it. Where Dovecot is not installed the
// test is skipped, and fails on CI.
package dovecottest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a real IMAP server in a folder of the test's own. As root it
// serves the mail of "nobody", else of whoever runs the test.
type Server struct {
	t    testing.TB
	dir  string
	port int
	uid  int
	gid  int
	cmd  *exec.Cmd
	done chan error
}

const dovecotConf = `
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
%[2]s
first_valid_uid = 1
mail_location = maildir:~/Maildir
passdb {
  driver = static
  args = password=p
}
userdb {
  driver = static
  args = uid=%[3]d gid=%[4]d home=%[1]s/home
}
namespace inbox {
  inbox = yes
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[5]d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`

// New runs a server until the test ends. The user is "u", his password "p".
func New(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("/usr/sbin/dovecot"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("dovecot is not installed")
		}
		t.Skip("dovecot is not installed")
	}
	dir, err := os.MkdirTemp("", "dovecot") // short: sockets live below it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &Server{t: t, dir: dir, uid: os.Getuid(), gid: os.Getgid(), port: FreePort(t)}
	users := ""
	if d.uid == 0 {
		nobody, err := user.Lookup("nobody")
		if err != nil {
			t.Skip("no user nobody")
		}
		d.uid, _ = strconv.Atoi(nobody.Uid)
		d.gid, _ = strconv.Atoi(nobody.Gid)
	} else {
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		group, err := user.LookupGroupId(me.Gid)
		if err != nil {
			t.Fatal(err)
		}
		users = fmt.Sprintf("default_login_user = %s\ndefault_internal_user = %s\ndefault_internal_group = %s\n", me.Username, me.Username, group.Name)
	}
	for _, f := range []string{"run", "state", "home", "home/Maildir", "home/Maildir/new", "home/Maildir/cur", "home/Maildir/tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, f), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(f, "home") {
			_ = os.Chown(filepath.Join(dir, f), d.uid, d.gid)
		}
	}
	_ = os.Chmod(dir, 0o755)
	conf := fmt.Sprintf(dovecotConf, dir, users, d.uid, d.gid, d.port)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	d.Start()
	t.Cleanup(d.Stop)
	return d
}

// FreePort is one that nobody listens on.
func FreePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Start runs dovecot and returns when it greets.
func (d *Server) Start() {
	d.t.Helper()
	d.cmd = exec.Command("/usr/sbin/dovecot", "-F", "-c", filepath.Join(d.dir, "conf"))
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func(cmd *exec.Cmd) { done <- cmd.Wait() }(d.cmd)
	d.done = done
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", d.port), time.Second)
		if err == nil {
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, _ := c.Read(make([]byte, 4))
			_ = c.Close()
			if n == 4 {
				return
			}
		}
		<-tick.C
	}
	log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
	d.t.Fatalf("dovecot does not start:\n%s", log)
}

// Stop ends dovecot; its mail stays.
func (d *Server) Stop() {
	if d.cmd != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		<-d.done
		d.cmd = nil
	}
}

// URL is where it listens, in the clear.
func (d *Server) URL() string { return fmt.Sprintf("imap://127.0.0.1:%d", d.port) }

// Deliver drops mails into the inbox, as a delivery agent would.
func (d *Server) Deliver(from, to int, mail func(i int) []byte) {
	d.t.Helper()
	for i := from; i < to; i++ {
		name := filepath.Join(d.dir, "home/Maildir/tmp", fmt.Sprintf("%d.M%d.test", 1_700_000_000+i, i))
		if err := os.WriteFile(name, mail(i), 0o644); err != nil {
			d.t.Fatal(err)
		}
		_ = os.Chown(name, d.uid, d.gid)
		if err := os.Rename(name, filepath.Join(d.dir, "home/Maildir/new", filepath.Base(name))); err != nil {
			d.t.Fatal(err)
		}
	}
}

// Age sets when mails arrived.
func (d *Server) Age(from, to int, at time.Time) {
	d.t.Helper()
	for i := from; i < to; i++ {
		name := filepath.Join(d.dir, "home/Maildir/new", fmt.Sprintf("%d.M%d.test", 1_700_000_000+i, i))
		if err := os.Chtimes(name, at, at); err != nil {
			d.t.Fatal(err)
		}
	}
}

// Renumber makes dovecot forget its UIDs; it will give new ones under a new UIDVALIDITY.
func (d *Server) Renumber() {
	d.t.Helper()
	for _, pattern := range []string{"dovecot-uidlist", "dovecot.index*", "dovecot.list*"} {
		files, _ := filepath.Glob(filepath.Join(d.dir, "home/Maildir", pattern))
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				d.t.Fatal(err)
			}
		}
	}
}
