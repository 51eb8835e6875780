package email

import (
	"context"
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

// dovecot is a real IMAP server in a folder of the test's own. As root it
// serves the mail of "nobody", else of whoever runs the test.
type dovecot struct {
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

func newDovecot(t testing.TB) *dovecot {
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
	d := &dovecot{t: t, dir: dir, uid: os.Getuid(), gid: os.Getgid(), port: freePort(t)}
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
	d.start()
	t.Cleanup(d.stop)
	return d
}

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start runs dovecot and returns when it greets.
func (d *dovecot) start() {
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

func (d *dovecot) stop() {
	if d.cmd != nil {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		<-d.done
		d.cmd = nil
	}
}

func (d *dovecot) config() IMAP {
	return IMAP{URL: fmt.Sprintf("imap://127.0.0.1:%d", d.port), Username: "u", Password: "p"}
}

// deliver drops mail into the inbox as a delivery agent would.
func (d *dovecot) deliver(from, to int) {
	d.t.Helper()
	d.deliverAs(from, to, testMail)
}

func (d *dovecot) deliverAs(from, to int, mail func(i int) []byte) {
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

// age sets when mails arrived.
func (d *dovecot) age(from, to int, at time.Time) {
	d.t.Helper()
	for i := from; i < to; i++ {
		name := filepath.Join(d.dir, "home/Maildir/new", fmt.Sprintf("%d.M%d.test", 1_700_000_000+i, i))
		if err := os.Chtimes(name, at, at); err != nil {
			d.t.Fatal(err)
		}
	}
}

// renumber makes dovecot forget its UIDs; it will give new ones under a new UIDVALIDITY.
func (d *dovecot) renumber() {
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

func TestDovecotEveryMailOnce(t *testing.T) {
	d := newDovecot(t)
	d.deliver(0, 600)
	s := newStore()
	run := func() (stop func()) {
		return start(t, &Mailbox{IMAP: d.config(), Intake: testIntake(s), Cursor: s, Lease: s})
	}
	more := func(n int) func() bool { return func() bool { return len(s.kept) >= n } }
	for _, n := range []int{100, 230, 400} { // the gateway stops in the middle and comes back
		stop := run()
		s.until(t, fmt.Sprintf("%d mails", n), more(n))
		stop()
	}
	stop := run()
	s.until(t, "all 600", more(600))
	d.deliver(600, 605)
	s.until(t, "news by IDLE", more(605))
	d.stop() // dovecot restarts under a connected gateway
	d.deliver(605, 620)
	d.start()
	s.until(t, "mail from over the restart", more(620))
	stop()

	before := s.validity
	d.stop()
	d.renumber()
	d.deliver(620, 630)
	d.start()
	stop = run()
	s.until(t, "the new mail under new numbers", func() bool {
		return len(s.kept) == 630 && s.validity != before && s.uid == 630
	})
	stop()
	for i := range 630 {
		if in, ok := s.kept[fmt.Sprintf("mail-%d@example.net", i)]; !ok || in.Text != fmt.Sprintf("Where is parcel %d?", i) {
			t.Errorf("mail %d: %v %q", i, ok, in.Text)
		}
	}
	if again := s.offered - 630; again < 620 || again > 620+10 {
		t.Errorf("%d mails were offered again; only the renumbering should do that, and a stop at most once each", again)
	}
}

func TestDovecotFindsSentMail(t *testing.T) {
	d := newDovecot(t)
	cfg := d.config()
	testFind(t, &cfg, func(raw []byte) {
		c, err := dialIMAP(context.Background(), cfg, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		appendTo(t, c, "Sent", raw)
	})
}
