package email

import "strings"

// chains groups the mails of a batch that have to be handed on one after the
// other, in their order: those of one sender, and those that name each other or
// the same third one. An answer must not overtake what it answers, and two mails
// about one matter must not each open a conversation of its own. Mails of
// different chains know nothing of each other and may go at once.
func chains(mails []letterIn) [][]*letterIn {
	group := make([]int, len(mails)) // of each mail, the one it hangs on
	find := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	first := make(map[string]int, 3*len(mails))
	for i := range mails {
		group[i] = i
		for name := range ties(&mails[i].mail) {
			if j, known := first[name]; known {
				group[find(i)] = find(j)
			} else {
				first[name] = i
			}
		}
	}
	at := make(map[int]int, len(mails))
	var out [][]*letterIn
	for i := range mails {
		root := find(i)
		n, known := at[root]
		if !known {
			n = len(out)
			at[root] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], &mails[i])
	}
	return out
}

// ties yields what a mail may share with another one: its sender, and the
// Message-IDs that it has or names.
func ties(m *Mail) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if m.From.Address != "" && !yield("from "+strings.ToLower(m.From.Address)) {
			return
		}
		if m.MessageID != "" && !yield(m.MessageID) {
			return
		}
		if m.Bounce != nil && m.Bounce.OriginalMessageID != "" && !yield(m.Bounce.OriginalMessageID) {
			return
		}
		for _, list := range [][]string{m.InReplyTo, m.References, m.Renamed} {
			for _, id := range list {
				if !yield(id) {
					return
				}
			}
		}
	}
}
