package search_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/conversations/fold"
	"github.com/caravan-desk/caravan/conversations/search"
)

// matter is a conversation with one message.
func matter(text string) (conversations.Conversation, []conversations.Message) {
	c := conversations.Conversation{
		ID: "1042", Contact: conversations.ContactRef{ID: "k1042", Name: "Nur Aisyah binti Rahman",
			Handles: []channels.Handle{{Kind: channels.HandlePhone, Value: "+966501234567"}, {Kind: channels.HandleEmail, Value: "nur.aisyah@example.com"}}},
		Subject: "Parcel RB123456785SA", References: []conversations.Reference{{Kind: "awb", Value: "1086396430"}},
	}
	m := conversations.Message{ID: "1042-1", Direction: conversations.In, From: "+966501234567", Text: text,
		Author: conversations.Author{Type: conversations.ByCustomer, Name: "Nur"}}
	return c, []conversations.Message{m}
}

// indexed reports whether the terms of a conversation offer it to a question.
func indexed(c conversations.Conversation, messages []conversations.Message, q search.Question, beginnings bool) bool {
	t := search.NewTerms()
	t.Conversation(&c)
	for i := range messages {
		t.Message(&messages[i])
	}
	all := t.All()
	return len(q.Plan(beginnings, false).Places(func(x search.Term) []uint64 {
		if slices.Contains(all, x) {
			return []uint64{7}
		}
		return nil
	})) == 1
}

func TestFinds(t *testing.T) {
	const text = "والشحنة رقم ١٠٨ ٦٣٩ ٦٤٣٠ لم تصل إلى الرِّياض. My parcel is HELD in customs, hubungi saya di 012-345 6789. 包裹在海关 ไม่ได้รับ"
	for question, want := range map[string]bool{
		"customs": true, "CUSTOMS held": true, "custo": true, "cus": false, "custard": false, "customs refund": false,
		"الشحنة": true, "شحنه": true, "بالرياض": true, "الرياض": true, "رياض customs": true, "جدة": false,
		"١٠٨٦٣٩٦٤٣٠": true, "1086396430": true, "108 639 6430": true, "9643": true, "86-396": true, "99999": false,
		"0501234567": true, "+966 50 123 4567": true, "00966501234567": true, "34567": true, "4567 customs": true, "345 6780": false,
		"012-3456789": true, "rb123456785sa": true, "RB 123456785 SA": true, "123456785": true,
		"aisyah": true, "nur ais": true, "Rahm": true, "nur.aisyah@example.com": true, "example": true, "nobody@example.com": false,
		"包裹": true, "海关": true, "裹在海": true, "关海": false, "海": true, "รับ": true, "ได้": true,
		"hubungi": true, "hubu": true, "": false, "?!": false,
	} {
		c, messages := matter(text)
		q := search.Parse(question)
		hit, ok := q.Match(&c, messages)
		if ok != want {
			t.Errorf("%q: matches %v, want %v", question, ok, want)
		}
		if ok && !indexed(c, messages, q, !hit.Whole) {
			t.Errorf("%q matches (whole: %v) but the index does not offer it", question, hit.Whole)
		}
	}
}

func TestSaysWhere(t *testing.T) {
	c, messages := matter("the box is damaged")
	more := messages[0]
	more.Text = "the box is damaged and wet"
	messages = append(messages, more, conversations.Message{Direction: conversations.Out, Text: "we are sorry"})
	hit, ok := search.Parse("damaged box wet").Match(&c, messages)
	if !ok || !slices.Equal(hit.Messages, []int{1, 0}) || !slices.Equal(hit.Where, []string{"message"}) || !hit.Whole {
		t.Errorf("%+v", hit)
	}
	hit, ok = search.Parse("rahman 6396").Match(&c, messages)
	if !ok || len(hit.Messages) > 0 || !slices.Equal(hit.Where, []string{"name", "reference"}) {
		t.Errorf("%+v", hit)
	}
	if n := search.Parse(" #1042 ").Number(); n != 1042 {
		t.Errorf("number %d", n)
	}
}

// TestOfferedIfMatched draws texts and questions: whatever matches, the index offers.
func TestOfferedIfMatched(t *testing.T) {
	letters := []*unicode.RangeTable{unicode.Latin, unicode.Arabic, unicode.Han, unicode.Thai, unicode.Digit, unicode.Zs, unicode.Po}
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune(" .-aBcé0123456789"), letters...), 0, 60, -1).Draw(r, "text")
		c, messages := matter(text)
		from := rapid.IntRange(0, len(text)).Draw(r, "from")
		to := rapid.IntRange(from, len(text)).Draw(r, "to")
		part := text[from:to]
		if !utf8.ValidString(part) {
			part = strings.ToValidUTF8(part, "")
		}
		q := search.Parse(part)
		if hit, ok := q.Match(&c, messages); ok && !indexed(c, messages, q, !hit.Whole) {
			r.Fatalf("%q in %q matches, and is not offered", part, text)
		}
		if q := search.Parse(text); !q.Empty() && len(strings.Fields(text)) < 10 {
			if _, ok := q.Match(&c, messages); !ok && !strings.ContainsFunc(text, func(r rune) bool { return fold.Rune(r) == '0' }) {
				r.Fatalf("%q does not find itself", text)
			}
		}
	})
}

func TestPostings(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		most := rapid.Uint64Range(1, 1<<uint(rapid.IntRange(3, 40).Draw(r, "bits"))).Draw(r, "most")
		set := rapid.SliceOfNDistinct(rapid.Uint64Range(0, most), 0, 300, rapid.ID).Draw(r, "set")
		slices.Sort(set)
		raw := search.EncodePosting(set)
		back, err := search.DecodePosting(raw)
		if err != nil || !slices.Equal(back, set) {
			r.Fatalf("%v comes back as %v (%v)", set, back, err)
		}
		n := rapid.Uint64Range(0, most).Draw(r, "n")
		all, changed := search.Add(slices.Clone(set), n)
		if changed == slices.Contains(set, n) || !slices.Contains(all, n) || !slices.IsSorted(all) {
			r.Fatalf("adding %d to %v gives %v (%v)", n, set, all, changed)
		}
	})
}

// TestPostingsGrow: adding to a posting at rest is adding to the set it stands for.
func TestPostingsGrow(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		most := rapid.Uint64Range(1, 1<<uint(rapid.IntRange(3, 14).Draw(r, "bits"))).Draw(r, "most")
		places := func(name string, least int) []uint64 {
			set := rapid.SliceOfNDistinct(rapid.Uint64Range(0, most), least, 300, rapid.ID).Draw(r, name)
			slices.Sort(set)
			return set
		}
		set, more := places("set", 0), places("more", 1)
		want, grown := search.Add(slices.Clone(set), more...)
		raw, changed, err := search.AddTo(search.EncodePosting(set), more)
		if err != nil || changed != grown {
			r.Fatalf("adding %v to %v: changed %v, want %v (%v)", more, set, changed, grown, err)
		}
		if got, err := search.DecodePosting(raw); err != nil || !slices.Equal(got, want) {
			r.Fatalf("adding %v to %v gives %v (%v)", more, set, got, err)
		}
		if best := len(search.EncodePosting(want)); len(raw) > best+len(more) {
			r.Fatalf("%d bytes, and %d would do", len(raw), best)
		}
	})
}

// TestGathered: a gathering has under each term the conversations that have it.
func TestGathered(t *testing.T) {
	var g search.Gathering
	want := map[search.Term][]uint64{}
	for round := range 2 {
		g.Reset()
		clear(want)
		terms := search.NewTerms()
		for n, text := range []string{"the parcel is wet", "the box", "parcel parcel", "الشحنة"} {
			place := uint64(10*round + n)
			terms.Reset()
			m := conversations.Message{Direction: conversations.In, Text: text}
			terms.Message(&m)
			g.Add(place, terms)
			g.Add(place, terms) // the same again
			for _, x := range terms.All() {
				want[x] = append(want[x], place)
			}
		}
		all := g.All()
		if len(all) != len(want) {
			t.Fatalf("%d terms, want %d", len(all), len(want))
		}
		for i, x := range all {
			if !slices.Equal(x.Places, want[x.Term]) {
				t.Errorf("%x: %v, want %v", x.Term, x.Places, want[x.Term])
			}
			if i > 0 && bytes.Compare(all[i-1].Term[:], x.Term[:]) >= 0 {
				t.Errorf("%x comes after %x", x.Term, all[i-1].Term)
			}
		}
	}
}

func TestDensePostingsAreBits(t *testing.T) {
	var set []uint64
	for n := uint64(64); n < 8064; n += 2 {
		set = append(set, n)
	}
	if raw := search.EncodePosting(set); len(raw) > 1010 {
		t.Errorf("%d bytes for every second of 8,000 places", len(raw))
	}
}

func FuzzDecodePosting(f *testing.F) {
	f.Add([]byte{0, 5, 255})
	f.Add([]byte{200, 1, 3})
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _, _ = search.AddTo(raw, []uint64{3, 70})
		set, err := search.DecodePosting(raw)
		if err == nil && !slices.IsSorted(set) && len(raw) < 16 {
			for _, n := range set {
				if n < 1<<53 {
					continue
				}
				return // steps that overflow
			}
			t.Errorf("%v decodes to %v", raw, set)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("RB 123456785 SA الشحنة 包裹")
	f.Fuzz(func(t *testing.T, text string) {
		q := search.Parse(text)
		q.Plan(true, false).Places(func(search.Term) []uint64 { return []uint64{1} })
		c, m := matter(text)
		q.Match(&c, m)
		terms := search.NewTerms()
		terms.Message(&m[0])
		terms.All()
	})
}

func BenchmarkTerms(b *testing.B) {
	words := strings.Fields("my parcel has been held in customs since monday please tell me what documents you need from us urgently")
	c, messages := matter("")
	for b.Loop() {
		t := search.NewTerms()
		rand.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		messages[0].Text = strings.Join(words, " ")
		t.Conversation(&c)
		t.Message(&messages[0])
		if len(t.All()) == 0 {
			b.Fatal(fmt.Sprint(words))
		}
	}
}
