package webhooks

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
)

func TestRefused(t *testing.T) {
	without := func(form url.Values, key string) url.Values {
		form = maps.Clone(form)
		form.Del(key)
		return form
	}
	paths := map[string]url.Values{"/webhooks/twilio/sms": text, "/webhooks/twilio/whatsapp": chat, "/webhooks/twilio/voice": ring,
		"/webhooks/twilio/voice/choice?lang=en": press, "/webhooks/twilio/voice/status": hung, "/webhooks/twilio/status/m1": sent}
	for path, form := range paths {
		for name, c := range map[string]struct {
			change func(r *http.Request) *http.Request
			want   int
		}{
			"no signature":    {func(r *http.Request) *http.Request { r.Header.Del(twilio.SignatureHeader); return r }, 403},
			"wrong signature": {func(r *http.Request) *http.Request { r.Header.Set(twilio.SignatureHeader, sign("/", form)); return r }, 403},
			"another host": {func(r *http.Request) *http.Request {
				r.Header.Set("X-Forwarded-Host", "evil.example")
				r.Host = "evil.example"
				return r
			}, 200},
			"JSON":    {func(r *http.Request) *http.Request { r.Header.Set("Content-Type", "application/json"); return r }, 400},
			"no type": {func(r *http.Request) *http.Request { r.Header.Del("Content-Type"); return r }, 400},
			"broken form": {func(r *http.Request) *http.Request {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader("a=%zz")), 5
				return r
			}, 400},
			"too large": {func(*http.Request) *http.Request {
				return post(t, nil, path, url.Values{"Body": {strings.Repeat("x", 1<<20)}})
			}, 413},
			"empty": {func(*http.Request) *http.Request { return post(t, nil, path, nil) }, 400},
		} {
			k := &keeper{}
			app := gateway(t, k, io.Discard)
			if status, _, _ := do(t, app, c.change(post(t, app, path, form))); status != c.want || c.want != 200 && len(k.kept)+len(k.receipts) > 0 {
				t.Errorf("%s, %s: answered %d, want %d, kept %d", path, name, status, c.want, len(k.kept)+len(k.receipts))
			}
		}
	}
	for name, c := range map[string]struct {
		path string
		form url.Values
	}{
		"no MessageSid": {"/webhooks/twilio/sms", without(text, "MessageSid")}, "no From": {"/webhooks/twilio/sms", without(text, "From")},
		"no To": {"/webhooks/twilio/whatsapp", without(chat, "To")}, "no CallSid": {"/webhooks/twilio/voice", without(ring, "CallSid")},
		"no status": {"/webhooks/twilio/status/m1", without(sent, "MessageStatus")}, "no SID": {"/webhooks/twilio/status/m1", without(sent, "MessageSid")},
		"no call status": {"/webhooks/twilio/voice/status", without(hung, "CallStatus")}, "a query that cannot be read": {"/webhooks/twilio/voice?%zz", ring},
	} {
		app := gateway(t, &keeper{}, io.Discard)
		if status, _, _ := do(t, app, post(t, app, c.path, c.form)); status != 400 {
			t.Errorf("%s: answered %d", name, status)
		}
	}
}

func TestLogHoldsNobody(t *testing.T) {
	var log bytes.Buffer
	k := &keeper{err: channels.ErrUnavailable}
	app := gateway(t, k, &log)
	for path, form := range map[string]url.Values{"/webhooks/twilio/sms": text, "/webhooks/twilio/whatsapp": chat,
		"/webhooks/twilio/voice/choice?who=%2B60123456789": said, "/webhooks/twilio/status/m1": sent} {
		do(t, app, post(t, app, path, form))
		r := post(t, app, path, form)
		r.Header.Del(twilio.SignatureHeader)
		do(t, app, r)
	}
	for _, word := range []string{"60123456789", "966501234567", "parcel", "شحنتي", "Aisha"} {
		if strings.Contains(log.String(), word) {
			t.Errorf("the log has %q:\n%s", word, log.String())
		}
	}
	if strings.Count(log.String(), "\n") != 8 {
		t.Errorf("each is logged once:\n%s", log.String())
	}
}

type nobody struct{}

func (nobody) Receive(context.Context, channels.Inbound) error       { return nil }
func (nobody) RecordReceipt(context.Context, channels.Receipt) error { return nil }

// The hot path: from the request's bytes to the answer, with a store that costs nothing.
func BenchmarkSMS(b *testing.B) {
	v, err := twilio.NewValidator(public, token)
	if err != nil {
		b.Fatal(err)
	}
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	Register(app, Config{Validator: v, Receiver: nobody{}, Receipts: nobody{}, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	handler := app.Handler()
	form := values("ToCountry", "MY", "ToState", "", "SmsMessageSid", "SM0123456789abcdef0123456789abcdef", "NumMedia", "0", "ToCity", "", "FromZip", "",
		"SmsSid", "SM0123456789abcdef0123456789abcdef", "FromState", "Selangor", "SmsStatus", "received", "FromCity", "", "FromCountry", "MY", "ToZip", "",
		"Body", "Where is my parcel 1086396430? It should have come on Monday, and I have called twice already. Please help",
		"MessageSid", "SM0123456789abcdef0123456789abcdef", "AccountSid", "AC0123456789abcdef0123456789abcdef",
		"To", "+60312345678", "NumSegments", "1", "From", "+60123456789", "ApiVersion", "2010-04-01")
	const path = "/webhooks/twilio/sms"
	body, signature := []byte(form.Encode()), sign(path, form)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var c fasthttp.RequestCtx
		for pb.Next() {
			c.Request.Reset()
			c.Response.Reset()
			c.Request.Header.SetMethod("POST")
			c.Request.SetRequestURI(path)
			c.Request.Header.SetContentType("application/x-www-form-urlencoded")
			c.Request.Header.Set(twilio.SignatureHeader, signature)
			c.Request.SetBodyRaw(body)
			handler(&c)
			if c.Response.StatusCode() != 200 {
				b.Fatalf("answered %d", c.Response.StatusCode())
			}
		}
	})
}
