package templates

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/channels"
)

// Rendered is a message ready to be put into a channels.Outbound.
type Rendered struct {
	Template string            `json:"template"`
	Channel  channels.Kind     `json:"channel"`
	Language string            `json:"language"` // the one written in, which a fallback may have chosen
	Subject  string            `json:"subject,omitempty"`
	Text     string            `json:"text"`
	HTML     string            `json:"html,omitempty"`
	Content  *channels.Content `json:"content,omitempty"` // WhatsApp, where the template names one for the language
	Segments int               `json:"segments"`          // of an SMS, else 0
	Encoding string            `json:"encoding,omitempty"`
	Warnings []string          `json:"warnings"`
}

// Options are the circumstances of a render.
type Options struct {
	Now      time.Time      // its year is left out of times and short dates; zero: always written
	Timezone *time.Location // the customer's; nil: UTC, and times say so
}

// limits are the longest text each channel carries, in characters: Twilio refuses
// message bodies over 1,600 (error 21617) and <Say> over 4,096; mail is ours to bound.
var limits = map[channels.Kind]int{channels.Email: 100_000, channels.SMS: 1600, channels.WhatsApp: 1600, channels.Voice: 4096}

// Render writes a template. Its errors are ErrNotFound, *LanguageError,
// *ChannelError, *TooLongError, or a join of *UnknownError, *MissingError and
// *ValueError that says everything that is wrong with vars at once. Nested objects
// in vars are read as dotted names; a nil or empty value counts as not given.
func (l *Library) Render(name, language string, channel channels.Kind, vars map[string]any, opts Options) (Rendered, error) {
	t, err := l.find(name)
	if err != nil {
		return Rendered{}, err
	}
	lang, warnings, err := t.language(language)
	if err != nil {
		return Rendered{}, err
	}
	b := t.bodies[lang][channel]
	if b == nil {
		return Rendered{}, &ChannelError{Template: name, Channel: channel, Have: t.Channels}
	}
	r := renderer{locale: localeFor(lang), channel: channel, now: opts.Now, zone: opts.Timezone}
	if r.zone == nil {
		r.zone, r.nobody = time.UTC, true
	}
	if r.values, err = t.bind(vars, r.zone); err != nil {
		return Rendered{}, err
	}
	out := Rendered{Template: name, Channel: channel, Language: lang, Warnings: warnings}
	if out.Text, err = r.text(b.text, b.bytes); err != nil {
		return Rendered{}, err
	}
	switch channel {
	case channels.Email:
		err = r.email(b, lang, &out)
	case channels.SMS:
		out.sms(b)
	case channels.WhatsApp:
		err = r.content(t, b, lang, &out)
	}
	if err != nil {
		return Rendered{}, err
	}
	return out, nil
}

// language chooses the language to write in, with a warning where it is not the one asked for.
func (t *compiled) language(asked string) (lang string, warnings []string, err error) {
	if lang = primary(asked); t.bodies[lang] != nil {
		return lang, []string{}, nil
	}
	if t.Fallback.Language == "" {
		return "", nil, &LanguageError{Template: t.Name, Language: asked, Have: t.Languages}
	}
	return t.Fallback.Language, []string{fmt.Sprintf("not written in %q: %q is used instead", asked, t.Fallback.Language)}, nil
}

// bind puts vars into the template's slots.
func (t *compiled) bind(vars map[string]any, zone *time.Location) ([]value, error) {
	b := binding{t: t, zone: zone, values: make([]value, len(t.Variables))}
	b.take("", vars)
	var missing []string
	for i := range t.Variables {
		v := &t.Variables[i]
		if v.Required && !b.values[i].given() && !slices.Contains(b.faulty, v.Name) {
			missing = append(missing, v.Name)
		}
	}
	if len(b.unknown) == 0 && len(missing) == 0 && len(b.errs) == 0 {
		return b.values, nil
	}
	var errs []error
	if len(b.unknown) > 0 {
		slices.Sort(b.unknown)
		known := make([]string, len(t.Variables))
		for i, v := range t.Variables {
			known[i] = v.Name
		}
		errs = append(errs, &UnknownError{Names: b.unknown, Known: known})
	}
	if len(missing) > 0 {
		errs = append(errs, &MissingError{Names: missing})
	}
	slices.SortFunc(b.errs, func(a, b *ValueError) int { return strings.Compare(a.Name, b.Name) })
	for _, e := range b.errs {
		errs = append(errs, e)
	}
	return nil, errors.Join(errs...)
}

type binding struct {
	t       *compiled
	zone    *time.Location
	values  []value
	unknown []string
	faulty  []string
	errs    []*ValueError
}

func (b *binding) take(prefix string, vars map[string]any) {
	for key, in := range vars {
		name := prefix + key
		slot, ok := b.t.slots[name]
		if !ok {
			if nested, isMap := in.(map[string]any); isMap && strings.Count(name, ".") < 3 && len(nested) > 0 {
				b.take(name+".", nested)
			} else {
				b.unknown = append(b.unknown, name)
			}
			continue
		}
		if in == nil {
			continue
		}
		d := &b.t.Variables[slot]
		v, err := coerce(d, in, b.zone)
		if err != nil {
			b.errs = append(b.errs, &ValueError{Name: name, Type: d.Type, Err: err})
			b.faulty = append(b.faulty, name)
			continue
		}
		b.values[slot] = v
	}
}

func (r *renderer) email(b *body, lang string, out *Rendered) error {
	subject := textSink{rtl: r.locale.rtl}
	if err := r.write(&subject, b.subject); err != nil {
		return err
	}
	out.Subject = subject.text()
	page := htmlSink{rtl: r.locale.rtl, buf: make([]byte, 0, 2*b.bytes)}
	if err := r.write(&page, b.text); err != nil {
		return err
	}
	out.HTML = page.page(lang, out.Subject)
	return nil
}

// sms counts the segments, and says which character of a variable made a plain text dear.
func (out *Rendered) sms(b *body) {
	out.Segments, out.Encoding = Segments(out.Text)
	if out.Encoding == UCS2 && !b.wide {
		c, _ := ForcesUCS2(out.Text)
		out.Warnings = append(out.Warnings, fmt.Sprintf("the character %q (U+%04X) makes this SMS %s: 70 characters a segment instead of 160", c, c, UCS2))
	}
}

// content fills the provider-approved template, if there is one for the language. Its
// values are one line each and never empty: WhatsApp refuses others (Twilio 21656, 63028).
func (r *renderer) content(t *compiled, b *body, lang string, out *Rendered) error {
	w := t.WhatsApp
	if w == nil || w.SID[lang] == "" {
		return nil
	}
	c := &channels.Content{SID: w.SID[lang], Variables: make(map[string]string, len(b.content))}
	for i := range b.content {
		s := textSink{rtl: r.locale.rtl}
		if err := r.expression(&s, &b.content[i]); err != nil {
			return err
		}
		value := strings.Join(strings.Fields(s.text()), " ")
		if value == "" {
			return &MissingError{Names: []string{w.Variables[i]}}
		}
		c.Variables[strconv.Itoa(i+1)] = value
	}
	if a, ok := t.approved[lang]; ok {
		out.Text, c.Exact = fill(a.Body, c.Variables), true
	}
	out.Content = c
	return nil
}

func (r *renderer) text(nodes []node, guess int) (string, error) {
	var s string
	if r.channel == channels.Voice {
		v := voiceSink{buf: make([]byte, 0, guess+guess/4)}
		if err := r.write(&v, nodes); err != nil {
			return "", err
		}
		s = v.text()
	} else {
		t := textSink{rtl: r.locale.rtl, buf: make([]byte, 0, guess+guess/4)}
		if err := r.write(&t, nodes); err != nil {
			return "", err
		}
		s = t.text()
	}
	if limit := limits[r.channel]; len(s) > limit && utf8.RuneCountInString(s) > limit {
		return "", &TooLongError{Channel: r.channel, Limit: limit}
	}
	return s, nil
}
