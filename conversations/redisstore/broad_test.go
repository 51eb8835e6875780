package redisstore_test

import (
	"context"
	"errors"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/redisstore"
)

// step is one operation of a broad run.
type step struct {
	name string
	run  func(ctx context.Context) error
}

// day is what the steps of a broad run tell one another.
type day struct {
	id, mailed, opened conversations.ID
	o                  conversations.Officer
	cb                 conversations.Callback
	room, cursor       string
	one                conversations.Delivery
}

// broad is a day's work in small: every operation that writes, one after another.
func (h *house) broad(d *day) []step {
	boxes := redisstore.Mailboxes{Store: h.Store}
	find := func(ctx context.Context, handle channels.Handle) (conversations.ID, error) {
		place, err := h.Find(ctx, []channels.Handle{handle})
		return place.Conversation, err
	}
	lease := func(ctx context.Context) (err error) {
		p := int(d.id.Number() % uint64(h.Partitions()))
		ds, err := h.Lease(ctx, p, 1, time.Minute)
		if err == nil && len(ds) == 1 {
			d.one = ds[0]
		}
		return err
	}
	settle := func(out conversations.Outcome) func(ctx context.Context) error {
		return func(ctx context.Context) error { return h.Settle(ctx, d.one, out) }
	}
	receive := func(in channels.Inbound) func(ctx context.Context) error {
		return func(ctx context.Context) error { return h.intake.Receive(ctx, in) }
	}
	picture := sms("MM2", number(1), "a picture")
	picture.Attachments = []channels.Attachment{{URL: "https://provider/1", ContentType: "image/jpeg"}}
	steps := []step{
		{"receive", receive(sms("SM1", number(1), "where is 1086396430?"))},
		{"receive more", receive(picture)},
		{"receive a mail", receive(mail("m1", customer, "hello"))},
		{"receive its answer", receive(mail("m2", customer, "hello again", "m1"))},
		{"receive from an alias", receive(channels.Inbound{
			Channel: channels.WhatsApp, Account: "+14155238886", ProviderID: "SM3", Text: "it is me",
			From: channels.Handle{Kind: channels.HandleBSUID, Value: "u1"}, Aliases: []channels.Handle{phone(number(1))},
		})},
		{"opt out", receive(sms("SM4", number(3), "STOP"))},
		{"find", func(ctx context.Context) (err error) {
			if d.id, err = find(ctx, phone(number(1))); err != nil {
				return err
			}
			ids, err := h.Threads(ctx, "support", []string{"m1"})
			if err == nil {
				d.mailed = ids[0]
			}
			return err
		}},
		{"hire", func(ctx context.Context) (err error) {
			d.o, err = h.SaveOfficer(ctx, conversations.Officer{Email: "a@example.com", Name: "Aisyah", Capacity: 5})
			return err
		}},
		{"patch", func(ctx context.Context) error {
			tags, desk := []string{"vip"}, "trace"
			refs := []conversations.Reference{{Kind: "awb", Value: "1086396430", Valid: true}}
			to := d.o.Ref()
			_, err := h.desk.Patch(ctx, d.id, conversations.Patch{Tags: &tags, Desk: &desk, References: &refs, Assignee: &to}, officer)
			return err
		}},
		{"attach", func(ctx context.Context) error {
			ids, _, err := h.Unfetched(ctx, int(d.id.Number()%uint64(h.Partitions())), 9, time.Minute)
			for _, m := range ids {
				err = h.Attach(ctx, m, []conversations.Attachment{{ID: "b1"}}, time.Time{})
			}
			return err
		}},
		{"reply", func(ctx context.Context) error {
			_, _, err := h.desk.Reply(ctx, d.id, conversations.Draft{Text: "on its way", Channel: channels.SMS, Op: "k"}, officer)
			return err
		}},
		{"lease", lease},
		{"begin", func(ctx context.Context) error { return h.BeginSend(ctx, &d.one) }},
		{"settle: later", settle(conversations.Outcome{Status: channels.Queued, Again: h.now()})},
		{"lease again", lease},
		{"begin again", func(ctx context.Context) error { return h.BeginSend(ctx, &d.one) }},
		{"bulk", func(ctx context.Context) error {
			return h.CreateBulk(ctx, conversations.Bulk{ID: "b1", Version: 1, Status: conversations.BulkRunning}, conversations.Enroll([]conversations.BulkRow{{To: phone(number(1))}}))
		}},
		{"sweep", func(ctx context.Context) error {
			w := redisstore.Sweeps{Store: h.Store, Provider: "AC1"}
			return w.SaveSweep(ctx, channels.Sweep{At: h.now(), Until: h.now()}, []channels.Tally{{Hour: h.now().Truncate(time.Hour)}})
		}},
		{"settle: sent", settle(conversations.Outcome{Status: channels.Sent, ProviderID: "SM4"})},
		{"receipt", func(ctx context.Context) error {
			return h.intake.RecordReceipt(ctx, channels.Receipt{MessageID: string(d.one.Message.ID), Status: channels.Read})
		}},
		{"retain", func(ctx context.Context) error { return h.SaveRetained(ctx, "mail", 3, h.now()) }},
		{"note", func(ctx context.Context) error {
			_, _, err := h.desk.Reply(ctx, d.mailed, conversations.Draft{Note: true, Text: "ask customs"}, officer)
			return err
		}},
		{"open", func(ctx context.Context) error {
			to := conversations.Opening{To: phone(number(2)), Channel: channels.SMS, Draft: conversations.Draft{Text: "good day", Op: "k"}}
			m, _, err := h.desk.Open(ctx, to, officer)
			d.opened = m.Conversation
			return err
		}},
		{"promise", func(ctx context.Context) (err error) {
			d.cb, err = h.desk.Promise(ctx, d.id, conversations.CallbackRequest{Op: "k"}, officer)
			return err
		}},
		{"keep", func(ctx context.Context) error {
			_, err := h.desk.Keep(ctx, d.cb.ID, officer, "rang", func(cb conversations.Callback, _ time.Time) (conversations.Callback, error) {
				cb.Note = "rang"
				return cb, nil
			})
			return err
		}},
	}
	steps = append(steps, []step{
		{"seize lines", func(ctx context.Context) error {
			return h.SeizeLines(ctx, "1-cb1.1", []string{"+1", "o1"}, "+1", 2)
		}},
		{"stand in line", func(ctx context.Context) error {
			_, err := h.StandInLine(ctx, "trace", "CA7", h.now())
			return err
		}},
		{"want a recording heard", func(ctx context.Context) error {
			return h.WantHeard(ctx, conversations.NewMessageID(d.id, 1), h.now())
		}},
		{"hold an officer's line", func(ctx context.Context) error {
			return h.HoldTalk(ctx, "CA7", []string{"o:o1"}, h.now().Add(time.Hour))
		}},
		{"note an abandoned call", func(ctx context.Context) error { return h.NoteOffered(ctx, "1-cb1.1", h.now(), false) }},
		{"mark a call", func(ctx context.Context) error { return h.MarkCall(ctx, "CA1", "1-cb1.1") }},
		{"note a call that reached nobody", func(ctx context.Context) error { return h.NoteOffered(ctx, "1-cb1.1", h.now(), false) }},
		{"seize other lines", func(ctx context.Context) error { return h.SeizeLines(ctx, "2-cb1.1", []string{"+2"}, "+2", 2) }},
		{"free lines", func(ctx context.Context) error { return h.FreeLines(ctx, "2-cb1.1", []string{"+2"}, "") }},
		{"room", func(ctx context.Context) (err error) { d.room, err = h.Room(ctx); return err }},
		{"wait", func(ctx context.Context) error { return h.Wait(ctx, d.mailed, "q", 1, d.room) }},
		{"wait too", func(ctx context.Context) error { return h.Wait(ctx, d.opened, "q", 2, d.room) }},
		{"claim from a queue", func(ctx context.Context) error { return h.Claim(ctx, d.o, d.mailed, "q", 1) }},
		{"claimed", func(ctx context.Context) error { return h.Claimed(ctx, d.o.ID, d.mailed, true) }},
		{"claim", func(ctx context.Context) error { return h.Claim(ctx, d.o, "9001", "", 1) }},
		{"hold", func(ctx context.Context) error { return h.Hold(ctx, d.o.ID, d.id, 1) }},
		{"free", func(ctx context.Context) error { return h.Free(ctx, d.o.ID, d.mailed) }},
		{"change an officer", func(ctx context.Context) (err error) {
			changed := d.o
			changed.Email = "b@example.com"
			if changed, err = h.SaveOfficer(ctx, changed); err == nil {
				d.o = changed
			}
			return err
		}},
		{"token", func(ctx context.Context) error {
			return h.SaveToken(ctx, "t1", conversations.Token{Officer: d.o.ID, CreatedAt: h.now()})
		}},
		{"session", func(ctx context.Context) error {
			return h.SaveToken(ctx, "t2", conversations.Token{Officer: d.o.ID, ExpiresAt: h.now().Add(24 * time.Hour)})
		}},
		{"begin a request", func(ctx context.Context) error { _, _, err := h.Begin(ctx, "k"); return err }},
		{"finish a request", func(ctx context.Context) error { return h.Finish(ctx, "k", []byte("{}")) }},
		{"pace", func(ctx context.Context) error { _, _, err := h.Pace(ctx, "sms:+1", time.Minute, 1, 0); return err }},
		{"acquire", func(ctx context.Context) error {
			ok, err := boxes.Acquire(ctx, "support", "me", time.Hour)
			if err == nil && !ok {
				return conversations.ErrTaken
			}
			return err
		}},
		{"cursor", func(ctx context.Context) error { return boxes.Save(ctx, "support", 7, 9) }},
		{"list", func(ctx context.Context) error {
			page, err := h.List(ctx, conversations.Query{Limit: 1, Now: h.now()})
			d.cursor = page.Next
			return err
		}},
		{"list on", func(ctx context.Context) error {
			_, err := h.List(ctx, conversations.Query{Limit: 1, Now: h.now(), Cursor: d.cursor})
			return err
		}},
		{"say with another way", func(ctx context.Context) error {
			_, _, err := h.desk.Reply(ctx, d.id, conversations.Draft{Text: "held", Channel: channels.SMS, Op: "e", Wait: time.Minute,
				Else: []conversations.Alternate{{Channel: channels.WhatsApp, Text: "held"}}}, officer)
			return err
		}},
		{"report", func(ctx context.Context) error { return h.report(ctx, "1086396430", "E1") }},
		{"tell", func(ctx context.Context) error { return h.carried(ctx, "1086396430") }},
		{"report again", func(ctx context.Context) error { return h.report(ctx, "1086396430", "E2") }},
		{"leave an errand", func(ctx context.Context) error {
			_, err := h.desk.Do(ctx, d.id, func(c conversations.Conversation, now time.Time) (conversations.Change, error) {
				ch, err := conversations.Answer(c, conversations.Draft{Note: true, Text: "later", Op: "errand"}, officer, now)
				ch.Errands = []conversations.Errand{{Conversation: d.id, Kind: conversations.ErrandDetails, At: now.Add(time.Hour)}}
				return ch, err
			})
			return err
		}},
		{"review", func(ctx context.Context) error {
			r := conversations.Review{ID: "trace-all-1", Desk: conversations.Triage, Round: "all", State: conversations.ReviewOpening, DueAt: h.now(), EndsAt: h.now().Add(time.Hour)}
			if err := h.BeginReview(ctx, r); err != nil && !errors.Is(err, conversations.ErrTaken) {
				return err
			}
			for part := range h.Partitions() {
				if err := h.ListReview(ctx, r, part); err != nil {
					return err
				}
			}
			return h.KnowReview(ctx, "trace/none", h.now())
		}},
		{"rearm", func(ctx context.Context) error {
			c, err := h.Load(ctx, d.id)
			if err != nil {
				return err
			}
			return h.Rearm(ctx, c, h.now().Add(time.Minute))
		}},
		{"crossed", func(ctx context.Context) error { return h.Crossed(ctx, 0, conversations.Alarms{Till: h.now()}) }},
		{"index", func(ctx context.Context) error { return h.CatchUp(ctx, h.desk.Finish) }},
		{"record", func(ctx context.Context) error {
			return h.Record(ctx, conversations.AuditEntry{At: h.now(), Action: "test"})
		}},
	}...)
	return append(steps, h.broadPeople(d)...)
}

// broadPeople goes on with what is done to whole conversations and people.
func (h *house) broadPeople(d *day) []step {
	merged, split, same := conversations.EventID("1-e1"), conversations.EventID("1-e1"), conversations.EventID("k1-e1")
	contact := func(id conversations.ID) conversations.ContactID { return conversations.ContactID("k" + string(id)) }
	return []step{
		{"merge", func(ctx context.Context) (err error) {
			_, merged, err = h.desk.Merge(ctx, d.mailed, d.id, 0, officer)
			return err
		}},
		{"receive what goes elsewhere", func(ctx context.Context) error {
			return h.intake.Receive(ctx, mail("m3", customer, "and on", "m2"))
		}},
		{"undo the merge", func(ctx context.Context) error { _, err := h.desk.Undo(ctx, merged, officer); return err }},
		{"split", func(ctx context.Context) (err error) {
			_, split, err = h.desk.Split(ctx, d.id, []conversations.MessageID{conversations.NewMessageID(d.id, 1)}, 0, officer)
			return err
		}},
		{"undo the split", func(ctx context.Context) error { _, err := h.desk.Undo(ctx, split, officer); return err }},
		{"rename", func(ctx context.Context) error {
			name, more := "Amina", []channels.Handle{{Kind: channels.HandleEmail, Value: "second@example.com"}, phone(number(2))}
			_, err := h.person.Patch(ctx, contact(d.opened), conversations.PersonPatch{Name: &name, Handles: &more})
			return err
		}},
		{"merge people", func(ctx context.Context) (err error) {
			_, same, err = h.person.Merge(ctx, contact(d.mailed), contact(d.opened), 0)
			return err
		}},
		{"undo that", func(ctx context.Context) error { _, err := h.person.Unmerge(ctx, same); return err }},
		{"index again", func(ctx context.Context) error { return h.CatchUp(ctx, h.desk.Finish) }},
		{"erase", func(ctx context.Context) error { _, err := h.person.Erase(ctx, contact(d.opened), officer); return err }},
		{"index what is left", func(ctx context.Context) error { return h.CatchUp(ctx, h.desk.Finish) }},
		{"ready", h.Ready},
	}
}
