package conversations_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// memory is the least store that Intake can work on. Everything lives in one partition.
type memory struct {
	mu       sync.Mutex
	next     uint64
	convs    map[conversations.ID]conversations.Conversation
	messages map[conversations.ID][]conversations.Message
	claims   map[string]conversations.MessageID
	places   map[string]conversations.Place
	threads  map[string]conversations.ID
	contacts map[conversations.ContactID]conversations.Contact
	receipts []channels.Receipt
	failures []error // what the next commits fail with
}

func newMemory() *memory {
	return &memory{
		convs: map[conversations.ID]conversations.Conversation{}, messages: map[conversations.ID][]conversations.Message{},
		claims: map[string]conversations.MessageID{}, places: map[string]conversations.Place{},
		threads: map[string]conversations.ID{}, contacts: map[conversations.ContactID]conversations.Contact{},
	}
}

func (s *memory) intake() *conversations.Intake {
	return &conversations.Intake{Arrivals: s, Threads: s, People: s, Receipts: s, Now: func() time.Time { return noon }}
}

func (s *memory) Find(_ context.Context, handles []channels.Handle) (conversations.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range handles {
		if p, ok := s.places[h.Key()]; ok {
			return p, nil
		}
	}
	return conversations.Place{Root: handles[0]}, nil
}

func (s *memory) Known(_ context.Context, id conversations.ID) (*conversations.Conversation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.convs[id]
	if !ok {
		return nil, conversations.ErrNotFound
	}
	return &c, nil
}

func (s *memory) NewID(context.Context, string) (conversations.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	return conversations.NewID(s.next), nil
}

func (s *memory) Commit(_ context.Context, ch conversations.Change) (conversations.Conversation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) > 0 {
		err := s.failures[0]
		s.failures = s.failures[1:]
		return conversations.Conversation{}, err
	}
	if m, ok := s.claims[ch.Claim]; ok && ch.Claim != "" {
		return conversations.Conversation{}, &conversations.DuplicateError{Message: m}
	}
	var before conversations.Revision
	if ch.Before != nil {
		before = ch.Before.Version
	}
	id := ch.After.ID
	if s.convs[id].Version != before || ch.Pointer != nil && !s.leads(ch.Pointer.Handle, ch.Pointer.Was) {
		return conversations.Conversation{}, conversations.ErrStale
	}
	s.convs[id] = ch.After
	s.messages[id] = append(s.messages[id], ch.Messages...)
	s.claims[ch.Claim] = ch.Messages[0].ID
	if ch.Contact != nil {
		s.contacts[ch.Contact.ID] = *ch.Contact
	}
	if ch.Pointer != nil {
		s.places[ch.Pointer.Handle.Key()] = ch.Pointer.Now
	}
	return ch.After, nil
}

func (s *memory) leads(h channels.Handle, to conversations.Place) bool {
	p, ok := s.places[h.Key()]
	return ok && p == to || !ok && to.Contact == "" && to.Conversation == ""
}

func (s *memory) Threads(_ context.Context, account string, ids []string) (out []conversations.ID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if c, ok := s.threads[account+"\x00"+id]; ok {
			out = append(out, c)
		}
	}
	return out, nil
}

func (s *memory) Pin(_ context.Context, account, own string, references []string, to conversations.ID) (p conversations.Pinned, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range append(slices.Sorted(slices.Values(references)), own) {
		key := account + "\x00" + id
		p.References = to
		if c, ok := s.threads[key]; ok {
			to = c
		}
		s.threads[key] = to
	}
	p.Own = to
	return p, nil
}

func (s *memory) Contact(_ context.Context, id conversations.ContactID) (conversations.Contact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.contacts[id], nil
}

func (s *memory) Link(_ context.Context, root channels.Handle, handles []channels.Handle) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range handles {
		if _, ok := s.places[h.Key()]; !ok {
			s.places[h.Key()] = s.places[root.Key()]
		}
	}
	return nil
}

func (s *memory) Apply(_ context.Context, r channels.Receipt) error {
	s.receipts = append(s.receipts, r)
	if strings.HasSuffix(r.MessageID, "-9") {
		return channels.ErrUnknownMessage
	}
	return nil
}

// told are the texts of every conversation, oldest first.
func (s *memory) told() string {
	var out []string
	for i := uint64(1); i <= s.next; i++ {
		id := conversations.NewID(i)
		if len(s.messages[id]) == 0 {
			continue
		}
		var texts []string
		for _, m := range s.messages[id] {
			texts = append(texts, m.Text)
		}
		line := strings.Join(texts, ",")
		if related := s.convs[id].Related; len(related) > 0 {
			line += fmt.Sprint(" ~", related[0])
		}
		out = append(out, line)
	}
	return strings.Join(out, " | ")
}

const stranger = "x@example.net"

// token is a mail that carries our token.
func token(in channels.Inbound, of string) channels.Inbound {
	in.Thread = of
	return in
}

func class(in channels.Inbound, c channels.Class) channels.Inbound {
	in.Class = c
	return in
}

func TestReceive(t *testing.T) {
	amina := writer.Value
	withCopy := mail("m1", amina, "a")
	withCopy.Cc = []channels.Party{{Address: "Omar@example.com"}}
	for _, c := range []struct {
		name   string
		in     []channels.Inbound
		status map[int]conversations.Status // of conversation 1, before the i-th
		want   string
	}{
		{"a chat goes on", []channels.Inbound{sms("1", "a"), sms("2", "b"), sms("1", "a")}, nil, "a,b"},
		{"a closed chat does not", []channels.Inbound{sms("1", "a"), sms("2", "b"), sms("1", "a")}, map[int]conversations.Status{1: conversations.Closed}, "a | b ~1"},
		{"mails without evidence", []channels.Inbound{mail("m1", amina, "a"), mail("m2", amina, "b")}, nil, "a | b"},
		{"a known Message-ID", []channels.Inbound{mail("m1", amina, "a"), mail("m2", amina, "b", "m1"), mail("m3", amina, "c", "m2")}, nil, "a,b,c"},
		{"a token", []channels.Inbound{mail("m1", amina, "a"), token(mail("m2", amina, "b"), "1-1"), mail("m3", amina, "c", "m2")}, nil, "a,b,c"},
		{"the answer first", []channels.Inbound{mail("m3", amina, "c", "m2"), mail("m2", amina, "b", "m1"), mail("m1", amina, "a")}, nil, "c,b,a"},
		{"a colleague on the copy", []channels.Inbound{withCopy, mail("m2", "omar@EXAMPLE.com", "b", "m1")}, nil, "a,b"},
		{"a stranger who knows the Message-ID", []channels.Inbound{mail("m1", amina, "a"), mail("m2", stranger, "b", "m1"), mail("m2", stranger, "b", "m1")}, nil, "a | b ~1"},
		{"a stranger who knows the token", []channels.Inbound{mail("m1", amina, "a"), token(mail("m2", stranger, "b"), "1-1")}, nil, "a | b ~1"},
		{"a stranger goes on by himself", []channels.Inbound{mail("m1", amina, "a"), mail("m2", stranger, "b", "m1"), mail("m3", stranger, "c", "m2", "m1")}, nil, "a | b,c ~1"},
		{"a closed mail thread", []channels.Inbound{mail("m1", amina, "a"), mail("m2", amina, "b", "m1"), mail("m3", amina, "c", "m2", "m1")}, map[int]conversations.Status{1: conversations.Closed}, "a | b,c ~1"},
		{"again after it was closed", []channels.Inbound{mail("m1", amina, "a"), mail("m1", amina, "a")}, map[int]conversations.Status{1: conversations.Closed}, "a"},
		{"a bounce of what was closed", []channels.Inbound{mail("m1", amina, "a"), class(token(mail("m2", "postmaster@example.com", "b"), "1-2"), channels.Bounce)}, map[int]conversations.Status{1: conversations.Closed}, "a,b"},
		{"a bounce of nothing we know", []channels.Inbound{class(mail("m1", "postmaster@example.com", "a", "m0"), channels.Bounce)}, nil, "a"},
		{"a token of nothing", []channels.Inbound{token(mail("m1", amina, "a"), "99-1"), token(mail("m2", amina, "b"), "x")}, nil, "a | b"},
	} {
		s := newMemory()
		for i, in := range c.in {
			if status, ok := c.status[i]; ok {
				first := s.convs["1"]
				first.Status = status
				s.convs["1"] = first
			}
			if err := s.intake().Receive(t.Context(), in); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		if got := s.told(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestReceiveDecidesAgain(t *testing.T) {
	s := newMemory()
	s.failures = []error{conversations.ErrStale, &conversations.StaleError{}, conversations.ErrStale}
	if err := s.intake().Receive(t.Context(), sms("1", "a")); err != nil || s.told() != "a" {
		t.Errorf("after three others were quicker: %v, %q", err, s.told())
	}
	s.failures = []error{channels.ErrUnavailable}
	if err := s.intake().Receive(t.Context(), sms("2", "b")); !errors.Is(err, channels.ErrUnavailable) || s.told() != "a" {
		t.Errorf("without a store: %v, %q", err, s.told())
	}
	for range 1000 {
		s.failures = append(s.failures, conversations.ErrStale)
	}
	if err := s.intake().Receive(t.Context(), sms("3", "c")); !errors.Is(err, conversations.ErrStale) {
		t.Errorf("always too late: %v", err)
	}
}

func TestReceiveABounce(t *testing.T) {
	s := newMemory()
	for i, about := range []string{"1-1", "1-9"} { // one of ours, one that nobody knows
		in := class(mail(fmt.Sprint("b", i), "postmaster@example.com", "b"), channels.Bounce)
		in.Bounced = &channels.Receipt{MessageID: about, Status: channels.Failed}
		if err := s.intake().Receive(t.Context(), in); err != nil {
			t.Error(err)
		}
	}
	if len(s.receipts) != 2 {
		t.Errorf("receipts %v", s.receipts)
	}
}

func TestReceiveIntroduces(t *testing.T) {
	s := newMemory()
	user := channels.Handle{Kind: channels.HandleBSUID, Value: "u1"}
	in := channels.Inbound{Channel: channels.WhatsApp, ProviderID: "1", From: user, Aliases: []channels.Handle{customer}, Text: "a"}
	withheld := channels.Inbound{Channel: channels.Voice, Form: channels.FormCall, Text: "c"}
	for i, in := range []channels.Inbound{in, sms("2", "b"), withheld, withheld} {
		in.ProviderID = fmt.Sprint(i)
		if err := s.intake().Receive(t.Context(), in); err != nil {
			t.Error(err)
		}
	}
	if got := s.told(); got != "a,b | c | c" {
		t.Errorf("got %q", got)
	}
	if len(s.contacts) != 1 || s.convs["2"].Contact.ID != "" {
		t.Errorf("contacts %v", s.contacts)
	}
	named := sms("3", "d")
	named.Name = "Amina"
	if err := s.intake().Receive(t.Context(), named); err != nil {
		t.Error(err)
	}
	if k := s.contacts[s.convs["1"].Contact.ID]; k.Name != "Amina" || len(k.Handles) != 2 || s.convs["1"].Contact.Name != "Amina" {
		t.Errorf("contact %+v", k)
	}
}

var _ interface {
	conversations.Arrivals
	conversations.Threads
	conversations.People
	conversations.Receipts
} = (*memory)(nil)
