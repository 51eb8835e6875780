package email

import "strings"

// headers are the fields of one header block, in their order (RFC 5322 §2.2).
type headers []headerField

// headerField is one of them, unfolded: its lines are joined by one blank each.
type headerField struct{ name, value string }

// readHeaders reads a block that header has repaired: lines that end in \r\n, each
// with a name and a colon, or indented and below such a line.
func readHeaders(block string) headers {
	out := make(headers, 0, strings.Count(block, "\n"))
	for block != "" {
		var text string
		text, block, _ = strings.Cut(block, "\r\n")
		name, value, found := strings.Cut(text, ":")
		if !found {
			continue
		}
		f := headerField{name: strings.TrimRight(name, " \t"), value: strings.Trim(value, " \t\r")}
		if block != "" && isBlank(block[0]) {
			f.value, block = unfold(f.value, block)
		}
		out = append(out, f)
	}
	return out
}

// unfold joins the indented lines that block starts with to a value.
func unfold(value, block string) (joined, rest string) {
	var b strings.Builder
	b.WriteString(value)
	for block != "" && isBlank(block[0]) {
		var text string
		text, block, _ = strings.Cut(block, "\r\n")
		if text = strings.Trim(text, " \t\r"); text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	return b.String(), block
}

// Get is the value of the first field of that name, in any case; empty if there is none.
func (h headers) Get(name string) string {
	for i := range h {
		if h[i].is(name) {
			return h[i].value
		}
	}
	return ""
}

// Values are the values of all fields of that name.
func (h headers) Values(name string) (all []string) {
	for i := range h {
		if h[i].is(name) {
			all = append(all, h[i].value)
		}
	}
	return all
}

// Has reports whether there is a field of that name.
func (h headers) Has(name string) bool {
	for i := range h {
		if h[i].is(name) {
			return true
		}
	}
	return false
}

func (f *headerField) is(name string) bool {
	return len(f.name) == len(name) && f.name[0]|0x20 == name[0]|0x20 && strings.EqualFold(f.name, name)
}
