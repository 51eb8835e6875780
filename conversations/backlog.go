package conversations

import "time"

// Backlog is what waits in the store at an instant, over all gateways.
type Backlog struct {
	Outbox   [Lanes]int           // messages that may go now, by lane
	Oldest   [Lanes]time.Duration // how long the first of them has waited
	Leased   int                  // messages in a worker's hands
	Unserved map[string]int       // conversations that wait for an officer, by queue
	Overdue  int                  // conversations of which a clock is due and not done
	Promises int                  // open call-backs
	Files    int                  // messages with files still at the provider
	Receipts int                  // messages of which no receipt has come, and which have another way
}
