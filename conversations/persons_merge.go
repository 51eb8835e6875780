package conversations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Merge makes a contact the same person as another: his conversations and handles
// are the other's from now on. It returns the other, and the event by which it can
// be undone. What a crash cut short is completed by asking again.
func (p *Persons) Merge(ctx context.Context, id, into ContactID, tied Revision) (Contact, EventID, error) {
	if id == into {
		return Contact{}, "", &InvalidError{Fields: map[string]string{"into": "is the same contact"}}
	}
	other, err := p.Registry.Contact(ctx, into)
	if errors.Is(err, ErrNotFound) || other.Erased {
		return Contact{}, "", &InvalidError{Fields: map[string]string{"into": "is no contact"}}
	}
	if err != nil {
		return Contact{}, "", err
	}
	if other.MergedInto != "" {
		return Contact{}, "", ErrMerged
	}
	was, err := p.Registry.Contact(ctx, id)
	if err == nil && was.MergedInto != into {
		ids, lerr := p.theirs(ctx, id)
		if lerr != nil {
			return Contact{}, "", lerr
		}
		was, err = p.change(ctx, id, tied, func(k *Contact) error {
			k.MergedInto, k.Moved = into, ids
			return nil
		})
	}
	if err != nil {
		return Contact{}, "", err
	}
	k, err := p.absorb(ctx, into, was)
	if err != nil {
		return Contact{}, "", err
	}
	event := EventID(fmt.Sprintf("%s-e%d", id, was.Version))
	if err := p.give(ctx, was.Moved, id, k, "its contact is the same person as "+string(into)); err != nil {
		return Contact{}, "", err
	}
	return k, event, p.tell(ctx, k, "another contact was merged into this one")
}

// absorb adds to a contact what the other one brings, once.
func (p *Persons) absorb(ctx context.Context, into ContactID, was Contact) (Contact, error) {
	k, err := p.Registry.Contact(ctx, into)
	if err != nil || slices.ContainsFunc(k.Absorbed, func(a Absorbed) bool { return a.ID == was.ID }) {
		return k, err
	}
	return p.change(ctx, into, 0, func(k *Contact) error {
		a := Absorbed{ID: was.ID, At: p.Desk.Now()}
		k.Handles, a.Handles = united(k.Handles, was.Handles)
		if k.Name == "" && was.Name != "" {
			k.Name, a.Name = was.Name, true
		}
		k.Absorbed = append(slices.Clone(k.Absorbed), a)
		return nil
	})
}

// Unmerge takes back what Merge did, named by its event.
func (p *Persons) Unmerge(ctx context.Context, event EventID) (Contact, error) {
	name, version, ok := strings.Cut(string(event), "-e")
	n, err := strconv.ParseUint(version, 10, 53)
	if !ok || err != nil {
		return Contact{}, ErrNotFound
	}
	k, err := p.Registry.Contact(ctx, ContactID(name))
	if err != nil {
		return Contact{}, err
	}
	if k.MergedInto == "" || k.Version != Revision(n) || k.Erased {
		return Contact{}, ErrUndone
	}
	into := k.MergedInto
	other, err := p.change(ctx, into, 0, func(o *Contact) error {
		for _, a := range o.Absorbed {
			if a.ID == k.ID {
				o.Handles = without(o.Handles, a.Handles)
				if a.Name && o.Name == k.Name {
					o.Name = ""
				}
			}
		}
		o.Absorbed = sifted(o.Absorbed, func(a Absorbed) bool { return a.ID == k.ID })
		return nil
	})
	if err != nil {
		return Contact{}, err
	}
	back, err := p.since(ctx, k, other)
	if err != nil {
		return Contact{}, err
	}
	if err := p.give(ctx, append(slices.Clone(k.Moved), back...), into, k, "its contact is not the same person as "+string(into)); err != nil {
		return Contact{}, err
	}
	if err := p.tell(ctx, other, "another contact is no longer merged into this one"); err != nil {
		return Contact{}, err
	}
	return p.save(ctx, k, func(k *Contact) error {
		k.MergedInto, k.Moved = "", nil
		return nil
	})
}

// since are the conversations that began while k was merged into other, on
// addresses that are k's alone.
func (p *Persons) since(ctx context.Context, k, other Contact) ([]ID, error) {
	ids, err := p.theirs(ctx, other.ID)
	if err != nil {
		return nil, err
	}
	var out []ID
	for _, id := range ids {
		c, err := p.Desk.Store.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		own := len(c.Routes) > 0 && !slices.ContainsFunc(c.Routes, func(r Route) bool { return !holds(k.Handles, r.To) || holds(other.Handles, r.To) })
		if own {
			out = append(out, id)
		}
	}
	return out, nil
}
