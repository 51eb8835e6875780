package feeds

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

func events(t testing.TB, f Feed, body string) []Line {
	t.Helper()
	lines, err := f.JSON([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(lines)
}

func TestBodiesAreMapped(t *testing.T) {
	courier := Feed{
		Kind: conversations.KindShipment, Zone: riyadh, Events: "data.0.scans",
		Fields: map[string]string{"reference": "hawb.no", "id": "scan.uuid", "code": "scan.code", "at": "scan.when", "phone": "to.mobiles.0"},
		Codes:  map[string]string{"OH": "Held in customs"},
	}
	lines := events(t, courier, `{"data":[{"scans":[
		{"hawb":{"no":1086396430},"scan":{"uuid":"E1","code":"OH","when":1795239000},"city":"Jeddah","to":{"mobiles":["+966501234567"]}},
		{"hawb":{"no":"2451080365"},"scan":{"uuid":"E2","code":"ZZ","when":"soon"}},
		"nothing",
		{"hawb":{"no":{"deep":1}},"scan":{"uuid":"E3","code":"OH"}}]}]}`)
	if len(lines) != 4 || lines[0].Err != nil {
		t.Fatalf("%+v", lines)
	}
	got := lines[0].Event
	if r := got.Report; got.Reference.Value != "1086396430" || r.ID != "E1" || r.Status != "Held in customs" || r.Location != "Jeddah" ||
		!r.At.Equal(time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)) || r.Customer.Phone != "+966501234567" {
		t.Errorf("%+v", got)
	}
	for i, want := range []string{"at: is not a time", "is not an object", "reference: is neither a text nor a number"} {
		if err := lines[i+1].Err; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("event %d: %v, want %q", i+2, err, want)
		}
	}
}

// A body in the form of our own API needs no mapping.
func TestOurOwnFormNeedsNoMapping(t *testing.T) {
	tours := Feed{Kind: conversations.KindBooking, Facts: map[string]string{"departure": "trip.start"}}
	lines := events(t, tours, `{"booking":"UMR-2291","id":"B1","status":"confirmed","at":"2026-11-21T05:30:00Z","name":"of the file",
		"customer":{"id":7,"name":"Aisyah","email":"aisyah@customer.example","language":"MS"},"facts":{"travellers":4,"package":"Umrah Plus"},"trip":{"start":"2026-12-12"}}`)
	if len(lines) != 1 || lines[0].Err != nil {
		t.Fatalf("%+v", lines)
	}
	e := lines[0].Event
	if e.Report.ID != "B1" || *e.Report.Customer != (conversations.Customer{Name: "Aisyah", Email: "aisyah@customer.example", Language: "ms"}) {
		t.Errorf("%+v of %+v", e, e.Report.Customer)
	}
	if told, _ := json.Marshal(e.Facts); string(told) != `{"departure":"2026-12-12","package":"Umrah Plus","travellers":4}` {
		t.Errorf("facts %s", told)
	}
	for body, want := range map[string]string{"": "not valid JSON", "{} {}": "more than one", "[" + strings.Repeat("1,", mostEvents) + "1]": "more than 10000"} {
		if _, err := tours.JSON([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q: %v, want %q", body, err, want)
		}
	}
	tours.Events = "items"
	if _, err := tours.JSON([]byte(`{"item":[]}`)); err == nil {
		t.Error("a list that is not there was read")
	}
}

func TestAnEventWithoutAnIDIsKnownAgain(t *testing.T) {
	of := func(e Entry) string {
		out, err := e.Event(conversations.KindShipment, nil)
		if err != nil {
			t.Fatal(err)
		}
		return out.Report.ID
	}
	one := Entry{Reference: "1086396430", Status: "Arrived", Location: "Jeddah", At: time.Unix(1795239000, 0)}
	seen := map[string]Entry{of(one): one}
	if of(one) != of(Entry{Reference: "108 639 6430", Status: " Arrived ", Location: "Jeddah", At: time.Unix(1795239000, 0).In(riyadh)}) {
		t.Error("the same event has two IDs")
	}
	for _, other := range []Entry{
		{Reference: "1086396431", Status: "Arrived", Location: "Jeddah", At: one.At}, {Reference: "1086396430", Status: "Arrived", Location: "Riyadh", At: one.At},
		{Reference: "1086396430", Status: "Arrived", Location: "Jeddah", At: one.At.Add(time.Second)}, {Reference: "1086396430", Code: "Arrived", Location: "Jeddah", At: one.At},
		{Reference: "1086396430", Status: "Arrived", Location: "Jeddah"}, {Reference: "1086396430", Status: "ArrivedJeddah", At: one.At},
	} {
		id := of(other)
		if same, taken := seen[id]; taken {
			t.Errorf("%+v is taken for %+v", other, same)
		}
		seen[id] = other
	}
}

// sign is what the other system does: both headers of a body at an instant.
func sign(secret string, at time.Time, body []byte) (timestamp, signature string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	return timestamp, "sha256=" + hex.EncodeToString(mac(secret, timestamp, body))
}

func TestSignatures(t *testing.T) {
	now := time.Unix(1795239000, 500)
	f := Feed{Secrets: []string{"a-new-secret", "the-old-secret", ""}, Tolerance: 5 * time.Minute}
	body := []byte(`{"id":1}`)
	const known = "sha256=c8bc2f2df5daa99a8b0ee3c22e13a6cc57a8b6f7b7b8bd1ba07bdc6b3b5d7b9e"
	at, good := sign("a-new-secret", now, body)
	_, old := sign("the-old-secret", now, body)
	early, earlySigned := sign("a-new-secret", now.Add(-5*time.Minute-time.Second), body)
	late, lateSigned := sign("a-new-secret", now.Add(5*time.Minute+time.Second), body)
	_, empty := sign("", now, body)
	for name, c := range map[string]struct {
		at, signature, body string
		want                error
	}{
		"good":               {at, good, string(body), nil},
		"in capitals":        {at, "sha256=" + strings.ToUpper(good[7:]), string(body), nil},
		"the old secret":     {at, old, string(body), nil},
		"several":            {at, known + ", " + good, string(body), nil},
		"none":               {at, "", string(body), ErrUnsigned},
		"no time":            {"", good, string(body), ErrUnsigned},
		"another body":       {at, good, `{"id":2}`, ErrForged},
		"another time":       {"1795239001", good, string(body), ErrForged},
		"no hexadecimal":     {at, "sha256=zz", string(body), ErrForged},
		"short":              {at, good[:40], string(body), ErrForged},
		"an empty secret":    {at, empty, string(body), ErrForged},
		"too long ago":       {early, earlySigned, string(body), ErrExpired},
		"too far ahead":      {late, lateSigned, string(body), ErrExpired},
		"a flood of guesses": {at, strings.Repeat(known+",", 100) + good, string(body), ErrForged},
	} {
		if err := f.Verify(c.at, c.signature, []byte(c.body), now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	// As printf '1795239000.{"id":1}' | openssl dgst -sha256 -hmac a-new-secret says.
	if at != "1795239000" || good != "sha256=3e510eb0b37a25ed48a48e885756d177e36d611635a39dbed23d86b40ff8c845" {
		t.Errorf("signed %s at %s", good, at)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"items":[{"awb":"1","status":"x","customer":{"phone":"+966501234567"}}]}`, "items", "customer.phone")
	f.Add(`[[{"a":1e400}],null,true]`, "0.0", "a")
	f.Fuzz(func(t *testing.T, body, list, path string) {
		feed := Feed{Kind: conversations.KindBooking, Events: list, Fields: map[string]string{"id": path}, Facts: map[string]string{"x": path}}
		lines, err := feed.JSON([]byte(body))
		if err != nil {
			return
		}
		for l := range lines {
			if l.Err == nil && (l.Event.Report.ID == "" || l.Event.Reference.Value == "") {
				t.Fatalf("event %d: %+v", l.N, l.Event)
			}
			if _, err := json.Marshal(l.Event.Facts); err != nil {
				t.Fatalf("facts that cannot be kept: %v", err)
			}
		}
	})
}

// keeper notes what it is given.
type keeper struct {
	mu   sync.Mutex
	seen map[string][]string
	fail int // at the so-manieth event
	n    int
}

func (k *keeper) one(_ context.Context, e Event) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n++; k.n == k.fail {
		return false, errors.New("the store is away")
	}
	known := slices.Contains(k.seen[e.Reference.Value], e.Report.ID)
	if !known {
		k.seen[e.Reference.Value] = append(k.seen[e.Reference.Value], e.Report.ID)
	}
	return known, nil
}

func many(n int) (out []Line) {
	for i := range n {
		out = append(out, Line{N: i, Event: Event{Reference: conversations.Reference{Kind: "awb", Value: fmt.Sprint(i % 7)}, Report: conversations.Report{ID: fmt.Sprintf("%06d", i)}}})
	}
	return out
}

func TestEachMattersEventsKeepTheirOrder(t *testing.T) {
	k := &keeper{seen: map[string][]string{}}
	lines := many(1000)
	lines[500] = lines[499]
	lines[10] = Line{N: 10, Err: errors.New("bad")}
	var bad []int
	kept, err := Keep(t.Context(), slices.Values(lines), k.one, func(l Line) { bad = append(bad, l.N) })
	if err != nil || kept != (Kept{New: 998, Known: 1, Refused: 1}) || !slices.Equal(bad, []int{10}) {
		t.Errorf("%+v, %v, %v", kept, bad, err)
	}
	for ref, ids := range k.seen {
		if !slices.IsSorted(ids) {
			t.Errorf("%s: %v", ref, ids)
		}
	}
}

func TestAStoreThatIsAwayEndsIt(t *testing.T) {
	k := &keeper{seen: map[string][]string{}, fail: 100}
	kept, err := Keep(t.Context(), slices.Values(many(100_000)), k.one, func(Line) {})
	if err == nil || kept.New < 99 || kept.New > 99+10*keepers*17 {
		t.Errorf("%+v, %v", kept, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if kept, err := Keep(ctx, slices.Values(many(10)), k.one, func(Line) {}); !errors.Is(err, context.Canceled) || kept.New != 0 {
		t.Errorf("%+v, %v", kept, err)
	}
}
