package inbox

import (
	"context"

	"github.com/caravan-desk/caravan/conversations"
)

// shelf is the bulk messages of the store in memory.
type shelf struct {
	bulks map[conversations.BulkID]conversations.Bulk
	rows  map[conversations.BulkID][]conversations.BulkRow
}

func (s *memory) LoadBulk(_ context.Context, id conversations.BulkID) (conversations.Bulk, error) {
	return found(s, s.bulks, id)
}

func (s *memory) Bulks(context.Context) ([]conversations.Bulk, error) {
	leave, err := s.enter()
	defer leave()
	var out []conversations.Bulk
	for _, b := range s.bulks {
		out = append(out, b)
	}
	return out, err
}

func (s *memory) BulkRows(_ context.Context, id conversations.BulkID, from, n int) ([]conversations.BulkRow, error) {
	leave, err := s.enter()
	defer leave()
	return part(s.rows[id], from, n), err
}
