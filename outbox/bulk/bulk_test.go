package bulk

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestEstimateAddsUp(t *testing.T) {
	e := Engine{Currency: "USD", Prices: []Price{
		{channels.SMS, "", 0.04}, {channels.SMS, "+966", 0.06}, {channels.SMS, "+9665", 0.10}, {channels.WhatsApp, "", 0.03},
	}}
	to := func(value string) channels.Handle { return channels.Handle{Kind: channels.HandlePhone, Value: value} }
	say := func(k channels.Kind, language, text string) conversations.Draft {
		return conversations.Draft{Channel: k, Language: language, Text: text}
	}
	rows := make([]conversations.BulkRow, 8)
	for i := range rows {
		rows[i].State = conversations.RowPending
	}
	rows[5].State, rows[6].State = conversations.RowRepeated, conversations.RowGrouped
	letters := []letter{
		{draft: say(channels.SMS, "en", "hello"), to: to("+60123456789")},
		{draft: say(channels.SMS, "ar", strings.Repeat("ع", 71)), to: to("+966112345678")},
		{draft: say(channels.SMS, "ar", "أهلا"), to: to("+966512345678")},
		{draft: say(channels.WhatsApp, "en", strings.Repeat("a", 500)), to: to("+966512345678")},
		{}, {}, {}, {},
	}
	errs := make([]error, 8)
	errs[4] = fmt.Errorf("%w: asked to stop", conversations.ErrOptedOut)
	errs[7] = errors.New("a variable is missing")
	got := e.estimate(rows, letters, errs)
	if got.Recipients != 8 || got.Messages != 4 || fmt.Sprintf("%.2f", got.Cost) != "0.29" {
		t.Errorf("%+v", got)
	}
	sms := got.Channels[channels.SMS]
	if sms.Messages != 3 || sms.Segments != 4 || got.Channels[channels.WhatsApp].Segments != 1 || got.Languages["ar"] != 2 {
		t.Errorf("%+v", got.Channels)
	}
	want := map[conversations.RowState]int{conversations.RowQueued: 4, conversations.RowSkipped: 1, conversations.RowFailed: 1, conversations.RowRepeated: 1, conversations.RowGrouped: 1}
	if fmt.Sprint(got.States) != fmt.Sprint(want) || len(got.Samples) != 3 || len(got.Why) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestChannelForAnAddress(t *testing.T) {
	for _, c := range []struct {
		kind        channels.HandleKind
		asked, want channels.Kind
	}{
		{channels.HandlePhone, "", channels.SMS}, {channels.HandlePhone, channels.WhatsApp, channels.WhatsApp}, {channels.HandlePhone, channels.Email, ""},
		{channels.HandleEmail, "", channels.Email}, {channels.HandleEmail, channels.SMS, ""}, {channels.HandleBSUID, channels.SMS, ""},
		{channels.HandleBSUID, "", channels.WhatsApp}, {channels.HandleWhatsApp, channels.SMS, channels.SMS}, {"", "", ""},
	} {
		if got := channelFor(channels.Handle{Kind: c.kind, Value: "x"}, c.asked); got != c.want {
			t.Errorf("%s by %q: %q, want %q", c.kind, c.asked, got, c.want)
		}
	}
}

func TestTheSameKeyNamesTheSameBulk(t *testing.T) {
	named, again, other, one, two := newID("a"), newID("a"), newID("b"), newID(""), newID("")
	if named != again || named == other || one == two {
		t.Error("names are not what they are made of")
	}
}
