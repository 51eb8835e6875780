package routing

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

const someRules = `version: 7
rules:
  - name: ministry
    when: {handles: ["*@ministry.example"], desks: [trace]}
    then:
      - priority: urgent
      - tag: vip
  - name: lawyer
    when: {words: ["محام", "lawyer"]}
    then:
      - move: {desk: trace, category: complaint}
      - offer: booking
  - name: spam
    when: {categories: [spam], references: none}
    then:
      - status: closed
    stop: true
  - name: after_spam
    when: {first: true}
    then:
      - details: {seen: "yes"}
      - prefer: o7
`

func rules(t *testing.T, text string) (Desks, Rules) {
	t.Helper()
	ds, err := LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	rs, err := LoadRules(ds, fstest.MapFS{"rules/some.yaml": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return ds, rs
}

func TestRules(t *testing.T) {
	ds, rs := rules(t, someRules)
	base := conversations.Conversation{ID: "16", Version: 3, Desk: "trace", Category: "claim", Status: conversations.New, Priority: conversations.Normal, CreatedAt: monday, UpdatedAt: monday}
	for _, k := range []struct {
		name  string
		c     func(*conversations.Conversation)
		m     conversations.Message
		want  []string // what the history says of each rule
		check func(conversations.Conversation) bool
	}{
		{"by sender", nil, conversations.Message{ID: "16-2", From: "Ali@Ministry.example", Channel: channels.Email},
			[]string{"rule ministry (version 7): priority urgent; tag vip"},
			func(c conversations.Conversation) bool {
				return c.Priority == conversations.Urgent && slices.Equal(c.Tags, []string{VIP})
			}},
		{"by words, in any spelling", nil, conversations.Message{ID: "16-2", Text: "سأكلّم المُحامي"}, nil, nil},
		{"by words that begin so", nil, conversations.Message{ID: "16-2", Text: "مُحــامي سيتصل بكم"},
			[]string{"rule lawyer (version 7): moved to trace, complaint; offered to booking"},
			func(c conversations.Conversation) bool { return c.Category == "complaint" && c.Overflow == "booking" }},
		{"what an officer decided stays", func(c *conversations.Conversation) {
			c.ByHand, c.Assignee = true, &conversations.OfficerRef{ID: "o1", Name: "Aisyah"}
		}, conversations.Message{ID: "16-2", Text: "my LAWYERS"},
			[]string{"rule lawyer (version 7): could not move it to trace: an officer put it on trace; could not offer it to booking: Aisyah has it"},
			func(c conversations.Conversation) bool { return c.Category == "claim" && c.Overflow == "" }},
		{"a rule stops those after it", func(c *conversations.Conversation) { c.Desk, c.Category = DeskTriage, "spam" }, conversations.Message{ID: "16-1"},
			[]string{"rule spam (version 7): status closed"},
			func(c conversations.Conversation) bool {
				return c.Status == conversations.Closed && c.Times.Solved.Equal(monday)
			}},
		{"a promise is not closed by a rule", func(c *conversations.Conversation) { c.Category, c.Promises = "spam", 1 }, conversations.Message{ID: "16-2"},
			[]string{"rule spam (version 7): could not make it closed: a call-back is still promised"},
			func(c conversations.Conversation) bool { return c.Status == conversations.New }},
		{"details and preference", nil, conversations.Message{ID: "16-1"},
			[]string{"rule after_spam (version 7): details 1; preferably for o7"},
			func(c conversations.Conversation) bool { return c.Details["seen"] == "yes" && c.Previous == "o7" }},
	} {
		c := base
		if k.c != nil {
			k.c(&c)
		}
		ch := conversations.Change{After: c}
		rs.Apply(&ch, k.m, ds, monday)
		var got []string
		for _, e := range ch.Events {
			if e.Type == conversations.EventRule {
				got = append(got, e.Why)
			}
		}
		if !slices.Equal(got, k.want) || k.check != nil && !k.check(ch.After) || ch.After.Version != base.Version {
			t.Errorf("%s: %q\nwant %q\n%+v", k.name, got, k.want, ch.After)
		}
	}
}

func TestRuleFaults(t *testing.T) {
	ds, err := LoadDesks()
	if err != nil {
		t.Fatal(err)
	}
	_, err = LoadRules(ds, fstest.MapFS{"rules/r.yaml": {Data: []byte(`version: 0
rules:
  - name: No
    when: {desks: [nowhere], priorities: [vip], references: passport}
    then:
      - {priority: vip, tag: x}
      - status: new
      - move: {desk: trace, category: refund}
      - offer: nowhere
  - name: idle
    when: {}
    then: []
`)}, "rules/q.yaml": {Data: []byte("version: 1\nrules:\n  - name: a\n    whenever: {}\n")}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"r.yaml:1: version", `r.yaml:3: rules[0]: "No"`, `rules[0].when.desks[0]: "nowhere"`, `rules[0].when.priorities[0]: "vip"`, "rules[0].when.references",
		"r.yaml:6: rules[0].then[0]: does 2 things", `r.yaml:7: rules[0].then[1]: "new"`, `r.yaml:8: rules[0].then[2]: there is no category "refund"`,
		"r.yaml:9: rules[0].then[3]", "rules[1].when: has no condition", "rules[1]: does nothing", "q.yaml:4: rules[0].whenever: unknown key",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

// TestReplay: the same messages under other rules, side by side, and nothing is written.
func TestReplay(t *testing.T) {
	ds, present := rules(t, "version: 1\nrules:\n  - {name: vip, when: {handles: ['+9665*']}, then: [{tag: vip}]}\n")
	_, changed := rules(t, "version: 2\nrules:\n  - {name: vip, when: {handles: ['+9665*']}, then: [{tag: vip}]}\n  - {name: angry, when: {words: [teapot]}, then: [{priority: urgent}]}\n")
	classifier := NewClassifier()
	reader := func(rs Rules) Reader { return Reader{Classifier: classifier, Desks: ds, Rules: rs, Timezone: time.UTC} }
	p := &Replay{Present: reader(present), Changed: reader(changed)}
	message := func(id conversations.MessageID, from, text string) conversations.Message {
		return conversations.Message{ID: id, Direction: conversations.In, Kind: conversations.KindMessage, Channel: channels.SMS, From: from, Text: text, CreatedAt: monday}
	}
	p.Add(conversations.Conversation{ID: "16", CreatedAt: monday}, []conversations.Message{message("16-1", "+966500000001", "Where is my parcel?"), message("16-2", "+966500000001", "thanks, it came")})
	p.Add(conversations.Conversation{ID: "17", CreatedAt: monday}, []conversations.Message{message("17-1", "+60123456789", "Where is my parcel? It is a teapot")})
	if p.Conversations != 2 || p.Messages != 3 || p.Applied["vip"] != [2]int{2, 2} || p.Applied["angry"] != [2]int{0, 1} {
		t.Errorf("%+v", p)
	}
	if len(p.Differences) != 1 || p.Differences[0].Conversation != "17" || !slices.Equal(p.Differences[0].Changes, []string{"priority normal → urgent"}) || !slices.Equal(p.Differences[0].Rules, []string{"angry"}) {
		t.Errorf("%+v", p.Differences)
	}
}
