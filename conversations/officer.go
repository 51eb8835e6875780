package conversations

import "time"

// Role is what an officer may do.
type Role string

const (
	RoleOfficer    Role = "officer"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
)

// AtLeast reports whether r includes what min may do.
func (r Role) AtLeast(min Role) bool { return r.rank() >= min.rank() && min.rank() > 0 }

func (r Role) rank() int {
	switch r {
	case RoleOfficer:
		return 1
	case RoleSupervisor:
		return 2
	case RoleAdmin:
		return 3
	}
	return 0
}

// Availability is whether an officer takes new work.
type Availability string

const (
	Available Availability = "available"
	Away      Availability = "away"
	Offline   Availability = "offline"
)

// Officer answers customers.
type Officer struct {
	ID           OfficerID    `json:"id"`
	Version      Revision     `json:"version"`
	Email        string       `json:"email"`
	Name         string       `json:"name"`
	Role         Role         `json:"role"`
	Availability Availability `json:"availability"`
	Skills       []string     `json:"skills"`          // desks, or desk/category, either with a level: trace/claim:3
	Languages    []string     `json:"languages"`       // en, ar, ms
	Capacity     int          `json:"capacity"`        // conversations at once, heavy ones counted by their weight
	Load         int          `json:"load"`            // conversations now, likewise
	Shift        string       `json:"shift,omitempty"` // the calendar of his hours; empty: whenever he is available
	Phone        string       `json:"phone"`
	Password     string       `json:"-"` // argon2id, encoded
	Disabled     bool         `json:"disabled"`
	CreatedAt    time.Time    `json:"created_at"`
}

// Ref is the officer as a conversation shows him.
func (o *Officer) Ref() *OfficerRef { return &OfficerRef{ID: o.ID, Name: o.Name} }

// Author is the officer as the writer of something.
func (o *Officer) Author() Author {
	return Author{Type: ByOfficer, ID: string(o.ID), Name: o.Name}
}

// Token is a bearer token or a session; only its hash is stored.
type Token struct {
	Officer   OfficerID `json:"officer"`
	Name      string    `json:"name"`
	CSRF      string    `json:"csrf,omitempty"` // sessions only
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never
}

// Seat is as much of an officer's capacity as a conversation weighs, taken by the change that
// assigns it to him: it is refused with ErrFull if he has not got that much, or is not who he
// was when he was chosen. Only where one server has both of them; see routing.Board.
type Seat struct {
	Officer  OfficerID
	Version  Revision // of his document
	Capacity int
	Weight   int
}

// Waiter is a conversation at the head of a queue of unassigned ones.
type Waiter struct {
	ID    ID
	Queue string
	Rank  int64 // the least goes first
}
