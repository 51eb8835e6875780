package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/feeds"
	"github.com/caravan-desk/caravan/routing/news"
)

// feedsOf are the systems that post events in forms of their own.
func feedsOf(cfg config.Config) (out []feeds.Feed) {
	for _, f := range cfg.Feeds {
		one := feeds.Feed{
			Name: f.Name, Kind: matterKinds[f.Kind], Secrets: []string{f.Secret.Reveal(), f.PreviousSecret.Reveal()}, Tolerance: f.Tolerance,
			Zone: f.Timezone, Events: f.Events, Fields: f.Paths(), Facts: map[string]string{}, Codes: map[string]string{}, Canonical: canonical,
		}
		for _, fact := range f.Facts {
			one.Facts[fact.Name] = fact.Path
		}
		for _, c := range f.Codes {
			one.Codes[c.Code] = c.Status
		}
		out = append(out, one)
	}
	return out
}

// matterKinds are what operators call the kinds of matters.
var matterKinds = map[string]string{config.FeedShipment: conversations.KindShipment, config.FeedBooking: conversations.KindBooking}

// eventsCmd takes in events of shipments and bookings from a file.
type eventsCmd struct {
	withConfig
	File     string            `arg:"" optional:"" default:"-" help:"Comma-separated values (also semicolons, tabs, bars) with a line of names; - is standard input."`
	Kind     string            `enum:"shipment,booking," default:"" help:"What the events are of: shipment or booking; by default the name of the number's column tells."`
	Column   map[string]string `help:"FIELD=NAME: a column that is not found by its name. Fields: ${fields}." placeholder:"FIELD=NAME"`
	Timezone string            `help:"Time zone of times without one; by default the desk's." placeholder:"ZONE"`
	DryRun   bool              `help:"Only read the file, and say what is wrong with it."`

	zone *time.Location // nil: the desk's
}

// Validate looks at the columns and the zone.
func (c *eventsCmd) Validate() (err error) {
	for field := range c.Column {
		if !slices.Contains(feeds.Fields, field) {
			return fmt.Errorf("--column: %q is no field: they are %s", field, strings.Join(feeds.Fields, ", "))
		}
	}
	if c.Timezone != "" {
		c.zone, err = zone(c.Timezone)
	}
	return err
}

// Run implements the command.
func (c *eventsCmd) Run(e *env) error {
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	sheet := feeds.Sheet{Kind: matterKinds[c.Kind], Zone: cfg.Timezone, Columns: c.Column, Canonical: canonical}
	if c.zone != nil {
		sheet.Zone = c.zone
	}
	in := e.stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	if c.DryRun {
		return c.take(e.ctx, e, sheet, in, func(context.Context, feeds.Event) (bool, error) { return false, nil })
	}
	return c.withStore(e, func(ctx context.Context, s *keep) error {
		desk := &news.Newsroom{Matters: s, Now: now} // a gateway tells whom it concerns
		return c.take(ctx, e, sheet, in, func(ctx context.Context, one feeds.Event) (bool, error) {
			_, known, err := desk.Report(ctx, one.Reference, one.Report, one.Facts)
			return known, err
		})
	})
}

// take keeps what the file holds, and says what became of it.
func (c *eventsCmd) take(ctx context.Context, e *env, sheet feeds.Sheet, in io.Reader, keep func(context.Context, feeds.Event) (bool, error)) error {
	header, lines, err := sheet.Read(in)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if len(header.Unused) > 0 {
		fmt.Fprintf(e.stdout, "columns that are not used: %s\n", strings.Join(header.Unused, ", "))
	}
	kept, err := feeds.Keep(ctx, lines, keep, func(l feeds.Line) { fmt.Fprintf(e.stdout, "line %d: %v\n", l.N, l.Err) })
	said := "kept"
	if c.DryRun {
		said = "good"
	}
	fmt.Fprintf(e.stdout, "%s %d, known before %d, refused %d\n", said, kept.New, kept.Known, kept.Refused)
	if err != nil {
		return fmt.Errorf("not all of it was kept, and the same file may be given again: %w", err)
	}
	if kept.Refused > 0 {
		return errors.New("some lines were refused: mend them, and give the same file again")
	}
	return nil
}
