package search

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/caravan-desk/caravan/conversations"
)

// questionMost bounds the tokens of a question; the rest is not looked at.
const questionMost = 16

// Question is what somebody searches for: everything in it must be found, in
// whatever order and place.
type Question struct {
	tokens []token
	number uint64 // a conversation's own number, if it is nothing else
}

// Parse reads a question.
func Parse(text string) Question {
	var q Question
	cut(text, func(k token) {
		if k.kind == numberToken || k.kind == wordToken && k.text[0] >= '0' && k.text[0] <= '9' {
			if len(k.text) > numberWord+1 { // 0501234567 and 00966501234567 are +966501234567
				k.text = strings.TrimLeft(k.text[:len(k.text)-numberWord-1], "0") + k.text[len(k.text)-numberWord-1:]
			}
		}
		if len(q.tokens) < questionMost && !slices.Contains(q.tokens, k) {
			q.tokens = append(q.tokens, k)
		}
	})
	q.number = conversations.ID(strings.TrimLeft(strings.TrimSpace(text), "#")).Number()
	return q
}

// Empty reports whether the question asks for nothing.
func (q Question) Empty() bool { return len(q.tokens) == 0 }

// Number is the conversation that the question may name; 0 if none.
func (q Question) Number() uint64 { return q.number }

// Plan is what must be looked up: of each of its entries one alternative must
// hold, and of an alternative every term. Whole words only, or beginnings too.
type Plan [][][]Term

// Plan makes a plan. people looks only for who somebody is.
func (q Question) Plan(beginnings, people bool) Plan {
	spaces := []namespace{said, who}
	if people {
		spaces = spaces[1:]
	}
	plan := make(Plan, 0, len(q.tokens))
	for _, k := range q.tokens {
		var alternatives [][]Term
		for _, ns := range spaces {
			alternatives = append(alternatives, k.terms(ns))
			if b, ok := k.beginning(ns); ok && beginnings {
				alternatives = append(alternatives, []Term{b})
			}
		}
		plan = append(plan, alternatives)
	}
	return plan
}

// terms are what a token is found by.
func (k token) terms(ns namespace) []Term {
	var out []Term
	switch k.kind {
	case wordToken:
		out = append(out, term(ns, byte(wordToken), k.text))
	case numberToken:
		for i := 0; i+3 <= len(k.text); i++ {
			out = append(out, term(ns, byte(numberToken), k.text[i:i+3]))
		}
	case runToken:
		for _, g := range grams(k.text) {
			if len(k.text) <= utf8.UTFMax || utf8.RuneCountInString(g) > 1 || utf8.RuneCountInString(k.text) == 1 {
				out = append(out, term(ns, byte(runToken), g))
			}
		}
	}
	return out
}

// beginning is the term of the longest indexed beginning that a word starts with.
func (k token) beginning(ns namespace) (Term, bool) {
	if k.kind != wordToken {
		return Term{}, false
	}
	letters := utf8.RuneCountInString(k.text)
	for _, n := range slices.Backward(beginnings(ns)) {
		if n <= letters {
			b, _ := begins(k.text, n)
			return term(ns, beginning, b), true
		}
	}
	return Term{}, false
}

// Terms are all the terms of a plan, each once.
func (p Plan) Terms() []Term {
	var out []Term
	for _, alternatives := range p {
		for _, all := range alternatives {
			out = append(out, all...)
		}
	}
	slices.SortFunc(out, func(a, b Term) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(out)
}

// Places are the places, in order, at which the plan may hold.
func (p Plan) Places(posting func(Term) []uint64) []uint64 {
	var out []uint64
	for i, alternatives := range p {
		var any []uint64
		for _, all := range alternatives {
			any = either(any, places(all, posting))
		}
		if i == 0 {
			out = any
		} else {
			out = both(out, any)
		}
		if len(out) == 0 {
			return nil
		}
	}
	return out
}

func places(all []Term, posting func(Term) []uint64) []uint64 {
	if len(all) == 0 {
		return nil
	}
	lists := make([][]uint64, len(all))
	for i, t := range all {
		lists[i] = posting(t)
	}
	slices.SortFunc(lists, func(a, b []uint64) int { return cmp.Compare(len(a), len(b)) })
	out := lists[0]
	for _, l := range lists[1:] {
		if len(out) == 0 {
			return nil
		}
		out = both(out, l)
	}
	return out
}

// fit is how well a token was found.
type fit byte

const (
	absent fit = iota
	begun      // a longer word starts with it
	whole
)

// fits compares a token of a question with one of a text.
func (k token) fits(ns namespace, text token) fit {
	if k.kind != text.kind {
		return absent
	}
	switch {
	case k.text == text.text, k.kind != wordToken && strings.Contains(text.text, k.text):
		return whole
	case k.kind == wordToken && strings.HasPrefix(text.text, k.text) && utf8.RuneCountInString(k.text) >= beginnings(ns)[0]:
		return begun
	}
	return absent
}

// Hit is how a conversation answers a question.
type Hit struct {
	Whole    bool     // every word was found as it stands, none by its beginning alone
	Where    []string // name, subject, reference, message
	Messages []int    // those that say it: most of it first, then the latest
}

// findings is how well each token of a question has been found so far.
type findings []fit

// in looks through a text; it returns how many tokens are there.
func (f findings) in(q Question, ns namespace, text string) (n int) {
	here := make(findings, len(q.tokens))
	cut(text, func(k token) {
		for i, asked := range q.tokens {
			here[i] = max(here[i], asked.fits(ns, k))
		}
	})
	for i, v := range here {
		f[i] = max(f[i], v)
		if v > absent {
			n++
		}
	}
	return n
}

// Match holds a question against a conversation and its messages.
func (q Question) Match(c *conversations.Conversation, messages []conversations.Message) (Hit, bool) {
	var hit Hit
	f := make(findings, len(q.tokens))
	where := func(name string, ns namespace, texts ...string) {
		n := 0
		for _, t := range texts {
			n += f.in(q, ns, t)
		}
		if n > 0 && !slices.Contains(hit.Where, name) {
			hit.Where = append(hit.Where, name)
		}
	}
	named(c, func(text string) { where("name", who, text) })
	where("subject", said, c.Subject)
	for _, r := range c.References {
		where("reference", said, r.Value)
	}
	where("tag", said, c.Tags...)
	scores := make([]int, len(messages))
	for i := range messages {
		m := &messages[i]
		where("name", who, wrote(m)...)
		for _, t := range says(m) {
			scores[i] += f.in(q, said, t)
		}
		if scores[i] > 0 {
			hit.Messages = append(hit.Messages, i)
		}
	}
	if len(hit.Messages) > 0 {
		hit.Where = append(hit.Where, "message")
	}
	slices.SortStableFunc(hit.Messages, func(a, b int) int { return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(b, a)) })
	return hit, f.found(&hit.Whole)
}

// found reports whether nothing is absent, and whether everything stands whole.
func (f findings) found(all *bool) bool {
	*all = !slices.Contains(f, begun)
	return len(f) > 0 && !slices.Contains(f, absent)
}

// MatchContact holds a question against who somebody is.
func (q Question) MatchContact(k *conversations.Contact) bool {
	f := make(findings, len(q.tokens))
	called(k.Ref(), func(text string) { f.in(q, who, text) })
	var all bool
	return f.found(&all)
}
