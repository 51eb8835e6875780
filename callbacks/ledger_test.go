package callbacks

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// tried is a promise whose attempts, one a minute, ended so.
func tried(due time.Duration, all ...conversations.CallAttempt) conversations.Callback {
	cb := conversations.Callback{ID: "1-cb1", Conversation: "1", Phone: "+60123456789", RequestedAt: start, DueAt: start.Add(due), Status: conversations.CallbackDialing}
	for i, a := range all {
		at := start.Add(time.Duration(i) * time.Minute)
		a.At, a.EndedAt, a.Stage = at, &at, conversations.CallEnded
		cb.Attempts = append(cb.Attempts, a)
	}
	return cb
}

func TestNext(t *testing.T) {
	customer := func(o conversations.CallOutcome) conversations.CallAttempt {
		return conversations.CallAttempt{Outcome: o, Party: conversations.PartyCustomer, Rang: true}
	}
	officer := conversations.CallAttempt{Outcome: conversations.CallNoAnswer, Party: conversations.PartyOfficer}
	busy, none := customer(conversations.CallBusy), customer(conversations.CallNoAnswer)
	bad := customer(conversations.CallFailed)
	bad.Code, bad.Rang = "21211", false
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		cb    conversations.Callback
		wait  time.Duration
		again bool
	}{
		"busy once":                     {tried(day, busy), 3 * time.Minute, true},
		"busy three times":              {tried(day, busy, busy, busy), 30 * time.Minute, true},
		"busy after no answer":          {tried(day, none, none, busy), 3 * time.Minute, true},
		"no answer":                     {tried(day, none), 15 * time.Minute, true},
		"a machine":                     {tried(day, customer(conversations.CallMachine)), 30 * time.Minute, true},
		"answered, and nobody proved":   {tried(day, customer(conversations.CallAnswered)), 30 * time.Minute, true},
		"six rings":                     {tried(day, none, none, none, none, none, none), 0, false},
		"the last try before it is due": {tried(50*time.Minute, none, none), 45 * time.Minute, true},
		"too near to be worth it":       {tried(14*time.Minute, none), 0, false},
		"an officer did not take it":    {tried(day, officer), 5 * time.Second, true},
		"nor three others":              {tried(day, officer, officer, officer, officer), 5 * time.Minute, true},
		"overdue, and never rung":       {tried(-time.Hour, officer), 5 * time.Second, true},
		"a day overdue, and never rung": {tried(-25*time.Hour, officer), 0, false},
		"overdue, and rung":             {tried(-time.Hour, none, officer), 0, false},
		"a number that does not exist":  {tried(day, bad), 0, false},
	} {
		now := start
		at, again := Next(c.cb, now)
		if again != c.again || again && at.Sub(now) != c.wait {
			t.Errorf("%s: after %s, %v; want %s, %v", name, at.Sub(now), again, c.wait, c.again)
		}
	}
}

func TestChoose(t *testing.T) {
	on := func(id, phone string, skills ...string) conversations.Officer {
		return conversations.Officer{ID: conversations.OfficerID(id), Name: id, Phone: phone, Availability: conversations.Available, Skills: skills, Languages: []string{"en"}}
	}
	a, b := on("a", "+1", "trace"), on("b", "+2", "booking")
	away := on("c", "+3", "trace")
	away.Availability = conversations.Away
	cb := tried(24 * time.Hour)
	cb.Status = conversations.CallbackScheduled
	owned := conversations.Conversation{ID: "1", Desk: "trace", Language: "en", Contact: conversations.ContactRef{ID: "k1"}, Assignee: b.Ref()}
	free := owned
	free.Assignee = nil
	declined := tried(24*time.Hour, conversations.CallAttempt{Party: conversations.PartyOfficer, Officer: b.Ref(), Outcome: conversations.CallRejected})
	first := cb
	first.First = conversations.PartyCustomer
	for name, c := range map[string]struct {
		cb       conversations.Callback
		c        conversations.Conversation
		officers []conversations.Officer
		lines    map[string]string
		at       time.Duration
		want     string // who talks; "-": nobody; "": it waits
		first    string
	}{
		"its owner":                    {cb, owned, []conversations.Officer{a, b}, nil, 0, "b", conversations.PartyOfficer},
		"the customer first":           {first, owned, []conversations.Officer{a, b}, nil, 0, "b", conversations.PartyCustomer},
		"who works on it":              {cb, free, []conversations.Officer{b, a}, nil, 0, "a", conversations.PartyOfficer},
		"another than who declined":    {declined, owned, []conversations.Officer{a, b}, nil, time.Minute, "a", conversations.PartyOfficer},
		"who declined long ago":        {declined, owned, []conversations.Officer{a, b}, nil, time.Hour, "b", conversations.PartyOfficer},
		"its owner is on a call":       {cb, owned, []conversations.Officer{a, b}, map[string]string{"o:b": "x"}, 0, "", ""},
		"and it is nearly due":         {cb, owned, []conversations.Officer{a, b}, map[string]string{"o:b": "x"}, 23*time.Hour + 45*time.Minute, "a", conversations.PartyOfficer},
		"all are on calls":             {cb, free, []conversations.Officer{a, b}, map[string]string{"o:a": "x", "o:b": "y"}, 0, "", ""},
		"nobody is on duty":            {cb, free, []conversations.Officer{away}, nil, 0, "", ""},
		"nobody, and it is nearly due": {cb, free, []conversations.Officer{away}, nil, 23*time.Hour + 45*time.Minute, "-", conversations.PartyCustomer},
		"no officer has a telephone":   {cb, free, []conversations.Officer{on("d", "", "trace")}, nil, 0, "-", conversations.PartyCustomer},
		"the customer is on a call":    {cb, owned, []conversations.Officer{a, b}, map[string]string{"n:+60123456789": "x"}, 0, "", ""},
		"so he is on his other number": {cb, owned, []conversations.Officer{a, b}, map[string]string{"k:k1": "x"}, 0, "", ""},
	} {
		p, w, ok := Choose(c.cb, c.c, Scene{Officers: c.officers, Lines: c.lines, Now: start.Add(c.at)})
		got := ""
		if ok {
			if got = "-"; p.Officer != nil {
				got = string(p.Officer.ID)
			}
		}
		if got != c.want || p.First != c.first || w.Why == "" {
			t.Errorf("%s: %q, %s first, because %q; want %q, %s", name, got, p.First, w.Why, c.want, c.first)
		}
	}
}

// TestHearInAnyOrder gives the news of one call in any order, some of it twice: the
// stage never goes back, the same news again changes nothing, and once a key is
// pressed by the customer the promise is kept whatever else comes.
func TestHearInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.SampledFrom([]string{conversations.PartyOfficer, conversations.PartyCustomer}).Draw(t, "first")
		cb := begin(conversations.Callback{ID: "1-cb1", Conversation: "1", DueAt: start.Add(24 * time.Hour), Status: conversations.CallbackScheduled}, Plan{First: first}, "g", start)
		kinds := []channels.NewsKind{
			channels.NewsRinging, channels.NewsAnswered, channels.NewsKey, channels.NewsSilence, channels.NewsHuman,
			channels.NewsMachine, channels.NewsJoined, channels.NewsDisposing, channels.NewsEnded, channels.NewsRecorded,
		}
		pressed := false
		for i := range rapid.IntRange(1, 12).Draw(t, "news") {
			n := channels.News{
				Attempt: "1-cb1.1", SID: "CA1", Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Second: rapid.Bool().Draw(t, "second"),
				Status:  rapid.SampledFrom([]channels.CallStatus{channels.CallCompleted, channels.CallBusy, channels.CallNoAnswer}).Draw(t, "status"),
				Seconds: rapid.IntRange(0, 40).Draw(t, "seconds"), Digits: "1",
			}
			now := start.Add(time.Duration(i) * time.Second)
			was := cb.Attempts[0].Stage
			next, _, err := hear(cb, 1, n, now)
			if errors.Is(err, errNothing) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if ranks[next.Attempts[0].Stage] < ranks[was] {
				t.Fatalf("%+v: from %s back to %s", n, was, next.Attempts[0].Stage)
			}
			pressed = pressed || n.Kind == channels.NewsKey && n.Second == (first == conversations.PartyOfficer)
			if pressed && next.Status != conversations.CallbackKept {
				t.Fatalf("%+v: a key was pressed, and it is %s", n, next.Status)
			}
			if next.Status.Open() && next.LookAt == nil {
				t.Fatalf("%+v: nobody looks at it any more", n)
			}
			if cb = next; n.Kind == channels.NewsJoined || n.Kind == channels.NewsEnded || n.Kind == channels.NewsMachine {
				continue // a proof by talk may be given and taken by these
			}
			if again, _, err := hear(cb, 1, n, now.Add(time.Second)); !errors.Is(err, errNothing) {
				t.Fatalf("%+v again: %v, %+v", n, err, again)
			}
		}
	})
}

func TestStrangersCall(t *testing.T) {
	cb := begin(conversations.Callback{ID: "1-cb1", Status: conversations.CallbackScheduled}, Plan{First: conversations.PartyCustomer}, "g", start)
	cb, err := placed(cb, 1, "CA1", start)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		n    int
		news channels.News
	}{
		"another call":    {1, channels.News{SID: "CA2", Kind: channels.NewsKey, Digits: "1"}},
		"another attempt": {2, channels.News{SID: "CA1", Kind: channels.NewsKey, Digits: "1"}},
	} {
		if got, _, err := hear(cb, c.n, c.news, start); !errors.Is(err, conversations.ErrNotFound) || got.Status == conversations.CallbackKept {
			t.Errorf("%s: %s, %v", name, got.Status, err)
		}
	}
}

// An attempt that nobody can tell of ends as uncertain. Who was rung first may have been rung,
// and so it counts; what is left of the ladder goes on.
func TestGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		first string
		rang  bool
	}{
		"the customer first": {conversations.PartyCustomer, true},
		"an officer first":   {conversations.PartyOfficer, false},
	} {
		before := tried(24*time.Hour, conversations.CallAttempt{First: c.first})
		before.Attempts[0].Stage, before.Attempts[0].EndedAt = conversations.CallIntended, nil
		now := start.Add(goneTerm)
		after := givenUp(before, 1, now)
		a := after.Attempts[0]
		if a.Outcome != conversations.CallUncertain || a.Party != c.first || a.Rang != c.rang || a.Live() || !a.EndedAt.Equal(now) {
			t.Errorf("%s: the attempt is %+v", name, a)
		}
		if after.Status != conversations.CallbackScheduled || after.LookAt == nil || !after.LookAt.After(now) {
			t.Errorf("%s: the promise is %s, looked at %v", name, after.Status, after.LookAt)
		}
		if !before.Attempts[0].Live() {
			t.Errorf("%s: the promise that was read has changed", name)
		}
	}
}
