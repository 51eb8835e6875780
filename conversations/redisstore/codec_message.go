package redisstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// A message at rest is one list element: its delivery state, tab-separated, a
// line feed, and its unchanging body, a record, packed. The state comes first so that it
// can be compared and replaced without touching the body.

// state is the changing part of a message.
type state struct {
	status   channels.Status
	provider string
	code     string
	reason   string
}

var cleaner = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

// String is the state as it stands before the line feed.
func (s state) String() string { return string(s.append(nil)) }

func (s state) append(to []byte) []byte {
	to = strconv.AppendInt(to, int64(s.status), 10)
	for _, field := range [...]string{s.provider, s.code, s.reason} {
		to = append(append(to, '\t'), cleaner.Replace(field)...)
	}
	return to
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

// encodeMessage writes what decodeMessage reads.
func encodeMessage(m *conversations.Message) (string, error) {
	s := newScratch()
	defer s.free()
	s.message(m)
	s.whole = append(stateOf(m).append(s.whole), '\n')
	return s.packed()
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
	plain, err := unpack([]byte(body))
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", id, err)
	}
	conv, _, _ := id.Split()
	m := &conversations.Message{ID: id, Conversation: conv, Status: st.status, ProviderID: st.provider}
	if st.code != "" || st.reason != "" {
		m.Error = &conversations.MessageError{Code: st.code, Text: st.reason}
	}
	r := readRecord(string(plain))
	if r.message(m); r.err != nil {
		return nil, fmt.Errorf("message %s: %w", id, r.err)
	}
	return m, nil
}

func (r *record) message(m *conversations.Message) {
	usual(r, 1, &m.Kind, conversations.KindMessage)
	usual(r, 2, &m.Direction, conversations.In)
	text(r, 3, &m.Channel)
	text(r, 4, &m.Account)
	text(r, 5, &m.Class)
	usual(r, 6, &m.Author.Type, conversations.ByCustomer)
	usual(r, 7, &m.Author.ID, "k"+string(m.Conversation))
	text(r, 8, &m.Author.Name)
	text(r, 9, &m.From)
	usual(r, 10, &m.To, m.Account)
	text(r, 11, &m.Subject)
	text(r, 12, &m.Text)
	text(r, 13, &m.HTML)
	list(r, 14, &m.Attachments, (*record).attachment)
	text(r, 15, &m.Language)
	text(r, 16, &m.Template)
	r.instant(17, &m.CreatedAt)
	text(r, 18, &m.Full)
	text(r, 19, &m.Raw)
	r.table(20, &m.Fields)
	texts(r, 21, &m.Warnings)
	rare(r, 22, &m.Send)
	rare(r, 23, &m.Hints)
	rare(r, 24, &m.Call)
	r.flag(25, &m.Rich)
	text(r, 26, &m.Answers)
	r.flag(27, &m.Reacts)
}

func (r *record) attachment(a *conversations.Attachment) {
	text(r, 1, &a.ID)
	text(r, 2, &a.Name)
	text(r, 3, &a.ContentType)
	number(r, 4, &a.Size)
	r.flag(5, &a.Inline)
	text(r, 6, &a.ContentID)
	text(r, 7, &a.URL)
	text(r, 8, &a.Transcript)
	r.flag(9, &a.Removed)
}
