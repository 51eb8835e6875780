package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/sms"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/whatsapp"
)

// pass is one sweep on its way.
type pass struct {
	r       *Reconciler
	now     time.Time
	status  map[string]twilio.Message // of ours, as the list tells them
	done    channels.Sweep
	tallies []channels.Tally
	young   []twilio.Message // whose webhook may be under way
}

// inbound compares what customers wrote, hour by hour, and counts the hours that are over.
func (s *pass) inbound(ctx context.Context, last channels.Sweep) error {
	from := last.Until.Add(-overlap)
	if last.Until.IsZero() {
		from = s.now.Add(-overlap)
		s.done.Tallied = s.now.Truncate(time.Hour).Add(time.Hour) // the hour of the first start is not whole
	}
	if over := s.now.Add(-settleTerm).Truncate(time.Hour); s.done.Tallied.Before(over) && s.done.Tallied.Before(from) {
		from = s.done.Tallied
	}
	if oldest := s.now.Add(-longest); from.Before(oldest) {
		from = oldest
	}
	for from.Before(s.now) {
		to := from.Truncate(slice).Add(slice)
		young, err := s.hour(ctx, from, to)
		if err != nil {
			return err
		}
		if !young {
			s.done.Until = minTime(to, s.now)
		}
		from = to
	}
	if s.done.Until.IsZero() {
		s.done.Until = minTime(s.now, last.Until)
	}
	return nil
}

// hour compares what the provider has from one instant to another, both within
// one hour, and heals it, the oldest first; young tells that some was left.
func (s *pass) hour(ctx context.Context, from, to time.Time) (young bool, err error) {
	var theirs []twilio.Message
	err = s.r.Provider.ListSent(ctx, from, to, func(m twilio.Message) bool {
		if m.Direction == "inbound" {
			theirs = append(theirs, m)
		} else {
			s.status[m.SID] = m
		}
		return true
	})
	if err != nil {
		return false, fmt.Errorf("list messages: %w", err)
	}
	slices.Reverse(theirs)
	tally := channels.Tally{Hour: from.Truncate(slice), At: s.now}
	for part := range slices.Chunk(theirs, chunk) {
		kept, late, err := s.compare(ctx, part)
		if err != nil {
			return young, err
		}
		young = young || late
		for i, k := range kept {
			if at := sent(part[i]); at.Before(from) || !at.Before(to) {
				continue // the list counts to the second, and both ends
			}
			tally.Received++
			tally.Stored += count(k.Stored)
			tally.Threaded += count(k.Threaded)
		}
	}
	whole := from.Equal(tally.Hour) && tally.Hour.Equal(s.done.Tallied)
	if whole && !young && s.now.Sub(to) >= settleTerm {
		s.tallies, s.done.Tallied = append(s.tallies, tally), to
	}
	return young, nil
}

// compare asks which messages we have, and receives those that we lack.
func (s *pass) compare(ctx context.Context, theirs []twilio.Message) (kept []channels.Kept, young bool, err error) {
	items := make([]channels.Inbound, len(theirs))
	for i, m := range theirs {
		if items[i], err = s.item(m); err != nil {
			return nil, false, fmt.Errorf("message %s: %w", m.SID, err)
		}
	}
	if kept, err = s.r.Ledger.Kept(ctx, items); err != nil {
		return nil, false, fmt.Errorf("compare: %w", err)
	}
	s.done.Compared += len(items)
	healed := false
	for i, k := range kept {
		switch {
		case k.Stored:
		case s.now.Sub(theirs[i].Created) < s.r.Grace:
			young, s.young = true, append(s.young, theirs[i])
		default:
			if err := s.heal(ctx, theirs[i], items[i]); err != nil {
				return nil, young, err
			}
			healed = true
			s.done.Healed++
		}
	}
	if healed { // counted as it is now
		if kept, err = s.r.Ledger.Kept(ctx, items); err != nil {
			return nil, young, fmt.Errorf("compare again: %w", err)
		}
	}
	return kept, young, nil
}

// item is a message of the list in the form of its webhook, as far as the list tells.
func (s *pass) item(m twilio.Message) (channels.Inbound, error) {
	f := twilio.Form{
		{Key: "MessageSid", Value: m.SID}, {Key: "AccountSid", Value: s.r.Account}, {Key: "From", Value: m.From},
		{Key: "To", Value: m.To}, {Key: "Body", Value: m.Body}, {Key: "NumMedia", Value: "0"},
	}
	parse := sms.Parse
	if twilio.IsWhatsApp(f) {
		parse = whatsapp.Parse
	}
	in, err := parse(f)
	in.Sent, in.Received = m.Created, s.now
	delete(in.Fields, "AccountSid")
	return in, err
}

// heal receives a message whose webhook never came, with its files.
func (s *pass) heal(ctx context.Context, m twilio.Message, in channels.Inbound) error {
	in.Warnings = append(in.Warnings, "the provider never told us of it; found in its list "+s.now.Sub(m.Created).Round(time.Second).String()+" later")
	if m.Media > 0 {
		files, err := s.r.Provider.ListMedia(ctx, m.SID)
		if err != nil {
			return fmt.Errorf("list files of %s: %w", m.SID, err)
		}
		in.Attachments = files
	}
	if err := s.r.Receiver.Receive(ctx, in); err != nil {
		return fmt.Errorf("receive %s: %w", m.SID, err)
	}
	return nil
}

// receipts asks about our own messages that have waited for their receipt long
// enough: first in the list that was read, then one by one.
func (s *pass) receipts(ctx context.Context) error {
	asked := 0
	for {
		due, err := s.r.Ledger.Awaited(ctx, s.now, chunk)
		if err != nil {
			return fmt.Errorf("look for receipts that are missing: %w", err)
		}
		for _, a := range due {
			m, listed := s.status[a.ProviderID]
			if !listed {
				if asked++; asked > budget {
					return nil // the rest waits for the next sweep
				}
				if m, listed, err = s.r.Provider.FetchMessage(ctx, a.ProviderID); err != nil {
					return fmt.Errorf("ask about %s: %w", a.ProviderID, err)
				}
			}
			if err := s.settle(ctx, a, m, listed); err != nil {
				return err
			}
		}
		s.done.Awaiting += len(due)
		if len(due) < chunk {
			return nil
		}
	}
}

// settle brings one of ours in step with what the provider says of it.
func (s *pass) settle(ctx context.Context, a channels.Awaited, m twilio.Message, known bool) error {
	if known {
		r, err := twilio.ParseStatus(twilio.Form{
			{Key: "MessageSid", Value: m.SID}, {Key: "MessageStatus", Value: m.Status}, {Key: "ErrorCode", Value: strconv.Itoa(m.ErrorCode)},
		}, a.MessageID)
		if err != nil {
			return fmt.Errorf("status of %s: %w", m.SID, err)
		}
		r.At = s.now
		if r.Status > a.Status {
			if err := s.r.Receipts.RecordReceipt(ctx, r); err != nil {
				return fmt.Errorf("receipt of %s: %w", m.SID, err)
			}
			s.done.Receipts++
			a.Status = r.Status
		}
	}
	return s.r.Ledger.AwaitAgain(ctx, a.MessageID, again(a, s.now))
}

// again is when to ask about a message once more: later and later, as a phone that was
// off for an hour may stay off for two. Zero: never, for nothing more is to come.
func again(a channels.Awaited, now time.Time) time.Time {
	age := now.Sub(a.Sent)
	switch {
	case a.Status >= channels.Read || a.Status == channels.Delivered && a.Channel == channels.SMS || age > askFor:
		return time.Time{}
	case a.Status == channels.Delivered && age > askFor/3: // who has not read it by tomorrow may keep that to himself
		return time.Time{}
	}
	return now.Add(max(5*time.Minute, age))
}

// sent is the instant by which the list is ordered.
func sent(m twilio.Message) time.Time {
	if m.Sent.IsZero() {
		return m.Created
	}
	return m.Sent
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
