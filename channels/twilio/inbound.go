package twilio

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/channels"
)

// implied are parameters that hardly ever say anything: left out when they have
// just this value, or none.
var implied = map[string]string{"ApiVersion": "2010-04-01", "SmsStatus": "received", "NumSegments": "1"}

// ParseMessage reads what SMS and WhatsApp have in common of an incoming message.
// Channel, From, Name and Received are left to the caller. Fields has every
// parameter that the rest of the Inbound does not tell, but for the implied ones
// and for empty places (FromCity and the like). The error is an ErrBadForm.
// https://www.twilio.com/docs/messaging/guides/webhook-request
func ParseMessage(f Form) (channels.Inbound, error) {
	sid := messageSID(f)
	if sid == "" {
		return channels.Inbound{}, fmt.Errorf("%w: no MessageSid", ErrBadForm)
	}
	if err := f.Require("From", "To"); err != nil {
		return channels.Inbound{}, err
	}
	to := f.Get("To")
	scheme, account := SplitAddress(to)
	body := f.Get("Body")
	in := channels.Inbound{Account: account, ProviderID: sid, To: account, Text: strings.ToValidUTF8(body, "\uFFFD")}
	if in.Text != body {
		in.Warnings = append(in.Warnings, "the text is not valid UTF-8: see the field Body")
	}
	var lost []string
	in.Attachments, lost = media(f)
	in.Warnings = append(in.Warnings, lost...)
	files := strconv.Itoa(len(in.Attachments))
	if n := f.Get("NumMedia"); n != "" && n != files {
		in.Warnings = append(in.Warnings, fmt.Sprintf("Twilio announced %.12q files and named %s", n, files))
	}
	told := func(key, value string) bool {
		switch key {
		case "MessageSid", "SmsMessageSid", "SmsSid":
			return value == sid
		case "To":
			return value == to && (scheme == "" || scheme == "whatsapp") // others the medium does not tell
		case "Body":
			return value == in.Text
		case "NumMedia":
			return value == files
		}
		if _, _, ok := mediaKey(key); ok {
			return slices.ContainsFunc(in.Attachments, func(a channels.Attachment) bool {
				return value == a.URL || value == a.ContentType
			})
		}
		usual, ok := implied[key]
		return ok && (value == usual || value == "") || value == "" && IsPlace(key)
	}
	in.Fields = f.Rest(told)
	return in, nil
}

// IsPlace reports whether key is one of {From,To,Caller,Called}{City,State,Zip,Country}.
func IsPlace(key string) bool {
	for _, party := range [...]string{"From", "To", "Caller", "Called"} {
		if rest, ok := strings.CutPrefix(key, party); ok {
			switch rest {
			case "City", "State", "Zip", "Country":
				return true
			}
		}
	}
	return false
}

// mediaKey parts MediaUrl0 and MediaContentType0 into the name and the number.
func mediaKey(key string) (name string, n int, ok bool) {
	for _, name := range [...]string{"MediaUrl", "MediaContentType"} {
		if rest, ok := strings.CutPrefix(key, name); ok {
			n, err := strconv.ParseUint(rest, 10, 31)
			return name, int(n), err == nil
		}
	}
	return "", 0, false
}

// media collects the files by their number, whatever NumMedia says. A content
// type without an address is reported as lost.
func media(f Form) (files []channels.Attachment, lost []string) {
	var byNumber map[int]*channels.Attachment
	for _, p := range f {
		name, n, ok := mediaKey(p.Key)
		if !ok {
			continue
		}
		if byNumber == nil {
			byNumber = make(map[int]*channels.Attachment)
		}
		a := byNumber[n]
		if a == nil {
			a = new(channels.Attachment)
			byNumber[n] = a
		}
		switch {
		case name == "MediaUrl" && a.URL == "":
			a.URL = p.Value
		case name == "MediaContentType" && a.ContentType == "":
			a.ContentType = p.Value
		}
	}
	numbers := make([]int, 0, len(byNumber))
	for n := range byNumber {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		if byNumber[n].URL == "" {
			lost = append(lost, fmt.Sprintf("file %d came without an address", n+1))
			continue
		}
		files = append(files, *byNumber[n])
	}
	return files, lost
}
