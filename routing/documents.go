package routing

import (
	"fmt"
	"slices"
	"time"
)

// Document is a paper that the desk needs of every traveller of a booking.
type Document struct {
	Name   string            `yaml:"name"`         // as the tour system's facts name it: passport, photo
	Title  map[string]string `yaml:"title"`        // as customers read it, by language
	Months int               `yaml:"valid_months"` // how long it must still be valid on the day of departure; 0: no matter
	Within Duration          `yaml:"within"`       // before departure it must be there; 0: a day
}

// How often a customer may be asked for documents.
const (
	leastChase = Duration(time.Hour)
	mostChase  = Duration(14 * 24 * time.Hour)
)

// documentLanguages are those that customers are written to in.
var documentLanguages = []string{"en", "ar", "ms"}

// documents checks what the desk needs of travellers.
func (c *deskCheck) documents(d Desk) {
	for i, doc := range d.Documents {
		at := fmt.Sprintf("documents[%d]", i)
		if !deskName.MatchString(doc.Name) || slices.ContainsFunc(d.Documents[:i], func(o Document) bool { return o.Name == doc.Name }) {
			c.Fault(at+".name", "%q is not a name, or stands twice", doc.Name)
		}
		for _, l := range documentLanguages {
			if doc.Title[l] == "" {
				c.Fault(at+".title", "lacks %s", l)
			}
		}
		if doc.Months < 0 || doc.Months > 24 {
			c.Fault(at+".valid_months", "is not 0 to 24")
		}
	}
	if d.Chase != 0 && (d.Chase < leastChase || d.Chase > mostChase) {
		c.Fault("chase", "%s is not between %s and %s", d.Chase, leastChase, mostChase)
	}
}
