package inbox

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Ledger is what the API reads of consent.
type Ledger interface {
	Consent(ctx context.Context, address string) (conversations.Consent, error)
}

// ConsentView is one address's ledger, with what it comes to.
type ConsentView struct {
	Handle  channels.Handle              `json:"handle"`
	Present []ConsentNow                 `json:"present" doc:"What counts now, for every channel of the address and every purpose"`
	Entries []conversations.ConsentEntry `json:"entries" doc:"All that was ever said, oldest first"`
}

// ConsentNow says whether machines may write for a purpose on a channel.
type ConsentNow struct {
	Channel channels.Kind         `json:"channel" enum:"email,sms,whatsapp"`
	Purpose conversations.Purpose `json:"purpose" enum:"service,marketing"`
	Allowed bool                  `json:"allowed"`
	Why     string                `json:"why"`
}

type consentsAnswer struct {
	Body page[ConsentView]
}

type consentInput struct {
	ID   string `path:"id" maxLength:"32"`
	Body struct {
		Address string                     `json:"address" minLength:"1" maxLength:"254" doc:"One of the contact's own"`
		Channel string                     `json:"channel" enum:"email,sms,whatsapp"`
		Purpose conversations.Purpose      `json:"purpose" enum:"service,marketing"`
		State   conversations.ConsentState `json:"state" enum:"in,out"`
		Why     string                     `json:"why" minLength:"3" maxLength:"500" doc:"How he said so: on which form, in which call"`
	}
}

type consentAnswer struct {
	Body ConsentView
}

func (a *API) registerConsents() {
	tags := []string{"Contacts"}
	add(a, huma.Operation{
		OperationID: "list-consents", Method: http.MethodGet, Path: "/v1/contacts/{id}/consents", Tags: tags,
		Summary: "What the contact allowed and forbade, address by address",
	}, a.consents)
	add(a, huma.Operation{
		OperationID: "record-consent", Method: http.MethodPost, Path: "/v1/contacts/{id}/consents", Tags: tags,
		Summary: "Note what the contact said to an officer", DefaultStatus: http.StatusCreated,
	}, a.recordConsent)
}

func (a *API) consents(ctx context.Context, in *ContactPath) (*consentsAnswer, error) {
	k, err := a.Store.Contact(ctx, conversations.ContactID(in.ID))
	if err != nil {
		return nil, fmt.Errorf("load contact: %w", err)
	}
	var views []ConsentView
	for _, h := range k.Handles {
		l, err := a.Store.Consent(ctx, h.Key())
		if err != nil {
			return nil, fmt.Errorf("load consent: %w", err)
		}
		views = append(views, consentView(h, l))
	}
	return &consentsAnswer{pageOf(views, "")}, nil
}

func (a *API) recordConsent(ctx context.Context, in *consentInput) (*consentAnswer, error) {
	k, err := a.Store.Contact(ctx, conversations.ContactID(in.ID))
	if err != nil {
		return nil, fmt.Errorf("load contact: %w", err)
	}
	b := &in.Body
	for _, h := range k.Handles {
		if !strings.EqualFold(h.Value, strings.TrimSpace(b.Address)) || !reaches(h, channels.Kind(b.Channel)) {
			continue
		}
		l, err := a.Desk.Consent(ctx, h, conversations.ConsentEntry{
			Channel: channels.Kind(b.Channel), Purpose: b.Purpose, State: b.State, By: callerOf(ctx).officer.Author(), Why: b.Why,
		})
		if err != nil {
			return nil, fmt.Errorf("record consent: %w", err)
		}
		return &consentAnswer{consentView(h, l)}, nil
	}
	return nil, fault("body.address", "is no address of the contact on this channel")
}

// reaches reports whether a channel can write to an address.
func reaches(h channels.Handle, k channels.Kind) bool {
	switch h.Kind {
	case channels.HandleEmail:
		return k == channels.Email
	case channels.HandleBSUID:
		return k == channels.WhatsApp
	}
	return k == channels.SMS || k == channels.WhatsApp
}

func consentView(h channels.Handle, l conversations.Consent) ConsentView {
	v := ConsentView{Handle: h, Present: []ConsentNow{}, Entries: some(l.Entries)}
	for i := range v.Entries {
		v.Entries[i].At = moment(v.Entries[i].At)
	}
	for _, k := range []channels.Kind{channels.Email, channels.SMS, channels.WhatsApp} {
		if !reaches(h, k) {
			continue
		}
		for _, p := range conversations.Purposes {
			now := ConsentNow{Channel: k, Purpose: p, Allowed: p == conversations.Service, Why: "he has said nothing about it"}
			if e, ok := l.Last(k, p); ok {
				now.Allowed, now.Why = e.State == conversations.OptedIn, e.Why
			}
			v.Present = append(v.Present, now)
		}
	}
	return v
}
