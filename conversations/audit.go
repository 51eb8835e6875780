package conversations

import "time"

// AuditEntry is one thing that somebody with access did: who, what, when, and to
// what. It holds IDs, and no words, names or addresses of customers.
type AuditEntry struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	By     Author    `json:"by"`
	Action string    `json:"action" doc:"The operation's name in this document, or the command's"`
	Target string    `json:"target" doc:"The path of the request, or what the command worked on"`
	Status int       `json:"status" doc:"The answer's; 0 for a command"`
	Detail any       `json:"detail,omitempty" doc:"A certificate of erasure, for one"`
}

// AuditQuery selects entries, the latest first.
type AuditQuery struct {
	Officer OfficerID
	Action  string
	From    time.Time
	To      time.Time
	Limit   int
	Cursor  string
}

// AuditPage is one page of entries.
type AuditPage struct {
	Items []AuditEntry
	Next  string
}
