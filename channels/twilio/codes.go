package twilio

import "github.com/caravan-desk/caravan/channels"

// diagnosis is what an error code means for the message that met it.
type diagnosis struct {
	failure channels.Failure
	reason  string // for the officer
}

// errorCodes is the part of Twilio's dictionary that a message or a call of ours
// can meet, in an answer of the API or in a status callback.
// https://www.twilio.com/docs/api/errors
var errorCodes = map[int]diagnosis{
	// The address.
	13214: {channels.Permanent, "the number we call from is not valid"},
	13223: {channels.Permanent, "the phone number is not written in a form that can be called"},
	13224: {channels.Permanent, "the phone number is not valid"},
	13225: {channels.Permanent, "the phone number may not be called"},
	21211: {channels.Permanent, "the recipient's number is not valid"},
	21214: {channels.Permanent, "the number cannot be reached by phone"},
	21217: {channels.Permanent, "the number does not seem to be valid"},
	21401: {channels.Permanent, "the phone number is not valid"},
	21612: {channels.Permanent, "there is no route from our number to the recipient's"},
	21614: {channels.Permanent, "the number is not a mobile number"},
	30003: {channels.Temporary, "the phone is switched off or out of reach"},
	30005: {channels.Permanent, "the number is not known, or not in use any more"},
	30006: {channels.Permanent, "the number is a landline, or its carrier cannot be reached"},
	63003: {channels.Permanent, "the number has no WhatsApp account"},
	63024: {channels.Permanent, "the recipient is not valid"},
	63025: {channels.Permanent, "the medium is there already"},

	// The customer's own will.
	21610: {channels.OptedOut, "the customer has unsubscribed (STOP)"},
	63014: {channels.OptedOut, "the customer has blocked us on WhatsApp"},
	63032: {channels.Permanent, "WhatsApp does not let us write to this user"}, // not his own wish: no opt-out

	// Our account: an operator has to act.
	13227: {channels.Permanent, "our account may not call this country"},
	20003: {channels.Permanent, "Twilio does not accept our credentials"},
	20404: {channels.Permanent, "Twilio does not know what was asked for"},
	21212: {channels.Permanent, "our sender is not valid"},
	21215: {channels.Permanent, "our account may not call this country"},
	21219: {channels.Permanent, "a trial account reaches only numbers that were verified"},
	21408: {channels.Permanent, "our account may not send SMS to this country"},
	21603: {channels.Permanent, "no sender was given"},
	21606: {channels.Permanent, "our sender is not a number of ours that can send SMS"},
	21608: {channels.Permanent, "a trial account reaches only numbers that were verified"},
	21659: {channels.Permanent, "our sender is not a number of ours"},
	21660: {channels.Permanent, "our sender belongs to another account"},
	21703: {channels.Permanent, "the messaging service has no sender"},
	21712: {channels.Permanent, "our sender belongs to another messaging service"},
	30002: {channels.Temporary, "our Twilio account is suspended"},
	30032: {channels.Permanent, "our toll-free number is not verified"},
	30034: {channels.Permanent, "our number is not registered for A2P messages"},
	63007: {channels.Permanent, "our account has no such WhatsApp sender"},
	63019: {channels.Permanent, "the medium could not be fetched"},
	63020: {channels.Permanent, "our WhatsApp account is not set up to send"},
	63022: {channels.Permanent, "the name of our WhatsApp sender is not verified"},

	// The content.
	12300: {channels.Permanent, "the medium has a content type that is not accepted"},
	21602: {channels.Permanent, "the message is empty"},
	21617: {channels.Permanent, "the message is longer than 1600 characters"},
	21619: {channels.Permanent, "the message has neither text nor medium"},
	21620: {channels.Permanent, "the address of a medium is not valid"},
	21623: {channels.Permanent, "a medium could not be fetched, or there are more than ten"},
	21655: {channels.Permanent, "the template is not known"},
	21656: {channels.Permanent, "the template's variables are not valid"},
	21657: {channels.Permanent, "the template does not fit this channel"},
	21658: {channels.Permanent, "a template variable is too long"},
	30007: {channels.Permanent, "the carrier has filtered the message out"},
	30011: {channels.Permanent, "the recipient's network takes no media"},
	30019: {channels.Permanent, "the content is too large for the carrier"},
	63005: {channels.Permanent, "WhatsApp did not accept the content"},
	63013: {channels.Permanent, "the message breaks a rule of WhatsApp"},
	63016: {channels.Permanent, "the customer last wrote more than 24 hours ago: only an approved template reaches him"},
	63021: {channels.Permanent, "the content is not valid for WhatsApp"},
	63027: {channels.Permanent, "the template does not exist in this language"},
	63028: {channels.Permanent, "the number of variables does not fit the template"},
	63029: {channels.Permanent, "the template could not be rendered"},
	63030: {channels.Permanent, "the message has a parameter that WhatsApp does not support"},
	63041: {channels.Permanent, "the template is paused for its quality"},
	63042: {channels.Permanent, "the template is disabled"},
	63049: {channels.Permanent, "Meta chose not to deliver this marketing message"},

	// It will pass.
	10004: {channels.Throttled, "too many calls at the same time"},
	20429: {channels.Throttled, "too many requests at the same time"},
	20500: {channels.Temporary, "Twilio had an internal error"},
	20503: {channels.Temporary, "Twilio is not available"},
	21611: {channels.Throttled, "our sender's queue is full"},
	21730: {channels.Temporary, "Twilio is being maintained"},
	22005: {channels.Throttled, "over 24 hours of calls are queued"},
	30001: {channels.Throttled, "the message waited too long in the queue"},
	30008: {channels.Temporary, "the carrier gave no reason"},
	30022: {channels.Throttled, "the rate of our campaign is used up"},
	30036: {channels.Temporary, "the message expired before it could be sent"},
	30410: {channels.AnswerLost, "the carrier did not answer in time: the message may have arrived"},
	63001: {channels.Temporary, "WhatsApp could not tell who we are"},
	63002: {channels.Temporary, "the way to WhatsApp is interrupted"},
	63010: {channels.Temporary, "WhatsApp had an internal error"},
	63012: {channels.Temporary, "WhatsApp is not available"},
	63017: {channels.Throttled, "too many messages a second"},
	63018: {channels.Throttled, "the rate of our WhatsApp sender is used up"},
	63023: {channels.Temporary, "WhatsApp gave no reason"},
	63038: {channels.Throttled, "the account's messages of this day are used up"},
}
