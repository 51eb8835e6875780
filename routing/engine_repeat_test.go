package routing_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// TestLaterContactsAreSecondary: sender, receiver and merchant write about one shipment,
// one of them names it only later, and an officer adds a number by hand. Two gateways hear of it.
func TestLaterContactsAreSecondary(t *testing.T) {
	t.Parallel()
	url := redistest.Single(t).URL
	o := open(t, url, "one")
	open(t, url, "two")
	o.desk.Annals = o.Store
	write := func(who, n int, text string) {
		in := sms(who)
		in.ProviderID, in.Text = fmt.Sprint("SM", who, "-", n), text
		must(t, o.intake.Receive(t.Context(), in))
	}
	write(1, 1, "Where is my parcel 2451080365?")
	write(2, 1, "My parcel is late")
	write(3, 1, "My shipment 30109165494 arrived broken")
	write(4, 1, "Where is my parcel 2451080365? I sent it")
	write(2, 2, "tracking number 2451080365")
	write(5, 1, "My parcel arrived broken")
	stands := func(wants map[int]string) {
		t.Helper()
		redistest.Eventually(t, "later contacts are marked", func(context.Context) error {
			for _, c := range o.live() {
				got := ""
				if slices.Contains(c.Tags, conversations.Secondary) {
					got = fmt.Sprint("secondary to ", c.Related)
				}
				var who int
				fmt.Sscanf(c.Contact.Handles[0].Value, "+96650%d", &who)
				if want := wants[who]; got != want {
					return fmt.Errorf("customer %d: %q, want %q", who, got, want)
				}
			}
			return nil
		})
	}
	of := func(who int) (out conversations.Conversation) {
		for _, c := range o.live() {
			if c.Contact.Handles[0].Value == sms(who).From.Value {
				out = c
			}
		}
		return out
	}
	first := fmt.Sprint("secondary to ", []conversations.ID{of(1).ID})
	stands(map[int]string{2: first, 4: first})
	named := []conversations.Reference{{Kind: conversations.KindShipment, Value: "30109165494", Valid: true}}
	_, err := o.desk.Patch(t.Context(), of(5).ID, conversations.Patch{References: &named}, conversations.System)
	must(t, err)
	stands(map[int]string{2: first, 4: first, 5: fmt.Sprint("secondary to ", []conversations.ID{of(3).ID})})
	if _, _, err = o.desk.Merge(t.Context(), of(4).ID, of(1).ID, 0, conversations.System); err != nil {
		t.Fatal(err)
	}
	if tags := of(1).Tags; slices.Contains(tags, conversations.Secondary) {
		t.Errorf("the primary took the tag in: %v", tags)
	}
	o.settles()
}
