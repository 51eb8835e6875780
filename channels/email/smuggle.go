package email

import "errors"

// errSmuggled refuses a mail with a lone dot between bare line ends.
var errSmuggled = errors.New("a dot stands alone between bare line ends")

// lineScan looks for what a server less strict than we are could take for the
// end of a mail: a dot alone on a line whose ends are not both CRLF ("\n.\n",
// "\n.\r\n", "\r.\r", …). Only CRLF.CRLF ends a mail here (RFC 5321 §4.1.1.4),
// so nothing can be smuggled past us; but such a mail was made to be two to
// somebody, and no honest program writes it, since whoever takes a bare LF for
// a line end also doubles the dot. Bare line ends alone are no offence: the
// mail is kept as it came.
type lineScan struct {
	bare   bool // the line before was ended by a bare CR or LF
	dot    bool // the present line is one dot so far
	inside bool // the present line is something else
	cr     bool // the last byte was CR
}

// suspect takes the next bytes and tells whether to refuse the mail.
func (s *lineScan) suspect(b []byte) bool {
	for _, c := range b {
		if s.cr {
			s.cr = false
			if s.end(c != '\n') {
				return true
			}
			if c == '\n' {
				continue
			}
		}
		switch {
		case c == '\r':
			s.cr = true
		case c == '\n':
			if s.end(true) {
				return true
			}
		case c == '.' && !s.dot && !s.inside:
			s.dot = true
		default:
			s.dot, s.inside = false, true
		}
	}
	return false
}

// end ends a line.
func (s *lineScan) end(bare bool) (suspect bool) {
	suspect = s.dot && (bare || s.bare)
	s.bare, s.dot, s.inside = bare, false, false
	return suspect
}
