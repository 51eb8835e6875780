package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/caravan-desk/caravan/conversations"
)

// Pass implements conversations.Passage. The claim's value is "@" and the
// conversation that it was passed on to, which claims it again in its own partition.
func (s *Store) Pass(ctx context.Context, claim string, from, to conversations.ID) error {
	p, _, err := s.of(from)
	if err != nil {
		return err
	}
	other, _, err := s.of(to)
	if err != nil || other == p { // one claim serves both
		return err
	}
	hash := digest(claim)
	t := newTx(p.log)
	t.check("field", p.claims(hash), "", hash[2:])
	t.do("HSET", p.claims(hash), hash[2:], "@"+string(to))
	err = s.commit(ctx, t)
	var no *refusal
	if !errors.As(err, &no) {
		if err != nil {
			return fmt.Errorf("pass claim: %w", err)
		}
		return nil
	}
	switch where, passed := strings.CutPrefix(no.have, "@"); {
	case !passed:
		return s.duplicate(from, no.have)
	case where != string(to):
		return &conversations.MovedError{In: from, To: conversations.ID(where)}
	}
	return nil
}

// Erased implements conversations.Passage.
func (s *Store) Erased(ctx context.Context, id conversations.ID) (bool, error) {
	c, err := s.Load(ctx, id)
	if errors.Is(err, conversations.ErrNotFound) {
		return false, nil
	}
	return c.Erased, err
}

// assume has the change refused if what it was decided on has changed since.
func (s *Store) assume(t *tx, p *partition, stands []conversations.Stand) {
	for _, a := range stands {
		if home, n, err := s.of(a.Conversation); err == nil && home == p {
			t.check("rev", p.conversation(n), strconv.FormatUint(uint64(a.Version), 10), "")
		}
	}
}

// composeClaim takes a change's claim, unless somebody has it; one that was passed on
// and has come back is taken from where it was passed to.
func composeClaim(t *tx, p *partition, n uint64, ch *conversations.Change) {
	if ch.Claim == "" {
		return
	}
	hash := digest(ch.Claim)
	if ch.Back == "" {
		t.check("take", p.claims(hash), claimant(n, ch), hash[2:])
		return
	}
	t.check("field", p.claims(hash), "@"+string(ch.Back), hash[2:])
	t.do("HSET", p.claims(hash), hash[2:], claimant(n, ch))
}
