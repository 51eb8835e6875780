package bulk

import (
	"context"
	"strings"
	"sync"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// Estimate is what a bulk message would do, were it created now.
type Estimate struct {
	Recipients int                               `json:"recipients"`
	Messages   int                               `json:"messages"` // that would be queued
	States     map[conversations.RowState]int    `json:"states"`   // as each recipient would end
	Why        map[string]int                    `json:"why"`      // reasons of those who get nothing
	Channels   map[channels.Kind]ChannelEstimate `json:"channels"`
	Languages  map[string]int                    `json:"languages"`
	Cost       float64                           `json:"cost"`
	Currency   string                            `json:"currency"`
	Samples    []Sample                          `json:"samples"` // one of each language and channel, the first of them
}

// ChannelEstimate is a channel's share.
type ChannelEstimate struct {
	Messages int     `json:"messages"`
	Segments int     `json:"segments"` // SMS; on other channels one each
	Cost     float64 `json:"cost"`
}

// Sample is one message as it would be sent.
type Sample struct {
	Row      int           `json:"row"`
	Channel  channels.Kind `json:"channel"`
	Language string        `json:"language"`
	Subject  string        `json:"subject,omitempty"`
	Text     string        `json:"text"`
	Segments int           `json:"segments,omitempty"`
}

// mostSamples is how many messages an Estimate shows.
const mostSamples = 12

// readers is how many recipients are looked up at once.
const readers = 32

// Plan tells what an order would do. It writes nothing.
func (e *Engine) Plan(ctx context.Context, o Order) (Estimate, error) {
	b, rows, err := e.enroll(ctx, o)
	if err != nil {
		return Estimate{}, err
	}
	letters, errs := make([]letter, len(rows)), make([]error, len(rows))
	var wg sync.WaitGroup
	for first := range readers {
		wg.Go(func() {
			for i := first; i < len(rows) && ctx.Err() == nil; i += readers {
				if rows[i].State == conversations.RowPending {
					letters[i], errs[i] = e.would(ctx, &b, rows[i])
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return Estimate{}, ctx.Err()
	}
	return e.estimate(rows, letters, errs), nil
}

// would makes a recipient's message, and asks the consent ledger.
func (e *Engine) would(ctx context.Context, b *conversations.Bulk, r conversations.BulkRow) (letter, error) {
	r, err := e.place(ctx, r)
	if err != nil {
		return letter{}, err
	}
	l, err := e.write(ctx, b, r)
	if err != nil {
		return l, err
	}
	ledger, err := e.People.Consent(ctx, l.to.Key())
	if err != nil {
		return l, err
	}
	return l, ledger.Permits(l.draft.Channel, b.Purpose, true, l.conv.UpdatedAt)
}

// estimate adds up. It is pure.
func (e *Engine) estimate(rows []conversations.BulkRow, letters []letter, errs []error) Estimate {
	out := Estimate{
		Recipients: len(rows), States: map[conversations.RowState]int{}, Why: map[string]int{}, Languages: map[string]int{},
		Channels: map[channels.Kind]ChannelEstimate{}, Currency: e.Currency, Samples: []Sample{},
	}
	shown := map[string]bool{}
	for i, r := range rows {
		switch {
		case r.State != conversations.RowPending:
			out.States[r.State]++
			continue
		case errs[i] != nil:
			out.States[outcome(errs[i])]++
			out.Why[errs[i].Error()]++
			continue
		}
		out.States[conversations.RowQueued]++
		out.Messages++
		d, to := letters[i].draft, letters[i].to
		segments := 1
		if d.Channel == channels.SMS {
			segments, _ = templates.Segments(d.Text)
		}
		cost := e.price(d.Channel, to.Value) * float64(segments)
		c := out.Channels[d.Channel]
		out.Channels[d.Channel] = ChannelEstimate{c.Messages + 1, c.Segments + segments, c.Cost + cost}
		out.Languages[d.Language]++
		out.Cost += cost
		if key := string(d.Channel) + d.Language; !shown[key] && len(out.Samples) < mostSamples {
			shown[key] = true
			out.Samples = append(out.Samples, Sample{i, d.Channel, d.Language, d.Subject, d.Text, segments})
		}
	}
	return out
}

// price is what one segment to an address costs: the longest prefix counts.
func (e *Engine) price(k channels.Kind, address string) float64 {
	best, each := -1, 0.0
	for _, p := range e.Prices {
		if p.Channel == k && strings.HasPrefix(address, p.Prefix) && len(p.Prefix) > best {
			best, each = len(p.Prefix), p.Each
		}
	}
	return each
}
