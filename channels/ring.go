package channels

import "time"

// A call of ours has one or two telephones: the first is rung by the provider's
// API, the second is connected to it by what the provider is told when the first
// one has agreed. Ring says all about such a call; News is what becomes of it.

// Ring is one call that the company makes, or one of a customer who rang back.
type Ring struct {
	Attempt string // ours; rides in every address of the call, so that all news names it
	First   Phone
	Second  Phone // zero: nobody is there to be connected, and the customer may leave a message

	Says  string    // news for the customer, who is rung for nothing else; empty: two people are to talk
	About string    // the customer's reference, to be said; empty if there is none
	Note  string    // what was promised, for the officer
	Asked time.Time // when the customer asked for it
	Tried int       // how often he was rung before
	Over  bool      // it is not wanted any more: say so, and ring nobody

	Attempted time.Time // for looking up: when the provider was asked
}

// Phone is a telephone with a person behind it.
type Phone struct {
	Number   string // E.164; empty: nobody
	Name     string
	Language string // en, ar, ms
	Officer  bool   // else the customer
}

// Customer returns the customer's telephone of the two.
func (r Ring) Customer() Phone {
	if r.First.Officer {
		return r.Second
	}
	return r.First
}

// NewsKind says what happened to a call.
type NewsKind string

const (
	NewsRinging   NewsKind = "ringing"   // the provider has it, and it rings
	NewsAnswered  NewsKind = "answered"  // the telephone was picked up
	NewsKey       NewsKind = "key"       // a key was pressed; Digits says which
	NewsSpeech    NewsKind = "speech"    // something was said to us, in words
	NewsSilence   NewsKind = "silence"   // nothing was pressed or said when it was asked for
	NewsHuman     NewsKind = "human"     // the provider thinks that a human answered
	NewsMachine   NewsKind = "machine"   // the provider heard an answering machine
	NewsJoined    NewsKind = "joined"    // the two telephones were connected, and are no more; or could not be: see Status
	NewsRecorded  NewsKind = "recorded"  // a message was spoken, Seconds long
	NewsDisposing NewsKind = "disposing" // the officer said by a key what came of it
	NewsEnded     NewsKind = "ended"     // that telephone is out of the call; see Status
	NewsUnknown   NewsKind = "unknown"   // the provider has a word for it that is not known here; see Word
)

// CallStatus is how a telephone's part in a call ended.
type CallStatus string

const (
	CallCompleted CallStatus = "completed"
	CallBusy      CallStatus = "busy"
	CallNoAnswer  CallStatus = "no_answer"
	CallFailed    CallStatus = "failed"
	CallCanceled  CallStatus = "canceled"
)

// News is what the provider tells about a call of ours. It may come twice, late,
// and in any order.
type News struct {
	Attempt string
	SID     string // the provider's ID of the first telephone's leg
	Kind    NewsKind
	Second  bool // it is about the second telephone
	Status  CallStatus
	Seconds int
	Digits  string
	Word    string // the provider's own
}

// CallState is what the provider says of a call when asked.
type CallState struct {
	Status   CallStatus // empty while it is under way
	Answered bool       // it was picked up
	Seconds  int
	Machine  bool
}
