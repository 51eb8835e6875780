package twilio

import (
	"strings"

	"github.com/caravan-desk/caravan/channels"
)

// whatsAppScheme marks a WhatsApp address: whatsapp:+14155238886 or whatsapp:US.1349….
const whatsAppScheme = "whatsapp:"

// SplitAddress parts an address as Twilio writes it into its scheme ("whatsapp",
// "sip", "client", "rcs", …; empty for a plain number) and the rest.
func SplitAddress(s string) (scheme, value string) {
	if i := strings.IndexByte(s, ':'); i > 0 {
		return strings.ToLower(s[:i]), s[i+1:]
	}
	return "", s
}

// WhatsAppAddress writes a number or a business-scoped user ID as Twilio wants it for WhatsApp.
func WhatsAppAddress(value string) string {
	if isWhatsApp(value) {
		return value
	}
	return whatsAppScheme + value
}

// IsWhatsApp reports whether a message came by WhatsApp. Twilio posts SMS and
// WhatsApp to one and the same address where it is configured so.
func IsWhatsApp(f Form) bool {
	return isWhatsApp(f.Get("From")) || isWhatsApp(f.Get("To"))
}

func isWhatsApp(s string) bool {
	return len(s) >= len(whatsAppScheme) && strings.EqualFold(s[:len(whatsAppScheme)], whatsAppScheme)
}

// IsE164 reports whether s has the form of an international number: a plus sign
// and 7 to 15 digits, the first not zero (ITU-T E.164).
func IsE164(s string) bool { return strings.HasPrefix(s, "+") && isNumber(s[1:]) }

func isNumber(s string) bool {
	if len(s) < 7 || len(s) > 15 || s[0] == '0' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// WhatsAppHandle tells a WhatsApp number from a business-scoped user ID (two
// letters, a full stop, letters and digits): who has no +number has an ID.
// account is the Twilio account, within which such an ID is unique.
func WhatsAppHandle(account, value string) channels.Handle {
	switch {
	case IsE164(value):
		return channels.Handle{Kind: channels.HandleWhatsApp, Value: value}
	case isNumber(value):
		return channels.Handle{Kind: channels.HandleWhatsApp, Value: "+" + value}
	case value == "":
		return channels.Handle{}
	}
	return channels.Handle{Kind: channels.HandleBSUID, Issuer: account, Value: value}
}

// PhoneHandle is the handle of a number. A short code or a sender's name is not
// a number that can be rung or answered everywhere, but it is an address: odd
// tells that.
func PhoneHandle(address string) (h channels.Handle, odd bool) {
	scheme, value := SplitAddress(address)
	if scheme == "" || IsE164(value) {
		return channels.Handle{Kind: channels.HandlePhone, Value: value}, !IsE164(value)
	}
	return channels.Handle{Kind: channels.HandlePhone, Issuer: scheme, Value: address}, true
}
