package webhooks_test

import (
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/channels/sms"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/twilio/webhooks"
	"github.com/caravan-desk/caravan/channels/voice"
	"github.com/caravan-desk/caravan/channels/whatsapp"
)

const (
	account = "AC0123456789abcdef0123456789abcdef"
	token   = "0123456789abcdef0123456789abcdef"
	public  = "https://desk.example.com"
)

// world is a gateway's adapters and a stand-in Twilio that shares no code with them.
type world struct {
	twilio *simulator.Simulator
	store  *store
	client *twilio.Client
}

func newWorld(t *testing.T) world {
	t.Helper()
	sim, err := simulator.New(simulator.Config{AccountSID: account, AuthToken: token})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(sim.Handler())
	sim.SetBaseURL(api.URL)

	validator, err := twilio.NewValidator(public, token)
	if err != nil {
		t.Fatal(err)
	}
	flow, err := voice.NewFlow(public, token, voice.NewMenu(
		voice.Desk{Name: "trace", Press: map[string]string{"en": "For a shipment, press %d.", "ar": "للشحنات، اضغط %d.", "ms": "Untuk bungkusan, tekan %d."}},
		voice.Desk{Name: "booking", Press: map[string]string{"en": "For a tour, press %d.", "ar": "للرحلات، اضغط %d.", "ms": "Untuk pakej, tekan %d."}}))
	if err != nil {
		t.Fatal(err)
	}
	client, err := twilio.NewClient(twilio.Config{AccountSID: account, AuthToken: token, BaseURL: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	s := &store{}
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	webhooks.Register(app, webhooks.Config{Validator: validator, Receiver: s, Receipts: s, Flow: flow,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	sim.SetGateway(public, "http://"+listener.Addr().String())
	t.Cleanup(func() {
		client.Close()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		api.Close()
	})
	return world{sim, s, client}
}

func TestStandInWrites(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		in   simulator.Inbound
		from channels.Handle
		text string
	}{
		"sms":       {simulator.Inbound{From: "+60123456789", Text: "Mana parcel saya? 1086396430"}, channels.Handle{Kind: channels.HandlePhone, Value: "+60123456789"}, "Mana parcel saya? 1086396430"},
		"whatsapp":  {simulator.Inbound{WhatsApp: true, From: "+966501234567", BSUID: "SA.1x2y", Name: "عائشة", Text: "أين شحنتي؟ it's & 100%"}, channels.Handle{Kind: channels.HandleWhatsApp, Value: "+966501234567"}, "أين شحنتي؟ it's & 100%"},
		"no number": {simulator.Inbound{WhatsApp: true, From: "SA.1x2y", Text: "hello"}, channels.Handle{Kind: channels.HandleBSUID, Issuer: account, Value: "SA.1x2y"}, "hello"},
		"place":     {simulator.Inbound{WhatsApp: true, From: "+966501234567", Location: &simulator.Location{Latitude: 24.5, Longitude: 39.5, Label: "Hotel"}}, channels.Handle{Kind: channels.HandleWhatsApp, Value: "+966501234567"}, "Location: Hotel (24.5, 39.5)"},
		"unknown":   {simulator.Inbound{From: "+60123456789", Extra: map[string]string{"Tomorrow": "1"}}, channels.Handle{Kind: channels.HandlePhone, Value: "+60123456789"}, ""},
	} {
		d, err := w.twilio.Write(t.Context(), c.in)
		if err != nil || d.Status != 200 {
			t.Fatalf("%s: taken %d, %v, %v", name, d.Status, d.Error, err)
		}
		if d, err := w.twilio.Redeliver(t.Context(), d.SID); err != nil || d.Status != 200 {
			t.Fatalf("%s again: taken %d, %v", name, d.Status, err)
		}
		kept := w.store.all()
		if len(kept) != 1 || kept[0].From != c.from || kept[0].Text != c.text || kept[0].Name != c.in.Name {
			t.Errorf("%s: kept %+v", name, kept)
		}
	}
	w.twilio.SetFaults(simulator.Faults{BadSignature: simulator.Chance{Next: 1}})
	if d, err := w.twilio.Write(t.Context(), simulator.Inbound{From: "+60123456789", Text: "x"}); err != nil || d.Status != 403 || w.store.all() != nil {
		t.Errorf("a forgery is answered %d, %v", d.Status, err)
	}
}

func TestStandInReceives(t *testing.T) {
	w := newWorld(t)
	numbers := w.twilio.Numbers()
	text := &sms.Sender{Messages: twilio.Messages{Client: w.client, From: numbers.SMS, PublicURL: public}}
	chat := &whatsapp.Sender{Messages: twilio.Messages{Client: w.client, From: numbers.WhatsApp, PublicURL: public}}
	if _, err := w.twilio.Write(t.Context(), simulator.Inbound{WhatsApp: true, From: "+966501234567", Text: "salam"}); err != nil {
		t.Fatal(err)
	}
	for id, send := range map[string]func(channels.Outbound) (string, error){
		"m-sms":      func(m channels.Outbound) (string, error) { return text.Send(t.Context(), m) },
		"m-whatsapp": func(m channels.Outbound) (string, error) { return chat.Send(t.Context(), m) },
	} {
		m := channels.Outbound{MessageID: id, To: channels.Handle{Kind: channels.HandlePhone, Value: "+966501234567"}, Text: "الشحنة في الطريق " + id}
		sid, err := send(m)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if err := w.twilio.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		furthest := channels.Received
		for _, r := range w.store.receipts {
			if r.MessageID == id && r.ProviderID == sid {
				furthest = max(furthest, r.Status)
			}
		}
		if furthest < channels.Delivered || furthest > channels.Read {
			t.Errorf("%s came as far as %v: %+v", id, furthest, w.store.receipts)
		}
	}
}

func TestStandInLosesAnAnswer(t *testing.T) {
	w := newWorld(t)
	s := &sms.Sender{Messages: twilio.Messages{Client: w.client, From: w.twilio.Numbers().SMS, PublicURL: public}}
	m := channels.Outbound{MessageID: "m1", To: channels.Handle{Kind: channels.HandlePhone, Value: "+60123456789"}, Text: "Your parcel is here", Attempted: time.Now()}
	if sid, found, err := s.Find(t.Context(), m); found || err != nil {
		t.Errorf("before it was sent: %q, %v", sid, err)
	}
	w.twilio.SetFaults(simulator.Faults{DropAnswer: simulator.Chance{Next: 1}})
	_, err := s.Send(t.Context(), m)
	wantFailure(t, err, channels.AnswerLost)
	sid, found, err := s.Find(t.Context(), m)
	if err != nil || !found {
		t.Fatalf("not found: %v", err)
	}
	if there, ok := w.twilio.Message(sid); !ok || there.Body != m.Text || w.twilio.Accepted(m.To.Value, m.Text) != 1 {
		t.Errorf("found %+v", there)
	}
	w.twilio.SetFaults(simulator.Faults{Refuse: simulator.Chance{Next: 1}})
	_, err = s.Send(t.Context(), m)
	wantFailure(t, err, channels.Temporary)
	w.twilio.SetFaults(simulator.Faults{Throttle: simulator.Chance{Next: 1}})
	_, err = s.Send(t.Context(), m)
	wantFailure(t, err, channels.Throttled)
}

func wantFailure(t *testing.T, err error, want channels.Failure) {
	t.Helper()
	e, ok := err.(*channels.SendError)
	if !ok || e.Failure != want {
		t.Fatalf("%v, want %v", err, want)
	}
}

func TestStandInRings(t *testing.T) {
	w := newWorld(t)
	press := func(sid, keys string) {
		t.Helper()
		for _, key := range keys {
			if _, err := w.twilio.Press(t.Context(), sid, string(key)); err != nil {
				t.Fatal(err)
			}
		}
	}
	dial := func(from string) string {
		t.Helper()
		c, err := w.twilio.Dial(t.Context(), from, "")
		if err != nil || c.Wait != simulator.WaitGather {
			t.Fatalf("the call waits for %q, %v", c.Wait, err)
		}
		return c.SID
	}
	kept := func() (texts []string, all []channels.Inbound) {
		t.Helper()
		if err := w.twilio.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		all = w.store.all()
		for _, in := range all {
			texts = append(texts, in.ProviderID[34:]+" "+in.Text)
		}
		return texts, all
	}

	sid := dial("+966501234567")
	press(sid, "211")
	if _, err := w.twilio.SpeakAndHangUp(t.Context(), sid, "أين شحنتي؟"); err != nil {
		t.Fatal(err)
	}
	texts, all := kept()
	if len(all) != 1 || !strings.HasPrefix(texts[0], " Left a voice message") || all[0].Desk != "trace" || all[0].Language != "ar" || len(all[0].Attachments) != 1 {
		t.Fatalf("a voice message is kept as %q", texts)
	}
	body, kind, err := w.client.Fetch(t.Context(), all[0].Attachments[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(body); err != nil || len(b) == 0 {
		t.Errorf("the recording (%s) has %d bytes, %v", kind, len(b), err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}

	press(dial("+966501234567"), "122")
	if texts, all := kept(); len(all) != 1 || all[0].Callback == nil || all[0].Desk != "booking" {
		t.Errorf("a wish to be called back is kept as %q", texts)
	}

	sid = dial("anonymous")
	press(sid, "3")
	if _, err := w.twilio.HangUp(t.Context(), sid); err != nil {
		t.Fatal(err)
	}
	if texts, all := kept(); len(all) != 1 || !all[0].From.IsZero() || !strings.HasPrefix(texts[0], " Rang off in the menu") {
		t.Errorf("who rings off is kept as %q", texts)
	}

	sid = dial("+60123456789")
	for {
		c, err := w.twilio.Silence(t.Context(), sid)
		if err != nil {
			t.Fatal(err)
		}
		if c.Over() {
			break
		}
	}
	if texts, all := kept(); len(all) != 1 || all[0].Language != "" {
		t.Errorf("who says nothing is kept as %q", texts)
	}
	if alerts := w.twilio.Alerts(); alerts != nil {
		t.Errorf("Twilio complains: %+v", alerts)
	}
}
