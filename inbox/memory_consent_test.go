package inbox

import (
	"context"
	"errors"

	"github.com/caravan-desk/caravan/conversations"
)

func (s *memory) Consent(_ context.Context, address string) (conversations.Consent, error) {
	l, err := found(s, s.ledgers, address)
	if errors.Is(err, conversations.ErrNotFound) {
		return conversations.Consent{Address: address}, nil
	}
	return l, err
}

func (s *memory) SaveConsent(_ context.Context, ch conversations.ConsentChange) error {
	leave, err := s.enter()
	defer leave()
	if err == nil && s.ledgers[ch.Now.Address].Version+1 != ch.Now.Version {
		err = conversations.ErrStale
	}
	if err == nil {
		s.ledgers[ch.Now.Address] = ch.Now
	}
	return err
}
