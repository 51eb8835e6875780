package twilio

import (
	"fmt"
	"strconv"

	"github.com/caravan-desk/caravan/channels"
)

// statuses says how far a message is whose MessageStatus Twilio reports.
// Whatever Twilio queues is with the provider, and so is Sent in our words.
// https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
var statuses = map[string]channels.Status{
	"accepted":            channels.Sent,
	"scheduled":           channels.Sent,
	"queued":              channels.Sent,
	"sending":             channels.Sent,
	"sent":                channels.Sent,
	"partially_delivered": channels.Delivered, // a group: at least one has it
	"delivered":           channels.Delivered,
	"read":                channels.Read,
	"undelivered":         channels.Failed,
	"failed":              channels.Failed,
	"canceled":            channels.Canceled,
	"receiving":           channels.Received,
	"received":            channels.Received,
}

// StatusOf translates Twilio's status of a message. One that is not known yet
// is Sent, for Twilio speaks of a message that it has.
func StatusOf(status string) (s channels.Status, known bool) {
	if s, known = statuses[status]; known {
		return s, true
	}
	return channels.Sent, false
}

// ParseStatus reads a status callback about our message of that ID. The error
// is an ErrBadForm. Receipt.At is left to the caller: a callback tells no time.
func ParseStatus(f Form, messageID string) (channels.Receipt, error) {
	status := f.Get("MessageStatus")
	if status == "" {
		status = f.Get("SmsStatus")
	}
	sid := messageSID(f)
	switch {
	case messageID == "":
		return channels.Receipt{}, fmt.Errorf("%w: no message in the address", ErrBadForm)
	case sid == "":
		return channels.Receipt{}, fmt.Errorf("%w: no MessageSid", ErrBadForm)
	case status == "":
		return channels.Receipt{}, fmt.Errorf("%w: no MessageStatus", ErrBadForm)
	}
	r := channels.Receipt{MessageID: messageID, ProviderID: sid}
	var known bool
	r.Status, known = StatusOf(status)
	if code := f.Get("ErrorCode"); code != "" && code != "0" {
		r.Code = code
		r.Reason = f.Get("ErrorMessage")
		if n, err := strconv.Atoi(code); err == nil {
			if e, ok := errorCodes[n]; ok {
				r.Reason, r.OptedOut = e.reason, e.failure == channels.OptedOut
			}
		}
	}
	r.Fields = f.Rest(func(key, value string) bool {
		switch key {
		case "MessageSid", "SmsSid", "SmsMessageSid":
			return value == sid
		case "MessageStatus", "SmsStatus":
			return known && value == status
		case "ErrorCode":
			return value == r.Code || value == "0"
		case "ErrorMessage":
			return value == r.Reason || value == ""
		}
		return routine[key]
	})
	return r, nil
}

// routine are the parameters of a callback that say nothing which the message or the
// receipt does not say. https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
var routine = map[string]bool{
	"To": true, "From": true, "AccountSid": true, "MessagingServiceSid": true, "ApiVersion": true, "RawDlrDoneDate": true,
	"ChannelInstallSid": true, "ChannelToAddress": true, "ChannelPrefix": true, "EventType": true, "StructuredMessage": true,
}

// messageSID returns the message's SID from any of the three names it travels under.
func messageSID(f Form) string {
	for _, key := range [...]string{"MessageSid", "SmsMessageSid", "SmsSid"} {
		if sid := f.Get(key); sid != "" {
			return sid
		}
	}
	return ""
}
