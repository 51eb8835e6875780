package conversations_test

import (
	"errors"
	"testing"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// TestAnAmbiguousAddressIsAskedFor: of a customer with two telephones who has used neither
// here, nobody guesses which one an SMS goes to; and an address of nobody who takes part is refused.
func TestAnAmbiguousAddressIsAskedFor(t *testing.T) {
	c := matter(sms("SM1", "hello"))
	home, work := channels.Handle{Kind: channels.HandlePhone, Value: "+966500000001"}, channels.Handle{Kind: channels.HandlePhone, Value: "+966500000002"}
	c.Contact.Handles, c.Routes = []channels.Handle{home, work}, nil
	var bad *conversations.InvalidError
	for _, to := range []string{"", "+966500000009"} {
		_, err := conversations.Answer(c, conversations.Draft{Channel: channels.SMS, Text: "hi", To: to}, officer, noon)
		if !errors.As(err, &bad) || bad.Fields["to"] == "" {
			t.Errorf("to %q: %v", to, err)
		}
	}
	ch, err := conversations.Answer(c, conversations.Draft{Channel: channels.SMS, Text: "hi", To: work.Value}, officer, noon)
	if err != nil || ch.Messages[0].Send.To != work {
		t.Errorf("to %s: %v", work.Value, err)
	}
}
