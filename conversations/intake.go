package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Intake keeps what comes in: it is the channels.Receiver and ReceiptRecorder
// behind every adapter. It decides on values (Arrive) and lets the store apply
// the decision atomically; a decision made on an old state is made again.
type Intake struct {
	Arrivals Arrivals
	Threads  Threads
	People   People
	Passage  Passage
	Receipts Receipts
	Read     Reader
	Consents Consents                                                           // nil: nothing is noted
	Refused  func(ctx context.Context, id MessageID, code string) error         // a receipt said so: Desk.Refused; nil: nothing is noted
	Confirm  func(kind OptKind, c Conversation, on channels.Kind) (Draft, bool) // the answer to STOP, START and HELP; nil: none
	Calls    Amender                                                            // nil: of a call only what is told first is kept
	Promises Promises                                                           // nil: what is promised stays as it is
	Unite    func(ctx context.Context, from, into ID) error                     // one thread turned out to be in two conversations: Desk.Unite; nil: they stay two
	Named    func(refs []Reference)                                             // told what a kept message has named; must not block; nil: nobody
	// Assign gives a new conversation to an officer; told hears what became of the change. nil: whoever follows the log does it.
	Assign func(ctx context.Context, ch *Change, now time.Time) (told func(error), err error)
	Away   func(OfficerID) bool // an officer is off his shift, or has left; nil: anybody may be
	Clocks Clockwork
	Now    func() time.Time
}

// attempts bounds how often a decision is made again because others were
// quicker. Each round that fails is somebody else's success.
const attempts = 200

// Receive implements channels.Receiver.
func (t *Intake) Receive(ctx context.Context, in channels.Inbound) error {
	if in.Bounced != nil {
		if err := t.Receipts.Apply(ctx, *in.Bounced); err != nil && !errors.Is(err, channels.ErrUnknownMessage) {
			return fmt.Errorf("apply bounce: %w", err)
		}
		in.Thread = in.Bounced.MessageID
	}
	detach(&in)
	var w way
	for range attempts {
		err := t.receive(ctx, &in, w)
		if err == nil {
			return nil
		}
		var dup *DuplicateError
		var moved *MovedError
		switch {
		case errors.As(err, &dup):
			return t.amend(ctx, in, dup)
		case errors.As(err, &moved):
			if erased, err := t.Passage.Erased(ctx, moved.To); err != nil || erased {
				return err
			}
			w.moved(moved)
		case errors.Is(err, ErrFull):
			w.full = true
		case !errors.Is(err, ErrStale):
			return err
		default:
			w.back = ""
		}
	}
	return fmt.Errorf("receive: %w after %d attempts", ErrStale, attempts)
}

func isDuplicate(err error) bool {
	var dup *DuplicateError
	return errors.As(err, &dup)
}

// detach copies the short strings that outlive the message: an adapter's are parts
// of the whole request, which they would keep in memory.
func detach(in *channels.Inbound) {
	in.Account, in.Name, in.Subject = strings.Clone(in.Account), strings.Clone(in.Name), strings.Clone(in.Subject)
	in.From.Value = strings.Clone(in.From.Value)
	for i := range in.Aliases {
		in.Aliases[i].Value = strings.Clone(in.Aliases[i].Value)
	}
}

// RecordReceipt implements channels.ReceiptRecorder.
func (t *Intake) RecordReceipt(ctx context.Context, r channels.Receipt) error {
	if err := t.Receipts.Apply(ctx, r); err != nil {
		return err
	}
	if r.OptedOut && t.Refused != nil {
		return t.Refused(ctx, MessageID(r.MessageID), r.Code)
	}
	return nil
}

// receive makes the decision once on what is known now.
func (t *Intake) receive(ctx context.Context, in *channels.Inbound, w way) error {
	now := t.Now()
	place, before, met, err := t.aim(ctx, in, w.to, now)
	if err != nil {
		return err
	}
	var ch Change
	var pinned Pinned
	if before == nil {
		if ch.After, err = t.begin(ctx, in, &place, met.related); err != nil {
			return err
		}
		if before, pinned, err = t.settle(ctx, in, &ch.After); err != nil {
			return err
		}
	} else if pinned, err = t.remember(ctx, in, before.ID); err != nil {
		return err
	}
	if before != nil {
		if err := t.welcome(ctx, before, &ch.After, in, place); err != nil {
			return err
		}
	}
	ch.Before, ch.Back = before, w.back
	ch.arrive(in, now)
	if ch.Before == nil && in.Channel != channels.Email {
		ch.Assumes = met.passed
	}
	introduce(&ch, in, place, now)
	if err := t.acquaint(ctx, &ch, in, now); err != nil {
		return err
	}
	if t.Read != nil && !ch.Survey && (before == nil || !ch.Messages[0].Reacts) {
		t.Read(&ch, ch.Messages[0], now)
	}
	if err := t.recall(ctx, &ch, ch.Messages[0].Author, now); err != nil {
		return err
	}
	if err := t.consent(ctx, &ch, in, now); err != nil {
		return err
	}
	if err = t.commit(ctx, &ch, now, w.full); err != nil && !isDuplicate(err) {
		return err
	}
	t.named(&ch, err)
	if err == nil || place.Contact != "" { // else he was erased, and this is what he had written
		if lerr := t.link(ctx, in, place); lerr != nil {
			return lerr
		}
	}
	if other, yes := torn(in, pinned); yes && t.Unite != nil { // also if it comes again: we may have died here
		if uerr := t.unite(ctx, pinned.Own, other); uerr != nil {
			return uerr
		}
	}
	return err
}

// commit hands the change to the store; a new conversation finds its officer in it, unless
// the one who was chosen for it turned out to be full.
func (t *Intake) commit(ctx context.Context, ch *Change, now time.Time, full bool) error {
	told := func(error) {}
	if t.Assign != nil && ch.Before == nil && !full {
		var err error
		if told, err = t.Assign(ctx, ch, now); err != nil {
			return fmt.Errorf("assign: %w", err)
		}
	}
	if o := ch.After.Assignee; ch.Before != nil && o != nil {
		ch.Unattended = t.Away == nil || t.Away(o.ID)
	}
	t.Clocks.wind(ch)
	_, err := t.Arrivals.Commit(ctx, *ch)
	told(err)
	return err
}

// place finds where the sender's handles lead. Withheld callers lead nowhere.
func (t *Intake) place(ctx context.Context, in *channels.Inbound) (Place, error) {
	if in.From.IsZero() {
		return Place{}, nil
	}
	place, err := t.Arrivals.Find(ctx, senders(in))
	if err != nil {
		return Place{}, fmt.Errorf("find handle: %w", err)
	}
	return place, nil
}

// joins reports whether the message may join c: a chat continues the matter in
// hand; a mail joins what it names, if its sender takes part in it and it is not
// done for good.
func joins(c *Conversation, in *channels.Inbound, now time.Time) bool {
	if in.Channel != channels.Email {
		return Continues(c, now)
	}
	return returns(c, in) && (c.Status != Closed || in.Class == channels.Bounce)
}

// returns reports whether a mail that comes again, or was expected, belongs to c.
// A forged sender takes part in nothing.
func returns(c *Conversation, in *channels.Inbound) bool {
	return !c.Erased && !in.Spoofed && (in.Class == channels.Bounce || c.TakesPart(in.From))
}

// TakesPart reports whether a mail address belongs to the conversation.
func (c *Conversation) TakesPart(h channels.Handle) bool {
	return holds(c.Contact.Handles, h) || slices.Contains(c.People, h.Key())
}

func holds(handles []channels.Handle, h channels.Handle) bool {
	key := h.Key()
	return slices.ContainsFunc(handles, func(o channels.Handle) bool { return o.Key() == key })
}

// begin is open; a person who was remembered, but is not there since the store lost what
// it did last, is looked up again.
func (t *Intake) begin(ctx context.Context, in *channels.Inbound, place *Place, related *Conversation) (Conversation, error) {
	c, err := t.open(ctx, in, *place, related)
	if !errors.Is(err, ErrNotFound) {
		return c, err
	}
	if *place, err = t.People.Leads(ctx, senders(in)); err != nil {
		return Conversation{}, fmt.Errorf("find handle: %w", err)
	}
	return t.open(ctx, in, *place, related)
}

// open is the identity of a new conversation.
func (t *Intake) open(ctx context.Context, in *channels.Inbound, place Place, related *Conversation) (Conversation, error) {
	key := place.Root.Key()
	if place.Root.IsZero() {
		key = in.ProviderID
	}
	id, err := t.Arrivals.NewID(ctx, key)
	if err != nil {
		return Conversation{}, fmt.Errorf("reserve conversation: %w", err)
	}
	c := Conversation{ID: id}
	if related != nil {
		c.Related = []ID{related.ID}
	}
	switch {
	case place.Root.IsZero():
		c.Contact.Name = in.Name
	case place.Contact == "":
		c.Contact = ContactRef{ID: ContactID("k" + string(id)), Name: in.Name, Handles: senders(in)}
	default:
		k, err := Present(ctx, t.People, place.Contact)
		if err != nil {
			return Conversation{}, fmt.Errorf("load contact: %w", err)
		}
		if c.Contact = k.Ref(); k.Erased { // the handle led to him a moment ago; Commit finds that out
			c.Contact = ContactRef{ID: ContactID("k" + string(id)), Name: in.Name, Handles: senders(in)}
		}
	}
	if related != nil && related.Assignee != nil && related.Contact.ID == c.Contact.ID {
		c.Previous = related.Assignee.ID
	}
	return c, nil
}
