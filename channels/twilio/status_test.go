package twilio

import (
	"errors"
	"maps"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

func TestParseStatus(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want channels.Receipt
	}{
		"sms delivered": {"SmsSid=SM1&SmsStatus=delivered&MessageStatus=delivered&To=%2B60123456789&MessageSid=SM1&AccountSid=AC1&From=%2B60312345678&ApiVersion=2010-04-01&RawDlrDoneDate=2611211004",
			channels.Receipt{Status: channels.Delivered}},
		"whatsapp read": {"ChannelPrefix=whatsapp&EventType=READ&SmsSid=SM1&MessageSid=SM1&SmsStatus=read&MessageStatus=read",
			channels.Receipt{Status: channels.Read}},
		"undelivered, known code": {"MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30005&ErrorMessage=Unknown+destination",
			channels.Receipt{Status: channels.Failed, Code: "30005", Reason: errorCodes[30005].reason, Fields: map[string]string{"ErrorMessage": "Unknown destination"}}},
		"failed, unknown code": {"MessageSid=SM1&MessageStatus=failed&ErrorCode=98765&ErrorMessage=Something+new",
			channels.Receipt{Status: channels.Failed, Code: "98765", Reason: "Something new"}},
		"no error":        {"MessageSid=SM1&MessageStatus=sent&ErrorCode=0", channels.Receipt{Status: channels.Sent}},
		"unknown status":  {"MessageSid=SM1&MessageStatus=teleported", channels.Receipt{Status: channels.Sent, Fields: map[string]string{"MessageStatus": "teleported"}}},
		"a new parameter": {"MessageSid=SM1&MessageStatus=sent&Orbit=low", channels.Receipt{Status: channels.Sent, Fields: map[string]string{"Orbit": "low"}}},
		"old names":       {"SmsSid=SM1&SmsStatus=sent", channels.Receipt{Status: channels.Sent, Fields: map[string]string{}}},
		"two statuses":    {"MessageSid=SM1&MessageStatus=delivered&SmsStatus=sent", channels.Receipt{Status: channels.Delivered, Fields: map[string]string{"SmsStatus": "sent"}}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := ParseForm([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseStatus(f, "m1")
			if err != nil {
				t.Fatal(err)
			}
			if got.MessageID != "m1" || got.ProviderID != "SM1" || !got.At.IsZero() || got.Status != c.want.Status ||
				got.Code != c.want.Code || got.Reason != c.want.Reason || !maps.Equal(got.Fields, c.want.Fields) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestParseStatusRefuses(t *testing.T) {
	for name, f := range map[string]Form{
		"no SID": {{"MessageStatus", "sent"}}, "no status": {{"MessageSid", "SM1"}}, "empty": nil,
	} {
		if _, err := ParseStatus(f, "m1"); !errors.Is(err, ErrBadForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseStatus(Form{{"MessageSid", "SM1"}, {"MessageStatus", "sent"}}, ""); !errors.Is(err, ErrBadForm) {
		t.Error("no message of ours is named, and none is missed")
	}
}

// Every order of Twilio's statuses ends in the same state, if the greater wins.
func TestStatusesAreAnOrder(t *testing.T) {
	chain := []string{"accepted", "queued", "sending", "sent", "delivered", "read"}
	last := channels.Received
	for _, name := range chain {
		s, known := StatusOf(name)
		if !known || s < last {
			t.Errorf("%s is %v after %v", name, s, last)
		}
		last = s
	}
	if s, known := StatusOf(""); known || s != channels.Sent {
		t.Error("no status is known")
	}
}

func TestEveryCodeTellsWhatToDo(t *testing.T) {
	for code, d := range errorCodes {
		if d.failure < channels.Temporary || d.failure > channels.OptedOut || d.reason == "" {
			t.Errorf("%d: %+v", code, d)
		}
	}
}
