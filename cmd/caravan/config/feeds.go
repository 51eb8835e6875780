package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// Feed is a system that posts events to /webhooks/events/ and its name, signed, in a
// form of its own.
type Feed struct {
	Name           string         `yaml:"name"`
	Kind           string         `yaml:"kind"`            // shipment or booking
	Secret         Secret         `yaml:"secret"`          // signs
	PreviousSecret Secret         `yaml:"previous_secret"` // signs too, while the other one is being replaced
	Tolerance      time.Duration  `yaml:"tolerance"`       // how far a signature's time may be from ours; 0: 5 minutes
	Timezone       *time.Location `yaml:"timezone"`        // of times without one; empty: the desk's
	Events         string         `yaml:"events"`          // path of the list of events, such as data.items; empty: the body itself
	Fields         FeedFields     `yaml:"fields"`
	Facts          []FeedFact     `yaml:"facts"` // of bookings
	Codes          []FeedCode     `yaml:"codes"`
}

// FeedFields are the paths within an event, such as scan.location, or the columns of a
// file. Empty: found by its name.
type FeedFields struct {
	Reference string `yaml:"reference"`
	ID        string `yaml:"id"`
	Code      string `yaml:"code"`
	Status    string `yaml:"status"`
	At        string `yaml:"at"`
	Time      string `yaml:"time"` // beside a day in at
	Detail    string `yaml:"detail"`
	Location  string `yaml:"location"`
	Name      string `yaml:"name"` // of the customer, as those below
	Phone     string `yaml:"phone"`
	Email     string `yaml:"email"`
	Language  string `yaml:"language"`
}

// FeedFact is where a booking's detail is, and what templates call it.
type FeedFact struct {
	Name string `yaml:"name"`
	Path string `yaml:"path"`
}

// FeedCode is what a system's code means, for events without a status in words.
type FeedCode struct {
	Code   string `yaml:"code"`
	Status string `yaml:"status"`
}

// DefaultTolerance is how far a feed's signature may be from our clock.
const DefaultTolerance = 5 * time.Minute

// Values of Feed.Kind.
const (
	FeedShipment = "shipment"
	FeedBooking  = "booking"
)

var feedName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

// leastSecret is how short a feed's secret may be: 16 bytes are 128 bits at best.
const leastSecret = 16

func checkFeeds(all []Feed, f *faults) {
	seen := map[string]int{}
	for i, feed := range all {
		path := fmt.Sprintf("feeds.%d", i)
		if !feedName.MatchString(feed.Name) {
			f.of(path+".name", "%q is no name for an address: small letters, digits, - and _, at most 40", feed.Name)
		} else if before, ok := seen[feed.Name]; ok {
			f.of(path+".name", "%q is that of feeds.%d too", feed.Name, before)
		}
		seen[feed.Name] = i
		oneOf(f, path+".kind", feed.Kind, FeedShipment, FeedBooking)
		feed.checkSecrets(path, f)
		if feed.Tolerance < 10*time.Second || feed.Tolerance > time.Hour {
			f.of(path+".tolerance", "%v is not between 10s and 1h", feed.Tolerance)
		}
		feed.checkPaths(path, f)
	}
}

func (feed Feed) checkSecrets(path string, f *faults) {
	if feed.Secret == "" && !f.isSet(path+".secret") {
		f.of(path+".secret", "missing: whoever knows the address could report anything")
	} else if len(feed.Secret.Reveal()) < leastSecret {
		f.of(path+".secret", "is shorter than %d characters; make one with: openssl rand -hex 32", leastSecret)
	}
	if n := len(feed.PreviousSecret.Reveal()); n > 0 && n < leastSecret {
		f.of(path+".previous_secret", "is shorter than %d characters", leastSecret)
	}
}

func (feed Feed) checkPaths(path string, f *faults) {
	whole := func(key, value string) {
		for step := range strings.SplitSeq(value, ".") {
			if value != "" && strings.TrimSpace(step) == "" {
				f.of(path+"."+key, "%q is no path: write names, and places in lists from 0, with dots between them, such as data.items.0", value)
				return
			}
		}
	}
	whole("events", feed.Events)
	for field, v := range reflect.ValueOf(feed.Fields).Fields() {
		whole("fields."+field.Tag.Get("yaml"), v.String())
	}
	for i, one := range feed.Facts {
		at := fmt.Sprintf("facts.%d", i)
		if one.Name == "" || one.Path == "" {
			f.of(path+"."+at, "needs a name and a path")
		}
		whole(at+".path", one.Path)
	}
	if len(feed.Facts) > 0 && feed.Kind != FeedBooking {
		f.of(path+".facts", "are only of bookings")
	}
	for i, one := range feed.Codes {
		if one.Code == "" || one.Status == "" {
			f.of(fmt.Sprintf("%s.codes.%d", path, i), "needs a code and a status")
		}
	}
}

// Paths are the fields that have a path, by name.
func (feed Feed) Paths() map[string]string {
	out := map[string]string{}
	for field, v := range reflect.ValueOf(feed.Fields).Fields() {
		if path := v.String(); path != "" {
			out[field.Tag.Get("yaml")] = path
		}
	}
	return out
}
