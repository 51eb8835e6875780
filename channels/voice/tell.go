package voice

import (
	"strconv"
	"strings"

	"github.com/twilio/twilio-go/twiml"

	"github.com/caravan-desk/caravan/channels"
)

// toldMost is how often one call tells its news.
const toldMost = 5

// The keys of a call that tells news.
const (
	keyAgain     = "1"
	keyToOfficer = "2"
	keyNoMore    = "9"
)

// tell says the news, and what he can do then. Twilio asks on only when all has been said:
// that is how it is known that it was heard to its end.
func (c *Calls) tell(r channels.Ring, tries int) (string, error) {
	l := c.language(r.First.Language)
	w := callWords[l.Code]
	next := c.address(r.Attempt, CallKey) + "?try=" + strconv.Itoa(tries+1)
	words := strings.Join([]string{w.News, r.Says, w.Again}, " ")
	return document(
		&twiml.VoiceGather{Input: "dtmf", NumDigits: "1", Timeout: seconds(keyTimeout), Action: next, Method: "POST", InnerElements: []twiml.Element{say(l, words)}},
		&twiml.VoiceRedirect{Url: next, Method: "POST"},
	)
}

// told goes on after a key, or none.
func (c *Calls) told(r channels.Ring, key string, tries int) (string, error) {
	switch {
	case key == keyToOfficer:
		return c.bye(r.First, func(w CallWords) string { return w.Ringing })
	case key == keyNoMore:
		return c.bye(r.First, func(w CallWords) string { return w.NoMore })
	case key == keyAgain && tries < toldMost:
		return c.tell(r, tries)
	}
	return c.bye(r.First, func(w CallWords) string { return w.Thanks })
}
