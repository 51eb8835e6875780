package redisstore

import (
	"context"
	"errors"

	"github.com/caravan-desk/caravan/conversations"
)

// anonymise takes out of the matters that an erased conversation was about what their
// systems told of persons: a booking's facts, customers and remarks. What happened, and
// when, stays: it is the shipment's or the booking's.
func (s *Store) anonymise(ctx context.Context, about []conversations.Reference) error {
	for _, ref := range about {
		for {
			m, err := s.LoadMatter(ctx, ref)
			if errors.Is(err, conversations.ErrNotFound) {
				break
			}
			if err != nil {
				return err
			}
			if err := s.SaveMatter(ctx, conversations.Anonymous(m)); !errors.Is(err, conversations.ErrStale) {
				if err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}
