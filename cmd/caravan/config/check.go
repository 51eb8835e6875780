package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/callbacks/quiet"
	"github.com/caravan-desk/caravan/routing/sheet"
)

var (
	e164         = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // ITU-T E.164: at most 15 digits
	accountSID   = regexp.MustCompile(`^AC[0-9A-Za-z]+$`)
	afterKeeping = regexp.MustCompile(`^(?:leave|flag|flag:.+|move:.+)?$`)
	serviceSID   = regexp.MustCompile(`^MG[0-9A-Za-z]+$`)
)

// check tells f what is wrong with the values themselves.
func check(c Config, f *faults) {
	rule := func(path string, err error) {
		if err != nil {
			f.of(path, "%v", err)
		}
	}
	rule("http.listen", listen(c.HTTP.Listen))
	if f.isSet("http.public_url") {
		rule("http.public_url", webURL(c.HTTP.PublicURL))
	}
	for i, s := range c.HTTP.TrustedProxies {
		_, err := network(s)
		rule(fmt.Sprintf("http.trusted_proxies.%d", i), err)
	}
	if strings.TrimSpace(c.DataDir) == "" {
		f.of("data_dir", "missing")
	}
	rule("redis.url", redisURL(c.Redis.URL.Reveal()))
	if strings.ContainsAny(c.AdminToken.Reveal(), " \t\r\n") {
		f.of("admin_token", "holds a blank, so it cannot be sent as a bearer token")
	}
	checkTwilio(c.Twilio, f, rule)
	checkMailboxes(c.Email, f)
	checkFeeds(c.Feeds, f)
	checkCallbacks(c.Callbacks, f)
	for key, n := range map[string]int{"updates_per_day": c.Limits.UpdatesPerDay, "bulk_per_day": c.Limits.BulkPerDay} {
		if n < 0 || n > 100_000 {
			f.of("limits."+key, "%d is not between 0 and 100000", n)
		}
	}
	if !(c.Bulk.PerSecond >= 0 && c.Bulk.PerSecond <= 10_000) {
		f.of("bulk.per_second", "%v is not between 0 and 10000", c.Bulk.PerSecond)
	}
	for i, price := range c.Bulk.Prices {
		oneOf(f, fmt.Sprintf("bulk.prices.%d.channel", i), price.Channel, "email", "sms", "whatsapp")
		if price.Price < 0 {
			f.of(fmt.Sprintf("bulk.prices.%d.price", i), "%v is less than nothing", price.Price)
		}
	}
	if c.Speech.URL != "" {
		rule("speech.url", webURL(c.Speech.URL))
	}
	if c.Speech.AtOnce < 1 || c.Speech.AtOnce > 100 {
		f.of("speech.at_once", "%d is not between 1 and 100", c.Speech.AtOnce)
	}
	checkTerms(c, f)
	for i, dir := range c.Desks {
		rule(fmt.Sprintf("desks.%d", i), folder(dir))
	}
	for i, dir := range c.Templates {
		rule(fmt.Sprintf("templates.%d", i), folder(dir))
	}
}

func checkTwilio(t Twilio, f *faults, rule func(path string, err error)) {
	rule("twilio.api_base_url", webURL(t.APIBaseURL))
	if t.AccountSID != "" && !accountSID.MatchString(t.AccountSID) {
		f.of("twilio.account_sid", "%q is not an account SID: AC and 32 hexadecimal digits", t.AccountSID)
	}
	if t.MessagingServiceSID != "" && !serviceSID.MatchString(t.MessagingServiceSID) {
		f.of("twilio.messaging_service_sid", "%q is not a messaging service SID: MG and 32 hexadecimal digits", t.MessagingServiceSID)
	}
	if t.Reconcile != 0 && (t.Reconcile < time.Minute || t.Reconcile > 24*time.Hour) {
		f.of("twilio.reconcile", "%v is not between 1m and 24h; 0 switches it off", t.Reconcile)
	}
	if !(t.SMSPerSecond >= 0 && t.SMSPerSecond <= 1000) {
		f.of("twilio.sms_segments_per_second", "%v is not between 0 and 1000", t.SMSPerSecond)
	}
	for i, number := range t.SMSPool {
		if !e164.MatchString(number) {
			f.of(fmt.Sprintf("twilio.sms_pool.%d", i), "%q is not a number in E.164; write one like +14155238886", number)
		}
	}
	used := len(t.SMSPool) > 0 || t.AuthToken != "" || t.MessagingServiceSID != ""
	for _, number := range []struct{ key, value string }{
		{"sms_from", t.SMSFrom}, {"whatsapp_from", t.WhatsAppFrom}, {"voice_from", t.VoiceFrom},
	} {
		used = used || number.value != ""
		if number.value != "" && !e164.MatchString(number.value) {
			f.of("twilio."+number.key, "%q is not a number in E.164; write one like +14155238886", number.value)
		}
	}
	if used && t.AccountSID == "" {
		f.of("twilio.account_sid", "missing, and other keys of twilio are set")
	}
	if t.AccountSID != "" && t.AuthToken == "" && !f.isSet("twilio.auth_token") {
		f.of("twilio.auth_token", "missing beside account_sid")
	}
}

func checkCallbacks(c Callbacks, f *faults) {
	oneOf(f, "callbacks.quiet_hours", c.QuietHours, QuietByCountry, QuietNone)
	if _, err := quiet.ParseMoon(c.Moon); err != nil {
		f.of("callbacks.moon", "%v", err)
	}
	if !(c.CallsPerSecond > 0 && c.CallsPerSecond <= 1000) {
		f.of("callbacks.calls_per_second", "%v is not between 0 and 1000", c.CallsPerSecond)
	}
	if c.Concurrency < 1 {
		f.of("callbacks.concurrency", "%d is less than 1", c.Concurrency)
	}
}

func checkMailboxes(all []Mailbox, f *faults) {
	names, addresses := make(map[string]int), make(map[string]int)
	for i, m := range all {
		m.check(fmt.Sprintf("email.%d", i), f)
		once(f, names, m.Name, i, "name")
		once(f, addresses, strings.ToLower(m.Address), i, "address")
	}
}

// once says that another mailbox has the value already.
func once(f *faults, seen map[string]int, value string, i int, key string) {
	if value == "" {
		return
	}
	if before, ok := seen[value]; ok {
		f.of(fmt.Sprintf("email.%d.%s", i, key), "%q is that of email.%d too", value, before)
		return
	}
	seen[value] = i
}

func (m Mailbox) check(path string, f *faults) {
	if parsed, err := mail.ParseAddress(m.Address); m.Address == "" {
		f.of(path+".address", "missing")
	} else if err != nil || parsed.Address != m.Address {
		f.of(path+".address", "%q is not a mail address", m.Address)
	}
	if strings.ContainsAny(m.Name, "/{} \t\r\n") {
		f.of(path+".name", "%q holds a blank, brace or slash", m.Name)
	}
	if m.IMAP == nil && m.Receive == nil && m.SMTP == nil {
		f.of(path, "imap, receive or smtp is needed")
	}
	if in := m.IMAP; in != nil {
		mailURL(f, path+".imap.url", in.URL, "imaps", "imap")
		oneOf(f, path+".imap.starttls", in.StartTLS, "", "required", "opportunistic", "none")
		if in.Username == "" {
			f.of(path+".imap.username", "missing")
		}
		login{in.Username, in.Password, in.OAuth2}.check(path+".imap", f)
		if in.Poll < 0 {
			f.of(path+".imap.poll", "is negative")
		}
		if in.SilentAfter < 0 {
			f.of(path+".imap.silent_after", "is negative")
		}
		if !afterKeeping.MatchString(in.After) {
			f.of(path+".imap.after", "%q is none of leave, flag, flag:NAME and move:FOLDER", in.After)
		}
	}
	if in := m.Receive; in != nil {
		if err := listen(in.Listen); err != nil {
			f.of(path+".receive.listen", "%v", err)
		}
		oneOf(f, path+".receive.protocol", in.Protocol, "smtp", "lmtp")
		if in.MaxSize < 0 {
			f.of(path+".receive.max_size", "is negative")
		}
		in.check(path+".receive", f)
	}
	if out := m.SMTP; out != nil {
		mailURL(f, path+".smtp.url", out.URL, "smtp", "smtps")
		oneOf(f, path+".smtp.starttls", out.StartTLS, "", "required", "opportunistic", "none")
		login{out.Username, out.Password, out.OAuth2}.check(path+".smtp", f)
		if out.Connections < 0 {
			f.of(path+".smtp.connections", "is negative")
		}
		if out.PerMinute < 0 {
			f.of(path+".smtp.per_minute", "is negative")
		}
		if d := out.DKIM; d != nil && (d.Selector == "" || d.PrivateKey == "" && !f.isSet(path+".smtp.dkim.private_key")) {
			f.of(path+".smtp.dkim", "selector and private_key are needed")
		}
	}
}

func (r Receive) check(path string, f *faults) {
	if (r.Certificate == "") != (r.PrivateKey == "") {
		f.of(path+".certificate", "certificate and private_key need each other")
	}
	if (r.Username == "") != (r.Password == "") && !f.isSet(path+".password") {
		f.of(path+".username", "username and password need each other")
	}
	if r.Username != "" && r.Certificate == "" {
		f.of(path+".certificate", "missing: without TLS nobody can sign in")
	}
}

// login is how we sign in to a mail server; nothing at all is fine for SMTP.
type login struct {
	username string
	password Secret
	oauth2   *OAuth2
}

func (l login) check(path string, f *faults) {
	switch {
	case l.password != "" && l.oauth2 != nil:
		f.of(path+".password", "set beside oauth2; one of them signs in")
	case l.username != "" && l.password == "" && l.oauth2 == nil && !f.isSet(path+".password"):
		f.of(path+".password", "missing beside username")
	case l.username == "" && l.password != "":
		f.of(path+".username", "missing beside password")
	}
	if l.oauth2 == nil {
		return
	}
	if err := webURL(l.oauth2.TokenURL); err != nil {
		f.of(path+".oauth2.token_url", "%v", err)
	}
	if l.oauth2.ClientID == "" {
		f.of(path+".oauth2.client_id", "missing")
	}
}

func oneOf(f *faults, path, value string, known ...string) {
	if slices.Contains(known, value) {
		return
	}
	known = slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == "" })
	f.of(path, "%q is not one of %s%s", value, strings.Join(known, ", "), sheet.Suggest(value, known))
}

// mailURL: the sign-in has keys of its own, so that it is never part of an address that is logged.
func mailURL(f *faults, path, raw string, schemes ...string) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		f.of(path, "missing")
	case err != nil || u.Hostname() == "" || !slices.Contains(schemes, u.Scheme):
		f.of(path, "not %s", strings.Join(schemes, "://host:port or ")+"://host:port")
	case u.User != nil:
		f.of(path, "holds a user; write username and password as keys of their own")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		f.of(path, "holds more than a host and a port")
	}
}

func webURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return errors.New("missing")
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%q is not an absolute URL; write one like https://desk.example.com", raw)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("a URL with a user, a query or a fragment cannot be built upon")
	}
	return nil
}

func listen(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not host:port", addr)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q has no port between 0 and 65535", addr)
	}
	return nil
}

func folder(name string) error {
	if about, err := os.Stat(name); err != nil {
		return err
	} else if !about.IsDir() {
		return fmt.Errorf("%s is not a folder", name)
	}
	return nil
}
