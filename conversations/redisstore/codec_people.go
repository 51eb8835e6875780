package redisstore

import (
	"fmt"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
)

func encodeContact(k *conversations.Contact) (string, error) {
	return recorded(k.Version, func(r *record) { r.contact(k) })
}

func decodeContact(id conversations.ContactID, raw string) (conversations.Contact, error) {
	k := conversations.Contact{ID: id}
	var err error
	if k.Version, err = recalled(raw, func(r *record) { r.contact(&k) }); err != nil {
		return conversations.Contact{}, fmt.Errorf("contact %s: %w", id, err)
	}
	return k, nil
}

func (r *record) contact(k *conversations.Contact) {
	r.epoch(1, &k.CreatedAt)
	r.instant(2, &k.UpdatedAt)
	text(r, 3, &k.Name)
	list(r, 4, &k.Handles, (*record).handle)
	text(r, 5, &k.Language)
	text(r, 6, &k.MergedInto)
	list(r, 7, &k.Absorbed, (*record).absorbed)
	texts(r, 8, &k.Moved)
	r.flag(9, &k.Erased)
}

func (r *record) absorbed(a *conversations.Absorbed) {
	text(r, 1, &a.ID)
	list(r, 2, &a.Handles, (*record).handle)
	r.flag(3, &a.Name)
	r.instant(4, &a.At)
}

func encodeCallback(cb *conversations.Callback) (string, error) {
	return recorded(cb.Version, func(r *record) { r.callback(cb) })
}

func decodeCallback(id conversations.CallbackID, raw string) (conversations.Callback, error) {
	conv, _, _ := strings.Cut(string(id), "-")
	cb := conversations.Callback{ID: id, Conversation: conversations.ID(conv), Attempts: []conversations.CallAttempt{}}
	var err error
	if cb.Version, err = recalled(raw, func(r *record) { r.callback(&cb) }); err != nil {
		return conversations.Callback{}, fmt.Errorf("call-back %s: %w", id, err)
	}
	return cb, nil
}

func (r *record) callback(cb *conversations.Callback) {
	r.epoch(1, &cb.RequestedAt)
	text(r, 2, &cb.Phone)
	r.instant(3, &cb.NotBefore)
	r.instant(4, &cb.DueAt)
	text(r, 5, &cb.Status)
	attempts := &cb.Attempts
	if len(cb.Attempts) == 0 {
		attempts = nil
	}
	if rare(r, 6, &attempts); r.reading && attempts != nil {
		cb.Attempts = *attempts
	}
	var owner conversations.OfficerRef
	if cb.Owner != nil {
		owner = *cb.Owner
	}
	text(r, 7, &owner.ID)
	text(r, 8, &owner.Name)
	if r.reading && owner.ID != "" {
		cb.Owner = &owner
	}
	text(r, 9, &cb.Note)
	text(r, 10, &cb.Why)
	text(r, 11, &cb.First)
	r.moment(12, &cb.LookAt)
	r.moment(13, &cb.KeptAt)
	r.moment(14, &cb.ToldAt)
	text(r, 15, &cb.Replaces)
	said := (*spokenRecord)(cb.Spoken)
	rare(r, 16, &said)
	r.flag(17, &cb.Asked)
	cb.Spoken = (*conversations.Spoken)(said)
}

// spokenRecord is conversations.Spoken as it is kept.
type spokenRecord struct {
	Text     string                   `json:"x"`
	Language string                   `json:"l"`
	About    string                   `json:"a,omitempty"`
	Else     *conversations.Alternate `json:"e,omitempty"`
}
