package whatsapp

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	envelope = "SmsMessageSid=SM1&SmsSid=SM1&MessageSid=SM1&AccountSid=AC1&ApiVersion=2010-04-01&SmsStatus=received&NumSegments=1&NumMedia=0" +
		"&To=whatsapp%3A%2B14155238886"
	file = "SmsMessageSid=SM1&SmsSid=SM1&MessageSid=SM1&AccountSid=AC1&NumMedia=1&To=whatsapp%3A%2B14155238886" +
		"&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2FME1"
	withNumber = "&From=whatsapp%3A%2B966501234567&WaId=966501234567&ProfileName=Aisha"
	bsuid      = "SA.13491208655302741918"
)

func parse(t *testing.T, body string) channels.Inbound {
	t.Helper()
	f, err := twilio.ParseForm([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	in, err := Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	if in.Channel != channels.WhatsApp || in.ProviderID != "SM1" || in.Account != "+14155238886" || in.To != "+14155238886" {
		t.Errorf("got %+v", in)
	}
	return in
}

func TestWhoWrote(t *testing.T) {
	number := channels.Handle{Kind: channels.HandleWhatsApp, Value: "+966501234567"}
	id := channels.Handle{Kind: channels.HandleBSUID, Issuer: "AC1", Value: bsuid}
	for name, c := range map[string]struct {
		body    string
		from    channels.Handle
		aliases []channels.Handle
		name    string
		warned  bool
		fields  map[string]string // beside AccountSid
	}{
		"a number":                   {withNumber, number, nil, "Aisha", false, nil},
		"a number and an ID":         {withNumber + "&ExternalUserId=whatsapp%3A" + bsuid, number, []channels.Handle{id}, "Aisha", false, nil},
		"an ID alone":                {"&From=whatsapp%3A" + bsuid + "&ExternalUserId=whatsapp%3A" + bsuid + "&ProfileName=Ahmad", id, nil, "Ahmad", false, nil},
		"an ID, not confirmed":       {"&From=whatsapp%3A" + bsuid, id, nil, "", true, nil},
		"a number without its plus":  {"&From=whatsapp%3A966501234567", number, nil, "", false, nil},
		"WhatsApp's number differs":  {"&From=whatsapp%3A%2B966501234567&WaId=96650123456", number, []channels.Handle{{Kind: channels.HandleWhatsApp, Value: "+96650123456"}}, "", false, map[string]string{"WaId": "96650123456"}},
		"no profile name":            {"&From=whatsapp%3A%2B966501234567&WaId=966501234567", number, nil, "", false, nil},
		"an ID that is none of ours": {withNumber + "&ExternalUserId=whatsapp%3A%2B1", number, []channels.Handle{{Kind: channels.HandleBSUID, Issuer: "AC1", Value: "+1"}}, "Aisha", false, nil},
		"an ID that is a number":     {withNumber + "&ExternalUserId=whatsapp%3A%2B966500000000", number, nil, "Aisha", false, map[string]string{"ExternalUserId": "whatsapp:+966500000000"}},
		"a name that is not UTF-8":   {"&From=whatsapp%3A%2B966501234567&ProfileName=a%FF", number, nil, "a\uFFFD", false, map[string]string{"ProfileName": "a\xff"}},
		"more about the user":        {withNumber + "&ParentExternalUserId=whatsapp%3ASA.ENT.1", number, nil, "Aisha", false, map[string]string{"ParentExternalUserId": "whatsapp:SA.ENT.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := parse(t, envelope+c.body+"&Body=x&MessageType=text")
			if in.From != c.from || !slices.Equal(in.Aliases, c.aliases) || in.Name != c.name || (in.Warnings != nil) != c.warned {
				t.Errorf("from %#v, aliases %#v, name %q, warnings %q", in.From, in.Aliases, in.Name, in.Warnings)
			}
			want := map[string]string{"AccountSid": "AC1", "MessageType": "text"}
			maps.Copy(want, c.fields)
			if !maps.Equal(in.Fields, want) {
				t.Errorf("fields %q, want %q", in.Fields, want)
			}
		})
	}
}

func TestWhatWasWritten(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		text string
		kept []string // parameters that stay in Fields
		file channels.Attachment
	}{
		"text":                 {envelope + "&Body=%D8%A3%D9%8A%D9%86+%D8%B4%D8%AD%D9%86%D8%AA%D9%8A&MessageType=text", "أين شحنتي", nil, channels.Attachment{}},
		"place with a name":    {envelope + "&Body=&MessageType=location&Latitude=24.4672&Longitude=39.6111&Label=Hotel&Address=Medina", "Location: Hotel, Medina (24.4672, 39.6111)", []string{"Latitude", "Longitude", "Label", "Address"}, channels.Attachment{}},
		"place alone":          {envelope + "&MessageType=location&Latitude=24.4672&Longitude=39.6111", "Location: (24.4672, 39.6111)", []string{"Latitude"}, channels.Attachment{}},
		"button":               {envelope + "&Body=Yes&ButtonText=Yes&ButtonPayload=confirm-1&MessageType=button", "Yes", []string{"ButtonText", "ButtonPayload"}, channels.Attachment{}},
		"button without body":  {envelope + "&ButtonText=Yes&ButtonPayload=confirm-1&MessageType=button", "Yes", []string{"ButtonPayload"}, channels.Attachment{}},
		"button without words": {envelope + "&ButtonPayload=confirm-1&MessageType=button", "confirm-1", nil, channels.Attachment{}},
		"list":                 {envelope + "&ListId=7&ListTitle=Umrah+in+March&MessageType=interactive", "Umrah in March", []string{"ListId"}, channels.Attachment{}},
		"form":                 {envelope + "&MessageType=interactive&InteractiveData=" + url.QueryEscape(`{"flow":{"name":"Ali","pilgrims":[2,"child"],"ok":true,"none":null,"n":12345678901234567890}}`), "name: Ali\npilgrims: 2\npilgrims: child\nok: true\nn: 12345678901234567890", []string{"InteractiveData"}, channels.Attachment{}},
		"form that is broken":  {envelope + "&MessageType=interactive&InteractiveData=oops", `A WhatsApp message of the type "interactive", without text`, []string{"InteractiveData"}, channels.Attachment{}},
		"reply":                {envelope + "&Body=yes&OriginalRepliedMessageSid=SM0&OriginalRepliedMessageSender=whatsapp%3A%2B1", "yes", []string{"OriginalRepliedMessageSender"}, channels.Attachment{}},
		"from an ad":           {envelope + "&Body=price%3F&ReferralHeadline=Umrah&ReferralCtwaClid=c&ReferralNumMedia=0", "price?", []string{"ReferralHeadline", "ReferralCtwaClid", "ReferralNumMedia"}, channels.Attachment{}},
		"a type of tomorrow":   {envelope + "&MessageType=hologram&HologramId=9", `A WhatsApp message of the type "hologram", without text`, []string{"HologramId", "MessageType"}, channels.Attachment{}},
		"empty text":           {envelope + "&Body=&MessageType=text", "", nil, channels.Attachment{}},
		"voice note":           {file + "&MessageType=audio&MediaContentType0=audio%2Fogg", "", []string{"MessageType"}, channels.Attachment{ContentType: "audio/ogg"}},
		"picture with caption": {file + "&MessageType=image&MediaContentType0=image%2Fjpeg&Body=the+box", "the box", nil, channels.Attachment{ContentType: "image/jpeg"}},
		"contact card":         {file + "&MessageType=contacts&MediaContentType0=text%2Fvcard", "", nil, channels.Attachment{ContentType: "text/vcard"}},
		"document":             {file + "&MessageType=document&MediaContentType0=application%2Fpdf&Body=passport+Ali.pdf", "passport Ali.pdf", nil, channels.Attachment{ContentType: "application/pdf", Name: "passport Ali.pdf"}},
		"document, caption":    {file + "&MessageType=document&MediaContentType0=application%2Fpdf&Body=Here+it+is.+Please+check", "Here it is. Please check", nil, channels.Attachment{ContentType: "application/pdf"}},
		"document, a path":     {file + "&MessageType=document&Body=..%2F..%2Fa.pdf", "../../a.pdf", nil, channels.Attachment{}},
	} {
		t.Run(name, func(t *testing.T) {
			in := parse(t, c.body+withNumber)
			if in.Text != c.text {
				t.Errorf("text %q, want %q", in.Text, c.text)
			}
			for _, k := range c.kept {
				if _, ok := in.Fields[k]; !ok {
					t.Errorf("%s is lost: %q", k, in.Fields)
				}
			}
			if strings.Contains(c.body, "MediaUrl0") {
				c.file.URL = "https://api.twilio.com/ME1"
				if len(in.Attachments) != 1 || in.Attachments[0] != c.file {
					t.Errorf("files %+v, want %+v", in.Attachments, c.file)
				}
			}
			if in.Warnings != nil {
				t.Errorf("warnings %q", in.Warnings)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, f := range []twilio.Form{nil, {{Key: "MessageSid", Value: "SM1"}, {Key: "To", Value: "whatsapp:+1"}}} {
		if _, err := Parse(f); !errors.Is(err, twilio.ErrBadForm) {
			t.Errorf("%v: %v", f, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(envelope + withNumber + "&Body=x"))
	f.Add([]byte(envelope + "&From=whatsapp:&InteractiveData=%5B%5B%7B%22a%22:1%7D%5D,2%5D"))
	f.Add([]byte(file + "&From=whatsapp%3AUS.1&ExternalUserId=US.1&MessageType=document&Body=a.pdf"))
	f.Fuzz(func(t *testing.T, body []byte) {
		form, err := twilio.ParseForm(body)
		if err != nil {
			return
		}
		in, err := Parse(form)
		if err != nil {
			return
		}
		for _, a := range in.Aliases {
			if a.IsZero() || a == in.From {
				t.Fatalf("alias %#v of %#v", a, in.From)
			}
		}
		if in.Attachments != nil && strings.ContainsAny(in.Attachments[0].Name, "/\\") {
			t.Fatalf("a path for a name: %q", in.Attachments[0].Name)
		}
	})
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
	s := &Sender{twilio.Messages{Client: client, From: "+14155238886", PublicURL: "https://h.example"}}
	var _ channels.Sender = s
	var _ channels.Finder = s
	for name, c := range map[string]struct {
		m    channels.Outbound
		want url.Values
	}{
		"a number": {channels.Outbound{To: channels.Handle{Kind: channels.HandleWhatsApp, Value: "+966501234567"}, Text: "x"}, url.Values{"To": {"whatsapp:+966501234567"}, "From": {"whatsapp:+14155238886"}, "Body": {"x"}}},
		"an ID":    {channels.Outbound{To: channels.Handle{Kind: channels.HandleBSUID, Value: bsuid}, Text: "x"}, url.Values{"To": {"whatsapp:" + bsuid}, "From": {"whatsapp:+14155238886"}, "Body": {"x"}}},
		"a phone":  {channels.Outbound{Account: "+60312345678", To: channels.Handle{Kind: channels.HandlePhone, Value: "+966501234567"}, Text: "x"}, url.Values{"To": {"whatsapp:+966501234567"}, "From": {"whatsapp:+60312345678"}, "Body": {"x"}}},
		"as written": {channels.Outbound{Account: "whatsapp:+60312345678", To: channels.Handle{Kind: channels.HandleWhatsApp, Value: "+966501234567"}, Content: &channels.Content{SID: "HX1", Variables: map[string]string{"1": "علي"}}},
			url.Values{"To": {"whatsapp:+966501234567"}, "From": {"whatsapp:+60312345678"}, "ContentSid": {"HX1"}, "ContentVariables": {`{"1":"علي"}`}}},
	} {
		c.m.MessageID = "m1"
		c.want.Set("StatusCallback", "https://h.example/webhooks/twilio/status/m1")
		if sid, err := s.Send(t.Context(), c.m); err != nil || sid != "SM1" || got.Encode() != c.want.Encode() {
			t.Errorf("%s: %q, %v, sent %v, want %v", name, sid, err, got, c.want)
		}
	}
	s.Messages.From, s.Messages.ServiceSID = "", "MG1"
	if _, err := s.Send(t.Context(), channels.Outbound{MessageID: "m1", To: channels.Handle{Kind: channels.HandleWhatsApp, Value: "+966501234567"}, Text: "x"}); err != nil || got.Get("MessagingServiceSid") != "MG1" || got.Has("From") {
		t.Errorf("by a service: %v, %v", got, err)
	}
	for _, to := range []channels.Handle{{}, {Kind: channels.HandleEmail, Value: "a@b.example"}} {
		_, err := s.Send(t.Context(), channels.Outbound{MessageID: "m1", To: to, Text: "x"})
		var e *channels.SendError
		if !errors.As(err, &e) || e.Failure != channels.Permanent {
			t.Errorf("%v: %v", to, err)
		}
		if _, found, err := s.Find(t.Context(), channels.Outbound{To: to, Text: "x"}); found || err != nil {
			t.Errorf("%v: found %v, %v", to, found, err)
		}
	}
}

func TestQuotesAndReactions(t *testing.T) {
	const original = envelope + "&OriginalRepliedMessageSid=SM0&OriginalRepliedMessageSender=whatsapp%3A%2B1"
	for body, want := range map[string]channels.Inbound{
		original + "&Body=yes&MessageType=text":                         {Answers: "SM0", Text: "yes"},
		original + "&Body=%F0%9F%91%8D&MessageType=reaction":            {Answers: "SM0", Text: "👍", Form: channels.FormReaction},
		original + "&Body=&MessageType=reaction":                        {Answers: "SM0", Form: channels.FormReaction},
		envelope + "&Body=%F0%9F%91%8D&MessageType=reaction":            {Text: "👍"},
		envelope + "&Body=&MessageType=reaction":                        {Text: `A WhatsApp message of the type "reaction", without text`},
		original + "&Body=%F0%9F%91%8D&MessageType=text&NumMedia=0":     {Answers: "SM0", Text: "👍"},
		original + "&ButtonText=Yes&ButtonPayload=1&MessageType=button": {Answers: "SM0", Text: "Yes"},
	} {
		in := parse(t, body+withNumber)
		if want.Form == "" {
			want.Form = channels.FormMessage
		}
		if in.Answers != want.Answers || in.Text != want.Text || cmp.Or(in.Form, channels.FormMessage) != want.Form {
			t.Errorf("%s: answers %q with %q as %q", body, in.Answers, in.Text, in.Form)
		}
	}
}
