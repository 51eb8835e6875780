package webhooks_test

import (
	"context"
	"slices"
	"sync"

	"github.com/caravan-desk/caravan/channels"
)

// store keeps each (channel, account, provider's ID) once, as the house does.
type store struct {
	mu       sync.Mutex
	kept     []channels.Inbound
	receipts []channels.Receipt
}

func (s *store) Receive(_ context.Context, in channels.Inbound) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.kept, func(k channels.Inbound) bool {
		return k.Channel == in.Channel && k.Account == in.Account && k.ProviderID == in.ProviderID
	})
	if i < 0 {
		s.kept = append(s.kept, in)
		return nil
	}
	if k := &s.kept[i]; in.Call != nil { // a further piece of a call
		c := k.Call.Merge(*in.Call)
		k.Call, k.Text = &c, c.String()
		for _, a := range in.Attachments {
			if !slices.Contains(k.Attachments, a) {
				k.Attachments = append(k.Attachments, a)
			}
		}
	}
	return nil
}

func (s *store) RecordReceipt(_ context.Context, r channels.Receipt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.receipts = append(s.receipts, r)
	return nil
}

// all returns what was kept since the last call.
func (s *store) all() []channels.Inbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.kept
	s.kept = nil
	return kept
}
