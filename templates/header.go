package templates

import (
	"bytes"
	"errors"
	"strings"

	"github.com/caravan-desk/caravan/channels"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"
)

// header is the front matter of a template.md. In a folder laid over another, a
// key that is given replaces the one below.
type header struct {
	Name      string                    `yaml:"name"`
	Purpose   Purpose                   `yaml:"purpose"`
	Languages []string                  `yaml:"languages"` // default: every language there are forms for
	Channels  []channels.Kind           `yaml:"channels"`  // default: all four
	Variables map[string]headerVariable `yaml:"variables"`
	WhatsApp  headerWhatsApp            `yaml:"whatsapp"`
	Fallback  headerFallback            `yaml:"fallback"`

	note  string          // what follows the front matter
	lines map[string]mark // key's path ("variables.name") → where it stands
}

type headerVariable struct {
	Type        Type     `yaml:"type"`
	Required    bool     `yaml:"required"`
	Values      []string `yaml:"values"`
	Description string   `yaml:"description"`
	Sample      any      `yaml:"sample"` // one value, or one for each language
}

type headerWhatsApp struct {
	Content   string            `yaml:"content"`
	SID       map[string]string `yaml:"sid"`
	Variables []string          `yaml:"variables"`

	Substitute string `yaml:"substitute"`
}

type headerFallback struct {
	Language string          `yaml:"language"`
	After    string          `yaml:"after"`
	Channels []channels.Kind `yaml:"channels"`
}

// mark is a place in a file.
type mark struct {
	file string
	line int
}

// readHeader splits and reads a template.md.
func readHeader(file string, src []byte, add func(m mark, format string, args ...any)) (h header, ok bool) {
	rest, found := bytes.CutPrefix(bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")), []byte("---\n"))
	front, note, closed := bytes.Cut(rest, []byte("\n---\n"))
	if !closed {
		front, closed = bytes.CutSuffix(rest, []byte("\n---"))
	}
	if !found || !closed {
		add(mark{file, 1}, "front matter is missing: the file begins with a line --- and ends it with another")
		return h, false
	}
	doc, err := yamlparser.ParseBytes(front, 0)
	if err == nil && len(doc.Docs) > 0 && doc.Docs[0].Body != nil {
		err = yaml.NodeToValue(doc.Docs[0].Body, &h, yaml.Strict())
	}
	if err != nil {
		line, text := 1, err.Error()
		var e yaml.Error
		if errors.As(err, &e) {
			text = e.GetMessage()
			if t := e.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		add(mark{file, line + 1}, "front matter: %s", strings.TrimSpace(text))
		return h, false
	}
	h.note = strings.TrimSpace(string(note))
	h.lines = make(map[string]mark)
	for _, d := range doc.Docs {
		if d.Body != nil {
			ast.Walk(lineVisitor{file, h.lines}, d.Body)
		}
	}
	return h, true
}

// lineVisitor notes the line of every key, so that a fault can be told by it.
type lineVisitor struct {
	file  string
	lines map[string]mark
}

func (v lineVisitor) Visit(n ast.Node) ast.Visitor {
	if kv, ok := n.(*ast.MappingValueNode); ok {
		path := strings.TrimPrefix(kv.Key.GetPath(), "$.")
		path = strings.ReplaceAll(path, "'", "") // keys with dots are quoted
		if t := kv.Key.GetToken(); t != nil && t.Position != nil {
			v.lines[path] = mark{v.file, t.Position.Line + 1} // the line of --- is not in the front matter
		}
	}
	return v
}

// over lays h over what is below it.
func (h header) over(below header) header {
	out := below
	if h.Name != "" {
		out.Name = h.Name
	}
	if h.Purpose != "" {
		out.Purpose = h.Purpose
	}
	if h.Languages != nil {
		out.Languages = h.Languages
	}
	if h.Channels != nil {
		out.Channels = h.Channels
	}
	if h.Variables != nil {
		out.Variables = h.Variables
	}
	if h.WhatsApp.Content != "" {
		out.WhatsApp.Content = h.WhatsApp.Content
	}
	if h.WhatsApp.SID != nil {
		out.WhatsApp.SID = h.WhatsApp.SID
	}
	if h.WhatsApp.Substitute != "" {
		out.WhatsApp.Substitute = h.WhatsApp.Substitute
	}
	if h.WhatsApp.Variables != nil {
		out.WhatsApp.Variables = h.WhatsApp.Variables
	}
	if h.Fallback.Language != "" {
		out.Fallback.Language = h.Fallback.Language
	}
	if h.Fallback.After != "" {
		out.Fallback.After = h.Fallback.After
	}
	if h.Fallback.Channels != nil {
		out.Fallback.Channels = h.Fallback.Channels
	}
	if h.note != "" {
		out.note = h.note
	}
	out.lines = make(map[string]mark, len(below.lines)+len(h.lines))
	for k, m := range below.lines {
		out.lines[k] = m
	}
	for k, m := range h.lines {
		out.lines[k] = m
	}
	return out
}

// at finds where a key stands, or the nearest key above it.
func (h header) at(path string, file string) mark {
	for path != "" {
		if m, ok := h.lines[path]; ok {
			return m
		}
		i := strings.LastIndexByte(path, '.')
		path = path[:max(i, 0)]
	}
	return mark{file, 1}
}
