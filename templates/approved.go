package templates

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// Approved is a template at the provider that may open a WhatsApp conversation.
type Approved struct {
	Name     string // as the provider has it; WhatsApp.Content names it here
	Language string // en, en_US, ar, …
	SID      string // HX…
	Body     string // its text, with {{1}}, {{2}}, … for the variables
}

// placeholder is a variable of a provider's text.
var placeholder = regexp.MustCompile(`\{\{\s*(\d{1,2})\s*\}\}`)

// With is the library with provider-approved templates put in by name and language.
// A SID that a front matter gives stays. What the provider would refuse, because it wants
// other variables, is left out and told as a problem.
func (l *Library) With(approved []Approved) (*Library, []string) {
	byName := map[string][]Approved{}
	for _, a := range approved {
		byName[a.Name] = append(byName[a.Name], a)
	}
	out := &Library{templates: maps.Clone(l.templates), names: l.names}
	var problems []string
	for _, name := range l.names {
		t := l.templates[name]
		if t.WhatsApp == nil || t.WhatsApp.Content == "" {
			continue
		}
		next := *t
		next.approved = map[string]Approved{}
		w := *t.WhatsApp
		w.SID = maps.Clone(w.SID)
		if w.SID == nil {
			w.SID = map[string]string{}
		}
		for _, a := range byName[w.Content] {
			lang := primary(a.Language)
			if t.bodies[lang] == nil || w.SID[lang] != "" && w.SID[lang] != a.SID {
				continue
			}
			if n := wants(a.Body); n != len(w.Variables) {
				problems = append(problems, fmt.Sprintf("%s (%s) wants %d variables at the provider, and template %s gives %d: it is not used", a.Name, a.Language, n, name, len(w.Variables)))
				continue
			}
			w.SID[lang], next.approved[lang] = a.SID, a
		}
		next.WhatsApp = &w
		out.templates[name] = &next
	}
	return out, problems
}

// wants is how many variables a provider's text has: the greatest number in it.
func wants(body string) int {
	most := 0
	for _, m := range placeholder.FindAllStringSubmatch(body, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			most = max(most, n)
		}
	}
	return most
}

// fill is a provider's text as the customer gets it.
func fill(body string, variables map[string]string) string {
	return placeholder.ReplaceAllStringFunc(body, func(p string) string {
		return variables[strings.Trim(p, "{} ")]
	})
}
