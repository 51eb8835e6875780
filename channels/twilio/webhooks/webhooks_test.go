package webhooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/voice"
)

const (
	public = "https://desk.example.com"
	token  = "0123456789abcdef0123456789abcdef"
)

var now = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// keeper is a store that keeps in memory, or fails.
type keeper struct {
	kept     []channels.Inbound
	receipts []channels.Receipt
	err      error
}

func (k *keeper) Receive(ctx context.Context, in channels.Inbound) error {
	if _, ok := ctx.Deadline(); !ok {
		return errors.New("no deadline")
	}
	if k.err == nil {
		k.kept = append(k.kept, in)
	}
	return k.err
}

func (k *keeper) RecordReceipt(_ context.Context, r channels.Receipt) error {
	if k.err == nil {
		k.receipts = append(k.receipts, r)
	}
	return k.err
}

func gateway(t testing.TB, k *keeper, log io.Writer) *fiber.App {
	t.Helper()
	v, err := twilio.NewValidator(public, token)
	if err != nil {
		t.Fatal(err)
	}
	f, err := voice.NewFlow(public, token, voice.NewMenu(
		voice.Desk{Name: "trace", Press: map[string]string{"en": "For a shipment, press %d.", "ar": "للشحنات، اضغط %d.", "ms": "Untuk bungkusan, tekan %d."}},
		voice.Desk{Name: "booking", Press: map[string]string{"en": "For a tour, press %d.", "ar": "للرحلات، اضغط %d.", "ms": "Untuk pakej, tekan %d."}}))
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	Register(app, Config{Validator: v, Receiver: k, Receipts: k, Flow: f,
		Logger: slog.New(slog.NewTextHandler(log, nil)), Now: func() time.Time { return now }})
	return app
}

func sign(path string, form url.Values) string {
	data := public + path
	for _, key := range slices.Sorted(maps.Keys(form)) {
		data += key + form.Get(key)
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(data))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

var (
	text  = values("MessageSid", "SM1", "From", "+60123456789", "To", "+60312345678", "Body", "Mana parcel saya?", "NumMedia", "0")
	chat  = values("MessageSid", "SM2", "From", "whatsapp:+966501234567", "To", "whatsapp:+14155238886", "Body", "أين شحنتي؟", "ProfileName", "Aisha")
	ring  = values("CallSid", "CA1", "From", "+60123456789", "To", "+60312345678", "CallStatus", "ringing")
	hung  = values("CallSid", "CA1", "From", "+60123456789", "To", "+60312345678", "CallStatus", "completed")
	press = values("CallSid", "CA1", "From", "+60123456789", "To", "+60312345678", "Digits", "2")
	said  = values("CallSid", "CA1", "From", "+60123456789", "To", "+60312345678", "Digits", "1")
	sent  = values("MessageSid", "SM3", "MessageStatus", "delivered", "From", "+60312345678", "To", "+60123456789")
)

func post(t testing.TB, app *fiber.App, path string, form url.Values) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set(twilio.SignatureHeader, sign(path, form))
	return r
}

func do(t testing.TB, app *fiber.App, r *http.Request) (status int, kind, body string) {
	t.Helper()
	res, err := app.Test(r, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), string(b)
}

func TestWhatIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		path    string
		form    url.Values
		channel channels.Kind // of what is kept; empty: nothing
		id      string
	}{
		"sms":                     {"/webhooks/twilio/sms", text, channels.SMS, "SM1"},
		"whatsapp":                {"/webhooks/twilio/whatsapp", chat, channels.WhatsApp, "SM2"},
		"whatsapp at sms":         {"/webhooks/twilio/sms", chat, channels.WhatsApp, "SM2"},
		"sms at whatsapp":         {"/webhooks/twilio/whatsapp", text, channels.SMS, "SM1"},
		"with a query":            {"/webhooks/twilio/sms?tenant=a%20b&it's", text, channels.SMS, "SM1"},
		"a call":                  {"/webhooks/twilio/voice", ring, "", ""},
		"a call that has ended":   {"/webhooks/twilio/voice/status", hung, channels.Voice, "CA1"},
		"a key":                   {"/webhooks/twilio/voice/language?try=1", press, "", ""},
		"a wish to be rung":       {"/webhooks/twilio/voice/choice?lang=ar&desk=trace", press, channels.Voice, "CA1"},
		"a recording, not there":  {"/webhooks/twilio/voice/recording", ring, channels.Voice, "CA1"},
		"a recording, absent too": {"/webhooks/twilio/voice/recorded", ring, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keeper{}
			app := gateway(t, k, io.Discard)
			status, kind, body := do(t, app, post(t, app, c.path, c.form))
			if status != 200 || !strings.HasPrefix(kind, "text/xml") || !strings.Contains(body, "Response") {
				t.Errorf("answered %d %q %q", status, kind, body)
			}
			switch {
			case c.channel == "" && len(k.kept) > 0:
				t.Errorf("kept %+v", k.kept)
			case c.channel == "":
			case len(k.kept) != 1 || k.kept[0].Channel != c.channel || k.kept[0].ProviderID != c.id || !k.kept[0].Received.Equal(now):
				t.Errorf("kept %+v", k.kept)
			case c.channel != channels.Voice && body != "<Response/>":
				t.Errorf("the customer would get %q", body)
			}
		})
	}
}

func TestReceipt(t *testing.T) {
	k := &keeper{}
	var log bytes.Buffer
	app := gateway(t, k, &log)
	const path = "/webhooks/twilio/status/p03-01HZX"
	if status, _, body := do(t, app, post(t, app, path, sent)); status != 200 || body != "<Response/>" {
		t.Errorf("answered %d %q", status, body)
	}
	if len(k.receipts) != 1 || k.receipts[0].MessageID != "p03-01HZX" || k.receipts[0].Status != channels.Delivered || k.receipts[0].ProviderID != "SM3" || !k.receipts[0].At.Equal(now) {
		t.Errorf("kept %+v", k.receipts)
	}
	k.err = channels.ErrUnknownMessage
	if status, _, _ := do(t, app, post(t, app, path, sent)); status != 200 || !strings.Contains(log.String(), "level=WARN") {
		t.Errorf("an unknown message is answered %d, logged %q", status, log.String())
	}
	k.err = channels.ErrUnavailable
	if status, _, _ := do(t, app, post(t, app, path, sent)); status != 503 {
		t.Errorf("answered %d while the store is away", status)
	}
}

func TestStoreAway(t *testing.T) {
	for path, want := range map[string]int{
		"/webhooks/twilio/sms": 503, "/webhooks/twilio/whatsapp": 503, "/webhooks/twilio/voice/status": 503, "/webhooks/twilio/voice/recording": 503,
		"/webhooks/twilio/voice": 200, "/webhooks/twilio/voice/choice?lang=en": 503,
	} {
		form := hung
		switch {
		case path == "/webhooks/twilio/sms":
			form = text
		case path == "/webhooks/twilio/whatsapp":
			form = chat
		case path == "/webhooks/twilio/voice":
			form = ring
		case strings.Contains(path, "choice"):
			form = press
		}
		app := gateway(t, &keeper{err: channels.ErrUnavailable}, io.Discard)
		if status, _, _ := do(t, app, post(t, app, path, form)); status != want {
			t.Errorf("%s: answered %d, want %d", path, status, want)
		}
	}
	app := gateway(t, &keeper{err: channels.ErrUnavailable}, io.Discard)
	if status, _, body := do(t, app, post(t, app, "/webhooks/twilio/voice/choice?lang=en", said)); status != 200 || !strings.Contains(body, "<Record") {
		t.Errorf("who wants to leave a message is answered %d %q", status, body)
	}
}
