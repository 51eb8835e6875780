package email

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// afterChunk is how many mails are flagged or moved by one command.
const afterChunk = 500

// afterKeeping is what becomes of a mail in its mailbox once it is kept. The
// zero value leaves it alone.
type afterKeeping struct {
	flag   imap.Flag
	folder string
}

// parseAfter reads IMAP.After: leave, flag (as \Seen), flag:NAME, or move:FOLDER.
func parseAfter(s string) (afterKeeping, error) {
	verb, what, given := strings.Cut(s, ":")
	switch {
	case s == "" || s == "leave":
		return afterKeeping{}, nil
	case s == "flag":
		return afterKeeping{flag: imap.FlagSeen}, nil
	case verb == "flag" && given && what != "" && !strings.ContainsAny(what, " \t\r\n(){%*\"]") && what != `\Deleted`:
		return afterKeeping{flag: imap.Flag(what)}, nil
	case verb == "move" && what != "" && !strings.ContainsAny(what, "\r\n"):
		return afterKeeping{folder: what}, nil
	}
	return afterKeeping{}, fmt.Errorf("%q is none of leave, flag, flag:NAME and move:FOLDER", s)
}

func (a afterKeeping) leaves() bool { return a == afterKeeping{} }

// sweep does what is to be done with kept mails that are still in their place:
// a stop may come between keeping a mail and moving it.
func (s *session) sweep(ctx context.Context) error {
	if s.after.leaves() || s.uid == 0 {
		return nil
	}
	criteria := &imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 1, Stop: imap.UID(s.uid)}}}}
	if s.after.flag != "" {
		criteria.NotFlag = []imap.Flag{s.after.flag}
	}
	uids, err := s.list(criteria)
	if err != nil {
		return err
	}
	return s.tidy(ctx, uids)
}

// tidy flags or moves mails that are kept. A server that refuses is no reason
// to stop taking in mail: State tells of it, and the next sweep tries again.
func (s *session) tidy(ctx context.Context, uids []imap.UID) error {
	if s.after.leaves() || s.untidy {
		return nil
	}
	for len(uids) > 0 && ctx.Err() == nil {
		n := min(afterChunk, len(uids))
		set := imap.UIDSetNum(uids[:n]...)
		uids = uids[n:]
		err := s.c.within(commandTimeout, func() error {
			if s.after.flag != "" {
				return s.mark(set, s.after.flag)
			}
			return s.move(set)
		})
		var no *imap.Error
		if errors.As(err, &no) {
			s.untidy = true
			text := "kept mail cannot be flagged or moved: " + no.Error()
			if s.m.State().Warning != text {
				s.m.Log.Warn("tidy mailbox", "mailbox", s.m.name(), "error", err)
			}
			s.m.update(func(st *State) { st.Warning = text })
			return nil
		}
		if err != nil {
			return fmt.Errorf("tidy mailbox: %w", err)
		}
		s.m.update(func(st *State) { st.Warning = "" })
	}
	return ctx.Err()
}

func (s *session) mark(set imap.UIDSet, flag imap.Flag) error {
	return s.c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
}

// move moves mails to the folder, which it makes if need be.
func (s *session) move(set imap.UIDSet) error {
	err := s.moveOnce(set)
	var no *imap.Error
	if !errors.As(err, &no) {
		return err
	}
	if s.c.Create(s.after.folder, nil).Wait() != nil {
		return err
	}
	return s.moveOnce(set)
}

// moveOnce is MOVE (RFC 6851), or its three steps one after the other: go-imap
// would send them all at once and so delete what the server has just refused to
// copy. Without UIDPLUS nothing is expunged, for that would take along what
// others have marked as deleted.
func (s *session) moveOnce(set imap.UIDSet) error {
	if s.c.Caps().Has(imap.CapMove) {
		_, err := s.c.Move(set, s.after.folder).Wait()
		return err
	}
	if _, err := s.c.Copy(set, s.after.folder).Wait(); err != nil {
		return err
	}
	if err := s.mark(set, imap.FlagDeleted); err != nil {
		return err
	}
	if s.c.Caps().Has(imap.CapUIDPlus) {
		return s.c.UIDExpunge(set).Close()
	}
	return nil
}
