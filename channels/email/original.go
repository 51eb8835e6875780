package email

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/caravan-desk/caravan/channels"
)

// originalsKept is how many pages Originals remembers, each of up to maxBody bytes or a few times that.
const originalsKept = 64

// Originals makes the safe HTML of a kept mail when somebody wants to see it. Few
// are ever looked at, and what the policy forbids tomorrow is taken out of old mail
// too. It is safe for concurrent use.
type Originals struct {
	Blobs channels.Blobs

	mu    sync.Mutex
	pages map[string]string // by blob
	order [originalsKept]string
	next  int
}

// HTML is the safe HTML of the raw mail in a blob.
func (o *Originals) HTML(ctx context.Context, blob string) (string, error) {
	o.mu.Lock()
	page, known := o.pages[blob]
	o.mu.Unlock()
	if known {
		return page, nil
	}
	body, err := o.Blobs.Get(ctx, blob)
	if err != nil {
		return "", fmt.Errorf("open raw mail: %w", err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, DefaultMaxParse))
	if err != nil {
		return "", fmt.Errorf("read raw mail: %w", err)
	}
	page = safeHTML(raw)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pages == nil {
		o.pages = map[string]string{}
	}
	if _, known := o.pages[blob]; !known {
		delete(o.pages, o.order[o.next])
		o.pages[blob], o.order[o.next] = page, blob
		o.next = (o.next + 1) % originalsKept
	}
	return page, nil
}

// safeHTML is the safe HTML of a mail, or nothing if that breaks the parser.
func safeHTML(raw []byte) (page string) {
	defer func() {
		if recover() != nil {
			page = ""
		}
	}()
	return Parse(raw, Options{}).HTML
}
