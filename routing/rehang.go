package routing

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/caravan-desk/caravan/routing/hours"
)

// almanacShelf holds the calendars that all desks of a gateway count by. They can be
// exchanged while desks are in use; what desks are is fixed for the gateway's life.
type almanacShelf struct {
	desks  string // names the desks' files
	hung   atomic.Pointer[book]
	folded atomic.Pointer[book] // by which every open clock has been folded
}

// book is calendars, and a name for the files they were read from.
type book struct {
	calendars map[string]*hours.Calendar
	digest    string
}

// calendar is the one of a name, or nil.
func (s *almanacShelf) calendar(name string) *hours.Calendar {
	if s == nil {
		return nil
	}
	return s.hung.Load().calendars[name]
}

// terms name the files that clocks are folded by.
func (ds Desks) terms() string {
	s := ds.shelf()
	return s.desks + s.hung.Load().digest
}

// shelf holds the calendars.
func (ds Desks) shelf() *almanacShelf { return ds[len(ds)-1].almanac }

// ErrDesksChanged says that the desks' own files have changed, which a gateway takes up
// when it starts.
var ErrDesksChanged = errors.New("the desks' own files have changed too: they are taken up when the gateway starts anew")

// Rehang puts the calendars of desks that were read anew (a holiday was moved, hours were
// changed) in place of those before, for everybody who uses these desks. moved is false if the
// files are the same. An error that is ErrDesksChanged is a warning: the calendars were taken up.
func (ds Desks) Rehang(fresh Desks) (moved bool, err error) {
	mine, its := ds.shelf(), fresh.shelf()
	book := its.hung.Load()
	for i := range ds {
		for name := range ds[i].using() {
			if name != "" && book.calendars[name] == nil {
				return false, fmt.Errorf("desk %s counts by the calendar %s, which is gone", ds[i].Name, name)
			}
		}
	}
	if its.desks != mine.desks {
		err = ErrDesksChanged
	}
	if mine.hung.Load().digest == book.digest {
		return false, err
	}
	mine.hung.Store(book)
	return true, err
}

// using are the names of the calendars that the desk counts by.
func (d *Desk) using() map[string]bool {
	out := map[string]bool{d.Calendar: true}
	for _, t := range d.Clocks {
		out[t.Calendar] = true
	}
	return out
}
