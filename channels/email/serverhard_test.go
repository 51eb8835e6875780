package email

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// talk is a peer that writes what it likes.
type talk struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func dialTalk(t testing.TB, addr string) *talk {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &talk{t, conn, bufio.NewReader(conn)}
	c.want("220")
	return c
}

func (c *talk) say(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, s); err != nil {
		c.t.Fatal(err)
	}
}

// want reads one answer and returns it.
func (c *talk) want(code string) string {
	c.t.Helper()
	var all strings.Builder
	_ = c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		line, err := c.r.ReadString('\n')
		all.WriteString(line)
		if err != nil || len(line) < 4 || line[3] != '-' {
			if !strings.HasPrefix(line, code) {
				c.t.Fatalf("want %s, got %q %v", code, all.String(), err)
			}
			return all.String()
		}
	}
}

func (c *talk) begin() {
	c.t.Helper()
	c.say("EHLO peer.example\r\nMAIL FROM:<a@peer.example>\r\nRCPT TO:<support@caravan.example>\r\nDATA\r\n")
	for _, code := range []string{"250", "250", "250", "354"} {
		c.want(code)
	}
}

// TestServerIsNotSmuggled sends mails that end early to some servers, with a
// second mail behind that end. Here it is never a second mail.
func TestServerIsNotSmuggled(t *testing.T) {
	inner := "MAIL FROM:<ceo@caravan.example>%[1]sRCPT TO:<support@caravan.example>%[1]sDATA%[1]sFrom: ceo@caravan.example%[1]s%[1]sPay me"
	for _, end := range []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\n", "\r\n.\r", "\n.\r", "\r\n\x00.\r\n", "\r\r\n.\r\n\r\n", "\n\r\n.\n"} {
		for _, line := range []string{"\r\n", "\n"} {
			t.Run(fmt.Sprintf("%q %q", end, line), func(t *testing.T) {
				s := newStore()
				c := dialTalk(t, listen(t, s, Receive{}).String())
				c.begin()
				c.say(string(testMail(1)) + end + fmt.Sprintf(inner, line) + "\r\n.\r\n")
				answer := ""
				if line, err := c.r.ReadString('\n'); err == nil {
					answer = line
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				kept := 0
				for _, in := range s.kept {
					if in.From.Value == "ceo@caravan.example" || in.Fields["Return-Path"] == "<ceo@caravan.example>" {
						t.Errorf("a mail was smuggled in: %+v", in)
					}
					kept++
				}
				if strings.HasPrefix(answer, "250") != (kept == 1) || kept > 1 {
					t.Errorf("answer %q, %d kept", answer, kept)
				}
				if (end == "\n.\n" || end == "\n.\r\n" || end == "\r.\r" || end == "\r.\n") && !strings.HasPrefix(answer, "550 5.5.2") {
					t.Errorf("answer %q", answer)
				}
			})
		}
	}
}

// Bare line ends that end nothing are no offence.
func TestServerKeepsBareLineEnds(t *testing.T) {
	s := newStore()
	c := dialTalk(t, listen(t, s, Receive{}).String())
	c.begin()
	c.say(strings.ReplaceAll(string(testMail(1)), "\r\n", "\n") + "..\nA dot.\n.. and more\r\n.\r\n")
	c.want("250")
	if len(s.kept) != 1 {
		t.Errorf("%d kept", len(s.kept))
	}
}

func TestServerStartTLSAndSignIn(t *testing.T) {
	certFile, keyFile := certificateFiles(t)
	s := newStore()
	c := dialTalk(t, listen(t, s, Receive{Certificate: certFile, PrivateKey: keyFile, Username: "relay", Password: "secret"}).String())
	c.say("EHLO peer.example\r\n")
	offers := c.want("250")
	for _, want := range []string{"STARTTLS", "PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 67108864", "ENHANCEDSTATUSCODES", "CHUNKING"} {
		if !strings.Contains(offers, want) {
			t.Errorf("%s is not offered:\n%s", want, offers)
		}
	}
	if strings.Contains(offers, "AUTH") {
		t.Error("sign-in is offered in the clear")
	}
	plain := base64.StdEncoding.EncodeToString([]byte("\x00relay\x00secret"))
	c.say("AUTH PLAIN " + plain + "\r\n")
	c.want("523")
	c.say("STARTTLS\r\nMAIL FROM:<injected@peer.example>\r\n")
	c.want("220")
	if c.r.Buffered() > 0 {
		t.Fatal("an answer to what was said in the clear")
	}
	secure := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		t.Skip("the injected command broke the handshake, which is as good")
	}
}

func TestServerSignInUnderTLS(t *testing.T) {
	certFile, keyFile := certificateFiles(t)
	s := newStore()
	c := dialTalk(t, listen(t, s, Receive{Certificate: certFile, PrivateKey: keyFile, Username: "relay", Password: "secret"}).String())
	c.say("EHLO peer.example\r\nSTARTTLS\r\n")
	c.want("250")
	c.want("220")
	secure := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	c.conn, c.r = secure, bufio.NewReader(secure)
	c.say("EHLO peer.example\r\n")
	if !strings.Contains(c.want("250"), "AUTH PLAIN") {
		t.Error("sign-in is not offered under TLS")
	}
	c.say("MAIL FROM:<a@peer.example>\r\n")
	c.want("530")
	c.say("AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00relay\x00wrong")) + "\r\n")
	c.want("535")
	c.say("AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00relay\x00secret")) + "\r\n")
	c.want("235")
	c.begin()
	c.say(string(testMail(1)) + ".\r\n")
	c.want("250")
	if len(s.kept) != 1 {
		t.Errorf("%d kept", len(s.kept))
	}
}

// A peer that sends neither commands nor mail is cut off, long before it has
// filled the memory.
func TestServerCutsOffNoise(t *testing.T) {
	s := newStore()
	c := dialTalk(t, listen(t, s, Receive{}).String())
	noise := bytes.Repeat([]byte("x"), 64<<10)
	sent := 0
	for range 2000 {
		n, err := c.conn.Write(noise)
		sent += n
		if err != nil {
			break
		}
	}
	if sent > 100<<20 {
		t.Errorf("%d bytes of noise were taken", sent)
	}
}

// A mail that is too large is answered when it has run out, and the session goes on.
func TestServerRefusesTooLargeAndGoesOn(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		s := newStore()
		c := dialTalk(t, listen(t, s, Receive{MaxSize: 1 << 20}).String())
		if chunked {
			c.say("EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 900000\r\n" + strings.Repeat("a", 900_000) + "BDAT 200000 LAST\r\n" + strings.Repeat("a", 200_000))
			c.want("250")
			c.want("250")
			c.want("250")
			c.want("250")
			c.want("552")
		} else {
			c.begin()
			c.say(strings.Repeat(strings.Repeat("x", 98)+"\r\n", 15_000) + ".\r\n")
			c.want("552")
		}
		c.begin()
		c.say(string(testMail(1)) + ".\r\n")
		c.want("250")
		if len(s.kept) != 1 {
			t.Errorf("%d kept", len(s.kept))
		}
	}
}

func TestServerTakesChunks(t *testing.T) {
	s := newStore()
	c := dialTalk(t, listen(t, s, Receive{}).String())
	raw := string(testMail(1))
	c.say("EHLO x\r\nMAIL FROM:<a@x> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<b@x>\r\n")
	c.want("250")
	c.want("250")
	c.want("250")
	c.say(fmt.Sprintf("BDAT 50\r\n%sBDAT %d LAST\r\n%s", raw[:50], len(raw)-50, raw[50:]))
	c.want("250")
	c.want("250")
	if s.kept["mail-1@example.net"].Text != "Where is parcel 1?" {
		t.Errorf("%+v", s.kept)
	}
}

func TestServerBoundsSessions(t *testing.T) {
	s := newStore()
	addr := listen(t, s, Receive{}).String()
	var open []*talk
	for range maxSessions {
		open = append(open, dialTalk(t, addr))
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b, _ := io.ReadAll(c); !strings.HasPrefix(string(b), "421 ") {
		t.Errorf("got %q", b)
	}
	open[0].say("QUIT\r\n")
	open[0].want("221")
	_, _ = io.ReadAll(open[0].r)
	_ = dialTalk(t, addr)
}

// FuzzServerDialogue lets a stranger say anything. Whatever it is, the session
// ends, and every 250 to a mail stands for a mail that is kept.
func FuzzServerDialogue(f *testing.F) {
	mail := "MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nFrom: a@x\r\n\r\nhi\r\n.\r\n"
	for _, seed := range []string{
		"EHLO x\r\n" + mail + "QUIT\r\n", "LHLO x\r\n" + mail, "HELO x\r\n" + mail + mail, "EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@x>\r\nBDAT 5 LAST\r\nhello",
		"EHLO x\r\nMAIL FROM:<a@x> SIZE=99999999999\r\n", "EHLO x\r\nSTARTTLS\r\n\x16\x03\x01", "EHLO x\r\nAUTH PLAIN =\r\n", "EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<b@x>\r\nBDAT 2\r\nabRSET\r\nBDAT 1 LAST\r\nx",
		"EHLO x\r\nMAIL FROM:<a@x> BODY=BINARYMIME RET=FULL ENVID=+4\r\n", "EHLO x\r\n" + strings.Replace(mail, "hi\r\n", "a\n.\nMAIL FROM:<c@x>\n", 1),
		"EHLO x\r\nQUIT\r\n" + mail, "x\r\nx\r\nx\r\nx\r\nx\r\nx\r\nEHLO x\r\n" + mail, "DATA\r\n.\r\n", "\x00\x00\xff\xfe\r\n", strings.Repeat("NOOP\r\n", 100), "EHLO [IPv6:::1]\r\nMAIL FROM:<\"a b\"@[1.2.3.4]>\r\nRCPT TO:<@r:b@x>\r\n",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	servers := map[bool]*fuzzServer{true: newFuzzServer(f, "lmtp"), false: newFuzzServer(f, "smtp")}
	f.Fuzz(func(t *testing.T, said []byte, lmtp bool) {
		srv := servers[lmtp]
		before := srv.store.count()
		answers := srv.converse(t, said)
		if done := strings.Count(answers, "250 2.0.0 OK: queued") + strings.Count(answers, "> OK: queued"); !lmtp && done > srv.store.count()-before {
			t.Errorf("%d mails acknowledged, %d kept:\n%s", done, srv.store.count()-before, answers)
		}
		if n := srv.panics.Load(); n > 0 {
			t.Errorf("%d panics", n)
		}
	})
}
