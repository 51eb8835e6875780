package inbox

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

var _ conversations.Registry = (*memory)(nil)
var _ conversations.Erasure = (*memory)(nil)

func (s *memory) Search(_ context.Context, q conversations.SearchQuery) (conversations.SearchPage, error) {
	leave, err := s.enter()
	defer leave()
	if q.Cursor != "" && err == nil {
		err = conversations.ErrCursor
	}
	var page conversations.SearchPage
	for id, c := range s.convs {
		f := conversations.Found{Conversation: c, Where: []string{"message"}}
		for _, m := range s.messages[id] {
			if strings.Contains(m.Text, q.Text) {
				f.Messages = append(f.Messages, m)
			}
		}
		if len(f.Messages) > 0 {
			page.Items = append(page.Items, f)
		}
	}
	return page, err
}

func (s *memory) Contacts(_ context.Context, q conversations.SearchQuery) (conversations.ContactPage, error) {
	leave, err := s.enter()
	defer leave()
	var page conversations.ContactPage
	for _, k := range s.contacts {
		if !k.Erased && k.MergedInto == "" && strings.Contains(k.Name, q.Text) {
			page.Items = append(page.Items, k)
		}
	}
	return page, err
}

func (s *memory) SaveContact(_ context.Context, k conversations.Contact) error {
	leave, err := s.enter()
	defer leave()
	if err == nil && s.contacts[k.ID].Version != k.Version-1 {
		err = conversations.ErrStale
	}
	if err == nil {
		s.contacts[k.ID] = k
	}
	return err
}

func (s *memory) Adopt(_ context.Context, h channels.Handle, k conversations.ContactID) error {
	leave, err := s.enter()
	defer leave()
	if p, ok := s.places[h.Key()]; ok && p.Contact != k && err == nil {
		return conversations.ErrTaken
	}
	s.places[h.Key()] = conversations.Place{Root: h, Contact: k}
	return err
}

func (s *memory) Tombstone(_ context.Context, id conversations.ID, _ conversations.Contact, _ string, now time.Time) (conversations.Removed, error) {
	leave, err := s.enter()
	defer leave()
	buried := conversations.Buried(*s.convs[id], now)
	s.convs[id] = &buried
	for i, m := range s.messages[id] {
		s.messages[id][i] = conversations.Redacted(m)
	}
	return conversations.Removed{Messages: len(s.messages[id])}, err
}

func (s *memory) Shared(context.Context, string, func(*conversations.Message) bool) (bool, error) {
	return false, nil
}

func (s *memory) Mentions(context.Context, conversations.Contact) ([]conversations.ID, error) {
	return nil, nil
}

func (s *memory) Vanish(_ context.Context, k conversations.Contact, now time.Time) (int, error) {
	leave, err := s.enter()
	defer leave()
	s.contacts[k.ID] = conversations.Contact{ID: k.ID, Version: k.Version + 1, UpdatedAt: now, Erased: true}
	return 0, err
}

func (s *memory) Record(_ context.Context, e conversations.AuditEntry) error {
	leave, err := s.enter()
	defer leave()
	e.ID = strconv.Itoa(len(s.trail)+1) + "-0"
	s.trail = append(s.trail, e)
	return err
}

func (s *memory) Audit(_ context.Context, q conversations.AuditQuery) (conversations.AuditPage, error) {
	leave, err := s.enter()
	defer leave()
	if q.Cursor != "" && err == nil {
		err = conversations.ErrCursor
	}
	var page conversations.AuditPage
	for _, e := range slices.Backward(s.trail) {
		if q.Action == "" || e.Action == q.Action {
			page.Items = append(page.Items, e)
		}
	}
	return page, err
}
