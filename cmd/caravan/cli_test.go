package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// ran is what a command did.
type ran struct {
	t           testing.TB
	out, errors string
	code        int
}

// run runs a command line with the house's configuration.
func (h *house) run(stdin string, args ...string) ran {
	h.t.Helper()
	out, errs, code := caravan(h.t, h.environment(), stdin, args...)
	return ran{h.t, out, errs, code}
}

// want fails unless the command ended so and printed that, and logged nothing to stdout.
func (r ran) want(code int, says ...string) ran {
	r.t.Helper()
	if r.code != code {
		r.t.Errorf("exit code %d, want %d\n%s%s", r.code, code, r.out, r.errors)
	}
	for _, s := range says {
		if !strings.Contains(r.out, s) {
			r.t.Errorf("stdout lacks %q:\n%s", s, r.out)
		}
	}
	if strings.Contains(r.out, "level=") {
		r.t.Errorf("a log line on stdout:\n%s", r.out)
	}
	return r
}

// complains fails unless stderr says all of this.
func (r ran) complains(says ...string) {
	r.t.Helper()
	for _, s := range says {
		if !strings.Contains(r.errors, s) {
			r.t.Errorf("stderr lacks %q:\n%s", s, r.errors)
		}
	}
}

func TestToolsBesideARunningGateway(t *testing.T) {
	t.Parallel()
	h, gateway := outside(t)
	added := h.run("a long pass phrase\n", "officer", "add", "noor@desk.example", "--name", "Noor", "--role", "supervisor", "--password-stdin").want(0)
	id := strings.TrimSpace(added.out)
	again := h.run("", "officer", "add", "noor@desk.example", "--name", "Noor Ahmad", "--role", "officer").want(0, id)
	if strings.TrimSpace(again.out) != id {
		t.Errorf("changed %q, added %q", again.out, id)
	}
	token := strings.TrimSpace(h.run("", "token", "create", "--officer", "noor@desk.example", "--name", "laptop").want(0).out)
	noor := &client{t: t, base: h.base, token: token}
	me := field[struct{ ID, Name, Role string }](noor.get("/v1/me").want(http.StatusOK))
	if me.ID != id || me.Name != "Noor Ahmad" || me.Role != "officer" {
		t.Errorf("the token is %+v's", me)
	}
	(&client{t: t, base: h.base}).post("/v1/session", map[string]any{"email": "noor@desk.example", "password": "a long pass phrase"}).want(http.StatusOK)

	h.run("", "token", "create", "--officer", "nobody@desk.example", "--name", "x").want(1).complains("caravan officer add")
	h.run("", "officer", "add", "noor@desk.example", "--name", "Noor", "--role", "officer", "--skills", "trace/claim:3", "--capacity", "4").want(0)
	eventually(t, "the gateway knows what he can do now", func() error { // it remembers officers for a second
		me := field[conversations.Officer](noor.get("/v1/me").want(http.StatusOK))
		return wrong(slices.Equal(me.Skills, []string{"trace/claim:3"}) && slices.Equal(me.Languages, []string{"en"}) && me.Capacity == 4, "%+v", me)
	})
	h.run("", "officer", "add", "noor@desk.example", "--name", "Noor", "--role", "officer", "--skills", "orders").want(1).complains("no orders here")
	h.run("short\n", "officer", "add", "noor@desk.example", "--name", "Noor", "--role", "officer", "--password-stdin").want(1).complains("less than 8")
	h.run("", "officer", "add", "x@desk.example", "--name", "X", "--role", "officer", "--password-stdin").want(1).complains("password")
	h.run("", "verify").want(0, "1 officers", "nothing is wrong")
	h.run("", "check").want(0, "ok    redis", "ok    twilio credentials", "ok    email support: imap", "ok    email support: smtp")
	gateway.end(syscall.SIGTERM)
	h.run("", "verify").want(0, "1 officers") // now on a store of its own
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	server := redistest.Single(t)
	h := open(t, onRedis(server.URL))
	h.asked("+966588880001")
	h.sound()
	h.run("", "verify").want(0, "checked 1 conversations", "nothing is wrong")
	r := server.Client()
	keys, err := r.Keys(t.Context(), "*:by:due").Result()
	must(t, err)
	must(t, r.Del(t.Context(), keys...).Err())
	h.run("", "verify").want(1, "in due").complains("findings")
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := &house{t: t, log: &journal{}}
	h.world()
	h.cfg.HTTP.Listen, h.cfg.DataDir = "127.0.0.1:0", t.TempDir()
	h.cfg.Redis.URL = "redis://127.0.0.1:1/0"
	h.cfg.Twilio.AuthToken = "another token"
	h.cfg.Email[0].SMTP.URL = "smtp://127.0.0.1:1"
	r := h.run("", "check").want(1, "FAIL  redis:", "FAIL  twilio credentials:", "FAIL  email support: smtp:", "ok    email support: imap", "ok    desks", "ok    templates")
	if strings.Contains(r.out+r.errors, "another token") {
		t.Error("a secret was printed")
	}
	r.complains("must be mended")
}

func TestCheckSaysWhatIsOff(t *testing.T) {
	t.Parallel()
	out, errs, code := caravan(t, []string{"CARAVAN_DATA_DIR=" + t.TempDir()}, "", "check")
	ran{t, out, errs, code}.want(0, "ok    redis", "off   twilio: ", "off   email: ")
}

func TestConfigurationWithThreeFaults(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "caravan.yaml")
	must(t, os.WriteFile(file, []byte("http:\n  lisen: 127.0.0.1:80\ntimezone: Asia/Riad\ntwilio:\n  account_sid: AC1\n  sms_from: \"0501\"\n  auth_token: x\n"), 0o600))
	for _, command := range []string{"serve", "check", "verify"} {
		out, errs, code := caravan(t, nil, "", command, "--config", file)
		ran{t, out, errs, code}.want(1).complains("caravan.yaml:2: http.lisen", "caravan.yaml:3: timezone", "caravan.yaml:6: twilio.sms_from")
		if n := strings.Count(errs, "caravan.yaml:"); n != 3 {
			t.Errorf("%s: three faults, %d messages:\n%s", command, n, errs)
		}
	}
}

func TestPureCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mail := filepath.Join(dir, "a.eml")
	must(t, os.WriteFile(mail, []byte("From: Ali <ali@customer.example>\r\nMessage-ID: <1@customer.example>\r\nSubject: =?utf-8?q?Salam_=E2=9C=93?=\r\n\r\nHello\r\n"), 0o600))
	do := func(stdin string, args ...string) ran {
		out, errs, code := caravan(t, []string{"CARAVAN_DATA_DIR=" + dir}, stdin, args...)
		return ran{t, out, errs, code}
	}
	lines := do("{\"id\":\"1\",\"channel\":\"sms\",\"text\":\"Where is 1086396430? call me tomorrow at 3pm\"}\n\n{\"id\":\"2\",\"channel\":\"whatsapp\",\"text\":\"كم سعر العمرة\"}\n",
		"classify", "--now", "2026-03-01T09:00:00Z", "--timezone", "Asia/Kuala_Lumpur").want(0).out
	var first struct {
		ID, Desk   string
		References []struct{ Value string }
		Callback   struct{ At string }
	}
	must(t, json.NewDecoder(strings.NewReader(lines)).Decode(&first))
	if first.ID != "1" || first.Desk != "trace" || len(first.References) != 1 || first.Callback.At != "2026-03-02T15:00:00+08:00" || !strings.Contains(lines, `"desk":"booking"`) {
		t.Errorf("understood as %s", lines)
	}
	do("{\"id\":1}\nnot json\n", "classify").want(1)
	do("", "classify", filepath.Join(dir, "none")).want(1).complains("none")

	parsed := do("", "mail", "parse", mail).want(0, `"subject":"Salam ✓"`, `"address":"ali@customer.example"`)
	if strings.Count(parsed.out, "\n") != 1 {
		t.Errorf("one mail, %d lines", strings.Count(parsed.out, "\n"))
	}
	do("", "mail", "parse", filepath.Join(dir, "none.eml"), mail).want(1, `"subject":"Salam ✓"`).complains("none.eml")

	render := []string{"template", "render", "acknowledgement", "--language", "ar", "--channel", "sms", "--vars"}
	do("", append(render, `{"reference":"T-1042","reply_by":"2026-03-01T12:00:00Z"}`)...).want(0, "T-1042", `"segments"`)
	do("", append(render, `{"reference":"T-1042"}`)...).want(1).complains("reply_by")
	do("", "version").want(0, "caravan ")
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"classify", "--now", "yesterday"}, {"classify", "--timezone", "Mars"}, {"officer", "add", "noor", "--name", "Noor", "--role", "officer"},
		{"officer", "add", "x@desk.example", "--name", " ", "--role", "officer"}, {"officer", "add", "x@desk.example", "--name", "X", "--role", "officer", "--skills", "x:9"},
		{"officer", "add", "x@desk.example", "--name", "X", "--role", "officer", "--capacity=-1"}, {"token", "create", "--officer", "x@desk.example", "--name", ""},
		{"template", "render", "acknowledgement", "--language", "en", "--channel", "sms", "--vars", "["}, {"template", "render", "acknowledgement", "--language", "en", "--channel", "pigeon"},
		{"replay", "--rules", ".", "--since=-1h"}, {"replay", "--rules", ".", "--limit=-1"}, {"events", "--column", "colour=X"}, {"events", "--timezone", "Mars"},
		{}, {"fly"}, {"serve", "--fast"}, {"officer", "add"}, {"officer", "add", "x@desk.example", "--name", "X", "--role", "king"}, {"mail", "parse"},
	} {
		out, errs, code := caravan(t, nil, "", args...)
		ran{t, out, errs, code}.want(2)
		if errs == "" {
			t.Errorf("%v: not a word", args)
		}
	}
	out, errs, code := caravan(t, nil, "", "--help")
	ran{t, out, errs, code}.want(0, "serve", "demo", "verify")
}
