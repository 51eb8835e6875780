package email

import (
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"
)

func TestChains(t *testing.T) {
	letter := func(uid imap.UID, from, id string, refs ...string) letterIn {
		return letterIn{uid: uid, mail: Mail{From: Address{Address: from}, MessageID: id, InReplyTo: refs}}
	}
	got := ""
	for _, c := range chains([]letterIn{
		letter(1, "a@x", "1"), letter(2, "b@x", "2"), letter(3, "A@x", "3"), letter(4, "c@x", "4", "2"), letter(5, "d@x", "5", "4"), letter(6, "", ""), letter(7, "", ""),
		letter(8, "e@x", "8", "gone"), letter(9, "f@x", "9", "gone"),
	}) {
		for _, l := range c {
			got += fmt.Sprint(l.uid, " ")
		}
		got += "| "
	}
	if want := "1 3 | 2 4 5 | 6 | 7 | 8 9 | "; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Every mail is in one chain, in its order, and mails that share anything are in the same.
func TestChainsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"", "1", "2", "3", "4", "5", "6", "7"})
		mails := make([]letterIn, rapid.IntRange(0, 20).Draw(t, "n"))
		for i := range mails {
			mails[i] = letterIn{uid: imap.UID(i + 1), mail: Mail{
				From: Address{Address: name.Draw(t, "from")}, MessageID: name.Draw(t, "id"), References: rapid.SliceOfN(name, 0, 2).Draw(t, "refs"),
			}}
		}
		chain, seen := map[imap.UID]int{}, 0
		for n, c := range chains(mails) {
			last := imap.UID(0)
			for _, l := range c {
				if l.uid <= last {
					t.Fatalf("%d comes after %d", l.uid, last)
				}
				last, chain[l.uid] = l.uid, n
				seen++
			}
		}
		if seen != len(mails) || len(chain) != len(mails) {
			t.Fatalf("%d of %d mails in chains", seen, len(mails))
		}
		for i := range mails {
			for name := range ties(&mails[i].mail) {
				for j := range mails {
					for other := range ties(&mails[j].mail) {
						if name == other && chain[mails[i].uid] != chain[mails[j].uid] {
							t.Fatalf("%d and %d share %q and are in two chains", i+1, j+1, name)
						}
					}
				}
			}
		}
	})
}
