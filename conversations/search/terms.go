package search

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"github.com/caravan-desk/caravan/conversations"
)

// Term is a term's name: 40 bits of a hash. It tells nobody the word, and of a
// million words hardly two share one; what they would share is held against the
// words before it is shown.
type Term [5]byte

// Shard chooses among the hashes that a partition's postings are spread over.
func (t Term) Shard() byte { return t[0] }

// Field is the term's name within its shard.
func (t Term) Field() string { return string(t[1:]) }

// namespace keeps who somebody is apart from what was said.
type namespace byte

const (
	said namespace = 's'
	who  namespace = 'n'
)

// What a term stands for, beside a token's kind.
const (
	beginning byte = 'p' // the first letters of a word
	file      byte = 'b' // a key in the blob store
)

// term names a term: FNV-1a (64 bits), mixed so that every bit depends on all others.
func term[T string | []byte](ns namespace, what byte, text T) Term {
	return termOf(hash(ns, what, text))
}

// hash is a term's name as a number.
func hash[T string | []byte](ns namespace, what byte, text T) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range [2]byte{byte(ns), what} {
		h = (h ^ uint64(b)) * 1099511628211
	}
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	return h & (1<<40 - 1)
}

func termOf(h uint64) Term {
	var t Term
	t[0] = byte(h >> 32)
	binary.BigEndian.PutUint32(t[1:], uint32(h))
	return t
}

var (
	beginningsWho  = []int{2, 3, 4}
	beginningsSaid = []int{4}
)

// beginnings are the lengths, in letters, at which a word is found by how it begins.
func beginnings(ns namespace) []int {
	if ns == who {
		return beginningsWho
	}
	return beginningsSaid
}

// termsMost bounds the terms of one message: what comes after the first few
// thousand words of a text is not searched.
const termsMost = 4000

// Terms is a set of terms in the making. It may be emptied and used again.
type Terms struct {
	all []uint64 // some of them more than once
	cutter
}

// NewTerms makes an empty set.
func NewTerms() *Terms { return &Terms{} }

// Reset empties the set.
func (t *Terms) Reset() { t.all = t.all[:0] }

// All are the terms of the set, in order.
func (t *Terms) All() []Term {
	slices.Sort(t.all)
	t.all = slices.Compact(t.all)
	out := make([]Term, len(t.all))
	for i, h := range t.all {
		out[i] = termOf(h)
	}
	return out
}

func (t *Terms) add(h uint64) { t.all = append(t.all, h) }

// text adds the terms of a text.
func (t *Terms) text(ns namespace, text string) {
	from, full := len(t.all), false
	t.cut(text, func(what kind, k []byte) {
		if len(t.all)-from > 2*termsMost {
			slices.Sort(t.all[from:])
			t.all = t.all[:from+len(slices.Compact(t.all[from:]))]
			full = full || len(t.all)-from > termsMost
		}
		if full {
			return
		}
		switch what {
		case wordToken:
			t.add(hash(ns, byte(wordToken), k))
			for _, n := range beginnings(ns) {
				if b, ok := begins(k, n); ok {
					t.add(hash(ns, beginning, b))
				}
			}
		case numberToken:
			for i := 0; i+3 <= len(k); i++ {
				t.add(hash(ns, byte(numberToken), k[i:i+3]))
			}
		case runToken:
			for _, g := range grams(string(k)) {
				t.add(hash(ns, byte(runToken), g))
			}
		}
	})
}

// begins returns the first n letters of a longer word.
func begins[T string | []byte](word T, n int) (beginning T, longer bool) {
	at := 0
	for range n {
		if at >= len(word) {
			return word[:0], false
		}
		at++
		for at < len(word) && word[at]&0xC0 == 0x80 { // the rest of a letter
			at++
		}
	}
	return word[:at], at < len(word)
}

// grams are the letters of a run, and each two that touch.
func grams(run string) []string {
	var out []string
	letters := []rune(run)
	for i, r := range letters {
		out = append(out, string(r))
		if i > 0 {
			out = append(out, string(letters[i-1:i+1]))
		}
	}
	return out
}

// Conversation adds what a conversation itself is found by.
func (t *Terms) Conversation(c *conversations.Conversation) { itself(c, t.text) }

// Sum is a hash of what a conversation itself is found by, for as long as this process runs.
func Sum(c *conversations.Conversation) uint64 {
	sum := uint64(1)
	itself(c, func(ns namespace, text string) {
		sum = (sum ^ uint64(ns) ^ maphash.String(sumSeed, text)) * 1099511628211
	})
	return sum
}

var sumSeed = maphash.MakeSeed()

// Message adds what one of its messages is found by.
func (t *Terms) Message(m *conversations.Message) {
	for _, text := range wrote(m) {
		t.text(who, text)
	}
	t.Words(m)
}

// Words adds what a message is found by, but for who wrote it.
func (t *Terms) Words(m *conversations.Message) {
	for _, text := range says(m) {
		t.text(said, text)
	}
	for _, key := range m.Files() {
		t.add(hash(said, file, key))
	}
}

// Names reports whether a conversation itself is found by whoever wrote one of its messages.
func Names(c *conversations.Conversation, m *conversations.Message) bool {
	for _, text := range wrote(m) {
		known := text == ""
		named(c, func(name string) { known = known || name == text })
		if !known {
			return false
		}
	}
	return true
}

// FileTerm is the term of a file that messages may share.
func FileTerm(key string) Term { return term(said, file, key) }

// itself gives the texts that a conversation itself is found by.
func itself(c *conversations.Conversation, give func(ns namespace, text string)) {
	named(c, func(text string) { give(who, text) })
	give(said, c.Subject)
	for _, tag := range c.Tags {
		give(said, tag)
	}
	for _, r := range c.References {
		give(said, r.Value)
	}
}

// named gives a conversation's names and addresses.
func named(c *conversations.Conversation, give func(text string)) {
	called(c.Contact, give)
	for _, p := range c.Parties {
		called(p.Contact, give)
	}
	for _, name := range c.People {
		give(name)
	}
}

// called gives a contact's name and addresses.
func called(k conversations.ContactRef, give func(text string)) {
	give(k.Name)
	for _, h := range k.Handles {
		give(h.Value)
	}
}

// wrote are a customer's name and address.
func wrote(m *conversations.Message) []string {
	if m.Direction == conversations.Out {
		return []string{m.To}
	}
	return []string{m.Author.Name, m.From}
}

// says are a message's words.
func says(m *conversations.Message) []string {
	out := []string{m.Subject, m.Text}
	if m.Full != m.Text {
		out = append(out, m.Full)
	}
	for _, a := range m.Attachments {
		out = append(out, a.Name)
	}
	return out
}
