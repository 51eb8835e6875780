package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Consent implements conversations.Consents.
func (s *Store) Consent(ctx context.Context, address string) (conversations.Consent, error) {
	c := conversations.Consent{Address: address}
	hash := digest(address)
	raw, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", s.home(address).consents(hash), address))
	if err != nil {
		return c, fmt.Errorf("load consent: %w", err)
	}
	if !ok {
		return c, nil
	}
	if c.Version, err = unversioned(raw, &c.Entries); err != nil {
		return c, fmt.Errorf("consent: %w", err)
	}
	return c, nil
}

// SaveConsent implements conversations.Consents.
func (s *Store) SaveConsent(ctx context.Context, ch conversations.ConsentChange) error {
	p := s.home(ch.Now.Address)
	t := newTx(p.log)
	t.op = opID()
	if err := composeConsent(t, p, &ch.Now); err != nil {
		return err
	}
	err := s.commit(ctx, t)
	var no *refusal
	if errors.As(err, &no) {
		if raw, want := no.have, t.writes[len(t.writes)-1]; raw == want {
			return nil
		}
		return conversations.ErrStale
	}
	if err != nil {
		return fmt.Errorf("save consent: %w", err)
	}
	return nil
}

// composeConsent writes an address's ledger, if it is as it was read.
func composeConsent(t *tx, p *partition, c *conversations.Consent) error {
	raw, err := versioned(c.Version, c.Entries)
	if err != nil {
		return err
	}
	key := p.consents(digest(c.Address))
	t.check("frev", key, was(c.Version), c.Address)
	t.do("HSET", key, c.Address, raw)
	return nil
}

// was is the version before one, as a check wants it.
func was(v conversations.Revision) string {
	if v <= 1 {
		return ""
	}
	return strconv.FormatUint(uint64(v-1), 10)
}

// consentsElsewhere writes the ledgers that live in other partitions than the
// conversation, before it: should the gateway die in between, the message comes
// again and finds its word noted.
func (s *Store) consentsElsewhere(ctx context.Context, p *partition, changes []conversations.ConsentChange) error {
	for _, ch := range changes {
		if s.home(ch.Now.Address) != p {
			if err := s.SaveConsent(ctx, ch); err != nil {
				return err
			}
		}
	}
	return nil
}

// Claimant implements conversations.Claims.
func (s *Store) Claimant(ctx context.Context, in conversations.ID, claim string) (conversations.MessageID, bool, error) {
	p, _, err := s.of(in)
	if err != nil {
		return "", false, err
	}
	hash := digest(claim)
	ref, ok, err := get[string](ctx, s, redis.NewStringCmd(ctx, "hget", p.claims(hash), hash[2:]))
	if err != nil || !ok {
		return "", false, err
	}
	if strings.HasPrefix(ref, "@") { // a customer's message that was passed on: none of ours
		return "", false, nil
	}
	id, err := s.fromMember(p, ref)
	return id, err == nil, err
}
