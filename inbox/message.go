package inbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/templates"
)

// Words is what an officer writes: words of his own, or a template.
type Words struct {
	Text        string          `json:"text,omitempty" maxLength:"100000"`
	Subject     string          `json:"subject,omitempty" maxLength:"500" doc:"Mail only"`
	Attachments []AttachmentRef `json:"attachments,omitempty" maxItems:"10"`
	Template    string          `json:"template,omitempty" maxLength:"100"`
	Language    string          `json:"language,omitempty" maxLength:"35" doc:"Of the template; the customer's if left out"`
	Variables   map[string]any  `json:"variables,omitempty" doc:"Of the template; the customer's name and reference need not be given"`
}

type reply struct {
	ConversationPath
	Decided
	Body struct {
		Kind    string `json:"kind" enum:"reply,note"`
		Channel string `json:"channel,omitempty" enum:"email,sms,whatsapp,voice" doc:"The customer's last one if left out"`
		Quote   bool   `json:"quote,omitempty" doc:"Mail only: show the message that is answered below the answer"`
		To      string `json:"to,omitempty" maxLength:"254" doc:"Whose address, of those who take part; the customer's own if left out"`
		Words
	}
}

type messageAnswer struct {
	ETag string `header:"ETag" doc:"The conversation's version"`
	Body conversations.Message
}

type messagesAnswer struct {
	Body page[conversations.Message]
}

func (a *API) registerMessages() {
	tags := []string{"Messages"}
	add(a, huma.Operation{
		OperationID: "list-messages", Method: http.MethodGet, Path: "/v1/conversations/{id}/messages", Summary: "A page of its messages, oldest first", Tags: tags,
	}, a.messages)
	add(a, huma.Operation{
		OperationID: "reply", Method: http.MethodPost, Path: "/v1/conversations/{id}/messages", Summary: "Answer, or leave a note",
		DefaultStatus: http.StatusAccepted, Tags: tags,
	}, a.reply)
}

func (a *API) messages(ctx context.Context, in *partsOf) (*messagesAnswer, error) {
	body, err := parts(ctx, in, a.Desk.Messages, func(m conversations.Message) conversations.Message { return a.shownMessage(ctx, m) })
	return &messagesAnswer{body}, err
}

func (a *API) reply(ctx context.Context, in *reply) (*messageAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	rev, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	if b.Kind == "note" && b.Template != "" {
		return nil, fault("body.template", "is for replies")
	}
	var c conversations.Conversation
	if b.Template != "" {
		if c, err = a.Store.Load(ctx, id); err != nil {
			return nil, fmt.Errorf("load conversation: %w", err)
		}
	}
	on := replyChannel(&c, channels.Kind(b.Channel))
	d, err := a.draft(ctx, &b.Words, c, on)
	if err != nil {
		return nil, err
	}
	d.Note, d.Channel, d.To, d.Version, d.Quote = b.Kind == "note", on, b.To, rev, b.Quote
	m, c, err := a.Desk.Reply(ctx, id, d, callerOf(ctx).officer.Author())
	if errors.Is(err, conversations.ErrWindowClosed) {
		return nil, a.closed(ctx, id, err)
	}
	if err != nil {
		return nil, a.present(ctx, id, d.Version, fmt.Errorf("reply: %w", err))
	}
	return &messageAnswer{ETag: etag(c.Version), Body: a.shownMessage(ctx, m)}, nil
}

// draft is what was written as a conversations.Draft to c on a channel.
func (a *API) draft(ctx context.Context, w *Words, c conversations.Conversation, on channels.Kind) (conversations.Draft, error) {
	d := conversations.Draft{Text: w.Text, Subject: w.Subject, Language: w.Language, Op: opOf(ctx)}
	var err error
	if d.Attachments, err = a.attached(ctx, w.Attachments); err != nil || w.Template == "" {
		return d, err
	}
	if w.Text != "" {
		return d, fault("body.text", "and template exclude each other")
	}
	if on == "" {
		return d, conversations.ErrNoRoute
	}
	r, err := a.render(w, c, on)
	if err != nil {
		return d, err
	}
	d.Text, d.HTML, d.Content, d.Language, d.Template = r.Text, r.HTML, r.Content, r.Language, r.Template // a substitute's, if it took its place
	d.Subject = cmp.Or(w.Subject, r.Subject)
	return d, nil
}

// render writes the template that was asked for, with what the conversation knows filled in.
func (a *API) render(w *Words, c conversations.Conversation, on channels.Kind) (templates.Rendered, error) {
	t, err := a.Templates.Get(w.Template)
	if errors.Is(err, templates.ErrNotFound) {
		return templates.Rendered{}, fault("body.template", "is no template of this gateway")
	}
	if err != nil {
		return templates.Rendered{}, err
	}
	language := cmp.Or(w.Language, c.ReplyLanguage())
	options := templates.Options{Now: a.Now(), Timezone: a.Timezone}
	r, err := a.Templates.Render(w.Template, language, on, a.variables(t, w.Variables, c), options)
	if err != nil || r.Content != nil || c.ID == "" || c.WindowOpen(on, options.Now) || t.WhatsApp == nil || t.WhatsApp.Substitute == "" {
		return r, err
	}
	return a.substitute(t.WhatsApp.Substitute, language, w, c, r, options)
}

// substitute writes what may go on a closed window in place of a template that may not,
// with those of its variables that it has too. If it may not go either, r stays.
func (a *API) substitute(name, language string, w *Words, c conversations.Conversation, r templates.Rendered, options templates.Options) (templates.Rendered, error) {
	t, err := a.Templates.Get(name)
	if err != nil {
		return r, err
	}
	given := map[string]any{}
	for _, v := range t.Variables {
		if value, ok := w.Variables[v.Name]; ok {
			given[v.Name] = value
		}
	}
	s, err := a.Templates.Render(name, language, r.Channel, a.variables(t, given, c), options)
	if err != nil || s.Content == nil {
		return r, nil //nolint:nilerr // the closed window is the better answer
	}
	return s, nil
}

// variables adds what a template may want to be told and the conversation knows to what was given.
func (a *API) variables(t templates.Template, given map[string]any, c conversations.Conversation) map[string]any {
	vars := t.Known(c.Contact.Name, a.Company, c.FirstReference())
	maps.Copy(vars, given)
	return vars
}

// AttachmentRef names a file that was uploaded: its ID, or the object that the upload answered.
type AttachmentRef struct {
	ID          string `json:"id" minLength:"1" maxLength:"1000"`
	Name        string `json:"name,omitempty" maxLength:"255"`
	ContentType string `json:"content_type,omitempty" maxLength:"255"`
	Size        int64  `json:"size,omitempty" doc:"Found out again"`
}

// attachmentObject is AttachmentRef in its long form.
type attachmentObject AttachmentRef

// Schema implements huma.SchemaProvider.
func (AttachmentRef) Schema(r huma.Registry) *huma.Schema {
	least, most := 1, 1000
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeString, MinLength: &least, MaxLength: &most, Description: "The ID"},
		r.Schema(reflect.TypeFor[attachmentObject](), true, "AttachmentObject"),
	}}
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *AttachmentRef) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &r.ID)
	}
	return json.Unmarshal(b, (*attachmentObject)(r))
}
