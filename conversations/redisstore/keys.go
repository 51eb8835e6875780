package redisstore

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"

	"github.com/caravan-desk/caravan/conversations"
)

// Every key is made here, and docs/keys.md lists them with type, owner and
// lifetime. Numbers: a conversation's number is n*partitions + partition; keys
// of a partition carry only n. The board ({board}) is what spans partitions.

// DefaultPartitions is how many partitions a new store gets. It never changes afterwards.
const DefaultPartitions = 16

// partition is one share of the store: all its keys are in one slot.
type partition struct {
	index  int
	prefix string // "{p07}:"
	log    string
	work   string
	by     map[string]string // the sorted sets' keys, by what they are sorted by
}

func newPartition(i int) *partition {
	prefix := fmt.Sprintf("{p%02d}:", i)
	p := &partition{index: i, prefix: prefix, log: prefix + "log", work: prefix + "work", by: map[string]string{}}
	for _, by := range [...]string{"created", "updated", "due"} {
		p.by[by] = prefix + "by:" + by
	}
	return p
}

func (p *partition) conversation(n uint64) string { return p.prefix + "c:" + num(n) }
func (p *partition) messages(n uint64) string     { return p.prefix + "m:" + num(n) }
func (p *partition) history(n uint64) string      { return p.prefix + "h:" + num(n) }
func (p *partition) contact(n uint64) string      { return p.prefix + "k:" + num(n) }
func (p *partition) claims(hash string) string    { return p.prefix + "claim:" + hash[:2] }
func (p *partition) handles(hash string) string   { return p.prefix + "handle:" + hash[:2] }
func (p *partition) threads(hash string) string   { return p.prefix + "thread:" + hash[:2] }
func (p *partition) consents(hash string) string  { return p.prefix + "consent:" + hash[:2] }
func (p *partition) sorted(by string) string      { return p.by[by] }
func (p *partition) facet(f string) string        { return p.prefix + "is:" + f }
func (p *partition) members(of string) string     { return p.prefix + "of:" + of }
func (p *partition) alarms() string               { return p.prefix + "alarms" }
func (p *partition) crossed() string              { return p.prefix + "crossed" }
func (p *partition) next() string                 { return p.prefix + "next" }
func (p *partition) lane(l int) string            { return p.prefix + "out:" + strconv.Itoa(l) }
func (p *partition) leases() string               { return p.prefix + "leases" }
func (p *partition) tokens() string               { return p.prefix + "leased" }
func (p *partition) fetch() string                { return p.prefix + "fetch" }
func (p *partition) unheard() string              { return p.prefix + "unheard" }
func (p *partition) unproved() string             { return p.prefix + "unproved" }
func (p *partition) awaited() string              { return p.prefix + "awaited" }
func (p *partition) callbacks() string            { return p.prefix + "callbacks" }
func (p *partition) callbacksDue() string         { return p.prefix + "callbacks:due" }
func (p *partition) matter(key string) string     { return p.prefix + "matter:" + key }
func (p *partition) news() string                 { return p.prefix + "news" }
func (p *partition) review(id conversations.ReviewID) string {
	return p.prefix + "review:" + string(id)
}
func (p *partition) ticks(id conversations.ReviewID) string { return p.prefix + "ticks:" + string(id) }
func (p *partition) errands() string                        { return p.prefix + "errands" }
func (p *partition) callbacksLook() string                  { return p.prefix + "callbacks:look" }
func (p *partition) seen(cursor string) string              { return p.prefix + "cursor:" + cursor }
func (p *partition) find(shard byte) string {
	return p.prefix + "find:" + hex.EncodeToString([]byte{shard})
}
func (p *partition) often() string   { return p.prefix + "often" }
func (p *partition) indexed() string { return p.prefix + "indexed" }

const (
	keyBulks     = "{board}:bulks"     // hash: ID → revision and document
	keyMeta      = "{board}:meta"      // hash: partitions, secret
	keyOfficers  = "{board}:officers"  // hash: ID → revision and document
	keyEmails    = "{board}:emails"    // hash: address → officer ID
	keyTokens    = "{board}:tokens"    // hash: hash of the secret → document
	keyBoardLog  = "{board}:log"       // stream: what happens to officers
	keyRoom      = "{board}:room"      // counter: grows whenever an officer may take more
	keyClaimed   = "{board}:claimed"   // sorted set: number → when an officer was claimed for it, until it is assigned
	keyAudit     = "{board}:audit"     // stream: who did what
	keyPulse     = "{board}:pulse"     // string: written by the readiness check
	keyCalls     = "{board}:calls"     // sorted set: attempt → since when it holds a place among the calls at once
	keyTalking   = "{board}:talking"   // sorted set: an officer's line and the incoming call that has it, joined by "|" → until when at most
	keyOffered   = "{board}:offered"   // sorted set: attempt whose customer took the call, and was to be connected → when it ended
	keyAbandoned = "{board}:abandoned" // sorted set: those of them who were connected to nobody
	keyRetention = "{board}:retention" // hash: kind and partition → the last change (ms) up to which it was looked through
	keyLines     = "{board}:lines"     // hash: whose telephone → the attempt that has it

	keyReviews     = "{board}:reviews"      // hash: ID → revision and document
	keyReviewsDue  = "{board}:reviews:due"  // sorted set: ID → when it was due
	keyReviewsOpen = "{board}:reviews:open" // sorted set: ID → when it ends
	keyReviewsLast = "{board}:reviews:last" // hash: desk/round → when the last was due
)

func keySession(hash string) string     { return "{board}:session:" + hash }
func keyMark(tag string) string         { return tag + ":mark" } // of any partition, or the board
func keyOp(op string) string            { return "{board}:op:" + op }
func keyLoad(id string) string          { return "{board}:load:" + id }
func keyWaiting(queue string) string    { return "{board}:waiting:" + queue }
func keyIdempotency(hash string) string { return "{board}:once:" + hash }
func keyHolder(name string) string      { return "{board}:holder:" + name }
func keyCursor(mailbox string) string   { return "{board}:mailbox:" + mailbox }
func keyRung(number string) string {
	return "{board}:rung:" + hex.EncodeToString([]byte(digest(number)[2:]))
}
func keyCallers(desk string) string { return "{board}:callers:" + desk }
func keyHeard(desk string) string   { return "{board}:heard:" + desk }
func keyCall(sid string) string     { return "{board}:call:" + sid }
func keyPace(sender string) string  { return "{board}:pace:" + sender }

func keyBulkRows(id conversations.BulkID) string  { return "{board}:bulk:rows:" + string(id) }
func keyBulkTodo(id conversations.BulkID) string  { return "{board}:bulk:todo:" + string(id) }
func keyBulkCount(id conversations.BulkID) string { return "{board}:bulk:count:" + string(id) }
func keySweep(provider string) string             { return "{board}:sweep:" + provider }
func keyTally(provider string) string             { return "{board}:tally:" + provider }

func num(n uint64) string { return strconv.FormatUint(n, 10) }

// of returns the partition and the place in it of a conversation.
func (s *Store) of(id conversations.ID) (*partition, uint64, error) {
	number := id.Number()
	if number == 0 {
		return nil, 0, conversations.ErrNotFound
	}
	p, n := s.split(number)
	return p, n, nil
}

func (s *Store) split(number uint64) (*partition, uint64) {
	count := uint64(len(s.partitions))
	return s.partitions[number%count], number / count
}

func (s *Store) number(p *partition, n uint64) uint64 {
	return n*uint64(len(s.partitions)) + uint64(p.index)
}

// home is the partition that a handle, a Message-ID or any other key lives in.
func (s *Store) home(key string) *partition {
	h := fnv.New64a()
	h.Write([]byte(key))
	return s.partitions[h.Sum64()%uint64(len(s.partitions))]
}
