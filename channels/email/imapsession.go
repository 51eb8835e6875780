package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/caravan-desk/caravan/channels"
)

const (
	fetchChunk = 10_000 // mails asked for in one FETCH
	// A fetch that fails again and again at the same mail is narrowed to that
	// mail, and then gives it up: it becomes a visible message of its own.
	singleAfter = 3
	maxBlames   = 10
	maxUIDs     = 10_000_000 // more is a server gone wrong
)

// session is one connection with the folder selected.
type session struct {
	m        *Mailbox
	c        *imapConn
	news     chan struct{}
	after    afterKeeping
	untidy   bool // the server refuses to flag or move; not asked again on this connection
	validity uint32
	modSeq   uint64   // HIGHESTMODSEQ when the folder was last selected; 0: not told (RFC 7162)
	uid      uint32   // everything up to it is kept, and the cursor says so
	reached  imap.UID // everything up to it is kept
}

// session connects, catches up, and waits for new mail until something fails.
// connected tells whether it got as far as reading.
func (m *Mailbox) session(ctx context.Context) (connected bool, err error) {
	s := &session{m: m, news: make(chan struct{}, 1)}
	if s.after, err = parseAfter(m.IMAP.After); err != nil {
		return false, err
	}
	if s.c, err = dialIMAP(ctx, m.IMAP, m.TLS, s.news); err != nil {
		return false, err
	}
	defer s.c.close()
	for {
		changed, err := s.open(ctx)
		if err != nil {
			return connected, err
		}
		if changed {
			if err := s.sweep(ctx); err != nil {
				return connected, err
			}
		}
		renew := time.Now().Add(reselect)
		for time.Now().Before(renew) {
			if changed {
				if err := s.catchUp(ctx); err != nil {
					return connected, err
				}
			}
			connected, changed = true, true
			m.reading()
			if err := s.wait(ctx, time.Until(renew)); err != nil {
				return connected, err
			}
		}
	}
}

// open selects the folder and finds the place to go on from. If UIDVALIDITY
// has changed the UIDs mean other mails now (RFC 9051 §2.3.1.1): everything is
// offered again, and what is known is a duplicate. changed is false if the
// server knows (by CONDSTORE, RFC 7162) that nothing has happened since the
// folder was selected before.
func (s *session) open(ctx context.Context) (changed bool, err error) {
	var data *imap.SelectData
	opts := &imap.SelectOptions{ReadOnly: s.after.leaves(), CondStore: s.c.Caps().Has(imap.CapCondStore)}
	err = s.c.within(commandTimeout, func() (err error) {
		data, err = s.c.Select(s.m.folder(), opts).Wait()
		return err
	})
	if err != nil {
		return false, fmt.Errorf("select folder: %w", err)
	}
	validity, uid, err := s.m.Cursor.Load(ctx, s.m.name())
	if err != nil {
		return false, fmt.Errorf("load cursor: %w", err)
	}
	if validity != data.UIDValidity {
		if validity != 0 {
			s.m.Log.Warn("mailbox was renumbered, reading it from the start", "mailbox", s.m.name())
		}
		uid = 0
	}
	changed = data.HighestModSeq == 0 || data.HighestModSeq != s.modSeq || s.validity != data.UIDValidity || s.uid != uid
	s.validity, s.uid, s.reached, s.modSeq = data.UIDValidity, uid, imap.UID(uid), data.HighestModSeq
	return changed, nil
}

// catchUp takes in every mail after the cursor.
func (s *session) catchUp(ctx context.Context) error {
	for {
		select {
		case <-s.news:
		default:
		}
		uids, err := s.search(imap.UIDRange{Start: imap.UID(s.uid + 1)})
		if err != nil {
			return err
		}
		for len(uids) > 0 {
			n := min(fetchChunk, len(uids))
			if s.m.blames >= singleAfter {
				n = 1
			}
			if err := s.take(ctx, uids[:n]); err != nil {
				return err
			}
			uids = uids[n:]
		}
		if len(s.news) == 0 {
			return nil
		}
	}
}

// search lists the UIDs in a range that are not kept, ascending. A range that
// is open to the end always holds the last mail, also if that is known (RFC 9051 §9).
func (s *session) search(r imap.UIDRange) ([]imap.UID, error) {
	uids, err := s.list(&imap.SearchCriteria{UID: []imap.UIDSet{{r}}})
	return slices.DeleteFunc(uids, func(u imap.UID) bool { return uint32(u) <= s.uid }), err
}

// list is the answer to a search, ascending.
func (s *session) list(criteria *imap.SearchCriteria) ([]imap.UID, error) {
	var data *imap.SearchData
	err := s.c.within(commandTimeout, func() (err error) {
		data, err = s.c.UIDSearch(criteria, nil).Wait()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search mail: %w", err)
	}
	set, _ := data.All.(imap.UIDSet)
	total := uint64(0)
	for _, r := range set {
		if total += uint64(r.Stop-r.Start) + 1; r.Stop < r.Start || total > maxUIDs {
			return nil, errors.New("search mail: the answer makes no sense")
		}
	}
	uids, _ := set.Nums()
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// take fetches mails and keeps them, moving the cursor behind the kept ones.
// Mails that the server lists but does not hand out are asked for again.
func (s *session) take(ctx context.Context, uids []imap.UID) error {
	kept := map[imap.UID]bool{}
	err := s.fetch(ctx, uids, kept)
	if err == nil && len(kept) < len(uids) {
		var left []imap.UID
		if left, err = s.search(imap.UIDRange{Start: uids[0], Stop: uids[len(uids)-1]}); err == nil {
			err = s.settle(uids, left, kept)
		}
	}
	if err == nil {
		s.m.blames = 0
		if err := s.advance(ctx, uids[len(uids)-1]); err != nil {
			return err
		}
		return s.tidy(ctx, uids)
	}
	if ctx.Err() != nil || errors.Is(err, errStore) {
		return err
	}
	first := uids[slices.IndexFunc(uids, func(u imap.UID) bool { return !kept[u] })]
	if s.m.blame(uint32(first)) && len(uids) == 1 {
		if err := s.giveUp(ctx, first, err); err != nil {
			return err
		}
		return s.advance(ctx, first)
	}
	return err
}

// settle forgives mails that were deleted while we read.
func (s *session) settle(uids, left []imap.UID, kept map[imap.UID]bool) error {
	for _, u := range uids {
		if kept[u] {
			continue
		}
		if _, still := slices.BinarySearch(left, u); still {
			return fmt.Errorf("fetch mail: the server keeps UID %d to itself", u)
		}
		kept[u] = true
	}
	return nil
}

// advance moves the cursor; uid and everything before it is kept.
func (s *session) advance(ctx context.Context, uid imap.UID) error {
	if uint32(uid) <= s.uid {
		return nil
	}
	err := s.m.insist(ctx, "save cursor", func() error { return s.save(ctx, uid) })
	if err != nil {
		return fmt.Errorf("%w: %w", errStore, err)
	}
	s.uid, s.reached = uint32(uid), max(s.reached, uid)
	return nil
}

// save writes the cursor, and only while the mailbox is ours to read where the
// store can tell.
func (s *session) save(ctx context.Context, uid imap.UID) error {
	fenced, ok := s.m.Cursor.(FencedCursor)
	if !ok || s.m.Lease == nil {
		return s.m.Cursor.Save(ctx, s.m.name(), s.validity, uint32(uid))
	}
	held, err := fenced.SaveAs(ctx, s.m.name(), s.m.holder, s.validity, uint32(uid))
	if err == nil && !held {
		return errLeaseLost
	}
	return err
}

// park saves the cursor as we are asked to stop: what is kept need not be
// offered again. Whoever took the lease from us knows better.
func (s *session) park(ctx context.Context) {
	if ctx.Err() == nil || uint32(s.reached) <= s.uid || errors.Is(context.Cause(ctx), errLeaseLost) {
		return
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if s.save(last, s.reached) == nil {
		s.uid = uint32(s.reached)
	}
}

// blame counts failures at one mail and tells whether to give it up.
func (m *Mailbox) blame(uid uint32) bool {
	if uid != m.blamed {
		m.blamed, m.blames = uid, 0
	}
	m.blames++
	return m.blames >= cmp.Or(m.strikes, maxBlames)
}

// giveUp puts a message in the place of a mail that the server cannot hand
// out, so that it neither blocks those after it nor vanishes.
func (s *session) giveUp(ctx context.Context, uid imap.UID, cause error) error {
	k := s.m.Intake
	now := k.Now()
	in := channels.Inbound{
		Channel: channels.Email, Account: k.Account, Class: channels.AutoReply, To: k.Address, Received: now,
		ProviderID: fmt.Sprintf("imap:%d:%d", s.validity, uid),
		Subject:    "A mail that the mail server does not hand out",
		Text: fmt.Sprintf("Mail %d in the folder %s of %s could not be read: %v. Open the mailbox itself to see it.",
			uid, s.m.folder(), k.Address, cause),
		Warnings: []string{"the mail itself could not be fetched"},
	}
	return s.m.insist(ctx, "keep mail", func() error { return k.Receiver.Receive(ctx, in) })
}
