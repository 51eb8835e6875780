package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/caravan-desk/caravan/channels"
)

// checker holds one text against the variables, the language and the channel, and
// resolves names to slots and filters on the way.
type checker struct {
	*compiler
	locale  *locale
	channel channels.Kind
	file    string
	oneLine bool // a subject, or a variable of provider-approved content
}

func (c *checker) tell(line int, format string, args ...any) {
	c.add(mark{c.file, line}, format, args...)
}

// parse parses and checks a text.
func (c *checker) parse(src string, line int) []node {
	before := len(c.problems)
	nodes := parse(src, line, c.tell)
	if len(c.problems) > before {
		c.broken = true
		return nil
	}
	c.nodes(nodes, nil)
	return nodes
}

// expressionAlone parses an expression that stands without braces.
func (c *checker) expressionAlone(src string, line int) expression {
	nodes := c.parse("{{ "+src+" }}", line)
	if len(nodes) == 1 {
		if o, ok := nodes[0].(*output); ok {
			return o.expr
		}
	}
	if nodes != nil {
		c.tell(line, "whatsapp variable %q is not one expression", src)
	}
	return expression{}
}

// present is the set of optional variables that are known to be given at some point.
type present map[int]bool

func (p present) with(slots []int) present {
	if len(slots) == 0 {
		return p
	}
	out := maps.Clone(p)
	if out == nil {
		out = make(present)
	}
	for _, s := range slots {
		out[s] = true
	}
	return out
}

func (c *checker) nodes(nodes []node, known present) {
	for _, n := range nodes {
		switch n := n.(type) {
		case literal:
			c.literal(n.text, n.line)
		case *output:
			c.expression(&n.expr, n.line, known)
		case *branch:
			rest := known
			for i := range n.arms {
				cond := &n.arms[i].cond
				c.condition(cond)
				c.nodes(n.arms[i].body, rest.with(givenIf(cond, true)))
				rest = rest.with(givenIf(cond, false))
			}
		}
	}
}

// givenIf are the variables that must be given where the condition comes out as told.
func givenIf(cond *condition, holds bool) (slots []int) {
	if len(cond.tests) > 1 && cond.or == holds {
		return nil // any one of the tests may have decided it
	}
	for _, t := range cond.tests {
		positive := t.op == "==" || t.op == "" && !t.not
		if positive == holds {
			slots = append(slots, t.slot)
		}
	}
	return slots
}

func (c *checker) literal(text string, line int) {
	for i, part := range strings.Split(text, "\n") {
		if at := strings.IndexFunc(part, func(r rune) bool { return r != '\t' && dropped(r) }); at >= 0 {
			c.tell(line+i, "invisible character %+q: direction marks are put around values by themselves", []rune(part[at:])[0])
		}
		if c.channel == channels.Voice {
			if r, found := unspeakable(part); found {
				c.tell(line+i, "%q cannot be spoken: write voice texts without symbols", r)
			}
		}
	}
}

func (c *checker) slot(name string, line int) (int, bool) {
	slot, ok := c.t.slots[name]
	if !ok {
		known := slices.Sorted(maps.Keys(c.t.slots))
		c.tell(line, "unknown variable %q: there are %s", name, strings.Join(known, ", "))
		return 0, false
	}
	c.used[slot] = true
	return slot, true
}

func (c *checker) condition(cond *condition) {
	for i := range cond.tests {
		t := &cond.tests[i]
		slot, ok := c.slot(t.name, t.line)
		if !ok {
			continue
		}
		t.slot = slot
		v := c.t.Variables[slot]
		switch {
		case t.op == "" && v.Required:
			c.tell(t.line, "variable %s is required, so it is always given", v.Name)
		case t.op != "" && v.Type != Choice:
			c.tell(t.line, "only a choice is compared, and %s is a %s", v.Name, v.Type)
		case t.op != "" && !slices.Contains(v.Values, t.value):
			c.tell(t.line, "%s is never %q: its values are %s", v.Name, t.value, strings.Join(v.Values, ", "))
		}
	}
}

func (c *checker) expression(e *expression, line int, known present) {
	if e.name == "" {
		if len(e.filters) > 0 {
			c.tell(line, "a quoted text takes no filters")
		}
		c.literal(e.quoted, line)
		return
	}
	slot, ok := c.slot(e.name, line)
	if !ok {
		return
	}
	e.slot = slot
	v := &c.t.Variables[slot]
	certain := v.Required || known[slot]
	typ := v.Type
	for i := range e.filters {
		f := &e.filters[i]
		certain = certain || f.name == "default"
		if typ, ok = c.filter(f, v, typ); !ok {
			return
		}
	}
	switch {
	case !certain:
		c.tell(line, "%s may be missing: give it a default, or stand it in {%% if %s %%}", v.Name, v.Name)
	case typ == Choice:
		c.tell(line, "%s is a choice: put it into words with choose", v.Name)
	case typ == URL && c.channel == channels.Voice:
		c.tell(line, "%s is a link and cannot be spoken", v.Name)
	}
}

// filter checks one filter on a value of type typ, and returns the type that comes out.
func (c *checker) filter(f *filterCall, v *Variable, typ Type) (Type, bool) {
	known, ok := filters[f.name]
	if !ok {
		c.tell(f.line, "unknown filter %q: there are %s", f.name, strings.Join(slices.Sorted(maps.Keys(filters)), ", "))
		return "", false
	}
	if len(known.in) > 0 && !slices.Contains(known.in, typ) {
		c.tell(f.line, "filter %s takes %s, and %s is a %s here", f.name, fmt.Sprint(known.in), v.Name, typ)
		return "", false
	}
	if wrong := known.check(v, f.args, c.locale); wrong != "" {
		c.tell(f.line, "filter %s: %s", f.name, wrong)
		return "", false
	}
	if f.name == "bullets" && c.oneLine {
		c.tell(f.line, "bullets need several lines, and here there is one")
	}
	for _, a := range f.args {
		if !a.num {
			c.literal(strings.ReplaceAll(a.value, "#", ""), f.line)
		}
	}
	f.apply = known.apply
	if known.out != "" {
		typ = known.out
	}
	return typ, true
}
