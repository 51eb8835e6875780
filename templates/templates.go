// Package templates turns a name, a language, a channel and variables into the
// message a customer gets. One logical template is a folder: template.md holds
// its front matter (purpose, variables, WhatsApp content, fallback) and a note
// for translators, and each language is one file (en.txt, ar.txt, ms.txt) with a
// section for each channel. Load reads the built-in library and any folders laid
// over it, checks everything, and says all faults by file and line; after that
// nothing is read and nothing can fail but a variable. Start with Library.Render;
// library/acknowledgement is a whole example, README.md the language.
package templates

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// Purpose is what a customer's consent is asked for.
type Purpose string

const (
	Service   Purpose = "service"   // about his own shipment, booking or question
	Marketing Purpose = "marketing" // anything else
	Staff     Purpose = "staff"     // for officers' own mail, and never for a customer
)

// Template describes one logical template; its texts stay inside the library.
type Template struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Purpose     Purpose         `json:"purpose"`
	Languages   []string        `json:"languages"`
	Channels    []channels.Kind `json:"channels"`
	Variables   []Variable      `json:"variables"`
	WhatsApp    *WhatsApp       `json:"whatsapp,omitempty"`
	Fallback    Fallback        `json:"fallback"`
}

// Variable is one thing a template wants to be told.
type Variable struct {
	Name        string   `json:"name"`
	Type        Type     `json:"type"`
	Required    bool     `json:"required"`
	Values      []string `json:"values,omitempty"` // of a Choice
	Description string   `json:"description,omitempty"`
	sample      map[string]any
}

// WhatsApp ties a template to the provider-approved one that may open a conversation.
type WhatsApp struct {
	Content   string            `json:"content,omitempty"`   // its name at the provider
	SID       map[string]string `json:"sid,omitempty"`       // ContentSid by language
	Variables []string          `json:"variables,omitempty"` // expressions for "1", "2", …

	// Substitute is the template that goes in place of this one where the window is
	// closed and this one is not approved; empty: none.
	Substitute string `json:"substitute,omitempty"`
}

// Fallback says what is used in place of what is missing.
type Fallback struct {
	Language string          `json:"language,omitempty"` // for languages the template is not written in; empty: refused
	Channels []channels.Kind `json:"channels,omitempty"` // the order in which to try to reach the customer
	After    time.Duration   `json:"-"`                  // how long a receipt may take before the next is tried; 0: the house's term
}

// Common are the variables every template has without declaring them, so that a
// gateway can always give them. All are optional.
var Common = []Variable{
	{Name: "name", Type: String, Description: "the customer's name, as he is to be addressed",
		sample: map[string]any{"en": "Aisyah Rahman", "ar": "أحمد العتيبي", "ms": "Aisyah Rahman"}},
	{Name: "company", Type: String, Description: "the company that signs",
		sample: map[string]any{"en": "Caravan Express", "ar": "كارفان إكسبرس", "ms": "Caravan Express"}},
}

// Known are the values of those variables that a house has at hand without being told: the customer's
// name, the company that signs, and the reference that a conversation is about, under whatever name the
// template has it. What is empty is left out.
func (t *Template) Known(name, company, reference string) map[string]any {
	known := make(map[string]any, len(t.Variables))
	for _, v := range t.Variables {
		switch {
		case v.Name == "name" && name != "":
			known[v.Name] = name
		case v.Name == "company" && company != "":
			known[v.Name] = company
		case v.Type == Reference && reference != "":
			known[v.Name] = reference
		}
	}
	return known
}

// Library is a checked set of templates. It never changes, and is safe for use by many goroutines.
type Library struct {
	templates map[string]*compiled
	names     []string
}

// compiled is a template with its parsed texts.
type compiled struct {
	Template
	slots    map[string]int // variable's name → place in Variables
	bodies   map[string]map[channels.Kind]*body
	approved map[string]Approved // language → the provider's template, as far as it is known
}

// body is one language on one channel.
type body struct {
	subject []node
	text    []node
	content []expression // WhatsApp's variables in this language
	bytes   int          // of the source: a first guess at the size of a render
	wide    bool         // the text itself needs UCS-2
}

// List returns all templates in the order of their names.
func (l *Library) List() []Template {
	out := make([]Template, len(l.names))
	for i, name := range l.names {
		out[i] = l.templates[name].public()
	}
	return out
}

// Get returns one template, or an error that wraps ErrNotFound.
func (l *Library) Get(name string) (Template, error) {
	t, err := l.find(name)
	if err != nil {
		return Template{}, err
	}
	return t.public(), nil
}

func (l *Library) find(name string) (*compiled, error) {
	if t, ok := l.templates[name]; ok {
		return t, nil
	}
	return nil, fmt.Errorf("template %q: %w", name, ErrNotFound)
}

// public is a copy that the caller may change.
func (t *compiled) public() Template {
	out := t.Template
	out.Languages = slices.Clone(t.Languages)
	out.Channels = slices.Clone(t.Channels)
	out.Variables = slices.Clone(t.Variables)
	out.Fallback.Channels = slices.Clone(t.Fallback.Channels)
	if t.WhatsApp != nil {
		w := *t.WhatsApp
		w.SID = maps.Clone(w.SID)
		w.Variables = slices.Clone(w.Variables)
		out.WhatsApp = &w
	}
	return out
}

// Samples returns made-up values for every variable of a template, fit for a
// preview in the given language; nil if there is no such template.
func (l *Library) Samples(name, language string) map[string]any {
	t, err := l.find(name)
	if err != nil {
		return nil
	}
	out := make(map[string]any, len(t.Variables))
	for _, v := range t.Variables {
		out[v.Name] = v.sampleIn(language)
	}
	return out
}

func (v Variable) sampleIn(language string) any {
	for _, key := range []string{primary(language), ""} {
		if s, ok := v.sample[key]; ok {
			return s
		}
	}
	switch v.Type {
	case Number:
		return 3
	case Date:
		return "2026-12-12"
	case DateTime:
		return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Format(time.RFC3339)
	case MoneyType:
		return map[string]any{"amount": "12890.00", "currency": "MYR"}
	case Reference:
		return "1086396430"
	case Phone:
		return "+60 3-1234 5678"
	case URL:
		return "https://example.com/t/1086396430"
	case Choice:
		return v.Values[0]
	case List:
		return []any{"A", "B"}
	}
	return "…"
}
