package templates

import (
	"strings"
	"unicode/utf8"
)

// The language is a small part of what Liquid looks like: {{ variable | filter: argument }} and
// {% if … %} {% elsif … %} {% else %} {% endif %}. It has no loops, no includes and no assignments, so
// a render always ends, reads nothing but its variables, and takes time linear in its output.

// node is literal, *output or *branch.
type node any

type literal struct {
	text string
	line int
}

type output struct {
	expr expression
	line int
}

type branch struct{ arms []arm }

// arm is one way through a branch; an empty condition is {% else %}.
type arm struct {
	cond condition
	body []node
	line int
}

// expression is a variable, or a quoted text, sent through filters.
type expression struct {
	name    string
	quoted  string // in place of name
	slot    int    // of the variable, once checked
	filters []filterCall
}

type filterCall struct {
	name  string
	args  []argument
	apply filterFunc // once checked
	line  int
}

type argument struct {
	name  string // for named ones
	value string
	num   bool
}

// condition is a chain of tests under one connective.
type condition struct {
	or    bool
	tests []test
}

type test struct {
	name  string
	not   bool
	op    string // "", "==" or "!="
	value string
	slot  int // of the variable, once checked
	line  int
}

const maxDepth = 8 // of nested ifs

type parser struct {
	src   string
	pos   int
	line  int
	depth int
	add   func(line int, format string, args ...any)
	bad   bool // an open or close mismatch was told: unwinding would only repeat it
}

// parse reads one body whose first line is numbered line. Faults go to add; the
// nodes are usable only if there were none.
func parse(src string, line int, add func(line int, format string, args ...any)) []node {
	p := &parser{src: src, line: line, add: add}
	if !utf8.ValidString(src) {
		add(line, "text is not UTF-8")
		return nil
	}
	body, stop := p.nodes()
	if stop.word != "" && !p.bad {
		add(stop.line, "{%% %s %%} without an {%% if %%}", stop.word)
	}
	return body
}

// stopTag is the tag that ended a run of nodes; empty at the end of the text.
type stopTag struct {
	word string
	lex  *lexer
	line int
}

func (p *parser) nodes() (out []node, stop stopTag) {
	for p.pos < len(p.src) {
		i := nextTag(p.src[p.pos:])
		text := p.src[p.pos:]
		if i >= 0 {
			text = text[:i]
		}
		if text != "" {
			out = append(out, literal{text, p.line})
			p.line += strings.Count(text, "\n")
			p.pos += len(text)
		}
		if i < 0 {
			break
		}
		statement := p.src[p.pos+1] == '%'
		var alone bool
		if statement {
			out, alone = p.trimBefore(out)
		}
		lex, line := p.tag(statement)
		if lex == nil {
			return out, stopTag{}
		}
		if alone {
			p.trimAfter()
		}
		if !statement {
			if e, ok := p.expression(lex); ok {
				out = append(out, &output{e, line})
			}
			continue
		}
		switch word := lex.word(); word {
		case "if":
			if b, ok := p.branch(lex, line); ok {
				out = append(out, b)
			}
			if p.bad {
				return out, stopTag{}
			}
		case "elsif", "else", "endif":
			return out, stopTag{word, lex, line}
		default:
			p.add(line, "unknown tag %q: there are if, elsif, else and endif", word)
		}
	}
	return out, stopTag{}
}

// branch reads from after the word if to its endif.
func (p *parser) branch(lex *lexer, line int) (b *branch, ok bool) {
	b = &branch{}
	if p.depth++; p.depth > maxDepth {
		p.add(line, "ifs are nested more than %d deep", maxDepth)
		p.bad = true
		return b, false
	}
	defer func() { p.depth-- }()
	cond, ok := p.condition(lex)
	closed := false // an else was seen
	for at := line; ; {
		body, stop := p.nodes()
		b.arms = append(b.arms, arm{cond, body, at})
		switch {
		case p.bad:
			return b, false
		case stop.word == "":
			p.add(line, "{%% if %%} is never closed by {%% endif %%}")
			p.bad = true
			return b, false
		case stop.word == "endif":
			return b, p.end(stop.lex) && ok
		case closed:
			p.add(stop.line, "{%% %s %%} after {%% else %%}", stop.word)
			ok = false
		}
		at = stop.line
		if stop.word == "else" {
			closed = true
			cond = condition{}
			ok = p.end(stop.lex) && ok
			continue
		}
		var good bool
		cond, good = p.condition(stop.lex)
		ok = ok && good
	}
}

// tag cuts out the tag at pos and steps over it. It is nil where the tag never ends.
func (p *parser) tag(statement bool) (lex *lexer, line int) {
	line = p.line
	end := "}}"
	if statement {
		end = "%}"
	}
	n := tagEnd(p.src[p.pos+2:], end)
	if n < 0 {
		p.add(line, "%s is never closed by %s", p.src[p.pos:p.pos+2], end)
		p.bad = true
		p.pos = len(p.src)
		return nil, line
	}
	inner := p.src[p.pos+2 : p.pos+2+n]
	p.line += strings.Count(inner, "\n")
	p.pos += n + 4
	return &lexer{src: inner, line: line, add: p.add}, line
}

// trimBefore removes the indent before a statement that stands alone on its line.
func (p *parser) trimBefore(out []node) ([]node, bool) {
	before := p.src[:p.pos]
	start := strings.LastIndexByte(before, '\n') + 1
	if strings.Trim(before[start:], " \t") != "" {
		return out, false
	}
	n := tagEnd(p.src[p.pos+2:], "%}")
	if n < 0 {
		return out, false
	}
	rest, _, _ := strings.Cut(p.src[p.pos+n+4:], "\n")
	if strings.Trim(rest, " \t") != "" {
		return out, false
	}
	if len(out) > 0 {
		if l, ok := out[len(out)-1].(literal); ok {
			l.text = strings.TrimRight(l.text, " \t")
			out[len(out)-1] = l
		}
	}
	return out, true
}

// trimAfter steps over the end of a line that held only a statement.
func (p *parser) trimAfter() {
	rest := p.src[p.pos:]
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		p.pos += i + 1
		p.line++
		return
	}
	p.pos = len(p.src)
}

func nextTag(s string) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && (s[i+1] == '{' || s[i+1] == '%') {
			return i
		}
	}
	return -1
}

// tagEnd finds end outside quotes.
func tagEnd(s, end string) int {
	var quote byte
	for i := 0; i < len(s); i++ {
		switch {
		case quote != 0:
			if s[i] == quote {
				quote = 0
			}
		case s[i] == '"' || s[i] == '\'':
			quote = s[i]
		case strings.HasPrefix(s[i:], end):
			return i
		}
	}
	return -1
}
