package redisstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
)

// cached is a conversation as it was seen last.
type cached struct {
	raw  string
	conv *conversations.Conversation
}

// Commit applies a change whole or not at all: conversation, messages, contact,
// indexes, clocks, outbox, history and log in one script.
func (s *Store) Commit(ctx context.Context, ch conversations.Change) (conversations.Conversation, error) {
	p, n, err := s.of(ch.After.ID)
	if err != nil {
		return conversations.Conversation{}, err
	}
	t := newTx(p.log)
	t.op = ch.Op
	if t.op == "" {
		t.op = opID()
	}
	if err := s.consentsElsewhere(ctx, p, ch.Consents); err != nil {
		return conversations.Conversation{}, err
	}
	raw, err := s.compose(t, p, n, &ch)
	if err != nil {
		return conversations.Conversation{}, err
	}
	if err = s.commit(ctx, t); err != nil {
		return conversations.Conversation{}, s.failed(t, &ch, err)
	}
	if len(t.said) > 0 && len(t.said) == len(ch.Messages) {
		s.fresh.keep(s.number(p, n), &ch, t.said)
	}
	t.free()
	after := ch.After // by itself: the change holds all that it was made of
	s.remember(after.ID, raw, &after)
	s.watchers.tell(p, ch.Events)
	if len(ch.Errands) > 0 {
		s.watchers.tell(p, []conversations.Event{{Type: conversations.EventErrand}})
	}
	for i := range ch.Messages {
		if hasOtherWay(&ch.Messages[i]) {
			s.wakeUnproved(p)
		}
	}
	if ch.Pointer != nil {
		if err := s.point(ctx, p, ch.Pointer); err != nil {
			return conversations.Conversation{}, err
		}
	}
	if k := ch.Contact; k != nil && !s.livesIn(p, k) {
		if err := s.saveContact(ctx, k); err != nil {
			return conversations.Conversation{}, err
		}
	}
	return ch.After, nil
}

// failed is why a change was not applied.
func (s *Store) failed(t *tx, ch *conversations.Change, err error) error {
	var no *refusal
	if errors.As(err, &no) {
		t.free()
		return s.refused(ch, no)
	}
	s.forget(ch.After.ID) // it may be under way still
	return fmt.Errorf("commit %s: %w", ch.After, err)
}

// compose turns a change into checks and writes; raw is the conversation's document.
func (s *Store) compose(t *tx, p *partition, n uint64, ch *conversations.Change) (raw string, err error) {
	doc, was := p.conversation(n), ""
	if ch.Before != nil {
		was = strconv.FormatUint(uint64(ch.Before.Version), 10)
	}
	if ch.Seat != nil {
		t.seat(ch.After.ID, ch.Seat, score(ms(s.now())))
	}
	if ptr := ch.Pointer; ptr != nil && s.home(ptr.Handle.Key()) == p {
		composePointer(t, p, ptr)
	}
	s.assume(t, p, ch.Assumes)
	if raw, err = encodeConversation(&ch.After); err != nil {
		return "", err
	}
	t.update(doc, was, raw)
	if err := s.composeMessages(t, p, n, ch); err != nil {
		return "", err
	}
	if k := ch.Contact; k != nil && s.livesIn(p, k) {
		if err := s.composeContact(t, k); err != nil {
			return "", err
		}
	}
	if err := composeCallbacks(t, p, ch); err != nil {
		return "", err
	}
	for i := range ch.Consents {
		if now := &ch.Consents[i].Now; s.home(now.Address) == p {
			if err := composeConsent(t, p, now); err != nil {
				return "", err
			}
		}
	}
	composeClaim(t, p, n, ch)
	if ch.Tick != nil {
		composeTick(t, p, n, ch.Tick)
	}
	composeErrands(t, p, n, ch.Errands)
	t.index(p, n, ch.Before, &ch.After)
	t.alarm(p, n, &ch.After, s.now())
	unassigned := ch.After.Status.Live() && ch.After.Assignee == nil
	for i := range ch.Events {
		e := &ch.Events[i]
		e.Version, e.Unassigned, e.Unattended = ch.After.Version, unassigned, ch.Unattended
	}
	return raw, composeEvents(t, p, n, ch.Events, ch.Before == nil)
}

// composePointer moves a handle on to another place.
func composePointer(t *tx, p *partition, ptr *conversations.Pointer) {
	key := ptr.Handle.Key()
	at, was, now := p.handles(digest(key)), encodePlace(ptr.Was), encodePlace(ptr.Now)
	if was == "" {
		t.check("fill", at, now, key)
		return
	}
	t.check("field", at, was, key)
	t.do("HSET", at, key, now)
}

// composeMessages appends the messages, and puts those to be sent into the outbox.
func (s *Store) composeMessages(t *tx, p *partition, n uint64, ch *conversations.Change) error {
	args := make([]string, 0, len(ch.Messages))
	for i := range ch.Messages {
		m := &ch.Messages[i]
		raw, err := encodeMessage(m)
		if err != nil {
			return err
		}
		args = append(args, raw)
		if s.fresh.wanted() {
			t.said = append(t.said, raw)
		}
		if unfetched(m) {
			t.do("ZADD", p.fetch(), score(ms(m.CreatedAt)), member(n, m.ID))
		}
		if m.Send != nil {
			t.do("ZADD", p.lane(int(m.Send.Lane)), score(ms(m.Ready())), member(n, m.ID))
			if hasOtherWay(m) {
				t.do("ZADD", p.unproved(), score(ms(m.Ready().Add(m.Send.Wait))), member(n, m.ID))
			}
		}
	}
	if len(args) > 0 {
		t.do("RPUSH", p.messages(n), args...)
	}
	return nil
}

// livesIn reports whether a contact lives in the partition.
func (s *Store) livesIn(p *partition, k *conversations.Contact) bool {
	home, _, err := s.ofContact(k.ID)
	return err == nil && home == p
}

func (s *Store) composeContact(t *tx, k *conversations.Contact) error {
	p, n, err := s.ofContact(k.ID)
	if err != nil {
		return fmt.Errorf("contact %q: %w", k.ID, err)
	}
	raw, err := encodeContact(k)
	if err != nil {
		return err
	}
	was := ""
	if k.Version > 1 {
		was = strconv.FormatUint(uint64(k.Version-1), 10)
	}
	t.update(p.contact(n), was, raw)
	return nil
}

// saveContact writes a contact that lives elsewhere than the conversation that
// told of him. If somebody was quicker his word stands; the next message tells again.
func (s *Store) saveContact(ctx context.Context, k *conversations.Contact) error {
	p, _, err := s.ofContact(k.ID)
	if err != nil {
		return fmt.Errorf("contact %q: %w", k.ID, err)
	}
	t := newTx(p.log)
	if err := s.composeContact(t, k); err != nil {
		return err
	}
	err = s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		return nil
	}
	return err
}

// refused turns a failed check into what it means.
func (s *Store) refused(ch *conversations.Change, no *refusal) error {
	if no.kind == "take" {
		if to, passed := strings.CutPrefix(no.have, "@"); passed {
			return &conversations.MovedError{In: ch.After.ID, To: conversations.ID(to)}
		}
		return s.duplicate(ch.After.ID, no.have)
	}
	if ch.Seat != nil && (no.kind == "room" || no.kind == "frev") {
		return conversations.ErrFull
	}
	s.forget(ch.After.ID)
	for _, a := range ch.Assumes {
		s.forget(a.Conversation)
	}
	if ch.Pointer != nil {
		s.places.drop(ch.Pointer.Handle.Key())
	}
	return conversations.ErrStale
}

// digest names a claim, handle or thread in 18 bytes, of which the first two, in
// hexadecimal, choose among 256 hashes: small ones, which Redis packs tightly.
func digest(key string) string {
	var room [128]byte
	sum := sha256.Sum256(append(room[:0], key...))
	return string(append(hex.AppendEncode(room[:0], sum[:1]), sum[1:17]...))
}

// member is a message's name within its partition: "n-seq".
func member(n uint64, id conversations.MessageID) string {
	_, seq, _ := strings.Cut(string(id), "-")
	return num(n) + "-" + seq
}

// claimant is who holds a change's claim, within its partition: "n-seq" for a
// message, "n-cbK" for a call-back, "n-" for anything else.
func claimant(n uint64, ch *conversations.Change) string {
	if len(ch.Messages) > 0 {
		return member(n, ch.Messages[0].ID)
	}
	if ch.Callback != nil {
		_, place, _ := strings.Cut(string(ch.Callback.ID), "-")
		return num(n) + "-" + place
	}
	return num(n) + "-"
}

// duplicate tells who holds a claim in a conversation's partition.
func (s *Store) duplicate(in conversations.ID, ref string) error {
	p, _, err := s.of(in)
	if err != nil {
		return err
	}
	n, place, _ := strings.Cut(ref, "-")
	at, err := strconv.ParseUint(n, 10, 53)
	if err != nil {
		return fmt.Errorf("bad claim %q in %s", ref, p.prefix)
	}
	dup := &conversations.DuplicateError{Conversation: conversations.NewID(s.number(p, at))}
	switch {
	case strings.HasPrefix(place, "cb"):
		dup.Callback = conversations.CallbackID(string(dup.Conversation) + "-" + place)
	case place != "":
		if dup.Message, err = s.fromMember(p, ref); err != nil {
			return err
		}
	}
	return dup
}

func (s *Store) fromMember(p *partition, ref string) (conversations.MessageID, error) {
	c, q, _ := strings.Cut(ref, "-")
	n, err := strconv.ParseUint(c, 10, 53)
	seq, err2 := strconv.Atoi(q)
	if err != nil || err2 != nil {
		return "", fmt.Errorf("bad member %q in %s", ref, p.prefix)
	}
	return conversations.NewMessageID(conversations.NewID(s.number(p, n)), seq), nil
}
