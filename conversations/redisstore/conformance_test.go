//go:build unix

package redisstore_test

import (
	"context"
	"testing"

	"github.com/caravan-desk/caravan/conversations/redisstore/embedded"
	"github.com/caravan-desk/caravan/conversations/redisstore/redistest"
)

// check is one promise of the store.
type check struct {
	name string
	run  func(t *testing.T, h *house)
}

// checks are what every kind of Redis must keep, each on an empty store.
var checks = []check{
	{"a provider's ID is kept once", keptOnce},
	{"two first messages at once make one conversation", pairs},
	{"a customer's handles lead to one place", handles},
	{"a change that is refused leaves nothing", refusedWhole},
	{"who is remembered, but was lost with the store's last second, begins anew", begunAnew},
	{"a solved chat is reopened, a closed one is not", reopening},
	{"mails thread by token and known Message-IDs", threading},
	{"mails of one thread at once make one conversation", threadsAtOnce},
	{"two conversations become one also if the gateway died in between", unitedAfterCrash},
	{"a stranger with a number in the subject stays a stranger", stranger},
	{"one mail to two mailboxes is kept in both", twoMailboxes},
	{"a thread pinned before a crash is taken up", pinnedThenCrash},
	{"a reply is done once, and only on what was read", replies},
	{"receipts in every order end in the same state", receipts},
	{"a lease is a fence", fence},
	{"an interrupted send comes back as it was left", interrupted},
	{"leases of a former life are reclaimed", reclaim},
	{"a sender has its turns", pacing},
	{"a receipt quicker than the outcome is kept", quickReceipt},
	{"promises are kept beside their conversation", callbacks},
	{"call-backs are listed by what is due", callbackPages},
	{"call-backs are looked at when it is time", callbacksDue},
	{"callers wait in line", callersInLine},
	{"a call comes in pieces", callInPieces},
	{"a renegotiated promise ends with the new one", renegotiated},
	{"a conversation that ends with a reason owes nothing", unpromised},
	{"a telephone line has one holder", lines},
	{"an officer's line is taken while a caller has him", talks},
	{"a customer's words move and end what he is promised", recalled},
	{"an officer's address is his own", officers},
	{"tokens end", tokens},
	{"the trail answers for any time", trail},
	{"an answer is given again under its key", idempotency},
	{"capacity is never exceeded", capacity},
	{"a change takes a place with what it assigns", seats},
	{"nothing waits while there is room", room},
	{"every filter and sort", filters},
	{"who names the same is found", sharing},
	{"pages neither skip nor repeat while rows move", pagesWhileMoving},
	{"a cursor ends", cursors},
	{"a cursor is for its own list", strangeCursors},
	{"the feed resumes without a gap", feed},
	{"a group loses nothing", following},
	{"a group is given only what leaves work to do", onlyWork},
	{"logs are trimmed behind the slowest group", trimming},
	{"a report is kept once, and told until it is done", matters},
	{"a notice is told once, and opens one conversation", notices},
	{"what has no receipt is said another way, once", unproved},
	{"attachments are fetched until they are there", media},
	{"a mail that is parsed anew says so", rereading},
	{"what falls due is given in its time, and once", alarms},
	{"what is put off is given in its time", snoozes},
	{"errands are run when they are due", errands},
	{"what waits is counted", backlog},
	{"a review is listed at one instant, and ends whole", reviews},
	{"mailboxes have one holder", mailboxes},
	{"what was said is found", searching},
	{"what was just written is found as it is", searchingFresh},
	{"a merge shows one, doubles nothing and can be undone", merging},
	{"an interrupted merge is finished", interruptedMerge},
	{"a split can be undone", splitting},
	{"merges, splits and undoing leave each message once and each customer one chat", mergesInTurn},
	{"a message passed on before a crash is kept once", passedBack},
	{"merges by several officers at once leave the same", mergesAtOnce},
	{"an export comes back whole", roundTrip},
	{"verify finds what is wrong", verification},
	{"nothing goes out against the consent ledger", consents},
	{"machines write to one person so often a day", capped},
	{"an erased person stays opted out", staysSilent},
	{"what was kept for its time goes", retention},
	{"what is shared goes with the last", restsTogether},
	{"what an erased person wrote does not come back", erasedStaysAway},
	{"who is erased twice is still told of", erasedTwice},
	{"what a provider has is compared with what is kept", sweeping},
	{"a bulk message's ledger is whole", bulks},
	{"docs/keys.md lists every key", keys},
}

// conformance runs checks, each on a store from open.
func conformance(t *testing.T, checks []check, open func(t *testing.T) *house) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// at opens an empty store at an address.
func at(url string) func(t *testing.T) *house {
	return opened(url, func(t *testing.T, url string) *house { return open(t, url) })
}

func opened(url string, open func(t *testing.T, url string) *house) func(t *testing.T) *house {
	return func(t *testing.T) *house {
		t.Helper()
		empty(t, url)
		return open(t, url)
	}
}

func TestSingle(t *testing.T) {
	t.Parallel()
	conformance(t, checks, at(redistest.Single(t).URL))
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	conformance(t, checks, at(startEmbedded(t)))
}

// TestImitation is what a machine without any redis-server runs.
func TestImitation(t *testing.T) {
	t.Setenv("PATH", "")
	conformance(t, checks, at(startEmbedded(t)))
}

func startEmbedded(t *testing.T) string {
	t.Helper()
	s, err := embedded.Start(t.Context(), embedded.Options{DataDir: t.TempDir(), Logger: quiet})
	must(t, err)
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s.URL()
}

func TestSentinel(t *testing.T) {
	t.Parallel()
	s := redistest.Sentinel(t)
	first, second := halves()
	conformance(t, first, at(s.URL))
	t.Run("failover", func(t *testing.T) {
		failover(t, opened(s.URL, hasty)(t), func() { s.Failover() })
	})
	conformance(t, second, at(s.URL))
}

func TestCluster(t *testing.T) {
	t.Parallel()
	n := redistest.Cluster(t)
	first, second := halves()
	conformance(t, first, at(n.URL))
	t.Run("failover", func(t *testing.T) {
		failover(t, opened(n.URL, hasty)(t), func() { n.KillMaster("{p00}:log") })
		n.Heal()
	})
	conformance(t, second, at(n.URL))
}

// halves are the checks before and after the failover.
func halves() (first, second []check) { return checks[:len(checks)/2], checks[len(checks)/2:] }
