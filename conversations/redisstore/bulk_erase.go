package redisstore

import (
	"context"
	"errors"
	"slices"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// eraseRows takes a person out of the ledgers of bulk messages: that somebody was
// told remains, and not who. Who is still to be told is not.
func (s *Store) eraseRows(ctx context.Context, handles []channels.Handle) error {
	all, err := s.Bulks(ctx)
	if err != nil {
		return err
	}
	for _, b := range all {
		for from := 0; from < b.Total; from += bulkChunk {
			rows, err := s.BulkRows(ctx, b.ID, from, bulkChunk)
			if err != nil {
				return err
			}
			for _, r := range rows {
				his := slices.ContainsFunc(handles, func(h channels.Handle) bool { return !r.To.IsZero() && h.Key() == r.To.Key() })
				if !his {
					continue
				}
				if err := s.eraseRow(ctx, b.ID, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Store) eraseRow(ctx context.Context, id conversations.BulkID, r conversations.BulkRow) error {
	for {
		next := r
		next.To, next.Name, next.Variables, next.Group, next.Why = channels.Handle{}, "", nil, "", "erased"
		if r.State == conversations.RowPending {
			next.State, next.At = conversations.RowCanceled, s.now()
		}
		err := s.SaveRow(ctx, id, r, next)
		if !errors.Is(err, conversations.ErrStale) {
			return err
		}
		rows, err := s.BulkRows(ctx, id, r.N, 1)
		if err != nil || len(rows) == 0 {
			return err
		}
		r = rows[0]
	}
}
