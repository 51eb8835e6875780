package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// write puts a configuration where faults name it shortly.
func write(t *testing.T, text string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("c.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "c.yaml"
}

func TestNothingToldIsTheDefault(t *testing.T) {
	c, err := Load("", []string{"HOME=/root", "CARAVAN_CONFIG=c.yaml", "CARAVAN_PORT=tcp://10.0.0.1:80",
		"CARAVAN_SERVICE_HOST=10.0.0.1", "CARAVAN_PORT_8080_TCP=tcp://10.0.0.1:8080", "CARAVAN_TIMEZONE="})
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP.Listen != "127.0.0.1:8080" || c.HTTP.PublicURL != "http://127.0.0.1:8080" || c.DataDir != "./caravan-data" ||
		c.Redis.URL != "" || c.Timezone.String() != "Asia/Riyadh" || c.Twilio.Enabled() || c.Twilio.APIBaseURL != "https://api.twilio.com" ||
		c.Email != nil || c.Callbacks != (Callbacks{QuietByCountry, 1, 2, true, ""}) || c.Desks != nil || c.Templates != nil {
		t.Errorf("%+v", c)
	}
}

func TestExampleLoadsAndNamesEveryKey(t *testing.T) {
	c, err := Load("example.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	m := c.Email[0]
	if m.IMAP.Poll.String() != "1m0s" || m.SMTP.OAuth2.Scopes[0] != "https://mail.example.com/send" || c.Twilio.SMSFrom != "+15005550006" {
		t.Errorf("%+v", c)
	}
	f := new(faults)
	text, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tree := parse("example.yaml", text, f)
	for _, key := range Keys() {
		n := tree
		for step := range strings.SplitSeq(strings.TrimSuffix(key, ".0"), ".") {
			switch {
			case n == nil:
			case step == "0" && n.kind == sequence:
				n = n.items[0]
			default:
				n = n.fields[step]
			}
		}
		elsewhere := strings.HasPrefix(key, "email.0.imap.oauth2.") || key == "email.0.smtp.password"
		if n == nil && !elsewhere {
			t.Errorf("example.yaml does not show %s", key)
		}
	}
}

// TestEveryKeyHasAVariable sets each key by its variable alone and finds it set.
func TestEveryKeyHasAVariable(t *testing.T) {
	names := variables()
	if slices.Sort(names); len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Fatalf("two keys share a variable: %v", names)
	}
	for _, key := range Keys() {
		f := new(faults)
		root := overlay(&node{kind: mapping}, []string{Variable(key) + "=x"}, f)
		n := root
		for step := range strings.SplitSeq(key, ".") {
			if n.kind == sequence {
				n = n.items[0]
			} else {
				n = n.fields[step]
			}
		}
		if n.text != "x" || len(f.all) != 0 {
			t.Errorf("%s does not set %s: %v", Variable(key), key, f.list())
		}
	}
}

func TestEnvironmentOverFile(t *testing.T) {
	file := write(t, `
http: {listen: ":9000", public_url: "https://a.example/"}
twilio:
  account_sid: ACfile
  auth_token: file
  sms_from: +15005550006
email:
  - {address: a@b.example, smtp: {url: smtp://h:25}}
desks: [.]
`)
	if err := os.WriteFile("token", []byte("from a file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file, []string{
		"CARAVAN_HTTP_LISTEN=127.0.0.1:0", "CARAVAN_TWILIO_AUTH_TOKEN_FILE=token", "CARAVAN_REDIS_URL=redis://u:p%40@h:1,h:2/0",
		"CARAVAN_EMAIL_0_IMAP_URL=imaps://h", "CARAVAN_EMAIL_0_IMAP_USERNAME=u", "CARAVAN_EMAIL_0_IMAP_PASSWORD=p",
		"CARAVAN_EMAIL_1_ADDRESS=c@d.example", "CARAVAN_EMAIL_1_RECEIVE_LISTEN=127.0.0.1:2525",
		"CARAVAN_TEMPLATES=., .", "CARAVAN_CALLBACKS_CALLS_PER_SECOND=0.5", "CARAVAN_TIMEZONE=Asia/Kuala_Lumpur",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP.Listen != "127.0.0.1:0" || c.HTTP.PublicURL != "https://a.example" || c.Twilio.AuthToken != "from a file" ||
		c.Twilio.SMSFrom != "+15005550006" || c.Twilio.AccountSID != "ACfile" || c.Redis.URL != "redis://u:p%40@h:1,h:2/0" {
		t.Errorf("%#v", c)
	}
	first, second := c.Email[0], c.Email[1]
	if first.Name != "a" || first.IMAP.Mailbox != "INBOX" || first.IMAP.Password != "p" || first.SMTP.URL != "smtp://h:25" {
		t.Errorf("first mailbox %+v", first)
	}
	if second.Address != "c@d.example" || second.Receive.Protocol != "smtp" || second.IMAP != nil {
		t.Errorf("second mailbox %+v", second)
	}
	if len(c.Templates) != 2 || len(c.Desks) != 1 || c.Callbacks.CallsPerSecond != 0.5 || c.Timezone.String() != "Asia/Kuala_Lumpur" {
		t.Errorf("%+v", c)
	}
}

func TestFaults(t *testing.T) {
	for name, tc := range faultCases {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, tc.yaml), tc.env)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if want := strings.Join(tc.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestNoSuchFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil)
	if err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("%v", err)
	}
}

func TestSecretNeverPrints(t *testing.T) {
	c := Config{AdminToken: "hunter2", Twilio: Twilio{AuthToken: "hunter2"}, Email: []Mailbox{{IMAP: &IMAP{Password: "hunter2"}}}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("config", "token", c.AdminToken, "all", c)
	asJSON, err := json.Marshal(c.AdminToken)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb, c.AdminToken)
	}
	fmt.Fprintf(&log, "%v %+v %#v %v", c, c, c, c.Email[0].IMAP)
	if said := log.String() + string(asJSON); strings.Contains(said, "hunter2") || strings.Contains(said, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("a secret was printed: %s", said)
	}
	if c.AdminToken.Reveal() != "hunter2" || Secret("").String() != "" {
		t.Error("Reveal or the empty secret")
	}
}

func FuzzLoadNeverPanics(f *testing.F) {
	for _, tc := range faultCases {
		f.Add(tc.yaml)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, fileSuffix) {
			t.Skip("would open files by random names")
		}
		faults := new(faults)
		root := parse("c.yaml", []byte(text), faults)
		root = overlay(root, []string{"CARAVAN_EMAIL_0_IMAP_URL=x", "CARAVAN_DESKS_0=y"}, faults)
		c := Default()
		decode(root, reflect.ValueOf(&c).Elem(), "", faults)
		complete(&c)
		check(c, faults)
		faults.list()
	})
}

func TestRetentionIsInDays(t *testing.T) {
	for text, want := range map[string]time.Duration{"0": 0, "90d": 90 * 24 * time.Hour, "48h": 48 * time.Hour} {
		c, err := Load(write(t, "retention:\n  recordings: "+text+"\n"), nil)
		if err != nil || c.Retention.Recordings != want {
			t.Errorf("%s: %v, %v", text, c.Retention.Recordings, err)
		}
	}
	for _, text := range []string{"5m", "-1d", "1.5d", "d", "99999999d", "soon"} {
		if _, err := Load(write(t, "retention:\n  mail: "+text+"\n"), nil); err == nil || !strings.Contains(err.Error(), "retention.mail") {
			t.Errorf("%s is taken: %v", text, err)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	h := HTTP{TrustedProxies: []string{"10.1.2.3", "192.168.7.9/16", "2001:db8::1", "proxy.example", "10.0.0.0/33"}}
	got := fmt.Sprint(h.Proxies())
	if want := "[10.1.2.3/32 192.168.0.0/16 2001:db8::1/128]"; got != want {
		t.Errorf("trusted are %s, want %s", got, want)
	}
	if _, err := network("proxy.example"); err == nil {
		t.Error("a name was taken for a network")
	}
}
