package redisstore

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestPositionsKeepTheirForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := make([]position, rapid.IntRange(1, 20).Draw(t, "logs"))
		for i := range at {
			at[i] = position{rapid.Uint64Range(0, 4_000_000_000_000).Draw(t, "ms"), rapid.Uint64().Draw(t, "seq")}
		}
		got, err := decodePositions(encodePositions(at), len(at))
		if err != nil || !slices.Equal(got, at) {
			t.Fatalf("%v, want %v: %v", got, at, err)
		}
		if _, err := decodePositions(encodePositions(at), len(at)+1); !errors.Is(err, conversations.ErrCursor) {
			t.Fatalf("of %d logs for %d: %v", len(at), len(at)+1, err)
		}
		if p := at[0]; parsePosition(p.String()) != p {
			t.Fatalf("%v came back as %v", p, parsePosition(p.String()))
		}
	})
}

func TestGone(t *testing.T) {
	old, young := positionAt(time.Now().Add(-logKept-time.Hour)), positionAt(time.Now().Add(-logKept+time.Hour))
	for _, c := range []struct {
		at   []position
		want bool
	}{
		{[]position{{}, {}}, false}, // has seen nothing, has missed nothing
		{[]position{old, {}}, true},
		{[]position{old, young}, false},
		{[]position{young}, false},
	} {
		if got := gone(c.at); got != c.want {
			t.Errorf("%v: got %v", c.at, got)
		}
	}
}

func FuzzPositions(f *testing.F) {
	f.Add("")
	f.Add(string(encodePositions([]position{{1, 2}, {3, 4}})))
	f.Fuzz(func(t *testing.T, id string) { _, _ = decodePositions(conversations.EventID(id), 2) })
}

func TestEventKeepsItsForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := make([]conversations.EventType, 0, len(eventCodes))
		for k := range eventCodes {
			kinds = append(kinds, k)
		}
		slices.Sort(kinds)
		author := conversations.Author{
			Type: rapid.SampledFrom([]conversations.AuthorType{conversations.ByCustomer, conversations.ByOfficer, conversations.BySystem}).Draw(t, "by"),
			ID:   phrases.Draw(t, "id"), Name: phrases.Draw(t, "name"),
		}
		e := conversations.Event{
			Type: rapid.SampledFrom(kinds).Draw(t, "type"), Conversation: "1042", Version: conversations.Revision(rapid.Uint64Range(0, 1<<40).Draw(t, "version")),
			At: fromMS(rapid.Int64Range(1, 4_000_000_000_000).Draw(t, "ms")), By: rapid.SampledFrom([]conversations.Author{author, conversations.System}).Draw(t, "author"),
			Why: phrases.Draw(t, "why"),
		}
		if n := rapid.IntRange(0, 3).Draw(t, "message"); n > 0 {
			e.Message = conversations.NewMessageID("1042", n)
		}
		if rapid.Bool().Draw(t, "changed") {
			e.Changes = map[string]conversations.Delta{phrases.Draw(t, "field"): {From: nil, To: phrases.Draw(t, "to")}}
		}
		line, err := encodeEvent(&e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeEvent("1042", line)
		if e.Type == conversations.EventReceived && e.Why == "" && e.By.Type == conversations.ByCustomer {
			got.By, got.Changes = e.By, e.Changes // the message tells who
		}
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Fatalf("%+v, want %+v: %v", got, e, err)
		}
	})
}

func TestPlaceKeepsItsForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHandle(t)
		p := conversations.Place{
			Root: h, Contact: rapid.SampledFrom([]conversations.ContactID{"", "k1042"}).Draw(t, "contact"),
			Conversation: rapid.SampledFrom([]conversations.ID{"", "1042"}).Draw(t, "conversation"),
		}
		if got := decodePlace(h, encodePlace(p)); got != p {
			t.Fatalf("%+v, want %+v", got, p)
		}
		if h.Issuer == "" || h.Value == "" { // a NUL in either would be a provider's joke
			h = channels.Handle{Kind: h.Kind, Issuer: "waba", Value: "u\t1"}
		}
		if got := decodeAlias(encodeAlias(h)); got != h && !slices.Contains([]byte(h.Issuer), 0) {
			t.Fatalf("%+v, want %+v", got, h)
		}
	})
}

func FuzzAlias(f *testing.F) {
	f.Add(">phone\x00\x00+966500000001")
	f.Add(">")
	f.Fuzz(func(t *testing.T, raw string) {
		if raw != "" {
			_ = decodeAlias(raw)
		}
		_ = decodePlace(channels.Handle{}, raw)
	})
}

func TestReplicated(t *testing.T) {
	for address, want := range map[string]bool{
		"redis://localhost":                                 false,
		"unix:///tmp/redis.sock":                            false,
		"redis://a,b,c":                                     true,
		"redis://a:7000?cluster=true":                       true,
		"redis://a,b,c/0?sentinel_master=caravan":           true,
		"redis://a,b,c?replicas=ignore":                     false,
		"redis://a?sentinel_master=caravan&replicas=ignore": false,
	} {
		if got, err := Replicated(address); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", address, got, err, want)
		}
	}
	for _, address := range []string{"http://a", "redis://a?replicas=1", "://", "redis://a/x"} {
		if _, err := Replicated(address); err == nil {
			t.Errorf("%s: want an error", address)
		}
	}
}

func TestParseReplication(t *testing.T) {
	const info = "# Replication\r\nrole:master\r\nconnected_slaves:4\r\n" +
		"slave0:ip=10.0.0.1,port=6379,state=online,offset=100,lag=0\r\n" +
		"slave1:ip=::1,port=6380,state=online,offset=90,lag=2\r\n" +
		"slave2:ip=10.0.0.3,port=6379,state=online,offset=0,lag=30\r\n" +
		"slave3:ip=10.0.0.4,port=6379,state=wait_bgsave,offset=0,lag=0\r\n" +
		"master_failover_state:no-failover\r\nmaster_replid:8d1e\r\nmaster_replid2:0000\r\nmaster_repl_offset:100\r\n"
	history, insync := parseReplication(info)
	if history != "8d1e" || !slices.Equal(insync, []string{"10.0.0.1:6379", "[::1]:6380"}) {
		t.Errorf("got %q %v", history, insync)
	}
	if history, insync := parseReplication("slave0:\nslave1:lag=x,state=online"); history != "" || insync != nil {
		t.Errorf("of nonsense: %q %v", history, insync)
	}
}
