package simulator

import (
	"encoding/json"
	"mime"
	"net/url"
	"strconv"
	"strings"
)

// Form builds the webhook parameters, with number as the company's and media
// already stored under links. https://www.twilio.com/docs/messaging/guides/webhook-request
func (in Inbound) Form(accountSID, sid, number string, links []string) url.Values {
	prefix := ""
	if in.WhatsApp {
		prefix = "whatsapp:"
	}
	f := url.Values{
		"AccountSid": {accountSID}, "ApiVersion": {apiVersion}, "SmsStatus": {"received"},
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid},
		"From": {prefix + in.From}, "To": {prefix + number}, "Body": {in.body()},
		"NumMedia": {itoa(len(links))}, "NumSegments": {itoa(segments(in.Text))},
	}
	for i, link := range links {
		f.Set("MediaUrl"+itoa(i), link)
		f.Set("MediaContentType"+itoa(i), in.Media[i].ContentType)
	}
	if in.WhatsApp {
		in.whatsAppFields(f)
	} else {
		for _, end := range [...]struct{ name, number string }{{"From", in.From}, {"To", number}} {
			f.Set(end.name+"Country", country(end.number))
			for _, part := range [...]string{"City", "State", "Zip"} {
				f.Set(end.name+part, "")
			}
		}
	}
	for k, v := range in.Extra {
		f.Set(k, v)
	}
	return f
}

func (in Inbound) body() string {
	switch {
	case in.Text != "":
		return in.Text
	case in.Button != nil:
		return in.Button.Text
	case in.List != nil:
		return in.List.Text
	}
	return ""
}

// whatsAppFields adds what only WhatsApp has.
// https://www.twilio.com/docs/whatsapp/api#inbound-messages
func (in Inbound) whatsAppFields(f url.Values) {
	id := in.BSUID
	if e164.MatchString(in.From) {
		f.Set("WaId", in.From[1:])
	} else {
		id = in.From
	}
	if id != "" {
		f.Set("ExternalUserId", "whatsapp:"+id)
	}
	f.Set("ProfileName", in.Name)
	f.Set("MessageType", in.messageType())
	f.Set("ReferralNumMedia", "0")
	meta, _ := json.Marshal(map[string]any{"type": "whatsapp", "data": map[string]any{ // maps of strings always marshal
		"context": map[string]string{"ProfileName": in.Name, "WaId": f.Get("WaId")}}})
	f.Set("ChannelMetadata", string(meta))
	if l := in.Location; l != nil {
		f.Set("Latitude", strconv.FormatFloat(l.Latitude, 'f', -1, 64))
		f.Set("Longitude", strconv.FormatFloat(l.Longitude, 'f', -1, 64))
		setIf(f, "Label", l.Label)
		setIf(f, "Address", l.Address)
	}
	if in.Button != nil {
		f.Set("ButtonText", in.Button.Text)
		f.Set("ButtonPayload", in.Button.Payload)
	}
	if in.List != nil {
		f.Set("ListTitle", in.List.Text)
		f.Set("ListId", in.List.Payload)
	}
	if in.ReplyTo != "" {
		f.Set("OriginalRepliedMessageSid", in.ReplyTo)
		f.Set("OriginalRepliedMessageSender", f.Get("To"))
	}
	if in.Forwarded {
		f.Set("Forwarded", "true")
	}
}

func (in Inbound) messageType() string {
	switch {
	case in.Location != nil:
		return "location"
	case in.Button != nil:
		return "button"
	case in.List != nil:
		return "interactive"
	case len(in.Media) == 0:
		return "text"
	}
	kind, _, _ := mime.ParseMediaType(in.Media[0].ContentType)
	major, _, _ := strings.Cut(kind, "/")
	switch {
	case kind == "text/vcard":
		return "contacts"
	case kind == "image/webp":
		return "sticker"
	case major == "image" || major == "audio" || major == "video":
		return major
	}
	return "document"
}

func setIf(f url.Values, key, value string) {
	if value != "" {
		f.Set(key, value)
	}
}
