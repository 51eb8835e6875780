package news

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing"
)

// lack is a document that a traveller still owes.
type lack struct {
	traveller string // his name; empty where the booking does not name its travellers
	document  routing.Document
	expired   bool // there is one, and it does not last long enough
}

// travellersFact is where the tour system lists who travels: objects with a name, the
// names of the documents that it has, and <document>_expires dates.
const travellersFact = "travellers"

// owed is what is still owed for a booking. A booking that does not list its
// travellers owes nothing that we know of. It is pure.
func owed(m conversations.Matter, wanted []routing.Document) []lack {
	departure, _ := day(fact(m, "departure"))
	list, _ := fact(m, travellersFact).([]any)
	var out []lack
	for _, one := range list {
		who, ok := one.(map[string]any)
		if !ok {
			continue
		}
		name, _ := who["name"].(string)
		have := texts(who["documents"])
		for _, d := range wanted {
			expires, dated := day(who[d.Name+"_expires"])
			switch {
			case dated && !departure.IsZero() && expires.Before(departure.AddDate(0, d.Months, 0)):
				out = append(out, lack{name, d, true})
			case !slices.Contains(have, d.Name):
				out = append(out, lack{name, d, false})
			}
		}
	}
	return out
}

// fact is a booking's fact under the name that templates know it by, or its own.
func fact(m conversations.Matter, name string) any {
	if f, ok := m.Facts[name]; ok {
		return f.Value
	}
	for own, f := range m.Facts {
		if variable(own) == name {
			return f.Value
		}
	}
	return nil
}

func day(v any) (time.Time, bool) {
	s, _ := v.(string)
	if len(s) < len(time.DateOnly) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	return t, err == nil
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, one := range list {
		if s, ok := one.(string); ok {
			out = append(out, strings.ToLower(strings.TrimSpace(s)))
		}
	}
	return out
}

// newOne says that a document must be a fresh one, for its old one ends too soon.
var newOne = map[string]string{"en": "%s valid for %d months on the day of travel", "ar": "%s ساري المفعول %d أشهر من يوم السفر", "ms": "%s yang sah selama %d bulan pada hari perjalanan"}

// wanted are the lacks in a customer's language, each once, and with the traveller's name
// where there are several; only is that of the one traveller they are all of.
func wantedWords(lacks []lack, language string) (items []any, only string) {
	if newOne[language] == "" {
		language = "en"
	}
	several := false
	for _, l := range lacks {
		several = several || l.traveller != lacks[0].traveller
	}
	for _, l := range lacks {
		s := l.document.Title[language]
		if l.expired {
			s = fmt.Sprintf(newOne[language], s, l.document.Months)
		}
		if several && l.traveller != "" {
			s = l.traveller + ": " + s
		}
		items = append(items, s)
	}
	if len(lacks) > 0 && !several {
		only = lacks[0].traveller
	}
	return items, only
}

// neededBy is the day by which the first of the lacks is needed; zero if no departure is known.
func neededBy(m conversations.Matter, lacks []lack) time.Time {
	departure, ok := day(fact(m, "departure"))
	if !ok {
		return time.Time{}
	}
	first := departure
	for _, l := range lacks {
		within := max(time.Duration(l.document.Within), 24*time.Hour)
		if by := departure.Add(-within); by.Before(first) {
			first = by
		}
	}
	return first
}
