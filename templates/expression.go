package templates

import (
	"strings"
)

// lexer splits the inside of one tag into words, quoted texts, numbers and marks.
type lexer struct {
	src  string
	pos  int
	line int
	add  func(line int, format string, args ...any)
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenText
	tokenNumber
	tokenMark
	tokenBad
)

type token struct {
	kind tokenKind
	text string
}

func (t token) is(mark string) bool { return t.kind == tokenMark && t.text == mark }

func (l *lexer) next() token {
	for l.pos < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.pos]) >= 0 {
		if l.src[l.pos] == '\n' {
			l.line++
		}
		l.pos++
	}
	if l.pos == len(l.src) {
		return token{kind: tokenEnd}
	}
	start, c := l.pos, l.src[l.pos]
	switch {
	case c == '"' || c == '\'':
		n := strings.IndexByte(l.src[l.pos+1:], c)
		l.pos += n + 2 // the tag's end was found outside quotes, so the quote does close
		text := l.src[start+1 : l.pos-1]
		l.line += strings.Count(text, "\n")
		return token{tokenText, text}
	case isLetter(c):
		for l.pos < len(l.src) && (isLetter(l.src[l.pos]) || isDigit(l.src[l.pos]) || l.src[l.pos] == '.') {
			l.pos++
		}
		return token{tokenWord, l.src[start:l.pos]}
	case isDigit(c):
		for l.pos < len(l.src) && isDigit(l.src[l.pos]) {
			l.pos++
		}
		return token{tokenNumber, l.src[start:l.pos]}
	case strings.HasPrefix(l.src[l.pos:], "==") || strings.HasPrefix(l.src[l.pos:], "!="):
		l.pos += 2
		return token{tokenMark, l.src[start:l.pos]}
	case strings.IndexByte("|:,", c) >= 0:
		l.pos++
		return token{tokenMark, l.src[start:l.pos]}
	}
	for _, r := range l.src[l.pos:] {
		l.pos += len(string(r))
		break
	}
	return token{tokenBad, l.src[start:l.pos]}
}

// peek reads the next token without moving.
func (l *lexer) peek() token {
	pos, line := l.pos, l.line
	t := l.next()
	l.pos, l.line = pos, line
	return t
}

func (l *lexer) word() string {
	if t := l.next(); t.kind == tokenWord {
		return t.text
	}
	return ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// end tells of anything left in a tag that should be finished.
func (p *parser) end(l *lexer) bool {
	if t := l.next(); t.kind != tokenEnd {
		p.add(l.line, "unexpected %q", t.text)
		return false
	}
	return true
}

func (p *parser) expression(l *lexer) (e expression, ok bool) {
	switch t := l.next(); t.kind {
	case tokenWord:
		e.name = t.text
	case tokenText:
		e.quoted = t.text
	default:
		p.add(l.line, "expected a variable, found %q", t.text)
		return e, false
	}
	for {
		t := l.next()
		if t.kind == tokenEnd {
			return e, true
		}
		if !t.is("|") {
			p.add(l.line, "expected | or the end, found %q", t.text)
			return e, false
		}
		f := filterCall{line: l.line, name: l.word()}
		if f.name == "" {
			p.add(l.line, "expected a filter after |")
			return e, false
		}
		if l.peek().is(":") {
			l.next()
			if f.args, ok = p.arguments(l); !ok {
				return e, false
			}
		}
		e.filters = append(e.filters, f)
	}
}

func (p *parser) arguments(l *lexer) (args []argument, ok bool) {
	for {
		var a argument
		t := l.next()
		if t.kind == tokenWord {
			a.name = t.text
			if !l.next().is(":") {
				p.add(l.line, "expected : after %q (texts are written in quotes)", a.name)
				return nil, false
			}
			t = l.next()
		}
		if t.kind != tokenText && t.kind != tokenNumber {
			p.add(l.line, "expected a text in quotes or a number, found %q", t.text)
			return nil, false
		}
		a.value, a.num = t.text, t.kind == tokenNumber
		args = append(args, a)
		if !l.peek().is(",") {
			return args, true
		}
		l.next()
	}
}

func (p *parser) condition(l *lexer) (c condition, ok bool) {
	for joint := ""; ; {
		t, ok := p.test(l)
		if !ok {
			return c, false
		}
		c.tests = append(c.tests, t)
		next := l.next()
		if next.kind == tokenEnd {
			c.or = joint == "or"
			return c, true
		}
		if next.text != "and" && next.text != "or" {
			p.add(l.line, "expected and, or, or the end, found %q", next.text)
			return c, false
		}
		if joint != "" && joint != next.text {
			p.add(l.line, "and and or in one condition: nest two ifs instead")
			return c, false
		}
		joint = next.text
	}
}

func (p *parser) test(l *lexer) (t test, ok bool) {
	t.line = l.line
	t.name = l.word()
	if t.name == "not" {
		t.not = true
		t.name = l.word()
	}
	if t.name == "" {
		p.add(l.line, "expected a variable in the condition")
		return t, false
	}
	if op := l.peek(); op.is("==") || op.is("!=") {
		l.next()
		t.op = op.text
		value := l.next()
		if value.kind != tokenText {
			p.add(l.line, "expected a text in quotes after %s", t.op)
			return t, false
		}
		if t.not {
			p.add(l.line, "write != instead of not … ==")
			return t, false
		}
		t.value = value.text
	}
	return t, true
}
