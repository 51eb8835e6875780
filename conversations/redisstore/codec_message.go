package redisstore

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// A message at rest is one list element: its delivery state, tab-separated, a
// line feed, and its unchanging body in JSON, packed. The state comes first so that it
// can be compared and replaced without touching the body.

// messageRecord is a message's body at rest.
type messageRecord struct {
	Kind        conversations.MessageKind `json:"k,omitempty"` // empty: message
	Out         bool                      `json:"o,omitempty"`
	Channel     channels.Kind             `json:"c,omitempty"`
	Account     string                    `json:"a,omitempty"`
	Class       channels.Class            `json:"q,omitempty"`
	By          conversations.AuthorType  `json:"b,omitempty"` // empty: customer
	ByID        string                    `json:"bi,omitempty"`
	ByName      string                    `json:"n,omitempty"`
	From        string                    `json:"f,omitempty"`
	To          string                    `json:"t,omitempty"`
	ToAccount   bool                      `json:"ta,omitempty"` // To is the account
	Subject     string                    `json:"j,omitempty"`
	Text        string                    `json:"x,omitempty"`
	HTML        string                    `json:"h,omitempty"`
	Attachments []attachmentRecord        `json:"p,omitempty"`
	Language    string                    `json:"l,omitempty"`
	Template    string                    `json:"tp,omitempty"`
	Created     int64                     `json:"w"`
	Full        string                    `json:"u,omitempty"`
	Raw         string                    `json:"r,omitempty"`
	Fields      map[string]string         `json:"e,omitempty"`
	Warnings    []string                  `json:"wa,omitempty"`
	Send        *conversations.Sending    `json:"s,omitempty"`
	Hints       *conversations.Hints      `json:"i,omitempty"`
}

type attachmentRecord struct {
	ID          string `json:"i,omitempty"`
	Name        string `json:"n,omitempty"`
	ContentType string `json:"t,omitempty"`
	Size        int64  `json:"s,omitempty"`
	Inline      bool   `json:"l,omitempty"`
	ContentID   string `json:"c,omitempty"`
	URL         string `json:"u,omitempty"`
}

// state is the changing part of a message.
type state struct {
	status   channels.Status
	provider string
	code     string
	reason   string
}

var cleaner = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

// String is the state as it stands before the line feed.
func (s state) String() string {
	return strconv.Itoa(int(s.status)) + "\t" + cleaner.Replace(s.provider) + "\t" + cleaner.Replace(s.code) + "\t" + cleaner.Replace(s.reason)
}

func parseState(head string) (state, error) {
	f := strings.Split(head, "\t")
	if len(f) != 4 {
		return state{}, fmt.Errorf("decode message: state has %d fields, want 4", len(f))
	}
	n, err := strconv.Atoi(f[0])
	if err != nil {
		return state{}, fmt.Errorf("decode message: status: %w", err)
	}
	return state{channels.Status(n), f[1], f[2], f[3]}, nil
}

func stateOf(m *conversations.Message) state {
	s := state{status: m.Status, provider: m.ProviderID}
	if m.Error != nil {
		s.code, s.reason = m.Error.Code, m.Error.Text
	}
	return s
}

// encodeMessage writes the state, and what messageRecord reads.
func encodeMessage(m *conversations.Message) (string, error) {
	o := object{b: make([]byte, 0, 512+len(m.Text)+len(m.HTML)+len(m.Full))}
	o.open()
	if m.Kind != conversations.KindMessage {
		o.str("k", string(m.Kind))
	}
	o.flag("o", m.Direction == conversations.Out)
	o.str("c", string(m.Channel))
	o.str("a", m.Account)
	o.str("q", string(m.Class))
	if m.Author.Type != conversations.ByCustomer {
		o.str("b", string(m.Author.Type))
	}
	o.str("bi", m.Author.ID)
	o.str("n", m.Author.Name)
	o.str("f", m.From)
	if m.To != "" && m.To == m.Account {
		o.flag("ta", true)
	} else {
		o.str("t", m.To)
	}
	o.str("j", m.Subject)
	o.str("x", m.Text)
	o.str("h", m.HTML)
	o.list("p", len(m.Attachments), func(i int) { o.attachment(m.Attachments[i]) })
	o.str("l", m.Language)
	o.str("tp", m.Template)
	o.num("w", ms(m.CreatedAt))
	o.str("u", m.Full)
	o.str("r", m.Raw)
	if len(m.Fields) > 0 {
		o.key("e")
		o.open()
		for k, v := range m.Fields {
			o.quote(k)
			o.b = append(o.b, ':')
			o.quote(v)
			o.b = append(o.b, ',')
		}
		o.close()
		o.b = append(o.b, ',')
	}
	o.strs("wa", m.Warnings)
	if m.Send != nil {
		o.other("s", m.Send)
	}
	if m.Hints != nil {
		o.other("i", m.Hints)
	}
	o.close()
	head := stateOf(m).String()
	return string(pack(append(append(make([]byte, 0, len(head)+1+len(o.b)), head...), '\n'), o.b)), o.err
}

func (o *object) attachment(a conversations.Attachment) {
	o.open()
	o.str("i", a.ID)
	o.str("n", a.Name)
	o.str("t", a.ContentType)
	o.num("s", a.Size)
	o.flag("l", a.Inline)
	o.str("c", a.ContentID)
	o.str("u", a.URL)
	o.close()
}

func decodeMessage(id conversations.MessageID, raw string) (*conversations.Message, error) {
	head, body, ok := strings.Cut(raw, "\n")
	if !ok {
		return nil, fmt.Errorf("message %s: no state", id)
	}
	st, err := parseState(head)
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", id, err)
	}
	var r messageRecord
	plain, err := unpack([]byte(body))
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", id, err)
	}
	if err := json.Unmarshal(plain, &r); err != nil {
		return nil, fmt.Errorf("message %s: %w", id, err)
	}
	conv, _, _ := id.Split()
	m := &conversations.Message{
		ID: id, Conversation: conv, Kind: r.Kind, Direction: conversations.In, Channel: r.Channel, Account: r.Account,
		Class: r.Class, Author: conversations.Author{Type: r.By, ID: r.ByID, Name: r.ByName}, From: r.From, To: r.To,
		Subject: r.Subject, Text: r.Text, HTML: r.HTML, Language: r.Language, Template: r.Template,
		CreatedAt: fromMS(r.Created), Full: r.Full, Raw: r.Raw, Fields: r.Fields, Warnings: r.Warnings, Send: r.Send,
		Hints: r.Hints, Status: st.status, ProviderID: st.provider,
	}
	if r.Out {
		m.Direction = conversations.Out
	}
	if r.ToAccount {
		m.To = m.Account
	}
	if m.Kind == "" {
		m.Kind = conversations.KindMessage
	}
	if m.Author.Type == "" {
		m.Author.Type = conversations.ByCustomer
	}
	if st.code != "" || st.reason != "" {
		m.Error = &conversations.MessageError{Code: st.code, Text: st.reason}
	}
	for _, a := range r.Attachments {
		m.Attachments = append(m.Attachments, conversations.Attachment{
			ID: a.ID, Name: a.Name, ContentType: a.ContentType, Size: a.Size, Inline: a.Inline, ContentID: a.ContentID, URL: a.URL,
		})
	}
	return m, nil
}
