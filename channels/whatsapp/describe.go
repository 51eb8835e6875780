package whatsapp

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/caravan-desk/caravan/channels"
)

// describe words a message that came without a text, for an officer to read. A
// file needs no words; everything that is said here stays in Fields too.
func describe(in *channels.Inbound) string {
	f := in.Fields
	switch {
	case f["Latitude"] != "" && f["Longitude"] != "":
		place := join(", ", f["Label"], f["Address"])
		return join(" ", "Location:", place, "("+f["Latitude"]+", "+f["Longitude"]+")")
	case f["ButtonText"] != "":
		return f["ButtonText"]
	case f["ListTitle"] != "":
		return f["ListTitle"]
	case f["ButtonPayload"] != "":
		return f["ButtonPayload"]
	case f["ListId"] != "":
		return f["ListId"]
	case f["InteractiveData"] != "":
		if answers := flatten(f["InteractiveData"]); answers != "" {
			return answers
		}
	}
	switch kind := f["MessageType"]; {
	case len(in.Attachments) > 0:
		return ""
	case kind == "" || kind == "text":
		return ""
	default:
		return fmt.Sprintf("A WhatsApp message of the type %q, without text", kind)
	}
}

func join(sep string, parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, sep)
}

// maxAnswers bounds the lines that are made of a form.
const maxAnswers = 50

// flatten writes the leaves of the JSON of a filled-in form (a WhatsApp Flow),
// one "name: value" a line, in the order in which they stand; "" if it is not JSON.
func flatten(data string) string {
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	var lines []string
	var key string
	var object []bool // of every open bracket, whether it is {
	isKey := false
	for len(lines) < maxAnswers {
		t, err := d.Token()
		if err != nil {
			break
		}
		inObject := func() bool { return len(object) > 0 && object[len(object)-1] }
		switch t := t.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				object = append(object, t == '{')
			} else {
				object = object[:len(object)-1]
			}
			isKey = inObject()
			continue
		case string:
			if isKey {
				key, isKey = t, false
				continue
			}
		}
		if t != nil {
			lines = append(lines, join(": ", key, fmt.Sprint(t)))
		}
		isKey = inObject()
	}
	return strings.Join(lines, "\n")
}

// nameDocument takes a document's file name from the body, where Twilio puts it
// if there is no caption. The text stays as it is.
func nameDocument(in *channels.Inbound) {
	if in.Fields["MessageType"] != "document" || len(in.Attachments) != 1 {
		return
	}
	name := strings.TrimSpace(in.Text)
	ext := path.Ext(name)
	if len(name) <= 255 && len(ext) >= 3 && len(ext) <= 6 && !strings.ContainsAny(name, "/\\\n\r") && !strings.Contains(ext, " ") {
		in.Attachments[0].Name = name
	}
}
