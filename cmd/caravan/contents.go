package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/whatsapp"
	"github.com/caravan-desk/caravan/templates"
)

// contents keeps the templates in step with what WhatsApp has approved.
func (a *app) contents(client *twilio.Client) {
	engine := engine{"whatsapp templates", (&whatsapp.Contents{
		List: client.ListContents, Logger: a.log,
		Approve: func(all []twilio.Content) []string {
			approved := make([]templates.Approved, len(all))
			for i, c := range all {
				approved[i] = templates.Approved{Name: c.Name, Language: c.Language, SID: c.SID, Body: c.Body}
			}
			return a.library.Approve(approved)
		},
	}).Run}
	a.engines = append(a.engines, engine)
}

// reload reads the templates anew; with a fault in them it keeps what it has.
func (a *app) reload() error {
	err := a.library.Reload()
	if err != nil {
		a.log.Error("templates not reloaded: the ones before stay", "error", err)
	} else {
		a.log.Info("templates reloaded", "templates", len(a.library.List()))
	}
	return err
}

// reloads reloads at every SIGHUP until ctx is done.
func (a *app) reloads(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hup:
			_ = a.reload() // both have told of their faults
			_, _ = a.rehang()
		}
	}
}
