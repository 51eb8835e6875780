package redisstore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/conversations"
)

// Consent implements conversations.Consents. Of an erased person it is what he had
// forbidden, as if it were the first that is known of the address.
func (s *Store) Consent(ctx context.Context, address string) (conversations.Consent, error) {
	c := conversations.Consent{Address: address}
	fields, _, err := get[[]any](ctx, s, redis.NewSliceCmd(ctx, "hmget", s.home(address).consents(digest(address)), address, s.anonym(address)))
	if err != nil {
		return c, fmt.Errorf("load consent: %w", err)
	}
	if raw, ok := fields[0].(string); ok {
		c.Version, err = unversioned(raw, &c.Entries)
	} else if raw, ok := fields[1].(string); ok {
		_, err = unversioned(raw, &c.Entries)
	}
	if err != nil {
		return c, fmt.Errorf("consent: %w", err)
	}
	return c, nil
}

// anonym is the field for what an erased person has forbidden. Telephone numbers
// are few enough to be tried one by one, so it takes the store's secret to tell
// which address it stands for.
func (s *Store) anonym(address string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("consent of " + address))
	return "#" + string(mac.Sum(nil)[:16])
}

// anonymiseConsent takes an address's ledger away, all but what it forbids; kept
// tells whether there was any of that. It may be done again.
func (s *Store) anonymiseConsent(ctx context.Context, address string) (kept bool, err error) {
	p := s.home(address)
	key, anonym := p.consents(digest(address)), s.anonym(address)
	for {
		c, err := s.Consent(ctx, address)
		if err != nil {
			return false, err
		}
		forbidden := c.Forbidden()
		t := newTx(p.log)
		t.check("frev", key, was(c.Version+1), address)
		t.do("HDEL", key, address)
		if len(forbidden) > 0 {
			raw, err := versioned(1, forbidden)
			if err != nil {
				return false, err
			}
			t.do("HSET", key, anonym, raw)
		} else {
			t.do("HDEL", key, anonym)
		}
		err = s.commit(ctx, t)
		var no *refusal
		if !errors.As(err, &no) {
			return len(forbidden) > 0, err
		}
	}
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
		if raw, want := no.have, t.writes.args[len(t.writes.args)-1]; raw == want {
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
