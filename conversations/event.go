package conversations

import "time"

// EventID is an event's place in the log: opaque, ordered within a conversation.
type EventID string

// EventType says what happened.
type EventType string

const (
	EventReceived   EventType = "message.received" // a customer's message was kept
	EventQueued     EventType = "message.queued"   // an outbound message waits for its turn
	EventNoted      EventType = "message.noted"
	EventStatus     EventType = "message.status"  // an outbound message got further, or failed
	EventMedia      EventType = "message.media"   // an attachment was copied
	EventReread     EventType = "message.reread"  // a mail was parsed anew, and says something else now
	EventExpired    EventType = "message.expired" // its files, or the mail as it came, were taken away in their time
	EventOpened     EventType = "conversation.opened"
	EventClassified EventType = "conversation.classified"
	EventAssigned   EventType = "conversation.assigned"
	EventUnassigned EventType = "conversation.unassigned"
	EventWaiting    EventType = "conversation.waiting" // nobody fits now; it waits in order
	EventChanged    EventType = "conversation.changed" // status, desk, priority, tags, … by hand or by rule
	EventRelated    EventType = "conversation.related" // it names another conversation that it may not join
	EventMerged     EventType = "conversation.merged"  // both are told: the one that is shown elsewhere, and the other
	EventSplit      EventType = "conversation.split"   // some of its messages became a conversation of their own
	EventUndone     EventType = "conversation.undone"  // a merge or a split was taken back
	EventErased     EventType = "contact.erased"
	EventCallback   EventType = "callback.changed"
	EventOfficer    EventType = "officer.changed"
	EventErrand     EventType = "errand"           // something is left to be done: wakes, and is not in the log
	EventUnproved   EventType = "message.unproved" // a message may need another way: wakes, and is not in the log
	EventShipment   EventType = "shipment.updated" // the courier's system reported something
	EventBooking    EventType = "booking.updated"  // the tour system did

	EventWarned       EventType = "clock.warned"    // something is due soon
	EventBreached     EventType = "clock.breached"  // it was due, and is not done
	EventEscalated    EventType = "clock.escalated" // and still not: the next step of the ladder
	EventAcknowledged EventType = "clock.acknowledged"
	EventMoved        EventType = "clock.moved"              // the desks' terms or calendars have changed
	EventHandedOver   EventType = "conversation.handed_over" // its officer's shift ended
	EventRule         EventType = "rule.applied"             // a rule of ours did something, or could not
	EventBulk         EventType = "bulk.changed"             // of no conversation: a bulk message has got further
	EventSurvey       EventType = "survey.changed"           // the customer was asked for feedback, or gave it
	EventConsent      EventType = "consent.changed"          // the customer allowed or forbade us to write
	EventReviewed     EventType = "conversation.reviewed"    // ticked off in a review round
	EventRound        EventType = "round.changed"            // of no conversation: a review round began or ended
)

// Event is one thing that happened: what, when, who, why. The log drives everything.
type Event struct {
	ID           EventID          `json:"id"`
	Type         EventType        `json:"type"`
	Conversation ID               `json:"conversation,omitempty"`
	Version      Revision         `json:"version,omitempty"` // of the conversation, after it
	Message      MessageID        `json:"message,omitempty"`
	At           time.Time        `json:"at"`
	By           Author           `json:"by"`
	Why          string           `json:"why,omitempty"` // for an officer to read
	Changes      map[string]Delta `json:"changes,omitempty"`
	Unassigned   bool             `json:"-"` // of a message received: nobody has its conversation
	Unattended   bool             `json:"-"` // of a message received: who has its conversation may not be at work
}

// Work reports whether the event may leave something to be done: give the conversation to
// somebody, count it, ask its customer how it was. Those who follow the log are given only
// these; nearly all messages come to somebody who is at work, and leave them nothing.
func (e *Event) Work() bool {
	switch e.Type {
	case EventReceived:
		return e.Unassigned || e.Unattended
	case EventAssigned:
		return e.By.Type != BySystem || e.By.ID != "" // else it is the router's own doing
	case EventUnassigned, EventChanged, EventClassified, EventRule, EventBooking, EventOfficer, EventErased:
		return true
	}
	return false
}

// Delta is a field's value before and after.
type Delta struct {
	From any `json:"from"`
	To   any `json:"to"`
}

// OfficerIn reads an officer out of an event's value, which may have been through JSON.
func OfficerIn(v any) OfficerID {
	switch o := v.(type) {
	case *OfficerRef:
		if o != nil {
			return o.ID
		}
	case map[string]any:
		id, _ := o["id"].(string)
		return OfficerID(id)
	}
	return ""
}
