package templates

import (
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// renderer holds what one render needs; write walks the nodes with it.
type renderer struct {
	locale  *locale
	channel channels.Kind
	values  []value
	now     time.Time
	zone    *time.Location
	nobody  bool // no time zone was given
}

func (r *renderer) write(s sink, nodes []node) error {
	for _, n := range nodes {
		switch n := n.(type) {
		case literal:
			s.literal(n.text)
		case *output:
			if err := r.expression(s, &n.expr); err != nil {
				return err
			}
		case *branch:
			for i := range n.arms {
				if !r.holds(&n.arms[i].cond) {
					continue
				}
				if err := r.write(s, n.arms[i].body); err != nil {
					return err
				}
				break
			}
		}
		// HTML is a few times its text; the exact limit is measured on the text.
		if s.size() > 4*4*limits[r.channel] {
			return &TooLongError{Channel: r.channel, Limit: limits[r.channel]}
		}
	}
	return nil
}

func (r *renderer) holds(c *condition) bool {
	for i := range c.tests {
		t := &c.tests[i]
		v := &r.values[t.slot]
		ok := v.given()
		switch t.op {
		case "==":
			ok = ok && v.text == t.value
		case "!=":
			ok = !ok || v.text != t.value
		}
		if (ok != t.not) == c.or {
			return c.or
		}
	}
	return !c.or
}

func (r *renderer) expression(s sink, e *expression) error {
	if e.name == "" {
		s.literal(e.quoted)
		return nil
	}
	v := r.values[e.slot]
	for i := range e.filters {
		if f := &e.filters[i]; v.given() || f.name == "default" {
			v = f.apply(v, f.args, r.locale)
		}
	}
	r.emit(s, &v)
	return nil
}

// emit writes a value the way its type, its filters, the language and the channel want it.
func (r *renderer) emit(s sink, v *value) {
	spoken := r.channel == channels.Voice
	if v.prose != nil {
		for _, p := range v.prose {
			if p.ltr {
				s.value(p.text, ltr)
			} else {
				s.literal(p.text)
			}
		}
		return
	}
	switch v.typ {
	case Number:
		s.value(r.number(v.text), ltr)
	case Reference, Phone:
		text := v.text
		if spoken || v.how.has(spelled) {
			text = spell(text)
		}
		s.value(text, ltr)
	case URL:
		s.link(v.text)
	case MoneyType:
		s.value(r.locale.amount(v.text, v.code, spoken), r.own())
	case Date, DateTime:
		s.value(r.locale.moment(moment{t: v.at, typ: v.typ, how: v.how, now: r.now, spoken: spoken, nobody: r.nobody}), r.own())
	case List:
		r.list(s, v)
	case String, Choice:
		text := v.text
		if v.how.has(spelled) {
			text = spell(text)
		}
		s.value(text, first)
	}
}

// own is the direction of a phrase that this package writes in the language itself.
func (r *renderer) own() direction {
	if r.locale.rtl {
		return rtl
	}
	return ltr
}

func (r *renderer) number(digits string) string {
	if r.channel == channels.Voice {
		return digits
	}
	return group(digits)
}

func (r *renderer) list(s sink, v *value) {
	for i, item := range v.items {
		switch {
		case v.how.has(bulleted) && r.channel != channels.Voice:
			s.literal("\n- ")
		case i == 0:
		case i == len(v.items)-1:
			s.literal(r.locale.lastTwo)
		default:
			s.literal(r.locale.comma)
		}
		s.value(item, first)
	}
}

// wide reports whether some literal of the nodes needs UCS-2 whatever the variables are.
func wide(nodes []node) bool {
	for _, n := range nodes {
		switch n := n.(type) {
		case literal:
			if _, forced := ForcesUCS2(n.text); forced {
				return true
			}
		case *branch:
			for _, a := range n.arms {
				if wide(a.body) {
					return true
				}
			}
		case *output:
			for _, f := range n.expr.filters {
				for _, a := range f.args {
					if strings.ContainsFunc(a.value, func(r rune) bool { return gsmUnits(r) == 0 }) {
						return true
					}
				}
			}
		}
	}
	return false
}
