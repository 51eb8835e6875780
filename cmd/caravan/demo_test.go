package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels/simulator"
	"github.com/caravan-desk/caravan/conversations"
)

// TestDemo plays what a newcomer does: he writes an Arabic WhatsApp message on the
// one page, sees it arrive assigned on the other, answers, and sees the ticks turn.
func TestDemo(t *testing.T) {
	t.Parallel()
	var stdout, stderr journal
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- run(&env{ctx: ctx, stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr},
			[]string{"demo", "--listen", "127.0.0.1:0", "--play", "127.0.0.1:0", "--data", t.TempDir()})
	}()
	printed := regexp.MustCompile(`(?s)Officers +(http://\S+).*sign in as (\S+) with the password (\S+).*Customers +(http://\S+)`)
	var said []string
	eventually(t, "the addresses are printed", func() error {
		said = printed.FindStringSubmatch(stdout.String())
		return wrong(len(said) == 5, "%s%s", stdout.String(), stderr.String())
	})
	officers, customers := &client{t: t, base: said[1]}, &client{t: t, base: said[4]}
	eventually(t, "the page answers", func() error {
		a, err := officers.try("GET", "/", nil)
		if err != nil {
			return err
		}
		return wrong(a.code == http.StatusOK && strings.Contains(string(a.body), "<html"), "%d", a.code)
	})
	customers.get("/").want(http.StatusOK)
	world := field[struct{ People []simulator.Person }](customers.get("/play/world").want(http.StatusOK))
	who := world.People[slices.IndexFunc(world.People, func(p simulator.Person) bool { return p.Language == "ar" && p.WhatsApp != "" })]
	customers.post("/play/messages", map[string]any{"whatsapp": true, "from": who.WhatsApp, "name": who.Name, "text": "وين شحنتي 1086396430؟"}).want(http.StatusCreated)

	in := officers.post("/v1/session", map[string]any{"email": said[2], "password": said[3]}).want(http.StatusOK)
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	csrf := field[struct {
		Token string `json:"csrf_token"`
	}](in).Token
	var c conversations.Conversation
	eventually(t, "it arrives assigned", func() error {
		list := field[list[conversations.Conversation]](officers.do("GET", "/v1/conversations", nil, "Cookie", cookie).want(http.StatusOK)).Items
		if len(list) != 1 || list[0].Assignee == nil {
			return fmt.Errorf("%d conversations", len(list))
		}
		c = list[0]
		return nil
	})
	officers.post("/v1/conversations/"+string(c.ID)+"/messages", map[string]any{"kind": "reply", "text": "في الرياض"}, "Cookie", cookie, "X-CSRF-Token", csrf).want(http.StatusAccepted)
	tick := func(status string) {
		eventually(t, "the answer is "+status, func() error {
			ledger := field[struct{ Messages []simulator.Message }](customers.get("/play/ledger").want(http.StatusOK)).Messages
			last := ledger[len(ledger)-1]
			return wrong(last.Body == "في الرياض" && last.Status == status, "%s", last.Status)
		})
	}
	tick("delivered")
	customers.post("/play/read", map[string]any{"person": who.ID}).want(http.StatusOK)
	tick("read")
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d\n%s", got, stderr.String())
	}
	for _, leak := range leaks(stderr.String(), []string{"وين شحنتي 1086396430؟", "في الرياض", who.Name}, []string{who.WhatsApp}) {
		t.Errorf("the log holds %q", leak)
	}
	http.DefaultClient.CloseIdleConnections()
}
