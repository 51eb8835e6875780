package simulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// verb is one TwiML element. https://www.twilio.com/docs/voice/twiml
type verb struct {
	name     string
	attrs    map[string]string
	text     string // all character data inside, SSML tags dropped
	children []verb
}

func (v verb) attr(name, otherwise string) string {
	if a, ok := v.attrs[name]; ok && a != "" {
		return a
	}
	return otherwise
}

// parseTwiML reads a document whose root is Response. Anything else is an error,
// as it is with Twilio (12100).
func parseTwiML(body []byte) (verb, error) {
	dec := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return verb{}, errors.New("parse TwiML: no document")
		}
		if err != nil {
			return verb{}, fmt.Errorf("parse TwiML: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			root, err := readVerb(dec, start, 0)
			if err == nil && root.name != "Response" {
				err = fmt.Errorf("parse TwiML: root is %s, not Response", root.name)
			}
			return root, err
		}
	}
}

const maxDepth = 32

func readVerb(dec *xml.Decoder, start xml.StartElement, depth int) (verb, error) {
	v := verb{name: start.Name.Local, attrs: map[string]string{}}
	if depth > maxDepth {
		return v, errors.New("parse TwiML: nested too deep")
	}
	for _, a := range start.Attr {
		v.attrs[a.Name.Local] = a.Value
	}
	var text strings.Builder
	for {
		token, err := dec.Token()
		if err != nil {
			return v, fmt.Errorf("parse TwiML: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			child, err := readVerb(dec, t, depth+1)
			if err != nil {
				return v, err
			}
			v.children = append(v.children, child)
			text.WriteString(child.text)
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			v.text = strings.TrimSpace(text.String())
			return v, nil
		}
	}
}

// messages returns the bodies of the <Message> verbs of a messaging answer.
func (v verb) messages() []string {
	var bodies []string
	for _, m := range v.children {
		if m.name != "Message" {
			continue
		}
		body := m.text
		for _, c := range m.children {
			if c.name == "Body" {
				body = c.text
			}
		}
		bodies = append(bodies, body)
	}
	return bodies
}
