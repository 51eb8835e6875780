package simulator

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

const apiVersion = "2010-04-01"

func itoa(n int) string { return strconv.Itoa(n) }

// rfc2822 is how Twilio's version 2010 writes times.
func rfc2822(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700") }

// rfc2822OrNull is for times that have not come yet.
func rfc2822OrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return rfc2822(t)
}

var (
	e164  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	bsuid = regexp.MustCompile(`^[A-Z]{2}\.[A-Za-z0-9]{1,128}$`)
)

// validAddress reports whether a is something Twilio can send to.
func validAddress(a string) bool {
	if user, ok := strings.CutPrefix(a, "whatsapp:"); ok {
		return e164.MatchString(user) || bsuid.MatchString(user)
	}
	return e164.MatchString(a)
}

const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmTwice = "^{}\\[~]|€\f" // take an escape as well
)

// segments counts SMS parts: 160 or 153 characters in GSM 03.38, 70 or 67 UTF-16 units otherwise.
func segments(text string) int {
	septets := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			septets++
		case strings.ContainsRune(gsmTwice, r):
			septets += 2
		default:
			return parts(len(utf16.Encode([]rune(text))), 70, 67)
		}
	}
	return parts(septets, 160, 153)
}

func parts(n, single, joined int) int {
	if n <= single {
		return 1
	}
	return (n + joined - 1) / joined
}

// country guesses the ISO code that Twilio puts beside a number.
func country(number string) string {
	for _, c := range [...]struct{ prefix, iso string }{
		{"+966", "SA"}, {"+971", "AE"}, {"+965", "KW"}, {"+973", "BH"}, {"+974", "QA"}, {"+968", "OM"},
		{"+20", "EG"}, {"+60", "MY"}, {"+62", "ID"}, {"+65", "SG"}, {"+44", "GB"}, {"+91", "IN"}, {"+92", "PK"}, {"+1", "US"},
	} {
		if strings.HasPrefix(number, c.prefix) {
			return c.iso
		}
	}
	return ""
}

// errorTexts are the provider's words for the codes used here.
// https://www.twilio.com/docs/api/errors
var errorTexts = map[int]string{
	20003: "Authenticate",
	20404: "The requested resource was not found",
	20429: "Too Many Requests",
	20503: "Service Unavailable",
	21201: "No 'To' number specified",
	21205: "Url parameter is not a valid URL",
	21211: "The 'To' number is not a valid phone number.",
	21212: "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID.",
	21214: "'To' phone number cannot be reached",
	21215: "Account not authorized to call this number",
	21216: "Account not allowed to call this number",
	21217: "Phone number does not appear to be valid",
	21220: "Call is not in-progress. Cannot redirect.",
	21266: "'To' and 'From' number cannot be the same",
	21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
	21602: "Message body is required.",
	21603: "A 'From' phone number is required to send a message.",
	21604: "A 'To' phone number is required",
	21606: "The 'From' phone number is not a valid, message-capable Twilio phone number for this account",
	21609: "The 'StatusCallback' URL is not a valid URL.",
	21610: "Attempt to send to unsubscribed recipient",
	21611: "This 'From' number has exceeded the maximum number of queued messages",
	21612: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
	21614: "'To' number is not a valid mobile number",
	21617: "The concatenated message body exceeds the 1600 character limit",
	21620: "Invalid media URL(s)",
	21623: "Number of media files exceeds allowed limit",
	21655: "The ContentSid is Invalid",
	21656: "The ContentVariables Parameter is invalid",
	30003: "Unreachable destination handset",
	30008: "Unknown error",
	35111: "SendAt must be between 15 minutes and 35 days in the future",
	35114: "SendAt requires MessagingServiceSid and ScheduleType=fixed",
	63003: "Channel could not find To address",
	63007: "Could not find a Channel with the specified From address",
	63041: "The message template is paused",
	63016: "Failed to send freeform message because you are outside the allowed window. Please use a Message Template.",
	63019: "Media failed to download",
	63028: "Number of parameters provided does not match the expected number of parameters",
}

func errorText(code int) string {
	if t := errorTexts[code]; t != "" {
		return t
	}
	return "Error " + itoa(code)
}
