package news

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/almanac"
	"github.com/caravan-desk/caravan/templates"
)

// notice is what one report means for one conversation. Apart from the library it
// depends on nothing but its arguments.
func (n *Newsroom) notice(m conversations.Matter, r conversations.Report, c conversations.Conversation, now time.Time) conversations.Notice {
	e := effectOf(m.Kind, r.Stage)
	out := conversations.Notice{
		Key: m.Key() + "\x00" + r.ID, About: m.Reference, Priority: e.priority, Reopen: e.exception,
		Event: conversations.Event{Type: eventType(m.Kind), Changes: map[string]conversations.Delta{
			"reference": {To: m.Value}, "report": {To: r.ID}, "status": {To: r.Status}, "stage": {To: r.Stage},
		}},
	}
	if e.exception || c.Category == "" {
		out.Desk, out.Category = e.desk, e.category
	}
	out.Event.Why = said(m.Kind, r, e)
	out.Offers, out.Silent = n.offers(m, r, e, c, now)
	if len(out.Offers) > 0 {
		out.Wait = n.after(out.Offers[0].Template)
	}
	return out
}

// after is how long a template lets its receipt take.
func (n *Newsroom) after(name string) time.Duration {
	if t, err := n.Library.Get(name); err == nil && t.Fallback.After > 0 {
		return t.Fallback.After
	}
	return conversations.ReceiptTerm
}

func effectOf(kind, stage string) effect {
	if kind == conversations.KindBooking {
		e := bookingEffects[stage]
		e.template, e.desk = cmp.Or(e.template, bookingNews), bookingDesk
		return e
	}
	e := shipmentEffects[stage]
	e.template, e.desk = cmp.Or(e.template, shipmentNews), traceDesk
	return e
}

// said is a report in words for an officer.
func said(kind string, r conversations.Report, e effect) string {
	from := "the courier's system: "
	if kind == conversations.KindBooking {
		from = "the tour system: "
	}
	words := cmp.Or(e.says, "a status that is not known")
	if told := cmp.Or(r.Status, r.Code); told != "" {
		words += fmt.Sprintf(" (%q)", told)
	}
	if r.Location != "" {
		words += " at " + r.Location
	}
	return from + words + ", " + r.At.UTC().Format("2 January 15:04 MST")
}

// offers are the ways to tell the customer, the best first: on the channel he used last,
// then on the template's own in order. Without any, silent says why.
func (n *Newsroom) offers(m conversations.Matter, r conversations.Report, e effect, c conversations.Conversation, now time.Time) (out []conversations.Offer, silent string) {
	var tried []string
	for _, name := range candidates(m.Kind, r.Stage, e) {
		t, err := n.Library.Get(name)
		if err != nil {
			tried = append(tried, err.Error())
			continue
		}
		for _, on := range n.order(c, t) {
			text, err := n.render(t, on, c, n.known(m, r, c), now)
			if err != nil {
				tried = append(tried, name+": "+err.Error())
				break // its variables are the same on every channel
			}
			if on == channels.Voice {
				out = append(out, rung(text))
				continue
			}
			if text.Content == nil && !c.WindowOpen(on, now) {
				text = n.substitute(t, text, c, n.known(m, r, c), now)
			}
			if text.Content == nil && !c.WindowOpen(on, now) {
				tried = append(tried, "the WhatsApp window is closed and "+name+" is not approved")
				continue
			}
			o := conversations.Offer{Why: fmt.Sprintf("the customer is told by %s in %q", on, text.Language), Draft: conversations.Draft{
				Channel: on, Text: text.Text, HTML: text.HTML, Subject: text.Subject, Content: text.Content, Language: text.Language,
				Template: text.Template, Lane: conversations.LaneUpdate, Auto: true,
			}}
			if !e.wakes {
				n.hush(&o, c, now)
			}
			out = append(out, o)
		}
		if len(out) > 0 {
			return out, ""
		}
	}
	if len(tried) == 0 {
		return nil, "nobody is told: no address of the customer is known"
	}
	return nil, "the customer is not told: " + strings.Join(slices.Compact(tried), "; ")
}

// substitute is what goes on a closed window in place of a template that may not; the
// template's own text if there is none.
func (n *Newsroom) substitute(t templates.Template, own templates.Rendered, c conversations.Conversation, known map[string]any, now time.Time) templates.Rendered {
	if t.WhatsApp == nil || t.WhatsApp.Substitute == "" {
		return own
	}
	other, err := n.Library.Get(t.WhatsApp.Substitute)
	if err != nil {
		return own
	}
	if s, err := n.render(other, own.Channel, c, known, now); err == nil && s.Content != nil {
		return s
	}
	return own
}

// candidates are the templates that fit, the best first: what says most exactly what
// happened may want to be told more than the report does.
func candidates(kind, stage string, e effect) []string {
	if kind == conversations.KindBooking {
		return slices.Compact([]string{e.template, bookingNews})
	}
	return slices.Compact([]string{e.template, shipmentUpdate, shipmentNews})
}

// awake is how long after a customer's own message he may be answered at any hour.
const awake = time.Hour

// hush puts a message off to when the customer may be written to.
func (n *Newsroom) hush(o *conversations.Offer, c conversations.Conversation, now time.Time) {
	if n.Quiet == nil || o.Channel == channels.Email {
		return
	}
	if r, ok := c.Route(""); ok && !r.At.IsZero() && now.Sub(r.At) < awake {
		return
	}
	if until, because := n.Quiet(c, now); until.After(now) {
		o.After = until
		o.Why += fmt.Sprintf(", not before %s: %s", until.UTC().Format("2 January 15:04 MST"), because)
	}
}

// order lists the channels that the customer can be told on: his last, then the
// template's own order; first the telephone, if he has nothing else.
func (n *Newsroom) order(c conversations.Conversation, t templates.Template) []channels.Kind {
	var out []channels.Kind
	number, rings := onlyRings(c)
	if rings && slices.Contains(n.Channels, channels.Voice) && slices.Contains(t.Channels, channels.Voice) {
		out = []channels.Kind{channels.Voice}
	}
	add := func(k channels.Kind) {
		if r, ok := c.ReplyRoute(k); ok && !(r.Channel == channels.SMS && number != "" && almanac.Landline(number)) && !slices.Contains(out, r.Channel) && slices.Contains(n.Channels, r.Channel) && slices.Contains(t.Channels, r.Channel) {
			out = append(out, r.Channel)
		}
	}
	if len(c.Routes) > 0 {
		add("")
	}
	for _, k := range append(t.Fallback.Channels, t.Channels...) {
		if k != channels.Voice {
			add(k)
		}
	}
	return out
}

// render writes a template with what is known of its variables. An optional value
// that does not fit its type is left out.
func (n *Newsroom) render(t templates.Template, on channels.Kind, c conversations.Conversation, known map[string]any, now time.Time) (templates.Rendered, error) {
	vars := map[string]any{}
	for _, v := range t.Variables {
		value, ok := known[v.Name]
		if ok && v.Type == templates.Choice && !slices.Contains(v.Values, fmt.Sprint(value)) {
			ok = false
		}
		if ok {
			vars[v.Name] = value
		}
	}
	language := c.ReplyLanguage()
	opts := templates.Options{Now: now, Timezone: n.Timezone}
	out, err := n.Library.Render(t.Name, language, on, vars, opts)
	if err == nil {
		return out, nil
	}
	for _, bad := range unfit(err) {
		delete(vars, bad)
	}
	return n.Library.Render(t.Name, language, on, vars, opts)
}

// unfit names the variables whose values do not fit.
func unfit(err error) []string {
	var joined interface{ Unwrap() []error }
	errs := []error{err}
	if errors.As(err, &joined) {
		errs = joined.Unwrap()
	}
	var out []string
	for _, err := range errs {
		var v *templates.ValueError
		if errors.As(err, &v) {
			out = append(out, v.Name)
		}
	}
	return out
}

// known is all that a template may be told of a report.
func (n *Newsroom) known(m conversations.Matter, r conversations.Report, c conversations.Conversation) map[string]any {
	out := map[string]any{}
	for name, f := range m.Facts {
		out[variable(name)] = f.Value
	}
	if list, ok := out[travellersFact].([]any); ok {
		out[travellersFact] = len(list)
	}
	if r.Stage == documentsWanted || r.Stage == documentsReceived {
		if lacks := owed(m, n.Documents); len(lacks) > 0 {
			items, only := wantedWords(lacks, c.Language)
			if out["wanted"] = items; only != "" {
				out["traveller"] = only
			}
		}
	}
	given := map[string]string{
		"reference": m.Value, "status": r.Stage, "report": cmp.Or(r.Status, r.Code), "location": r.Location, "detail": r.Detail,
		"name": c.Contact.Name, "company": n.Company, "outcome": outcome(r),
	}
	for name, value := range given {
		if value != "" {
			out[name] = value
		}
	}
	if !r.At.IsZero() {
		out["at"] = r.At.UTC().Format(time.RFC3339)
	}
	return out
}

// variable is a fact's name as templates know it.
func variable(fact string) string {
	name := strings.ReplaceAll(strings.TrimSpace(strings.ToLower(fact)), "-", "_")
	if known, ok := factNames[name]; ok {
		return known
	}
	return name
}

var factNames = map[string]string{
	"departure_date": "departure", "depart": "departure", "departs": "departure", "departs_on": "departure", "start": "departure", "start_date": "departure",
	"return": "return_on", "return_date": "return_on", "returns_on": "return_on", "end": "return_on", "end_date": "return_on",
	"pax": "travellers", "travelers": "travellers", "persons": "travellers", "pilgrims": "travellers", "party": "travellers",
	"package_name": "package", "tour": "package", "product": "package", "price": "total", "total_price": "total", "amount_paid": "amount", "paid": "amount",
	"balance_due_date": "balance_due", "due": "balance_due", "due_date": "balance_due", "documents": "wanted", "missing": "wanted", "documents_wanted": "wanted",
	"flight_no": "flight", "flight_number": "flight", "new_departure": "departs_at", "departure_time": "departs_at", "url": "link", "deadline": "needed_by",
	"place": "venue", "hold_until": "held_until", "valid_until": "held_until", "briefing_at": "starts_at", "begins_at": "starts_at",
}

// outcomes read how something was decided.
var outcomes = plainly([]rule{
	{stage: "rejected", any: []string{"rejected", "declined", "refused", "denied", "not approved", "ditolak", "مرفوض", "رفض"}},
	{stage: "approved", any: []string{"approved", "accepted", "issued", "granted", "settled", "paid", "diluluskan", "lulus", "موافقه", "صدرت", "تم اصدار"}},
	{stage: "submitted", any: []string{"submitted", "applied", "lodged", "in process", "processing", "dihantar", "قيد"}},
})

func outcome(r conversations.Report) string {
	return first(outcomes, r.Status+" . "+r.Code+" . "+r.Detail)
}
