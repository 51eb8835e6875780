package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/reports/daily"
	"github.com/caravan-desk/caravan/routing"
	"github.com/caravan-desk/caravan/routing/letters"
	"github.com/caravan-desk/caravan/templates"
)

// timekeeping adds the engines that act because of the time, and not because of an event.
func (a *app) timekeeping() {
	if err := a.shiftless(a.desks); err != nil {
		a.log.Warn("officers whose shifts cannot be told are on duty day and night", "error", err)
	}
	alarms := &routing.Alarms{
		Queue: a.store, Store: a.store, Watcher: a.store, Desks: a.desks, Partitions: a.store.Partitions(), Now: now, Logger: a.log,
	}
	retime := &routing.Retime{Terms: a.store, Store: a.store, Rows: a.store, Desks: a.desks, Wake: a.rehung, Now: now, Logger: a.log}
	reviews := &routing.Reviews{Store: a.store, Desks: a.desks, Partitions: a.store.Partitions(), Now: now, Logger: a.log}
	clerk := &letters.Clerk{
		Errands: a.store, Conversations: a.store, Desk: a.desk, Library: a.library, Desks: a.desks, Staff: a.staff(),
		Watcher: a.store, Partitions: a.store.Partitions(), Timezone: a.cfg.Timezone, Now: now, Logger: a.log,
	}
	day := &daily.Daily{
		Store: a.store, Clocks: a.desks.ClocksOf, Mail: a.cfg.Reports.MailAt, Night: a.cfg.Reports.Recount, Zone: a.cfg.Timezone,
		URL: strings.TrimRight(a.cfg.HTTP.PublicURL, "/"), Now: now, Logger: a.log,
	}
	if staff := a.staff(); a.cfg.Reports.Mail && staff.Mail != nil {
		day.Staff = staff
	}
	a.engines = append(a.engines, engine{"daily report", day.Run}, engine{"letters", clerk.Run}, engine{"alarms", alarms.Run}, engine{"retime", retime.Run}, engine{"reviews", reviews.Run})
}

// rehang reads the folders of desks anew. With a fault in any of their files everything stays as it
// is; else the calendars are taken up, and every open clock is folded anew. Of two who ask, the one who
// reads later has the last word.
func (a *app) rehang() (moved bool, err error) {
	a.rehanging.Lock()
	defer a.rehanging.Unlock()
	fresh, _, err := loadDesks(a.cfg, a.library.Get)
	if err == nil {
		err = a.shiftless(fresh)
	}
	if err == nil {
		moved, err = a.desks.Rehang(fresh)
	}
	switch {
	case errors.Is(err, routing.ErrDesksChanged):
		a.log.Warn("calendars taken up", "moved", moved, "warning", err)
		err = nil
	case err != nil:
		a.log.Error("calendars not taken up: the ones before stay", "error", err)
		return false, err
	default:
		a.log.Info("calendars taken up", "moved", moved)
	}
	if moved {
		select {
		case a.rehung <- struct{}{}:
		default: // it is awake
		}
	}
	return moved, err
}

// rosterTerm is how long the store may take to say who works here.
const rosterTerm = 5 * time.Second

// shiftless names the officers whose shifts' calendars are not there: without one they would be on
// duty day and night.
func (a *app) shiftless(desks routing.Desks) error {
	ctx, cancel := context.WithTimeout(context.Background(), rosterTerm)
	defer cancel()
	officers, err := a.store.Officers(ctx)
	if err != nil {
		return fmt.Errorf("read officers: %w", err)
	}
	var faults []error
	for _, o := range officers {
		if !o.Disabled && o.Shift != "" && desks.Calendar(o.Shift) == nil {
			faults = append(faults, fmt.Errorf("officer %s works by the calendar %s, which is gone", o.ID, o.Shift))
		}
	}
	return errors.Join(faults...)
}

// staff is how officers are mailed: from the first mailbox that sends.
func (a *app) staff() *letters.Staff {
	return &letters.Staff{
		Officers: a.store, Keys: a.store, Library: a.library, Mail: a.senders[channels.Email], URL: strings.TrimRight(a.cfg.HTTP.PublicURL, "/"),
		Timezone: a.cfg.Timezone, Now: now,
	}
}

// loadDesks reads the desks and rules that are configured. find has the templates that they may write
// with; nil: that is not looked at.
func loadDesks(cfg config.Config, find func(name string) (templates.Template, error)) (routing.Desks, routing.Rules, error) {
	known := func(template string) bool {
		if find == nil {
			return true
		}
		_, err := find(template)
		return err == nil
	}
	desks, rules, err := routing.Load(known, cfg.Timezone, layers(cfg.Desks)...)
	if err != nil {
		return nil, nil, fmt.Errorf("desks:\n%w", err)
	}
	return desks, rules, nil
}

// layers are the folders of desks, each by its name.
func layers(folders []string) (out []fs.FS) {
	for _, f := range folders {
		out = append(out, layer{os.DirFS(f), f})
	}
	return out
}

type layer struct {
	fs.FS
	name string
}

// String names the folder in what is said of its files.
func (l layer) String() string { return l.name }
