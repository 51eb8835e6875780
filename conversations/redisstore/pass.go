package redisstore

import (
	"context"
	"errors"
	"fmt"
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
		return &conversations.MovedError{To: conversations.ID(where)}
	}
	return nil
}
