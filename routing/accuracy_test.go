package routing

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

// labelled is one line of training/first.jsonl.
type labelled struct {
	ID      string
	Channel channels.Kind
	Subject string
	Text    string
	Want    struct {
		Language, Desk, Category, Priority string
		References                         []Reference
		Callback                           bool
	}
}

func readLabelled(tb testing.TB) (out []labelled) {
	tb.Helper()
	f, err := os.Open("training/first.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var m labelled
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			tb.Fatal(err)
		}
		out = append(out, m)
	}
	if len(out) < 400 {
		tb.Fatalf("only %d labelled messages", len(out))
	}
	return out
}

// tallies counts right answers by question and language.
type tallies map[string]map[string]*[2]int

func (t tallies) add(question, language string, right bool) {
	for _, l := range []string{language, "all"} {
		if t[l] == nil {
			t[l] = map[string]*[2]int{}
		}
		if t[l][question] == nil {
			t[l][question] = new([2]int)
		}
		t[l][question][1]++
		if right {
			t[l][question][0]++
		}
	}
}

func (t tallies) share(question, language string) float64 {
	c := t[language][question]
	return float64(c[0]) / float64(c[1])
}

// floors are what the rules must hold on the labelled set, language by language. Raise
// them as the rules improve; never lower one. The word lists have seen this set, so it
// guards against loss and does not foretell: before they had, they got desk 0.945 and
// category 0.843 right on the first 415 messages, and 0.83 and 0.48 on the last 87,
// which were written to be unlike them.
var floors = map[string]map[string]float64{
	"en":  {"desk": 0.98, "category": 0.96, "language": 0.99, "priority": 0.98, "references": 0.99, "callback": 0.99},
	"ar":  {"desk": 0.99, "category": 0.98, "language": 0.99, "priority": 0.98, "references": 0.99, "callback": 0.99},
	"ms":  {"desk": 0.99, "category": 0.98, "language": 0.99, "priority": 0.98, "references": 0.99, "callback": 0.99},
	mixed: {"desk": 0.99, "category": 0.90, "language": 0.99, "priority": 0.99, "references": 0.99, "callback": 0.99},
}

func TestAccuracy(t *testing.T) {
	c, scored := NewClassifier(), tallies{}
	for _, m := range readLabelled(t) {
		u := c.Classify(Text{ID: m.ID, Channel: m.Channel, Subject: m.Subject, Body: m.Text}, monday, riyadh)
		w := m.Want
		wrong := []string{}
		check := func(question string, right bool, got any) {
			scored.add(question, w.Language, right)
			if !right {
				wrong = append(wrong, fmt.Sprintf("%s %v", question, got))
			}
		}
		check("desk", u.Desk == w.Desk, u.Desk)
		check("category", u.Desk == w.Desk && u.Category == w.Category, u.Desk+"/"+u.Category+", want "+w.Desk+"/"+w.Category)
		check("language", u.Language == w.Language, u.Language+", want "+w.Language)
		check("priority", u.Priority == w.Priority, u.Priority+", want "+w.Priority)
		check("references", sameReferences(u.References, w.References), u.References)
		check("callback", u.Callback.Requested == w.Callback, u.Callback.Requested)
		if len(wrong) > 0 {
			t.Logf("%s %q: %s (%.2f; %s)", m.ID, m.Text, strings.Join(wrong, "; "), u.Confidence, strings.Join(u.Why, " · "))
		}
	}
	for _, language := range []string{"en", "ar", "ms", mixed, "all"} {
		line := language
		for _, q := range []string{"desk", "category", "language", "priority", "references", "callback"} {
			line += fmt.Sprintf("  %s %.3f", q, scored.share(q, language))
			if floor := floors[language][q]; scored.share(q, language) < floor {
				t.Errorf("%s: %s right in %.3f of messages, must be at least %.3f", language, q, scored.share(q, language), floor)
			}
		}
		t.Log(line)
	}
}

func sameReferences(got, want []Reference) bool {
	key := func(rs []Reference) (out []string) {
		for _, r := range rs {
			out = append(out, r.Kind+" "+r.Value)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(key(got), key(want))
}
