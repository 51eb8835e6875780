package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// The HTML of a mail is not stored but made when somebody asks: for the page, for
// the person's own file, and below an answer that quotes it.
func TestOriginalIsMadeWhenAskedFor(t *testing.T) {
	t.Parallel()
	h := open(t, onRedis(redistest.Single(t).URL))
	raw := strings.ReplaceAll(`From: Aisha <aisha@customer.example>
To: `+h.mail.Accounts()[0].Address+`
Subject: Parcel
Message-ID: <rich@customer.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

Where is my parcel?
--b
Content-Type: text/html

<p>Where is <b>my</b> parcel?<script>steal()</script></p>
--b--
`, "\n", "\r\n")
	must(t, h.mail.Deliver([]byte(raw), h.mail.Accounts()[0].Address))
	c := h.waitFor("the mail", "channel=email", func(conversations.Conversation) bool { return true })
	const want = "<p>Where is <b>my</b> parcel?</p>"
	if m := h.messages(c.ID)[0]; m.HTML != want {
		t.Errorf("shown is %q", m.HTML)
	}
	kept, err := h.app.store.LoadMessage(t.Context(), conversations.NewMessageID(c.ID, 1))
	if err != nil || kept.HTML != "" || !kept.Rich {
		t.Errorf("kept is %q, %v, %v", kept.HTML, kept.Rich, err)
	}
	var dossier struct {
		Conversations []struct{ Messages []message }
	}
	must(t, json.Unmarshal(h.get("/v1/contacts/"+string(c.Contact.ID)+"/export").want(200).body, &dossier))
	if !slices.ContainsFunc(dossier.Conversations[0].Messages, func(m message) bool { return m.HTML == want }) {
		t.Errorf("the person's own file is %+v", dossier)
	}
	quoted, err := quoted(h.app.store, h.app.original)(context.WithoutCancel(t.Context()), kept.ID)
	if err != nil || quoted.HTML != want {
		t.Errorf("quoted is %+v, %v", quoted, err)
	}
	h.run("", "reparse").want(0, "1 mails read, 0 say something else now")
}
