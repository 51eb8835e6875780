package voice

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels/twilio"
)

// state is what rides in an address.
type state struct {
	language string    // empty if none was chosen
	desk     string    // the same
	tries    int       // menus of one kind spoken before
	known    bool      // the language was known, and not chosen
	path     string    // the way through the menu so far: steps joined by "."
	since    time.Time // when he began to wait for an officer; zero if he does not
}

// longestPath bounds what an address carries.
const longestPath = 200

// to is the state after one more step of the path.
func (s state) to(step string) state {
	if s.path != "" {
		step = s.path + "." + step
	}
	if len(step) <= longestPath {
		s.path = step
	}
	return s
}

// again is the state after one more try of the same menu.
func (s state) again() state {
	s.tries++
	return s
}

func (f *Flow) state(q url.Values) state {
	var s state
	if l := q.Get("lang"); f.menu.language(l).Code == l {
		s.language = l
	}
	if desk := q.Get("desk"); f.menu.hasDesk(desk) {
		s.desk = desk
	}
	s.tries, _ = strconv.Atoi(q.Get("try")) // the address is ours; without a number it is the first
	s.known = q.Get("known") == "1"
	s.path = strings.ToValidUTF8(q.Get("path"), "")
	s.path = s.path[:min(len(s.path), longestPath)]
	if unix, err := strconv.ParseInt(q.Get("since"), 10, 64); err == nil && unix > 0 && unix < 1<<40 {
		s.since = time.Unix(unix, 0)
	}
	return s
}

func (s state) query() url.Values {
	q := url.Values{}
	set := func(key, value string) {
		if value != "" {
			q.Set(key, value)
		}
	}
	set("lang", s.language)
	set("desk", s.desk)
	set("path", s.path)
	if s.tries > 0 {
		q.Set("try", strconv.Itoa(s.tries))
	}
	if s.known {
		q.Set("known", "1")
	}
	if !s.since.IsZero() {
		q.Set("since", strconv.FormatInt(s.since.Unix(), 10))
	}
	return q
}

func (f *Flow) address(step Step, query url.Values) string {
	address := f.publicURL + "/webhooks/twilio/voice/" + string(step)
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// pressed returns the key, from 1 to n, or 0 for none of them.
func pressed(f twilio.Form, n int) int {
	key, err := strconv.Atoi(f.Get("Digits"))
	if err != nil || key < 1 || key > n {
		return 0
	}
	return key
}
