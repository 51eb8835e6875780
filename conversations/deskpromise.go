package conversations

import (
	"context"
	"errors"
	"time"
)

// Promise promises a call-back.
func (d *Desk) Promise(ctx context.Context, id ID, r CallbackRequest, by Author) (Callback, error) {
	var cb Callback
	_, err := d.decide(ctx, id, 0, func(c Conversation, now time.Time) (Change, error) {
		ch, err := Promise(c, r, by, now)
		if err == nil {
			cb = *ch.Callback
		}
		return ch, err
	})
	var dup *DuplicateError
	if errors.As(err, &dup) {
		return d.Store.LoadCallback(ctx, dup.Callback)
	}
	return cb, err
}

// Renegotiate ends a promise for another one, and returns that. One that was
// renegotiated before gives the promise of that time.
func (d *Desk) Renegotiate(ctx context.Context, id CallbackID, r CallbackRequest, by Author) (Callback, error) {
	was, err := d.Store.LoadCallback(ctx, id)
	if err != nil {
		return Callback{}, err
	}
	var cb Callback
	_, err = d.decide(ctx, was.Conversation, 0, func(c Conversation, now time.Time) (Change, error) {
		was, err := d.Store.LoadCallback(ctx, id)
		if err != nil {
			return Change{}, err
		}
		ch, err := Renegotiate(c, was, r, by, now)
		if err == nil {
			cb = *ch.Callback
		}
		return ch, err
	})
	if err != nil && (was.Status == CallbackRenegotiated || was.Spoken != nil) {
		return d.replaced(ctx, was, err)
	}
	return cb, err
}

// replaced finds the promise that was taken instead of another; err if there is none.
func (d *Desk) replaced(ctx context.Context, was Callback, err error) (Callback, error) {
	c, failed := d.Store.Load(ctx, was.Conversation)
	if failed != nil {
		return Callback{}, failed
	}
	for n := range c.Issued {
		cb, failed := d.Store.LoadCallback(ctx, c.CallbackID(n+1))
		if failed == nil && cb.Replaces == was.ID {
			return cb, nil
		}
	}
	return Callback{}, err
}

// Keep changes a promise by a pure function of how it stands.
func (d *Desk) Keep(ctx context.Context, id CallbackID, by Author, why string, change func(Callback, time.Time) (Callback, error)) (Callback, error) {
	cb, err := d.Store.LoadCallback(ctx, id)
	if err != nil {
		return Callback{}, err
	}
	_, err = d.decide(ctx, cb.Conversation, 0, func(c Conversation, now time.Time) (Change, error) {
		was, err := d.Store.LoadCallback(ctx, id)
		if err != nil {
			return Change{}, err
		}
		next, err := change(was, now)
		if err != nil {
			return Change{}, err
		}
		ch := Keep(c, was, next, by, why, now)
		cb = *ch.Callback
		return ch, nil
	})
	return cb, err
}

// owed are a conversation's open promises.
func (d *Desk) owed(ctx context.Context, c Conversation) ([]Callback, error) {
	var out []Callback
	for n := range c.Issued {
		cb, err := d.Store.LoadCallback(ctx, c.CallbackID(n+1))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if cb.Status.Open() && cb.Spoken == nil {
			out = append(out, cb)
		}
	}
	return out, nil
}

// promised is the error of ending a conversation whose promises are open.
func (d *Desk) promised(ctx context.Context, c Conversation) error {
	all, err := d.owed(ctx, c)
	if err != nil {
		return err
	}
	e := &PromisedError{}
	for _, cb := range all {
		e.Callbacks = append(e.Callbacks, cb.ID)
	}
	return e
}

// unpromised cancels the open promises in the change that ends their conversation.
func (d *Desk) unpromised(ctx context.Context, ch Change, why string, by Author, now time.Time) (Change, error) {
	all, err := d.owed(ctx, *ch.Before)
	if err != nil {
		return Change{}, err
	}
	for _, cb := range all {
		ended := Keep(ch.After, cb, cb.Closed(CallbackCanceled, now), by, why, now)
		ended.After.Version = ch.After.Version // one change, one version
		ch.After, ch.Ended, ch.Events = ended.After, append(ch.Ended, *ended.Callback), append(ch.Events, ended.Events...)
	}
	return ch, nil
}
