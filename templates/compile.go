package templates

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

var (
	allChannels  = []channels.Kind{channels.Email, channels.SMS, channels.WhatsApp, channels.Voice}
	allLanguages = slices.Sorted(maps.Keys(locales))
	contentSID   = regexp.MustCompile(`^HX[0-9a-f]{32}$`)
)

// compile checks a draft and parses its texts.
func (l *loader) compile(name string, d *draft) *compiled {
	t := &compiled{slots: make(map[string]int), bodies: make(map[string]map[channels.Kind]*body)}
	t.Name = name
	if !d.hasHeader {
		l.add(mark{file: d.file}, "has no %s", headerFile)
		return t
	}
	c := compiler{loader: l, draft: d, t: t}
	c.header()
	c.variables()
	c.whatsapp()
	c.used = make([]bool, len(t.Variables))
	for _, lang := range t.Languages {
		c.language(lang)
	}
	for lang, file := range d.textFile {
		if !slices.Contains(t.Languages, lang) {
			l.add(mark{file: file}, "%s is not among the template's languages (%s)", lang, strings.Join(t.Languages, ", "))
		}
	}
	for i, v := range t.Variables {
		if !c.used[i] && !common(v.Name) && !c.broken {
			l.add(c.at("variables."+v.Name), "variable %s is used in no text", v.Name)
		}
	}
	return t
}

type compiler struct {
	*loader
	draft  *draft
	t      *compiled
	used   []bool
	broken bool // some text did not parse: what it uses is not known
}

func (c *compiler) at(path string) mark { return c.draft.header.at(path, c.draft.file) }

func (c *compiler) header() {
	h, t := c.draft.header, c.t
	t.Purpose, t.Languages, t.Channels = h.Purpose, h.Languages, h.Channels
	t.Description, _, _ = strings.Cut(h.note, "\n\n")
	t.Description = strings.Join(strings.Fields(t.Description), " ")
	t.Fallback = Fallback{Language: h.Fallback.Language, Channels: h.Fallback.Channels}
	if h.Name != "" && h.Name != t.Name {
		c.add(c.at("name"), "name is %q, but the folder is %q", h.Name, t.Name)
	}
	if t.Purpose != Service && t.Purpose != Marketing && t.Purpose != Staff {
		c.add(c.at("purpose"), "purpose is %q: it is %s, %s or %s", t.Purpose, Service, Marketing, Staff)
	}
	if len(t.Languages) == 0 {
		t.Languages = slices.Clone(allLanguages)
	}
	if len(t.Channels) == 0 {
		t.Channels = slices.Clone(allChannels)
	}
	t.Languages = keepKnown(c, "languages", t.Languages, allLanguages)
	t.Channels = keepKnown(c, "channels", t.Channels, allChannels)
	t.Fallback.Channels = keepKnown(c, "fallback.channels", t.Fallback.Channels, t.Channels)
	if h.Fallback.After != "" {
		var err error
		if t.Fallback.After, err = time.ParseDuration(h.Fallback.After); err != nil || t.Fallback.After <= 0 {
			c.add(c.at("fallback.after"), "fallback after %q is not a duration such as 15m", h.Fallback.After)
		}
	}
	if f := t.Fallback.Language; f != "" && !slices.Contains(t.Languages, f) {
		c.add(c.at("fallback.language"), "fallback language %q is not among the template's languages", f)
	}
}

// keepKnown reports what is not allowed or stands twice, and returns the rest.
func keepKnown[T ~string](c *compiler, key string, given, allowed []T) []T {
	var out []T
	for _, g := range given {
		switch {
		case !slices.Contains(allowed, g):
			c.add(c.at(key), "%s: %q is not one of %s", key, g, fmt.Sprint(allowed))
		case slices.Contains(out, g):
			c.add(c.at(key), "%s: %q stands twice", key, g)
		default:
			out = append(out, g)
		}
	}
	return out
}

func common(name string) bool {
	return slices.ContainsFunc(Common, func(v Variable) bool { return v.Name == name })
}

// variables come in the order of the file, the common ones last.
func (c *compiler) variables() {
	declared := c.draft.header.Variables
	names := slices.SortedFunc(maps.Keys(declared), func(a, b string) int {
		if n := c.at("variables."+a).line - c.at("variables."+b).line; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		c.variable(name, declared[name])
	}
	for _, v := range Common {
		if _, ok := c.t.slots[v.Name]; !ok {
			c.t.slots[v.Name] = len(c.t.Variables)
			c.t.Variables = append(c.t.Variables, v)
		}
	}
}

func (c *compiler) variable(name string, h headerVariable) {
	at := c.at("variables." + name)
	v := Variable{Name: name, Type: h.Type, Required: h.Required, Values: h.Values, Description: h.Description}
	switch {
	case !variableName.MatchString(name) || slices.Contains([]string{"not", "and", "or"}, name):
		c.add(at, "variable %q: a name is small letters, digits and _, and parts joined by dots", name)
	case !slices.Contains(types, h.Type):
		c.add(at, "variable %s: type %q is not one of %s", name, h.Type, fmt.Sprint(types))
		return
	case h.Type == Choice && len(h.Values) == 0:
		c.add(at, "variable %s: a choice needs values", name)
		return
	case h.Type != Choice && len(h.Values) > 0:
		c.add(at, "variable %s: only a choice has values", name)
	}
	for _, w := range h.Values {
		if !templateName.MatchString(w) {
			c.add(at, "variable %s: value %q: small letters, digits and _", name, w)
		}
	}
	v.sample = samples(h.Sample)
	for _, s := range v.sample {
		if val, err := coerce(&v, s, time.UTC); err != nil || !val.given() {
			c.add(at, "variable %s: its sample is not a %s", name, v.Type)
		}
	}
	c.t.slots[name] = len(c.t.Variables)
	c.t.Variables = append(c.t.Variables, v)
}

// samples reads one sample, or one for each language.
func samples(in any) map[string]any {
	if in == nil {
		return nil
	}
	byLanguage, ok := in.(map[string]any)
	if ok {
		for key := range byLanguage {
			ok = ok && locales[key] != nil
		}
	}
	if ok && len(byLanguage) > 0 {
		return byLanguage
	}
	return map[string]any{"": in}
}

func (c *compiler) whatsapp() {
	h := c.draft.header.WhatsApp
	if h.Content == "" && h.SID == nil && h.Variables == nil && h.Substitute == "" {
		return
	}
	c.t.WhatsApp = &WhatsApp{Content: h.Content, SID: h.SID, Variables: h.Variables, Substitute: h.Substitute}
	if s := h.Substitute; s != "" && (c.drafts[s] == nil || s == c.t.Name) {
		c.add(c.at("whatsapp.substitute"), "substitute %q is no other template", s)
	}
	for lang, sid := range h.SID {
		if !slices.Contains(c.t.Languages, lang) {
			c.add(c.at("whatsapp.sid."+lang), "content for %q, which is not among the template's languages", lang)
		}
		if !contentSID.MatchString(sid) {
			c.add(c.at("whatsapp.sid."+lang), "%q is not a Content SID (HX and 32 hexadecimal digits)", sid)
		}
	}
}

// language parses every channel of one language.
func (c *compiler) language(lang string) {
	sections := c.draft.texts[lang]
	if sections == nil {
		c.add(mark{file: c.draft.file}, "has no %s.txt", lang)
		c.broken = true
		return
	}
	c.t.bodies[lang] = make(map[channels.Kind]*body)
	for _, k := range c.t.Channels {
		if b := c.body(lang, k, sections); b != nil {
			c.t.bodies[lang][k] = b
		}
	}
}

func (c *compiler) body(lang string, k channels.Kind, sections map[string]section) *body {
	own := sections[string(k)]
	s := own
	if s.text == "" {
		s = sections[textSection]
	}
	if s.text == "" {
		c.add(mark{file: c.draft.textFile[lang]}, "has no text for %s: add a section === %s, or === %s for all", k, k, textSection)
		c.broken = true
		return nil
	}
	ch := checker{compiler: c, locale: localeFor(lang), channel: k, file: s.file}
	b := &body{text: ch.parse(s.text, s.line), bytes: len(s.text)}
	b.wide = wide(b.text)
	if k == channels.Email {
		if own.subject == "" {
			c.add(mark{file: c.draft.textFile[lang]}, "email has no subject: its section begins with a line Subject: …")
			return b
		}
		ch.file, ch.oneLine = own.file, true
		b.subject = ch.parse(own.subject, own.at)
	}
	if k == channels.WhatsApp && c.t.WhatsApp != nil {
		at := c.at("whatsapp.variables")
		ch.file, ch.oneLine = at.file, true
		for _, src := range c.t.WhatsApp.Variables {
			b.content = append(b.content, ch.expressionAlone(src, at.line))
		}
	}
	return b
}
