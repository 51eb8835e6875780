package templates

import (
	"slices"
	"strings"

	"github.com/caravan-desk/caravan/channels"
)

// A language's file is made of sections. Each begins with a line "=== email" (or
// sms, whatsapp, voice, text) and runs to the next. text stands in for a channel
// without a section of its own. An email section begins with its subject; without
// anything further its body is text's.

// textSection is the section that the others fall back to.
const textSection = "text"

var sectionNames = []string{textSection, string(channels.Email), string(channels.SMS), string(channels.WhatsApp), string(channels.Voice)}

// section is a stretch of a file.
type section struct {
	file    string
	line    int // of its first line of text
	text    string
	subject string // email only
	at      int    // line of the subject
}

// readSections cuts a language's file into sections by name.
func readSections(file, src string, add func(m mark, format string, args ...any)) map[string]section {
	out := make(map[string]section)
	name := ""
	var text []string
	start := 0
	finish := func() {
		if name != "" {
			out[name] = newSection(name, file, start, text)
		}
		text = text[:0]
	}
	src = strings.TrimPrefix(strings.ReplaceAll(src, "\r\n", "\n"), "\uFEFF")
	for i, line := range strings.Split(src, "\n") {
		heading, ok := strings.CutPrefix(line, "===")
		if !ok {
			if name == "" && strings.TrimSpace(line) != "" {
				add(mark{file, i + 1}, "text before the first section: sections begin with a line such as === sms")
				return out
			}
			text = append(text, line)
			continue
		}
		finish()
		name, start = strings.TrimSpace(heading), i+2
		switch _, twice := out[name]; {
		case !slices.Contains(sectionNames, name):
			add(mark{file, i + 1}, "unknown section %q: there are %s", name, strings.Join(sectionNames, ", "))
		case twice:
			add(mark{file, i + 1}, "section %q stands twice", name)
		}
	}
	finish()
	if len(out) == 0 {
		add(mark{file, 1}, "no section: sections begin with a line such as === sms")
	}
	return out
}

func newSection(name, file string, line int, text []string) section {
	s := section{file: file}
	for len(text) > 0 && strings.TrimSpace(text[0]) == "" {
		text = text[1:]
		line++
	}
	if name == string(channels.Email) && len(text) > 0 {
		if subject, ok := strings.CutPrefix(text[0], "Subject:"); ok {
			s.subject, s.at = strings.TrimSpace(subject), line
			text = text[1:]
			line++
		}
	}
	s.line = line
	s.text = strings.TrimRight(strings.Join(text, "\n"), " \t\n")
	if strings.TrimSpace(s.text) == "" {
		s.text = ""
	}
	return s
}
