package inbox

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"
	"sync"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// memory is a store that keeps everything in maps, for the tests of this package.
type memory struct {
	mu        sync.Mutex
	down      error // returned by everything while set
	refuse    error // returned by the next Commit
	next      uint64
	convs     map[conversations.ID]*conversations.Conversation
	messages  map[conversations.ID][]conversations.Message
	events    map[conversations.ID][]conversations.Event
	contacts  map[conversations.ContactID]conversations.Contact
	callbacks map[conversations.CallbackID]conversations.Callback
	places    map[string]conversations.Place
	ledgers   map[string]conversations.Consent
	shelf
	rounds   map[conversations.ReviewID]*held
	claims   map[string]conversations.MessageID
	officers map[conversations.OfficerID]conversations.Officer
	tokens   map[string]conversations.Token
	keys     map[string][]byte
	lookUps  int // of tokens
	log      []conversations.Event
	news     chan struct{}
	blobs    map[string][]byte
	trail    []conversations.AuditEntry
}

var _ Store = (*memory)(nil)
var _ conversations.Departures = (*memory)(nil)

func newMemory() *memory {
	return &memory{
		next: 1000, news: make(chan struct{}),
		convs: map[conversations.ID]*conversations.Conversation{}, messages: map[conversations.ID][]conversations.Message{},
		events: map[conversations.ID][]conversations.Event{}, contacts: map[conversations.ContactID]conversations.Contact{},
		callbacks: map[conversations.CallbackID]conversations.Callback{}, places: map[string]conversations.Place{}, ledgers: map[string]conversations.Consent{},
		claims: map[string]conversations.MessageID{}, officers: map[conversations.OfficerID]conversations.Officer{},
		tokens: map[string]conversations.Token{}, keys: map[string][]byte{}, rounds: map[conversations.ReviewID]*held{}, blobs: map[string][]byte{},
	}
}

// enter locks; the returned function unlocks.
func (s *memory) enter() (func(), error) {
	s.mu.Lock()
	return s.mu.Unlock, s.down
}

func found[K comparable, V any](s *memory, m map[K]V, k K) (V, error) {
	leave, err := s.enter()
	defer leave()
	v, ok := m[k]
	if err == nil && !ok {
		err = conversations.ErrNotFound
	}
	return v, err
}

func (s *memory) Load(_ context.Context, id conversations.ID) (conversations.Conversation, error) {
	c, err := found(s, s.convs, id)
	if err != nil {
		return conversations.Conversation{}, err
	}
	return *c, nil
}

func (s *memory) Known(ctx context.Context, id conversations.ID) (*conversations.Conversation, error) {
	c, err := s.Load(ctx, id)
	return &c, err
}

func (s *memory) LoadMessage(_ context.Context, id conversations.MessageID) (conversations.Message, error) {
	leave, err := s.enter()
	defer leave()
	c, seq, ok := id.Split()
	if err == nil && (!ok || len(s.messages[c]) < seq) {
		err = conversations.ErrNotFound
	}
	if err != nil {
		return conversations.Message{}, err
	}
	return s.messages[c][seq-1], nil
}

func part[T any](list []T, after, limit int) []T {
	after = min(after, len(list))
	return slices.Clone(list[after:min(len(list), after+limit)])
}

func (s *memory) Messages(_ context.Context, id conversations.ID, after, limit int) ([]conversations.Message, error) {
	leave, err := s.enter()
	defer leave()
	return part(s.messages[id], after, limit), err
}

func (s *memory) History(_ context.Context, id conversations.ID, after, limit int) ([]conversations.Event, error) {
	leave, err := s.enter()
	defer leave()
	return part(s.events[id], after, limit), err
}

func (s *memory) List(_ context.Context, q conversations.Query) (conversations.Page, error) {
	leave, err := s.enter()
	defer leave()
	if err != nil {
		return conversations.Page{}, err
	}
	var all []*conversations.Conversation
	for _, c := range s.convs {
		if matches(c, q) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *conversations.Conversation) int { return cmp.Compare(a.Number, b.Number) })
	from := 0
	if q.Cursor != "" {
		if from, err = strconv.Atoi(q.Cursor); err != nil {
			return conversations.Page{}, conversations.ErrCursor
		}
	}
	page := conversations.Page{Items: part(all, from, q.Limit)}
	if from+q.Limit < len(all) {
		page.Next = strconv.Itoa(from + q.Limit)
	}
	return page, nil
}

func matches(c *conversations.Conversation, q conversations.Query) bool {
	who := "none"
	if c.Assignee != nil {
		who = string(c.Assignee.ID)
	}
	return (q.Desk == "" || c.Desk == q.Desk) &&
		(len(q.Status) == 0 || slices.Contains(q.Status, c.Status)) &&
		(q.Assignee == "" || q.Assignee == who) &&
		(q.Channel == "" || slices.Contains(c.Channels, q.Channel)) &&
		(q.Priority == "" || c.Priority == q.Priority) &&
		(q.Contact == "" || c.Contact.ID == q.Contact) &&
		(q.Tag == "" || slices.Contains(c.Tags, q.Tag)) &&
		(!q.Overdue || !c.Due().IsZero() && q.Now.After(c.Due()))
}

func (s *memory) Contact(_ context.Context, id conversations.ContactID) (conversations.Contact, error) {
	return found(s, s.contacts, id)
}

func (s *memory) Link(context.Context, channels.Handle, []channels.Handle) error { return nil }
func (s *memory) Leads(ctx context.Context, h []channels.Handle) (conversations.Place, error) {
	return s.Find(ctx, h)
}

func (s *memory) LoadCallback(_ context.Context, id conversations.CallbackID) (conversations.Callback, error) {
	return found(s, s.callbacks, id)
}

func (s *memory) Callbacks(_ context.Context, q conversations.CallbackQuery) (conversations.CallbackPage, error) {
	leave, err := s.enter()
	defer leave()
	if q.Cursor != "" && err == nil {
		err = conversations.ErrCursor
	}
	var page conversations.CallbackPage
	for _, cb := range s.callbacks {
		if (len(q.Status) == 0 || slices.Contains(q.Status, cb.Status)) && (q.Conversation == "" || cb.Conversation == q.Conversation) &&
			(q.DueBefore.IsZero() || cb.DueAt.Before(q.DueBefore)) {
			page.Items = append(page.Items, cb)
		}
	}
	return page, err
}

func (s *memory) Find(_ context.Context, handles []channels.Handle) (conversations.Place, error) {
	leave, err := s.enter()
	defer leave()
	for _, h := range handles {
		if p, ok := s.places[h.Key()]; ok {
			return p, err
		}
	}
	return conversations.Place{Root: handles[0]}, err
}

func (s *memory) Delete(_ context.Context, key string) error {
	leave, err := s.enter()
	defer leave()
	delete(s.blobs, key)
	return err
}

func (s *memory) NewID(context.Context, string) (conversations.ID, error) {
	leave, err := s.enter()
	defer leave()
	s.next++
	return conversations.NewID(s.next), err
}

func (s *memory) Commit(_ context.Context, ch conversations.Change) (conversations.Conversation, error) {
	leave, err := s.enter()
	defer leave()
	if err == nil && s.refuse != nil {
		err, s.refuse = s.refuse, nil
	}
	if err != nil {
		return conversations.Conversation{}, err
	}
	id := ch.After.ID
	if m, taken := s.claims[ch.Claim]; taken && ch.Claim != "" {
		return conversations.Conversation{}, &conversations.DuplicateError{Message: m}
	}
	if ch.Before != nil && s.convs[id].Version != ch.Before.Version {
		return conversations.Conversation{}, &conversations.StaleError{Present: *s.convs[id]}
	}
	after := ch.After
	s.convs[id] = &after
	s.tick(ch)
	s.messages[id] = append(s.messages[id], ch.Messages...)
	if ch.Claim != "" && len(ch.Messages) > 0 {
		s.claims[ch.Claim] = ch.Messages[0].ID
	}
	if ch.Contact != nil {
		s.contacts[ch.Contact.ID] = *ch.Contact
	}
	if ch.Pointer != nil {
		s.places[ch.Pointer.Handle.Key()] = ch.Pointer.Now
	}
	for _, c := range ch.Consents {
		s.ledgers[c.Now.Address] = c.Now
	}
	if ch.Callback != nil {
		s.callbacks[ch.Callback.ID] = *ch.Callback
	}
	for _, e := range ch.Events {
		e.Conversation, e.Version = id, after.Version
		told := e
		told.ID = conversations.EventID(string(id) + "-e" + strconv.Itoa(len(s.events[id])+1))
		s.events[id] = append(s.events[id], told)
		e.ID = conversations.EventID(strconv.Itoa(len(s.log) + 1))
		s.log = append(s.log, e)
	}
	close(s.news)
	s.news = make(chan struct{})
	return after, nil
}

func (s *memory) Live(ctx context.Context, last conversations.EventID) iter.Seq2[conversations.Event, error] {
	return func(yield func(conversations.Event, error) bool) {
		leave, err := s.enter()
		at := len(s.log)
		leave()
		if last != "" && err == nil {
			if at, err = strconv.Atoi(string(last)); err != nil {
				err = conversations.ErrCursor
			}
		}
		if err != nil {
			yield(conversations.Event{}, err)
			return
		}
		if !yield(conversations.Event{ID: conversations.EventID(strconv.Itoa(at))}, nil) {
			return
		}
		for ctx.Err() == nil {
			s.mu.Lock()
			fresh, news := slices.Clone(s.log[at:]), s.news
			s.mu.Unlock()
			for _, e := range fresh {
				if at++; !yield(e, nil) {
					return
				}
			}
			select {
			case <-news:
			case <-ctx.Done():
			}
		}
	}
}

func (s *memory) Ready(context.Context) error {
	leave, err := s.enter()
	defer leave()
	return err
}
