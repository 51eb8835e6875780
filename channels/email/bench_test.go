package email

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-smtp"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations/blobs"
)

// TestBenchmark prints intake and sending beside the bare protocol, in one run:
// CARAVAN_BENCH=1 (or smtp, for sending alone, or a part of an intake's name) go test -run TestBenchmark -v ./channels/email
func TestBenchmark(t *testing.T) {
	if os.Getenv("CARAVAN_BENCH") == "" {
		t.Skip("set CARAVAN_BENCH=1")
	}
	fmt.Printf("%-58s %11s %11s %6s\n", "", "bare", "ours", "ratio")
	only := os.Getenv("CARAVAN_BENCH")
	if only == "1" || only == "smtp" {
		defer benchSending(t)
	}
	corpus := goldenMails(t)
	for _, kind := range []struct {
		name  string
		mails int
		make  func(i int) []byte
	}{
		{"IMAP intake, the golden corpus, 20 times", 20 * len(corpus), func(i int) []byte { return fmt.Appendf(nil, "X-Copy: %d\r\n%s", i, corpus[i%len(corpus)]) }},
		{"IMAP intake, 170 B text", 20000, testMail},
		{"IMAP intake, 4 kB text", 5000, func(i int) []byte { return sized(i, 4<<10, 0) }},
		{"IMAP intake, 30 kB text and HTML", 3000, func(i int) []byte { return sized(i, 30<<10, 0) }},
		{"IMAP intake, 250 kB with an attachment", 600, func(i int) []byte { return sized(i, 8<<10, 180<<10) }},
	} {
		if only == "1" || strings.Contains(kind.name, only) {
			benchIntake(t, kind.name, kind.mails, kind.make)
		}
	}
}

// goldenMails are the mails of the golden corpus.
func goldenMails(t *testing.T) (out [][]byte) {
	names, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d mails: %v", len(names), err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, raw)
	}
	return out
}

// sized is a mail as customers write them: text and HTML of about the given
// size together, in quoted-printable, and a file.
func sized(i, body, file int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: Customer %d <customer%d@example.net>\r\nTo: support@caravan.example\r\nSubject: Parcel %d\r\nMessage-ID: <mail-%d@example.net>\r\nDate: Sun, 22 Nov 2026 10:15:00 +0300\r\nMIME-Version: 1.0\r\n", i, i, i, i)
	b.WriteString("Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n")
	b.WriteString("--inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	line := "My parcel has not come yet, could you please look where it is =D8=B4=D9=83=\r\n=D8=B1=D8=A7 today?\r\n"
	for n := 0; n < body/3; n += len(line) {
		b.WriteString(line)
	}
	b.WriteString("--inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body>")
	for n := 0; n < body*2/3; n += len(line) + 35 {
		b.WriteString("<p style=3D\"margin:0\"><b>" + line + "</b></p>\r\n")
	}
	b.WriteString("</body></html>\r\n--inner--\r\n")
	if file > 0 {
		b.WriteString("--outer\r\nContent-Type: application/pdf; name=invoice.pdf\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		fmt.Fprintf(&b, "%s\r\n", strings.Repeat(fmt.Sprintf("%012d", i)+strings.Repeat("QUJDREVG", 8)+"\r\n", file/57))
	}
	b.WriteString("--outer--\r\n")
	return []byte(b.String())
}

// benchIntake sets intake beside a bare FETCH, in turns: by the clock the best round of
// each, since what else runs on the machine only ever makes one slower, and by what
// both ends together have computed, which others do not change.
func benchIntake(t *testing.T, name string, n int, make func(int) []byte) {
	const rounds = 5
	d := newDovecot(t)
	d.Deliver(0, n, make)
	run := func(store channels.Blobs) {
		s := newStore()
		done := newCounter(n)
		k := testIntake(s)
		k.Blobs, k.Receiver = store, done
		stop := start(t, &Mailbox{IMAP: d.config(), Intake: k, Cursor: s})
		<-done.all
		stop()
	}
	bareFetch(t, d.config(), n) // fills dovecot's caches
	var bare, disk, none effort
	for range rounds {
		folder, err := blobs.Open(filepath.Join(t.TempDir(), "blobs"))
		if err != nil {
			t.Fatal(err)
		}
		bare.of(d.CPU, func() { bareFetch(t, d.config(), n) })
		disk.of(d.CPU, func() { run(folder) })
		none.of(d.CPU, func() { run(nowhere{}) })
	}
	compare(name+" / blobs on disk", n, n*rounds, bare, disk)
	compare(name+" / no blobs", n, n*rounds, bare, none)
}

// effort is what some rounds took: the best by the clock, and the CPU time of all.
type effort struct{ best, cpu time.Duration }

func (e *effort) of(server func() time.Duration, round func()) {
	used := ownCPU() + server()
	took := timed(round)
	e.cpu += ownCPU() + server() - used
	if e.best == 0 || took < e.best {
		e.best = took
	}
}

func (e *effort) each(n int) float64 { return float64(e.cpu.Nanoseconds()) / 1000 / float64(n) }

// compare prints a line by the clock, n mails a round, and one by CPU time, all mails.
func compare(name string, n, all int, bare, ours effort) {
	fmt.Printf("%-58s %9.0f/s %9.0f/s %6.2f\n", name, float64(n)/bare.best.Seconds(), float64(n)/ours.best.Seconds(), bare.best.Seconds()/ours.best.Seconds())
	fmt.Printf("%-58s %9.1fµs %9.1fµs %6.2f\n", "    CPU of both ends, a mail", bare.each(all), ours.each(all), bare.each(all)/ours.each(all))
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// counter is a Receiver that does nothing.
type counter struct {
	mu   sync.Mutex
	left int
	all  chan struct{}
}

func newCounter(n int) *counter { return &counter{left: n, all: make(chan struct{})} }

func (c *counter) Receive(context.Context, channels.Inbound) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		close(c.all)
	}
	return nil
}

type nowhere struct{}

func (nowhere) Put(_ context.Context, r io.Reader) (string, int64, error) {
	n, err := io.Copy(io.Discard, r)
	return "key", n, err
}
func (nowhere) Get(context.Context, string) (io.ReadCloser, error) { return nil, os.ErrNotExist }

func bareFetch(t *testing.T, cfg IMAP, n int) {
	c, err := dialIMAP(context.Background(), cfg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	cmd := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	got := 0
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		for item := m.Next(); item != nil; item = m.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				_, _ = io.Copy(io.Discard, body.Literal)
				got++
			}
		}
	}
	if err := cmd.Close(); err != nil || got != n {
		t.Fatalf("%d of %d: %v", got, n, err)
	}
}

func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// sink takes mail as fast as it comes.
type sink struct{}

func (sink) Reset()                               {}
func (sink) Logout() error                        { return nil }
func (sink) Mail(string, *smtp.MailOptions) error { return nil }
func (sink) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (sink) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }

func benchSending(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return sink{}, nil }))
	srv.Domain = "sink.example"
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	defer func() { _ = srv.Close(); <-done }()
	const n, rounds = 8000, 20
	s := newStore()
	for _, tt := range []struct {
		name string
		size int
	}{{"SMTP sending, 1 kB", 600}, {"SMTP sending, 30 kB", 30_000}} {
		m := outbound("1042-3")
		m.Text = strings.Repeat("Your parcel is on its way.\n", tt.size/27)
		m.Language = "en"
		snd := testSender(t, s, SMTP{URL: "smtp://" + l.Addr().String(), Connections: 1})
		composed, err := snd.letter(context.Background(), m)
		if err != nil {
			t.Fatal(err)
		}
		var draft bytes.Buffer
		compose(composed, &draft)
		raw := draft.Bytes()
		c, err := smtp.Dial(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		bareRun := func() {
			for range n / rounds {
				if err := c.SendMail("a@caravan.example", []string{m.To.Value}, strings.NewReader(string(raw))); err != nil {
					t.Fatal(err)
				}
			}
		}
		run := func(senders int) {
			var wg sync.WaitGroup
			for range senders {
				wg.Go(func() {
					for i := range n / rounds / senders {
						m := m
						m.MessageID = fmt.Sprintf("1042-%d", i)
						if _, err := snd.Send(context.Background(), m); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
		}
		handOver := func() {
			for range n / rounds {
				if err := snd.submit(context.Background(), envelope{from: "a@caravan.example", to: m.To.Value, id: "x"}, raw); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := snd.Send(context.Background(), m); err != nil { // sign in
			t.Fatal(err)
		}
		var bare, bytes, one, four effort
		here := func() time.Duration { return 0 } // both ends are in this process
		for range rounds {                        // in turns, so that all of them share the noise
			bare.of(here, bareRun)
			bytes.of(here, handOver)
			one.of(here, func() { run(1) })
			four.of(here, func() { run(4) })
		}
		_ = c.Quit()
		compare(tt.name+", the same bytes", n/rounds, n, bare, bytes)
		compare(tt.name+", composed and sent one by one", n/rounds, n, bare, one)
		compare(tt.name+", composed and sent by 4 at once", n/rounds, n, bare, four)
	}
}
