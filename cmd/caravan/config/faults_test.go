package config

// faultCases are configurations with what Load says of them, whole.
var faultCases = map[string]struct {
	yaml string
	env  []string
	want []string
}{
	"empty":             {yaml: ""},
	"only comments":     {yaml: "# nothing\n"},
	"nulls are not set": {yaml: "twilio:\nemail:\nhttp:\n  listen:\n"},
	"three faults, three messages": {
		yaml: "http:\n  lisen: 127.0.0.1:80\n  public_url: desk.example.com\ntimezone: Asia/Riad\n",
		want: []string{
			`c.yaml:2: http.lisen: unknown key; did you mean listen?`,
			`c.yaml:3: http.public_url: "desk.example.com" is not an absolute URL; write one like https://desk.example.com`,
			`c.yaml:4: timezone: "Asia/Riad" is not a time zone; write one like Asia/Riyadh`,
		},
	},
	"unknown keys far from any": {
		yaml: "colour: red\nemail:\n  - address: a@b.example\n    smtp: {url: 'smtp://h', passwrod: x}\n",
		want: []string{
			`c.yaml:1: colour: unknown key`,
			`c.yaml:4: email.0.smtp.passwrod: unknown key; did you mean password?`,
		},
	},
	"file and environment together": {
		yaml: "data_dir: ''\n",
		env:  []string{"CARAVAN_HTTP_LISTEN=8080", "CARAVAN_TWILIO_AUTHTOKEN=x", "CARAVAN_EMAIL_1_ADDRESS=a@b.example"},
		want: []string{
			`c.yaml:1: data_dir: missing`,
			`CARAVAN_EMAIL_1_ADDRESS: the next entry has the number 0`,
			`CARAVAN_HTTP_LISTEN: "8080" is not host:port`,
			`CARAVAN_TWILIO_AUTHTOKEN: unknown key; did you mean CARAVAN_TWILIO_AUTH_TOKEN?`,
		},
	},
	"not YAML": {
		yaml: "http:\n  listen: [\n",
		want: []string{`c.yaml:2: not YAML: sequence end token ']' not found`},
	},
	"wrong shapes": {
		yaml: "http: 8080\nemail: {address: a@b.example}\ntimezone: [Asia/Riyadh]\ntwilio:\n- x\n",
		want: []string{
			`c.yaml:1: http: want keys, got one value`,
			`c.yaml:2: email: want a list, got keys`,
			`c.yaml:3: timezone: want one value, got a list`,
			`c.yaml:4: twilio: want keys, got a list`,
		},
	},
	"feeds": {
		yaml: "feeds:\n- name: Tours\n  kind: tour\n  facts: [{name: x}]\n- name: b\n  kind: shipment\n  secret: short\n  tolerance: 1s\n  events: a..b\n  facts: [{name: x, path: y}]\n  codes: [{code: A}]\n- {name: b, kind: booking, secret: sixteen-or-longer, fields: {id: .}}\n",
		want: []string{
			`c.yaml:2: feeds.0.name: "Tours" is no name for an address: small letters, digits, - and _, at most 40`,
			`c.yaml:2: feeds.0.secret: missing: whoever knows the address could report anything`,
			`c.yaml:3: feeds.0.kind: "tour" is not one of shipment, booking`,
			`c.yaml:4: feeds.0.facts.0: needs a name and a path`,
			`c.yaml:4: feeds.0.facts: are only of bookings`,
			`c.yaml:7: feeds.1.secret: is shorter than 16 characters; make one with: openssl rand -hex 32`,
			`c.yaml:8: feeds.1.tolerance: 1s is not between 10s and 1h`,
			`c.yaml:9: feeds.1.events: "a..b" is no path: write names, and places in lists from 0, with dots between them, such as data.items.0`,
			`c.yaml:10: feeds.1.facts: are only of bookings`,
			`c.yaml:11: feeds.1.codes.0: needs a code and a status`,
			`c.yaml:12: feeds.2.name: "b" is that of feeds.1 too`,
			`c.yaml:12: feeds.2.fields.id: "." is no path: write names, and places in lists from 0, with dots between them, such as data.items.0`,
		},
	},
	"a list at the top": {yaml: "- a\n", want: []string{`c.yaml:1: want keys, got a list`}},
	"what YAML can and we cannot": {
		yaml: "http: &x\n  listen: 127.0.0.1:1\nredis: *x\ndata_dir: a\ndata_dir: b\n---\nhttp: {}\n",
		want: []string{
			`c.yaml:1: http: anchors and aliases are not supported`,
			`c.yaml:3: redis: anchors and aliases are not supported`,
			`c.yaml:5: data_dir: set twice`,
			`c.yaml:7: a second document in the file`,
		},
	},
	"numbers": {
		yaml: "callbacks:\n  quiet_hours: by_contry\n  calls_per_second: fast\n  concurrency: 0\nemail:\n" +
			"- address: a@b.example\n  plus_address: yes\n  imap: {url: 'imaps://h', username: u, password: p, poll: 60}\n",
		want: []string{
			`c.yaml:2: callbacks.quiet_hours: "by_contry" is not one of by_country, none; did you mean by_country?`,
			`c.yaml:3: callbacks.calls_per_second: "fast" is not a number`,
			`c.yaml:4: callbacks.concurrency: 0 is less than 1`,
			`c.yaml:7: email.0.plus_address: "yes" is neither true nor false`,
			`c.yaml:8: email.0.imap.poll: "60" is not a duration; write one like 90s, 5m or 30d`,
		},
	},
	"twilio": {
		yaml: "twilio:\n  auth_token: t\n  sms_from: 0501234567\n  whatsapp_from: whatsapp:+14155238886\n  voice_from: +15005550006\n" +
			"  messaging_service_sid: XX1\n  api_base_url: ftp://x\n",
		want: []string{
			`c.yaml:1: twilio.account_sid: missing, and other keys of twilio are set`,
			`c.yaml:3: twilio.sms_from: "0501234567" is not a number in E.164; write one like +14155238886`,
			`c.yaml:4: twilio.whatsapp_from: "whatsapp:+14155238886" is not a number in E.164; write one like +14155238886`,
			`c.yaml:6: twilio.messaging_service_sid: "XX1" is not a messaging service SID: MG and 32 hexadecimal digits`,
			`c.yaml:7: twilio.api_base_url: "ftp://x" is not an absolute URL; write one like https://desk.example.com`,
		},
	},
	"twilio without its token": {
		yaml: "twilio: {account_sid: SK1}\n",
		want: []string{
			`c.yaml:1: twilio.account_sid: "SK1" is not an account SID: AC and 32 hexadecimal digits`,
			`c.yaml:1: twilio.auth_token: missing beside account_sid`,
		},
	},
	"mailboxes": {
		yaml: `email:
- name: a b
  address: Support <s@x.example>
- name: s
  address: s@x.example
  imap: {url: "http://h", username: u, starttls: maybe}
  smtp: {url: "smtp://u:p@h", password: p}
- name: s
  address: S@x.example
  receive: {listen: here, protocol: lmpt}
- smtp:
    url: smtp://h/inbox
    username: u
    password: p
    oauth2: {token_url: x}
`,
		want: []string{
			`c.yaml:2: email.0.name: "a b" holds a blank, brace or slash`,
			`c.yaml:2: email.0: imap, receive or smtp is needed`,
			`c.yaml:3: email.0.address: "Support <s@x.example>" is not a mail address`,
			`c.yaml:6: email.1.imap.url: not imaps://host:port or imap://host:port`,
			`c.yaml:6: email.1.imap.starttls: "maybe" is not one of required, opportunistic, none`,
			`c.yaml:6: email.1.imap.password: missing beside username`,
			`c.yaml:7: email.1.smtp.url: holds a user; write username and password as keys of their own`,
			`c.yaml:7: email.1.smtp.username: missing beside password`,
			`c.yaml:8: email.2.name: "s" is that of email.1 too`,
			`c.yaml:9: email.2.address: "s@x.example" is that of email.1 too`,
			`c.yaml:10: email.2.receive.listen: "here" is not host:port`,
			`c.yaml:10: email.2.receive.protocol: "lmpt" is not one of smtp, lmtp; did you mean lmtp?`,
			`c.yaml:11: email.3.address: missing`,
			`c.yaml:12: email.3.smtp.url: holds more than a host and a port`,
			`c.yaml:14: email.3.smtp.password: set beside oauth2; one of them signs in`,
			`c.yaml:15: email.3.smtp.oauth2.token_url: "x" is not an absolute URL; write one like https://desk.example.com`,
			`c.yaml:15: email.3.smtp.oauth2.client_id: missing`,
		},
	},
	"a mailbox from variables alone": {
		env: []string{"CARAVAN_EMAIL_0_NAME=support"},
		want: []string{
			`email.0.address: missing`,
			`CARAVAN_EMAIL_0_NAME: imap, receive or smtp is needed`,
		},
	},
	"secrets from files": {
		yaml: "admin_token: a\nadmin_token_file: b\ntwilio: {account_sid: AC1, auth_token_file: none}\nredis: {url_file: [x]}\n",
		env:  []string{"CARAVAN_EMAIL_0_SMTP_PASSWORD=a", "CARAVAN_EMAIL_0_SMTP_PASSWORD_FILE=b", "CARAVAN_EMAIL_0_SMTP_URL=smtp://h", "CARAVAN_EMAIL_0_SMTP_USERNAME=u", "CARAVAN_EMAIL_0_ADDRESS=a@b.example"},
		want: []string{
			`c.yaml:2: admin_token_file: admin_token is set too`,
			`c.yaml:3: twilio.auth_token_file: open none: no such file or directory`,
			`c.yaml:4: redis.url_file: want one value, got a list`,
			`CARAVAN_EMAIL_0_SMTP_PASSWORD_FILE: password is set too`,
		},
	},
	"mail options": {
		yaml: `email:
- address: s@x.example
  imap: {url: imaps://h, username: u, password: p, after: delete}
  receive: {listen: ":25", certificate: c.pem, username: u, password: p}
  smtp: {url: smtp://h, per_minute: -1, dkim: {selector: s}}
- address: t@x.example
  receive: {listen: ":25", username: u}
`,
		want: []string{
			`c.yaml:3: email.0.imap.after: "delete" is none of leave, flag, flag:NAME and move:FOLDER`,
			`c.yaml:4: email.0.receive.certificate: certificate and private_key need each other`,
			`c.yaml:5: email.0.smtp.per_minute: is negative`,
			`c.yaml:5: email.0.smtp.dkim: selector and private_key are needed`,
			`c.yaml:7: email.1.receive.username: username and password need each other`,
			`c.yaml:7: email.1.receive.certificate: missing: without TLS nobody can sign in`,
		},
	},
	"redis without repeating its password": {
		yaml: "redis: {url: 'http://u:hunter2@h'}\n",
		want: []string{`c.yaml:1: redis.url: not redis:// or rediss://, a host and a port`},
	},
	"folders": {
		yaml: "desks:\n- none\ntemplates:\n- c.yaml\n- .\n",
		want: []string{
			`c.yaml:2: desks.0: stat none: no such file or directory`,
			`c.yaml:4: templates.0: c.yaml is not a folder`,
		},
	},
}
