// Package feeds reads what the systems that run shipments and tours hand over where they
// cannot use our API: files of comma-separated values (csv.go), and JSON in a form of
// their own that they post to us, signed (form.go, sign.go). Both end in an Entry, which
// Event checks and turns into what news.Newsroom keeps; the API's own events go through
// the same check. Keep carries many of them, each matter's in its order. Nothing here
// knows HTTP or the store.
package feeds

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/conversations"
)

// Entry is one event as another system gives it. What was not given is empty.
type Entry struct {
	Reference string // of the shipment or booking, however it is spaced
	ID        string // the system's own; a digest of the entry if it has none
	Code      string
	Status    string    // in words
	At        time.Time // zero: now
	Detail    string
	Location  string
	Name      string // of the customer, as the three below
	Phone     string // in international form
	Email     string
	Language  string
	Facts     map[string]any // of a booking
}

// Event is an entry that was found good.
type Event struct {
	Reference conversations.Reference
	Report    conversations.Report
	Facts     map[string]any
}

// Fault is what is wrong with one field of an entry. It never repeats the value.
type Fault struct {
	Field string
	Text  string
}

// Faults is everything that is wrong with one entry.
type Faults []Fault

// Error implements error.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Field + ": " + one.Text
	}
	return strings.Join(lines, "; ")
}

// The longest values, in characters, and how many facts one event may tell.
const (
	mostFacts    = 100
	maxReference = 64
	maxFact      = 4000 // bytes
)

var longest = map[string]int{
	"id": 200, "code": 100, "status": 200, "detail": 2000, "location": 200, "name": 200, "phone": 40, "email": 254, "language": 35,
}

// Event checks an entry; its error is of type Faults. canonical writes a reference as
// conversations hold it; nil leaves it in capitals without spaces.
func (e Entry) Event(kind string, canonical func(conversations.Reference) conversations.Reference) (Event, error) {
	var faults Faults
	wrong := func(field, text string, args ...any) {
		faults = append(faults, Fault{field, fmt.Sprintf(text, args...)})
	}
	text := func(field, value string) string {
		value = strings.TrimSpace(value)
		if utf8.RuneCountInString(value) > longest[field] {
			wrong(field, "is longer than %d characters", longest[field])
		}
		if !utf8.ValidString(value) {
			wrong(field, "is not UTF-8")
		}
		return value
	}
	out := Event{Report: conversations.Report{
		ID: text("id", e.ID), Code: text("code", e.Code), Status: text("status", e.Status),
		Detail: text("detail", e.Detail), Location: text("location", e.Location), At: e.At.UTC().Truncate(time.Millisecond),
	}, Facts: e.Facts}
	var ok bool
	if out.Reference, ok = Reference(kind, e.Reference, canonical); !ok {
		wrong("reference", "is not a number: letters, digits and - _ . / only, at most %d", maxReference)
	}
	if out.Report.Code == "" && out.Report.Status == "" {
		wrong("status", "is missing: an event has a status, a code or both")
	}
	if len(e.Facts) > mostFacts {
		wrong("facts", "are more than %d", mostFacts)
	}
	for _, v := range e.Facts {
		if s, ok := v.(string); ok && len(s) > maxFact {
			wrong("facts", "hold one that is longer than %d bytes", maxFact)
			break
		}
	}
	who := &conversations.Customer{Name: text("name", e.Name), Language: strings.ToLower(text("language", e.Language))}
	if who.Phone, ok = conversations.PhoneNumber(text("phone", e.Phone)); !ok && who.Phone != "" {
		wrong("phone", "is not a number in international form, such as +966501234567")
	}
	if who.Email, ok = conversations.EmailAddress(text("email", e.Email)); !ok && who.Email != "" {
		wrong("email", "is not an email address")
	}
	if who.Phone != "" || who.Email != "" {
		out.Report.Customer = who
	}
	if len(faults) > 0 {
		return Event{}, faults
	}
	if out.Report.ID == "" {
		out.Report.ID = digest(out)
	}
	return out, nil
}

// digest stands for an event without an ID: the same event again has the same.
func digest(e Event) string {
	r := e.Report
	h := sha256.New()
	for _, s := range []string{e.Reference.Key(), r.Code, r.Status, r.Detail, r.Location} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	if !r.At.IsZero() {
		fmt.Fprint(h, r.At.UnixMilli())
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)[:16])
}

// Reference is a number as conversations hold it; ok is false if it cannot be one.
func Reference(kind, value string, canonical func(conversations.Reference) conversations.Reference) (r conversations.Reference, ok bool) {
	r = conversations.Reference{Kind: kind, Value: strings.ToUpper(strings.Join(strings.Fields(conversations.WesternDigits(value)), ""))}
	if canonical != nil {
		r = canonical(r)
	}
	plain := func(c rune) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' }
	stranger := func(c rune) bool { return !plain(c) && !strings.ContainsRune("-_./", c) }
	return r, len(r.Value) <= maxReference && strings.ContainsFunc(r.Value, plain) && !strings.ContainsFunc(r.Value, stranger)
}
