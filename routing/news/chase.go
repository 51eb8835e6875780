package news

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// The chase asks for a booking's missing documents: by message, a day later (or what the
// desk says) by SMS, and as long after that by a call. It ends when nothing is missing or the journey has begun, and
// rests from the moment a file comes in until the tour system says what it was.

// chaseSteps are the ways to ask, one after the other; the last is a call.
var chaseSteps = [][]channels.Kind{{channels.WhatsApp, channels.SMS, channels.Email}, {channels.SMS, channels.Email}, nil}

const (
	chaseTemplate = "documents_wanted"
	chaseRest     = "a file came: the chase rests until the tour system says what it was"
)

// Files tells whether a customer has sent a file.
type Files interface {
	// FileSince reports whether a picture or document came into the conversation after an instant.
	FileSince(ctx context.Context, id conversations.ID, since time.Time) (bool, error)
}

// Promiser promises a call; *conversations.Desk is one.
type Promiser interface {
	Promise(ctx context.Context, id conversations.ID, r conversations.CallbackRequest, by conversations.Author) (conversations.Callback, error)
}

// every is the time between two askings.
func (n *Newsroom) every() time.Duration { return cmp.Or(n.ChaseEvery, 24*time.Hour) }

// startsChase are the stages from which documents are asked for.
var startsChase = []string{documentsWanted, reserved, paid, confirmed, documentsReceived, visa}

// chased is what reports that were just told do to the chase. It is pure; its times are
// the reports', so that it comes out the same however often it is worked out.
func (n *Newsroom) chased(m conversations.Matter, told []conversations.Report, now time.Time) *conversations.Chase {
	lacks := owed(m, n.Documents)
	departure, ok := day(fact(m, "departure"))
	if m.Kind != conversations.KindBooking || len(lacks) == 0 || ok && !now.Before(departure) {
		return nil
	}
	latest, _ := m.Latest()
	if slices.Contains([]string{cancelled, completed, travelling}, latest.Stage) {
		return nil
	}
	c := m.Chase
	for _, r := range told {
		switch {
		case r.Stage == documentsWanted: // its own notice has asked
			c = &conversations.Chase{Step: 1, Since: r.Received, Next: r.Received.Add(n.every())}
		case c == nil && slices.Contains(startsChase, r.Stage), c != nil && c.Next.IsZero() && slices.Contains(r.Facts, travellersFact):
			c = &conversations.Chase{Since: r.Received, Next: r.Received}
		}
	}
	return c
}

// chase takes the step of the chase that is due; it returns how the chase stands then.
func (n *Newsroom) chase(ctx context.Context, m conversations.Matter) (*conversations.Chase, error) {
	now, c := n.Now(), m.Chase
	if c == nil || c.Next.IsZero() || c.Next.After(now) {
		return c, nil
	}
	next := *c
	lacks := owed(m, n.Documents)
	holders, err := n.holders(ctx, m.Reference)
	if err != nil {
		return c, err
	}
	holders = slices.DeleteFunc(holders, func(h *conversations.Conversation) bool { return !conversations.Continues(h, now) })
	if departure, ok := day(fact(m, "departure")); len(lacks) == 0 || len(holders) == 0 || ok && !now.Before(departure) {
		return nil, nil
	}
	conv := holders[0]
	if came, err := n.Files.FileSince(ctx, conv.ID, c.Since); err != nil {
		return c, err
	} else if came {
		next.Next, next.Why = time.Time{}, chaseRest
		return &next, n.Desk.Notify(ctx, conv.ID, func(conversations.Conversation, time.Time) conversations.Notice {
			return n.chaseNotice(m, c, chaseRest)
		})
	}
	if c.Step < len(chaseSteps)-1 {
		err = n.Desk.Notify(ctx, conv.ID, func(cc conversations.Conversation, at time.Time) conversations.Notice {
			return n.ask(m, c, lacks, cc, at)
		})
		next.Step, next.Next = c.Step+1, now.Add(n.every())
	} else {
		err = n.ring(ctx, m, c, lacks, conv.ID)
		next.Next, next.Why = time.Time{}, "asked by every way: an officer has it"
	}
	if err != nil && !errors.Is(err, channels.ErrUnavailable) {
		n.Logger.Error("documents not asked for", "error", err)
		err = nil
	}
	return &next, err
}

// chaseNotice is the chase's word in the history.
func (n *Newsroom) chaseNotice(m conversations.Matter, c *conversations.Chase, why string) conversations.Notice {
	return conversations.Notice{
		Key: fmt.Sprintf("chase\x00%s\x00%d\x00%d", m.Key(), c.Since.UnixMilli(), c.Step), About: m.Reference,
		Event: conversations.Event{Type: conversations.EventBooking, Why: why, Changes: map[string]conversations.Delta{"reference": {To: m.Value}}},
	}
}

// ask is one message of the chase.
func (n *Newsroom) ask(m conversations.Matter, c *conversations.Chase, lacks []lack, conv conversations.Conversation, now time.Time) conversations.Notice {
	items, only := wantedWords(lacks, conv.Language)
	out := n.chaseNotice(m, c, fmt.Sprintf("documents are chased, step %d of %d: %d are missing", c.Step+1, len(chaseSteps), len(lacks)))
	out.Silent = "the customer is not asked: there is no channel for it"
	t, err := n.Library.Get(chaseTemplate)
	if err != nil {
		out.Silent = "the customer is not asked: " + err.Error()
		return out
	}
	known := map[string]any{"reference": m.Value, "wanted": items, "name": conv.Contact.Name, "company": n.Company}
	if only != "" {
		known["traveller"] = only
	}
	if by := neededBy(m, lacks); by.After(now) {
		known["needed_by"] = by.Format(time.DateOnly)
	}
	for _, on := range chaseSteps[c.Step] {
		if r, ok := conv.ReplyRoute(on); !ok || r.Channel != on || !slices.Contains(n.Channels, on) {
			continue
		}
		text, err := n.render(t, on, conv, known, now)
		if err != nil || text.Content == nil && !conv.WindowOpen(on, now) {
			continue
		}
		o := conversations.Offer{Why: fmt.Sprintf("the customer is asked by %s", on), Draft: conversations.Draft{
			Channel: on, Text: text.Text, HTML: text.HTML, Subject: text.Subject, Content: text.Content, Language: text.Language,
			Template: chaseTemplate, Lane: conversations.LaneUpdate, Auto: true, UnlessFile: true,
		}}
		n.hush(&o, conv, now)
		out.Offers = append(out.Offers, o)
	}
	return out
}

// ring promises the customer a call about what is missing.
func (n *Newsroom) ring(ctx context.Context, m conversations.Matter, c *conversations.Chase, lacks []lack, id conversations.ID) error {
	items, _ := wantedWords(lacks, "en")
	var words []string
	for _, i := range items {
		words = append(words, fmt.Sprint(i))
	}
	_, err := n.Promiser.Promise(ctx, id, conversations.CallbackRequest{
		Note: "Documents wanted for booking " + m.Value + ": " + strings.Join(words, "; "),
		Why:  "two messages about missing documents stayed without a file",
		Op:   fmt.Sprintf("chase\x00%s\x00%d", m.Key(), c.Since.UnixMilli()),
	}, conversations.System)
	return err
}
