package news

import (
	"context"
	"errors"
	"fmt"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// Spoken says how a matter stands, for the ear, in a language (en, ar or ms): the text of
// the template that would tell its latest report. conversations.ErrNotFound if nothing was
// ever reported of it.
func (n *Newsroom) Spoken(ctx context.Context, ref conversations.Reference, language string) (string, error) {
	m, err := n.Matters.LoadMatter(ctx, ref)
	if err != nil {
		return "", fmt.Errorf("load %s: %w", ref.Kind, err)
	}
	r, ok := m.Latest()
	if !ok {
		return "", conversations.ErrNotFound
	}
	c := conversations.Conversation{Language: language}
	var faults []error
	for _, name := range candidates(m.Kind, r.Stage, effectOf(m.Kind, r.Stage)) {
		t, err := n.Library.Get(name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		out, err := n.render(t, channels.Voice, c, n.known(m, r, c), n.Now())
		if err == nil {
			return out.Text, nil
		}
		faults = append(faults, err)
	}
	return "", errors.Join(faults...)
}
