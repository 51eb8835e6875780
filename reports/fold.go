package reports

import (
	"time"

	"github.com/caravan-desk/caravan/conversations"
)

// Fold makes a case of a conversation's events, oldest first. It is pure.
func Fold(c conversations.Conversation, events []conversations.Event, callbacks []conversations.Callback, now time.Time) Case {
	k := Case{Conversation: c.At(now), Callbacks: callbacks, Opened: c.CreatedAt}
	written := false // by the customer
	for _, e := range events {
		switch e.Type {
		case conversations.EventReceived:
			if e.By.Type != conversations.ByCustomer {
				continue
			}
			if !k.Answered.IsZero() {
				k.After++
			}
			written = true
		case conversations.EventQueued:
			k.replied(e, written)
		case conversations.EventAssigned:
			if k.Assignee = conversations.OfficerIn(e.Changes["assignee"].To); k.Assignee != "" {
				k.Given = append(k.Given, Act{k.Assignee, e.At})
			}
		case conversations.EventUnassigned:
			k.Assignee = ""
		case conversations.EventBreached:
			if clock, _ := e.Changes["clock"].To.(string); clock != "" {
				k.Breached = append(k.Breached, Breach{clock, instantIn(e.Changes["due_at"].To, e.At)})
			}
		case conversations.EventBooking:
			if stage, _ := e.Changes["stage"].To.(string); stage != "" {
				k.Stages = append(k.Stages, Stage{stage, e.At})
			}
		}
		k.moved(e)
	}
	return k
}

// replied notes an officer's words to the customer.
func (k *Case) replied(e conversations.Event, written bool) {
	if _, auto := e.Changes["auto"]; auto || e.By.Type != conversations.ByOfficer {
		return // a machine's, though it may be an officer's bulk message
	}
	by := conversations.OfficerID(e.By.ID)
	k.Replies = append(k.Replies, Act{by, e.At})
	switch {
	case !written && len(k.Replies) == 1:
		k.ByOfficer = true
	case written && k.Answered.IsZero() && !k.ByOfficer:
		k.Answered, k.Answerer = e.At, by
	}
}

// moved notes a change of status.
func (k *Case) moved(e conversations.Event) {
	d, ok := e.Changes["status"]
	switch e.Type {
	case conversations.EventStatus, conversations.EventBooking, conversations.EventShipment, conversations.EventConsent:
		return // another status: of a message, or of a matter
	}
	if !ok {
		return
	}
	from, to := statusIn(d.From), statusIn(d.To)
	if to != "" {
		k.Status = to
	}
	switch {
	case to == "":
	case !to.Live() && (from == "" || from.Live()):
		by := Act{At: e.At}
		if e.By.Type == conversations.ByOfficer {
			by.By = conversations.OfficerID(e.By.ID)
		}
		k.Solved, k.Ended = append(k.Solved, by), e.At
	case to.Live() && from != "" && !from.Live():
		k.Reopened++
		k.Ended = time.Time{}
	}
}

// Values of events have been through JSON, or have not.

func statusIn(v any) conversations.Status {
	switch s := v.(type) {
	case conversations.Status:
		return s
	case string:
		return conversations.Status(s)
	}
	return ""
}

func instantIn(v any, otherwise time.Time) time.Time {
	switch t := v.(type) {
	case time.Time:
		return t
	case string:
		if at, err := time.Parse(time.RFC3339, t); err == nil {
			return at
		}
	}
	return otherwise
}
