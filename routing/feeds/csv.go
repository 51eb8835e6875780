package feeds

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/conversations"
)

// The bounds of a file's parts.
const (
	maxLine    = 64 << 10 // bytes of one line
	maxFolds   = 50       // lines that one quoted cell may go on over
	maxColumns = 200
)

// Sheet says how a file of comma-separated values (RFC 4180; also semicolons, tabs and
// bars) is read. Its columns are found by their names in English, Arabic or Malay.
type Sheet struct {
	Kind      string            // conversations.KindShipment or KindBooking; empty: the reference column's name tells
	Zone      *time.Location    // of times without one; nil: UTC
	Columns   map[string]string // field → the column's name, for those that are called otherwise
	Codes     map[string]string // code → what it means in words, where the file has no status
	Canonical func(conversations.Reference) conversations.Reference
}

// Line is one record of a file: an event, or what is wrong with it.
type Line struct {
	N     int // where it begins, from 1
	Event Event
	Err   error
}

// Header is what a file's first line says.
type Header struct {
	Kind   string
	Unused []string // columns that mean nothing here
	column map[string]int
	facts  map[int]string
	width  int
	comma  byte
}

// Read reads a file as it comes, whatever its length. The header's fault is the error; a
// record's stands in its line, and what follows is read all the same.
func (s Sheet) Read(r io.Reader) (Header, iter.Seq[Line], error) {
	in := &lines{r: bufio.NewReaderSize(&newlines{r: r}, maxLine)}
	first, err := in.header()
	if err != nil {
		return Header{}, nil, fmt.Errorf("line %d: %w", max(in.n, 1), err)
	}
	h, err := s.header(first)
	if err != nil {
		return Header{}, nil, fmt.Errorf("line %d: %w", in.n, err)
	}
	return h, func(yield func(Line) bool) {
		for {
			n, cells, err := in.record(h.comma, h.width)
			if errors.Is(err, io.EOF) {
				return
			}
			var line Line
			switch {
			case err == nil && !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }):
				continue
			case err == nil && len(cells) != h.width:
				err = fmt.Errorf("has %d cells, and the header %d", len(cells), h.width)
			case err == nil:
				line.Event, err = s.event(h, cells)
			}
			line.N, line.Err = n, err
			if !yield(line) {
				return
			}
		}
	}, nil
}

// header assigns the columns.
func (s Sheet) header(line string) (Header, error) {
	h := Header{Kind: s.Kind, column: map[string]int{}, facts: map[int]string{}, comma: separator(line)}
	cells, err := split(line, h.comma)
	if err != nil {
		return h, err
	}
	if h.width = len(cells); h.width > maxColumns {
		return h, fmt.Errorf("has more than %d columns", maxColumns)
	}
	const chosen = -1
	rank := map[string]int{}
	for _, field := range Fields {
		if name, ok := s.Columns[field]; ok {
			i := slices.IndexFunc(cells, func(c string) bool { return folded(c) == folded(name) })
			if i < 0 {
				return h, fmt.Errorf("there is no column %q", name)
			}
			h.column[field], rank[field] = i, chosen
		}
	}
	claimed := slices.Collect(maps.Values(h.column))
	for i, name := range cells {
		w, known := means(name, s.Kind)
		if have, taken := rank[w.field]; known && !slices.Contains(claimed, i) && (!taken || w.rank < have) {
			h.column[w.field], rank[w.field] = i, w.rank
		}
	}
	used := slices.Collect(maps.Values(h.column))
	for i, name := range cells {
		if !slices.Contains(used, i) {
			h.facts[i] = factName(name)
		}
	}
	if at, ok := h.column[fieldReference]; ok && h.Kind == "" {
		h.Kind = words[folded(cells[at])].kind
	}
	if err := h.distinct(cells); err != nil {
		return h, err
	}
	return h, h.complete(cells)
}

// distinct finds two columns of one name of which the values would be mixed up.
func (h *Header) distinct(cells []string) error {
	first := map[string]int{}
	for i, name := range cells {
		key := folded(name)
		if fact, free := h.facts[i]; free && h.Kind == conversations.KindBooking {
			key = folded(fact)
		}
		j, doubled := first[key]
		if !doubled {
			first[key] = i
			continue
		}
		_, one := h.facts[j]
		if _, other := h.facts[i]; key != "" && (h.Kind == conversations.KindBooking || !one || !other) {
			return fmt.Errorf("columns %d and %d are both called %q: call them differently, or leave one out", j+1, i+1, strings.TrimSpace(name))
		}
	}
	return nil
}

// complete finds what a file cannot do without, and what is of no use.
func (h *Header) complete(cells []string) error {
	has := func(field string) bool { _, ok := h.column[field]; return ok }
	switch {
	case !has(fieldReference):
		return errors.New("no column holds the shipment's or booking's number: call it awb or booking, or say which it is")
	case !has(fieldStatus) && !has(fieldCode):
		return errors.New("no column holds the status: call it status or code, or say which it is")
	case h.Kind == "":
		return errors.New("it is not clear whether these are shipments or bookings: say which")
	}
	if h.Kind == conversations.KindBooking {
		return nil
	}
	for i := range cells {
		if _, unused := h.facts[i]; unused {
			h.Unused = append(h.Unused, cells[i])
		}
	}
	h.facts = nil
	return nil
}

// event is a record's.
func (s Sheet) event(h Header, cells []string) (Event, error) {
	for _, c := range cells {
		if !utf8.ValidString(c) || strings.ContainsRune(c, 0) {
			return Event{}, errors.New("is not UTF-8: save the file as CSV UTF-8")
		}
	}
	cell := func(field string) string {
		if i, ok := h.column[field]; ok {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	var facts map[string]any
	for i, name := range h.facts {
		if v := strings.TrimSpace(cells[i]); v != "" && name != "" {
			if facts == nil {
				facts = map[string]any{}
			}
			facts[name] = v
		}
	}
	return draft{kind: h.Kind, zone: s.Zone, codes: s.Codes, canonical: s.Canonical}.event(cell, facts)
}

// draft is what the entries of one file or body have in common.
type draft struct {
	kind      string
	zone      *time.Location
	codes     map[string]string
	canonical func(conversations.Reference) conversations.Reference
}

// event makes one of the fields' texts.
func (d draft) event(text func(field string) string, facts map[string]any) (Event, error) {
	if d.zone == nil {
		d.zone = time.UTC
	}
	at, late := Time(text(fieldAt)+" "+text(fieldTime), d.zone)
	e := Entry{
		Reference: text(fieldReference), ID: text(fieldID), Code: text(fieldCode), Status: text(fieldStatus), At: at,
		Detail: text(fieldDetail), Location: text(fieldLocation), Name: text(fieldName), Phone: text(fieldPhone),
		Email: text(fieldEmail), Language: text(fieldLanguage), Facts: facts,
	}
	if e.Status == "" {
		e.Status = d.codes[e.Code]
	}
	out, err := e.Event(d.kind, d.canonical)
	if late == nil {
		return out, err
	}
	var faults Faults
	errors.As(err, &faults)
	return Event{}, append(faults, Fault{fieldAt, late.Error()})
}
