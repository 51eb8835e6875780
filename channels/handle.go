package channels

import (
	"log/slog"
	"strings"
)

// HandleKind says what kind of address a handle is.
type HandleKind string

const (
	HandlePhone    HandleKind = "phone"    // E.164
	HandleEmail    HandleKind = "email"    // addr-spec
	HandleWhatsApp HandleKind = "whatsapp" // E.164 of a WhatsApp account
	HandleBSUID    HandleKind = "bsuid"    // WhatsApp's business-scoped user ID: a person without a number
)

// Handle is one address of a person: the triple (kind, issuer, value). No kind
// is required of anybody; a WhatsApp user may have no phone number at all.
type Handle struct {
	Kind   HandleKind `json:"kind"`
	Issuer string     `json:"issuer,omitempty"` // whose namespace Value is in; empty for global ones
	Value  string     `json:"value"`
}

// IsZero reports whether there is no handle (a withheld caller).
func (h Handle) IsZero() bool { return h.Value == "" }

// Key identifies the person behind the handle: a phone number and the WhatsApp
// account on that number are one key, and mail addresses ignore case.
func (h Handle) Key() string {
	switch h.Kind {
	case HandlePhone, HandleWhatsApp:
		return h.Value
	case HandleEmail:
		return strings.ToLower(h.Value)
	}
	return string(h.Kind) + ":" + h.Issuer + ":" + h.Value
}

// String masks the handle, so that a log line cannot leak it.
func (h Handle) String() string {
	if h.IsZero() {
		return "withheld"
	}
	if name, domain, ok := strings.Cut(h.Value, "@"); ok && len(name) > 0 {
		return name[:1] + "…@…" + domain[strings.LastIndexByte(domain, '.')+1:]
	}
	if len(h.Value) <= 6 {
		return "…"
	}
	return h.Value[:3] + "…" + h.Value[len(h.Value)-2:]
}

// LogValue implements slog.LogValuer with the masked form.
func (h Handle) LogValue() slog.Value { return slog.StringValue(h.String()) }
