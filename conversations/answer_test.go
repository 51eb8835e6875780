package conversations_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

func TestAnswer(t *testing.T) {
	chat := matter(sms("SM1", "hello"))
	letter := matter(mail("m1", writer.Value, "hello"))
	var invalid *conversations.InvalidError
	for _, c := range []struct {
		name   string
		before conversations.Conversation
		draft  conversations.Draft
		change func(*conversations.Conversation)
		err    any // an error to be found by errors.Is, or a type by errors.As
		events string
		status conversations.Status
		to     string
	}{
		{name: "a reply", before: chat, draft: conversations.Draft{Text: "hi"}, events: "conversation.changed message.queued", status: conversations.Open, to: customer.Value},
		{name: "another", before: chat, draft: conversations.Draft{Text: "hi"}, change: func(c *conversations.Conversation) { c.Status = conversations.Pending }, events: "message.queued", status: conversations.Pending, to: customer.Value},
		{name: "one that reopens", before: chat, draft: conversations.Draft{Text: "hi"}, change: func(c *conversations.Conversation) { c.Status = conversations.Solved }, events: "conversation.changed message.queued", status: conversations.Open, to: customer.Value},
		{name: "a machine's", before: chat, draft: conversations.Draft{Text: "hi", Auto: true}, events: "message.queued", status: conversations.New, to: customer.Value},
		{name: "a note", before: chat, draft: conversations.Draft{Note: true, Text: "hi"}, events: "message.noted", status: conversations.New},
		{name: "a note by voice", before: chat, draft: conversations.Draft{Note: true, Text: "hi", Channel: channels.Voice}, events: "message.noted", status: conversations.New},
		{name: "a mail", before: letter, draft: conversations.Draft{Text: "hi"}, events: "conversation.changed message.queued", status: conversations.Open, to: writer.Value},
		{name: "empty", before: chat, draft: conversations.Draft{Text: " \n"}, err: &invalid},
		{name: "too long", before: chat, draft: conversations.Draft{Text: strings.Repeat("a", 100_001)}, err: &invalid},
		{name: "no channel", before: chat, draft: conversations.Draft{Text: "hi", Channel: "fax"}, err: &invalid},
		{name: "by voice", before: chat, draft: conversations.Draft{Text: "hi", Channel: channels.Voice}, err: &invalid},
		{name: "no address there", before: chat, draft: conversations.Draft{Text: "hi", Channel: channels.Email}, err: conversations.ErrNoRoute},
		{name: "stale", before: chat, draft: conversations.Draft{Text: "hi", Version: 9}, err: conversations.ErrStale},
		{name: "fresh", before: chat, draft: conversations.Draft{Text: "hi", Version: 1}, events: "conversation.changed message.queued", status: conversations.Open, to: customer.Value},
		{name: "erased", before: chat, draft: conversations.Draft{Text: "hi"}, change: func(c *conversations.Conversation) { c.Erased = true }, err: conversations.ErrNotFound},
	} {
		if c.change != nil {
			c.change(&c.before)
		}
		ch, err := conversations.Answer(c.before, c.draft, officer, noon.Add(time.Hour))
		if c.err != nil {
			if is, ok := c.err.(error); ok && !errors.Is(err, is) || !ok && !errors.As(err, c.err) {
				t.Errorf("%s: %v, want %v", c.name, err, c.err)
			}
			continue
		}
		if err != nil || types(ch) != c.events || ch.After.Status != c.status || ch.Messages[0].To != c.to {
			t.Errorf("%s: %v %s %s %q", c.name, err, types(ch), ch.After.Status, ch.Messages[0].To)
		}
	}
}

func TestAnswerByMail(t *testing.T) {
	c := matter(mail("m1", writer.Value, "hello"))
	ch, err := conversations.Answer(c, conversations.Draft{Text: "hi", Op: "k"}, officer, noon)
	if m := ch.Messages[0]; err != nil || m.Subject != "Re: my parcel" || m.Send.InReplyTo != "m1" || m.Send.Lane != conversations.LaneReply || ch.Claim == "" {
		t.Errorf("%v %+v %+v", err, m, m.Send)
	}
	if after := ch.After; after.Unread != 0 || !after.Times.Waiting.IsZero() || !after.Times.Answered.Equal(noon) {
		t.Errorf("after %+v", after)
	}
	for original, want := range map[string]string{"RE: a": "RE: a", "re:": "re:", "a": "Re: a", "": ""} {
		c.Subject = original
		ch, _ := conversations.Answer(c, conversations.Draft{Text: "hi"}, officer, noon)
		if got := ch.Messages[0].Subject; got != want {
			t.Errorf("answer to %q: %q, want %q", original, got, want)
		}
	}
}

func TestAnswerHeedsTheMailItAnswers(t *testing.T) {
	in := mail("m1", writer.Value, "hello")
	in.ReplyTo = channels.Handle{Kind: channels.HandleEmail, Value: "aisha@example.net"}
	in.ThreadIndex = "AdQDSn2ZjObO2qLmRLWd8iIbgua/"
	c := matter(in)
	ch, err := conversations.Answer(c, conversations.Draft{Text: "hi", Quote: true}, officer, noon)
	if err != nil {
		t.Fatal(err)
	}
	m := ch.Messages[0]
	if m.To != "aisha@example.net" || m.Send.Index != in.ThreadIndex || m.Send.Quotes != conversations.NewMessageID(c.ID, 1) || m.Outbound().ThreadIndex != in.ThreadIndex {
		t.Errorf("%+v %+v", m, m.Send)
	}
}

// Two houses that send a receipt for every mail stop after the first receipt: it
// says that a machine wrote it.
func TestNoReceiptForAMachine(t *testing.T) {
	receipt := conversations.Draft{Text: "We have your mail.", Auto: true, Lane: conversations.LaneAck}
	in := mail("m1", writer.Value, "hello")
	if _, err := conversations.Answer(matter(in), receipt, conversations.System, noon); err != nil {
		t.Fatal(err)
	}
	for _, class := range []channels.Class{channels.AutoReply, channels.OutOfOffice, channels.List} {
		in.Class = class
		if _, err := conversations.Answer(matter(in), receipt, conversations.System, noon); !errors.Is(err, conversations.ErrMachine) {
			t.Errorf("%s: %v", class, err)
		}
		if _, err := conversations.Answer(matter(in), conversations.Draft{Text: "hi"}, officer, noon); err != nil {
			t.Errorf("an officer answers %s: %v", class, err)
		}
	}
	in.Class = channels.Bounce
	if c := matter(in); len(c.Routes) != 0 {
		t.Errorf("a bounce leads answers to %v", c.Routes)
	}
}

func TestStart(t *testing.T) {
	next := conversations.Conversation{ID: "7", Contact: conversations.ContactRef{ID: "k7", Handles: []channels.Handle{customer}}}
	wa := conversations.Route{Channel: channels.WhatsApp, To: channels.Handle{Kind: channels.HandleWhatsApp, Value: customer.Value}}
	if _, err := conversations.Start(next, wa, conversations.Draft{Text: "hi"}, officer, noon); !errors.Is(err, conversations.ErrWindowClosed) {
		t.Errorf("free words to a stranger on WhatsApp: %v", err)
	}
	ch, err := conversations.Start(next, wa, conversations.Draft{Content: &channels.Content{SID: "HX1"}}, officer, noon)
	if err != nil || ch.After.Version != 1 || ch.After.Messages != 1 || ch.Before != nil || ch.Messages[0].ID != "7-1" {
		t.Errorf("%v %+v", err, ch)
	}
}
