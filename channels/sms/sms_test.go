package sms

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func form(t testing.TB, body string) twilio.Form {
	t.Helper()
	f, err := twilio.ParseForm([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// envelope is what every message has.
const envelope = "SmsMessageSid=SM1&SmsSid=SM1&MessageSid=SM1&AccountSid=AC1&ApiVersion=2010-04-01&SmsStatus=received&NumSegments=1"

func TestParse(t *testing.T) {
	base := channels.Inbound{Channel: channels.SMS, Account: "+60312345678", ProviderID: "SM1", To: "+60312345678",
		From: channels.Handle{Kind: channels.HandlePhone, Value: "+60123456789"}}
	parties := "&From=%2B60123456789&To=%2B60312345678"
	with := func(change func(*channels.Inbound)) channels.Inbound {
		in := base
		in.Fields = map[string]string{"AccountSid": "AC1"}
		change(&in)
		return in
	}
	for name, c := range map[string]struct {
		body string
		want channels.Inbound
	}{
		"text": {envelope + parties + "&Body=Mana+parcel+saya%3F&NumMedia=0&FromCity=&FromState=Selangor&FromCountry=MY&ToZip=",
			with(func(in *channels.Inbound) {
				in.Text = "Mana parcel saya?"
				in.Fields["FromState"], in.Fields["FromCountry"] = "Selangor", "MY"
			})},
		"no body, no number of media": {envelope + parties, with(func(*channels.Inbound) {})},
		"only the old name of the ID": {"SmsSid=SM1&AccountSid=AC1" + parties, with(func(*channels.Inbound) {})},
		"two pictures": {envelope + parties + "&Body=&NumMedia=2&MediaUrl1=https%3A%2F%2Fapi.twilio.com%2Fb&MediaContentType1=image%2Fpng&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fa&MediaContentType0=image%2Fjpeg",
			with(func(in *channels.Inbound) {
				in.Attachments = []channels.Attachment{{URL: "https://api.twilio.com/a", ContentType: "image/jpeg"}, {URL: "https://api.twilio.com/b", ContentType: "image/png"}}
			})},
		"more announced than named": {envelope + parties + "&NumMedia=3&MediaUrl7=https%3A%2F%2Fapi.twilio.com%2Fa",
			with(func(in *channels.Inbound) {
				in.Attachments = []channels.Attachment{{URL: "https://api.twilio.com/a"}}
				in.Warnings = []string{`Twilio announced "3" files and named 1`}
				in.Fields["NumMedia"] = "3"
			})},
		"named, none announced": {envelope + parties + "&NumMedia=zero&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fa",
			with(func(in *channels.Inbound) {
				in.Attachments = []channels.Attachment{{URL: "https://api.twilio.com/a"}}
				in.Warnings = []string{`Twilio announced "zero" files and named 1`}
				in.Fields["NumMedia"] = "zero"
			})},
		"a type without an address": {envelope + parties + "&NumMedia=1&MediaContentType0=image%2Fjpeg&MediaUrl0=",
			with(func(in *channels.Inbound) {
				in.Warnings = []string{"file 1 came without an address", `Twilio announced "1" files and named 0`}
				in.Fields["NumMedia"], in.Fields["MediaContentType0"], in.Fields["MediaUrl0"] = "1", "image/jpeg", ""
			})},
		"numbers that are none": {envelope + parties + "&MediaUrl=x&MediaUrl-1=y&MediaUrl99999999999999999999=z",
			with(func(in *channels.Inbound) {
				in.Fields["MediaUrl"], in.Fields["MediaUrl-1"], in.Fields["MediaUrl99999999999999999999"] = "x", "y", "z"
			})},
		"unknown parameters": {envelope + parties + "&Body=x&Tomorrow=1&Empty=&OptOutType=STOP&Twice=a&Twice=b",
			with(func(in *channels.Inbound) {
				in.Text = "x"
				maps.Copy(in.Fields, map[string]string{"Tomorrow": "1", "Empty": "", "OptOutType": "STOP", "Twice": "a\nb"})
			})},
		"unusual values": {"MessageSid=SM1&SmsSid=SM2&AccountSid=AC1&ApiVersion=2030-01-01&SmsStatus=receiving&NumSegments=4" + parties,
			with(func(in *channels.Inbound) {
				maps.Copy(in.Fields, map[string]string{"SmsSid": "SM2", "ApiVersion": "2030-01-01", "SmsStatus": "receiving", "NumSegments": "4"})
			})},
		"short code": {envelope + "&From=32665&To=%2B60312345678&Body=x", with(func(in *channels.Inbound) {
			in.Text, in.From.Value = "x", "32665"
			in.Warnings = []string{"the sender is not a phone number, and may not be able to receive an answer"}
		})},
		"a name": {envelope + "&From=DHL&To=%2B60312345678&Body=x", with(func(in *channels.Inbound) {
			in.Text, in.From.Value = "x", "DHL"
			in.Warnings = []string{"the sender is not a phone number, and may not be able to receive an answer"}
		})},
		"another scheme": {envelope + "&From=messenger:123&To=messenger:456&Body=x", with(func(in *channels.Inbound) {
			in.Text, in.Account, in.To = "x", "456", "456"
			in.From = channels.Handle{Kind: channels.HandlePhone, Issuer: "messenger", Value: "messenger:123"}
			in.Warnings = []string{"the sender is not a phone number, and may not be able to receive an answer"}
			in.Fields["To"] = "messenger:456"
		})},
		"not UTF-8": {envelope + parties + "&Body=a%FFb", with(func(in *channels.Inbound) {
			in.Text = "a\uFFFDb"
			in.Warnings = []string{"the text is not valid UTF-8: see the field Body"}
			in.Fields["Body"] = "a\xffb"
		})},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(form(t, c.body))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, got, c.want)
		})
	}
}

func compare(t *testing.T, got, want channels.Inbound) {
	t.Helper()
	if !maps.Equal(got.Fields, want.Fields) {
		t.Errorf("fields %q, want %q", got.Fields, want.Fields)
	}
	if !slices.Equal(got.Attachments, want.Attachments) || !slices.Equal(got.Warnings, want.Warnings) || !slices.Equal(got.Aliases, want.Aliases) {
		t.Errorf("files %v, warnings %q, aliases %v, want %v, %q, %v", got.Attachments, got.Warnings, got.Aliases, want.Attachments, want.Warnings, want.Aliases)
	}
	if got.Channel != want.Channel || got.Account != want.Account || got.ProviderID != want.ProviderID || got.From != want.From ||
		got.To != want.To || got.Text != want.Text || got.Name != want.Name {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "no ID": "From=%2B1&To=%2B2&Body=x", "no From": "MessageSid=SM1&To=%2B2", "no To": "MessageSid=SM1&From=%2B1", "empty From": "MessageSid=SM1&From=&To=%2B2",
	} {
		if _, err := Parse(form(t, body)); !errors.Is(err, twilio.ErrBadForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(envelope + "&From=%2B60123456789&To=%2B60312345678&Body=x&NumMedia=1&MediaUrl0=u"))
	f.Add([]byte("MessageSid=SM1&From=%ff&To=:&MediaContentType3=a&NumMedia=%00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		form, err := twilio.ParseForm(body)
		if err != nil {
			return
		}
		in, err := Parse(form)
		if err != nil {
			return
		}
		if in.ProviderID == "" || in.Channel != channels.SMS {
			t.Fatalf("%+v", in)
		}
		for _, p := range form { // nothing that was said is lost
			if len(p.Value) > 0 && in.Fields[p.Key] == "" && !told(in, p) {
				t.Fatalf("%q is lost in %+v", p, in)
			}
		}
	})
}

func told(in channels.Inbound, p twilio.Param) bool {
	if slices.Contains([]string{in.ProviderID, in.From.Value, in.To, in.Text, "received", "2010-04-01"}, p.Value) {
		return true
	}
	switch p.Key {
	case "From", "NumMedia", "NumSegments":
		return true
	}
	return slices.ContainsFunc(in.Attachments, func(a channels.Attachment) bool { return p.Value == a.URL || p.Value == a.ContentType })
}

func TestSender(t *testing.T) {
	var got url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		got = r.PostForm
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"sid":"SM1"}`)
	}))
	defer server.Close()
	client, err := twilio.NewClient(twilio.Config{AccountSID: "AC1", AuthToken: "t", BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	s := &Sender{Messages: twilio.Messages{Client: client, From: "+60312345678", PublicURL: "https://h.example"}}
	var _ channels.Sender = s
	var _ channels.Finder = s
	for name, c := range map[string]struct {
		to      channels.Handle
		account string
		want    url.Values
	}{
		"a phone":          {channels.Handle{Kind: channels.HandlePhone, Value: "+60123456789"}, "", url.Values{"To": {"+60123456789"}, "From": {"+60312345678"}}},
		"WhatsApp's phone": {channels.Handle{Kind: channels.HandleWhatsApp, Value: "+60123456789"}, "+60399999999", url.Values{"To": {"+60123456789"}, "From": {"+60399999999"}}},
	} {
		sid, err := s.Send(t.Context(), channels.Outbound{MessageID: "m1", Account: c.account, To: c.to, Text: "hello"})
		c.want.Set("Body", "hello")
		c.want.Set("StatusCallback", "https://h.example/webhooks/twilio/status/m1")
		if err != nil || sid != "SM1" || got.Encode() != c.want.Encode() {
			t.Errorf("%s: %q, %v, sent %v, want %v", name, sid, err, got, c.want)
		}
	}
	for _, to := range []channels.Handle{{}, {Kind: channels.HandleBSUID, Value: "US.1"}, {Kind: channels.HandleEmail, Value: "a@b.example"}} {
		_, err := s.Send(t.Context(), channels.Outbound{MessageID: "m1", To: to, Text: "x"})
		var e *channels.SendError
		if !errors.As(err, &e) || e.Failure != channels.Permanent {
			t.Errorf("%v: %v", to, err)
		}
		if _, found, err := s.Find(t.Context(), channels.Outbound{MessageID: "m1", To: to, Text: "x"}); found || err != nil {
			t.Errorf("%v: found %v, %v", to, found, err)
		}
	}
}
