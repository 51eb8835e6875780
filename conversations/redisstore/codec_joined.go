package redisstore

import "github.com/caravan-desk/caravan/conversations"

// joinedRecord is what merging and splitting leave in a conversation at rest. Few
// have any.
type joinedRecord struct {
	MergedInto conversations.ID      `json:"m,omitempty"`
	Shares     []conversations.Share `json:"s,omitempty"`
	Given      []conversations.Share `json:"g,omitempty"`
	Was        *conversations.Aside  `json:"w,omitempty"`
	Parties    []partyRecord         `json:"p,omitempty"`
}

// partyRecord is a further person of a conversation at rest.
type partyRecord struct {
	Contact conversations.ContactRef `json:"k"`
	Routes  []routeRecord            `json:"r,omitempty"`
}

type routeRecord struct {
	conversations.Route
	At int64 `json:"w"` // ms
}

func (r *record) joined(n uint64, c *conversations.Conversation) {
	var j *joinedRecord
	if !r.reading && (c.MergedInto != "" || c.Was != nil || len(c.Shares)+len(c.Given)+len(c.Parties) > 0) {
		j = joinedOf(c)
	}
	if rare(r, n, &j); r.reading && j != nil {
		j.onto(c)
	}
}

func joinedOf(c *conversations.Conversation) *joinedRecord {
	j := &joinedRecord{MergedInto: c.MergedInto, Shares: c.Shares, Given: c.Given, Was: c.Was}
	for _, p := range c.Parties {
		party := partyRecord{Contact: p.Contact}
		for _, r := range p.Routes {
			party.Routes = append(party.Routes, routeRecord{r, ms(r.At)})
		}
		j.Parties = append(j.Parties, party)
	}
	return j
}

func (j *joinedRecord) onto(c *conversations.Conversation) {
	c.MergedInto, c.Shares, c.Given, c.Was = j.MergedInto, j.Shares, j.Given, j.Was
	for _, p := range j.Parties {
		party := conversations.Party{Contact: p.Contact}
		for _, r := range p.Routes {
			r.Route.At = fromMS(r.At)
			party.Routes = append(party.Routes, r.Route)
		}
		c.Parties = append(c.Parties, party)
	}
}
