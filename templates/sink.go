package templates

import "strings"

// direction says how a value reads, whatever language the text around it is in.
type direction uint8

const (
	ltr   direction = iota // numbers, references, links, telephone numbers
	rtl                    // phrases of ours in Arabic
	first                  // a stranger's words: by their first strong letter
)

// sink is where a render goes. Literal text is the template's own and may hold line
// breaks and list marks; a value is somebody else's and is only ever content.
type sink interface {
	literal(s string)
	value(s string, d direction)
	link(url string)
	size() int // bytes so far
}

// textSink writes plain text. In right-to-left text every value is isolated but
// those that cannot come apart there; in left-to-right text only what has
// right-to-left letters, since the marks would make a GSM-7 message UCS-2.
type textSink struct {
	buf []byte
	rtl bool
}

func (t *textSink) size() int        { return len(t.buf) }
func (t *textSink) literal(s string) { t.buf = append(t.buf, s...) }

func (t *textSink) value(s string, d direction) {
	if t.rtl && seamless(s) || !t.rtl && (d == ltr || !rightToLeft(s)) {
		t.buf = append(t.buf, s...)
		return
	}
	t.buf = append(t.buf, [...]string{ltr: isolateLTR, rtl: isolateRTL, first: isolateFirst}[d]...)
	t.buf = append(t.buf, s...)
	t.buf = append(t.buf, isolateEnd...)
}

// link keeps a space before the closing mark: phones that turn text into links take
// every character that is not a space into the address.
func (t *textSink) link(url string) {
	if !t.rtl {
		t.buf = append(t.buf, url...)
		return
	}
	t.buf = append(t.buf, isolateLTR...)
	t.buf = append(t.buf, url...)
	t.buf = append(t.buf, ' ')
	t.buf = append(t.buf, isolateEnd...)
}

// text is what was written, without the gaps that untaken branches left.
func (t *textSink) text() string { return tidy(string(t.buf)) }

// tidy trims lines' ends and the text's, and lets no more than one empty line stand.
func tidy(s string) string {
	s = strings.Trim(s, " \t\n")
	if !strings.Contains(s, "\n\n\n") && !strings.Contains(s, " \n") && !strings.Contains(s, "\t\n") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	empty := 0
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimRight(line, " \t"); line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n"[:min(empty+1, 2)])
		}
		b.WriteString(line)
		empty = 0
	}
	return b.String()
}

// voiceSink writes what a voice reads aloud: one line, no symbols.
type voiceSink struct{ buf []byte }

func (v *voiceSink) size() int        { return len(v.buf) }
func (v *voiceSink) literal(s string) { v.buf = append(v.buf, s...) }
func (v *voiceSink) link(string)      {} // the checker lets no link be spoken
func (v *voiceSink) value(s string, _ direction) {
	v.buf = append(v.buf, speakable(s)...)
}

func (v *voiceSink) text() string { return strings.Join(strings.Fields(string(v.buf)), " ") }
