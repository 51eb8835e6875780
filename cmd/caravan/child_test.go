package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	process "github.com/caravan-desk/caravan/conversations/redisstore/embedded/child"
)

// child is the real program, run beside the test.
type child struct {
	t       testing.TB
	env     []string
	log     *journal
	base    string
	process *process.Process
}

// freePort is one that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

// environ is the test's own environment without the gateway's keys, and env.
func environ(env []string) []string {
	own := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "CARAVAN_") })
	return append(append(own, asItself+"=1"), env...)
}

// caravan runs a command to its end; it gives what it printed and its exit code.
func caravan(t testing.TB, env []string, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = environ(env)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// start runs `caravan serve` until it is killed or stopped.
func (c *child) start() {
	c.t.Helper()
	cmd := exec.Command(os.Args[0], "serve")
	cmd.Env, cmd.Stdout, cmd.Stderr = environ(c.env), c.log, c.log
	var err error
	c.process, err = process.Start(cmd, syscall.SIGKILL)
	must(c.t, err)
}

// ready waits until the gateway answers.
func (c *child) ready() {
	c.t.Helper()
	eventually(c.t, "the gateway is ready", func() error {
		select {
		case <-c.process.Done():
			return fmt.Errorf("it has ended: %s", tail(c.log.String()))
		default:
		}
		resp, err := http.Get(c.base + "/readyz")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		return wrong(resp.StatusCode == http.StatusOK, "%d", resp.StatusCode)
	})
}

// end signals the gateway and waits until it has ended.
func (c *child) end(s os.Signal) {
	c.t.Helper()
	must(c.t, c.process.Signal(s))
	<-c.process.Done()
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// outside is a house whose gateway is a process of its own, on a fixed port.
func outside(t testing.TB, options ...option) (*house, *child) {
	t.Helper()
	h := &house{t: t, log: &journal{}}
	h.world()
	address := freePort(t)
	h.cfg.HTTP.Listen, h.cfg.HTTP.PublicURL = address, "http://"+address
	h.cfg.DataDir, h.cfg.AdminToken = t.TempDir(), testAdmin
	for _, o := range options {
		o(&h.cfg)
	}
	h.client = &client{t: t, base: h.cfg.HTTP.PublicURL, token: testAdmin}
	h.sim.SetGateway(h.cfg.HTTP.PublicURL, "")
	c := &child{t: t, env: h.environment(), log: h.log, base: h.cfg.HTTP.PublicURL}
	c.start()
	t.Cleanup(sync.OnceFunc(func() { c.end(syscall.SIGKILL); http.DefaultClient.CloseIdleConnections() }))
	c.ready()
	return h, c
}

// environment is the configuration as environment variables.
func (h *house) environment() []string {
	m, tw, calls := h.cfg.Email[0], h.cfg.Twilio, h.cfg.Callbacks
	if calls == (config.Callbacks{}) {
		calls = config.Default().Callbacks
	}
	return []string{
		"CARAVAN_HTTP_LISTEN=" + h.cfg.HTTP.Listen, "CARAVAN_HTTP_PUBLIC_URL=" + h.cfg.HTTP.PublicURL,
		"CARAVAN_DATA_DIR=" + h.cfg.DataDir, "CARAVAN_REDIS_URL=" + h.cfg.Redis.URL.Reveal(), "CARAVAN_ADMIN_TOKEN=" + testAdmin,
		"CARAVAN_TWILIO_ACCOUNT_SID=" + tw.AccountSID, "CARAVAN_TWILIO_AUTH_TOKEN=" + tw.AuthToken.Reveal(),
		"CARAVAN_TWILIO_API_BASE_URL=" + tw.APIBaseURL, "CARAVAN_TWILIO_SMS_FROM=" + tw.SMSFrom,
		"CARAVAN_TWILIO_WHATSAPP_FROM=" + tw.WhatsAppFrom, "CARAVAN_TWILIO_VOICE_FROM=" + tw.VoiceFrom,
		"CARAVAN_EMAIL_0_NAME=" + m.Name, "CARAVAN_EMAIL_0_ADDRESS=" + m.Address,
		"CARAVAN_EMAIL_0_IMAP_URL=" + m.IMAP.URL, "CARAVAN_EMAIL_0_IMAP_USERNAME=" + m.IMAP.Username,
		"CARAVAN_EMAIL_0_IMAP_PASSWORD=" + m.IMAP.Password.Reveal(), "CARAVAN_EMAIL_0_IMAP_STARTTLS=none",
		"CARAVAN_CALLBACKS_QUIET_HOURS=" + calls.QuietHours, "CARAVAN_CALLBACKS_CALLS_PER_SECOND=" + fmt.Sprint(calls.CallsPerSecond),
		"CARAVAN_CALLBACKS_CONCURRENCY=" + fmt.Sprint(calls.Concurrency),
		"CARAVAN_EMAIL_0_SMTP_URL=" + m.SMTP.URL, "CARAVAN_EMAIL_0_SMTP_USERNAME=" + m.SMTP.Username,
		"CARAVAN_EMAIL_0_SMTP_PASSWORD=" + m.SMTP.Password.Reveal(), "CARAVAN_EMAIL_0_SMTP_STARTTLS=none",
	}
}
