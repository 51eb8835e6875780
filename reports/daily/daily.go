// Package daily keeps the nights and mornings of reports: at night every figure's ground is
// counted from zero and compared with what is stored (reports.Recount), and in the morning
// the day's figures are mailed to supervisors by the template daily_report. Any number of
// gateways may run it: each night is one's, and each mail goes once. Start with Daily.
package daily

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/reports"
	"github.com/caravan-desk/caravan/routing/letters"
)

// Store is where figures and reviews come from, and where it is noted that a night was counted.
type Store interface {
	reports.Archive
	letters.Keys
}

// Staff are those who are written to; *letters.Staff is one.
type Staff interface {
	Answering(ctx context.Context, role conversations.Role) ([]conversations.Officer, error)
	Write(ctx context.Context, key, template string, to []conversations.Officer, vars map[string]any) error
}

// Daily is the engine.
type Daily struct {
	Store  Store
	Clocks reports.Clocks
	Staff  Staff         // nil: nobody is mailed
	Mail   time.Duration // from midnight until the mail goes
	Night  time.Duration // from midnight until the recount
	Zone   *time.Location
	URL    string
	Now    func() time.Time
	Logger *slog.Logger
}

const (
	dailyLook  = 10 * time.Minute // the longest sleep: what failed is tried again then
	nightTerm  = 26 * time.Hour   // what was changed since so long is counted; nights overlap
	nightLong  = 3 * time.Hour    // a night that nobody was there for so long is left out
	rowsOfList = 50               // a list of a template has no more
)

// Run does what is due until ctx is done.
func (d *Daily) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := d.Once(ctx); err != nil && ctx.Err() == nil {
			d.Logger.Warn("daily report waits", "error", err)
		}
		timer := time.NewTimer(max(time.Second, min(dailyLook, d.next().Sub(d.Now()))))
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return ctx.Err()
}

// next is when something is due again.
func (d *Daily) next() time.Time {
	now := d.Now()
	first := at(now, 1, d.Night, d.Zone)
	for _, t := range []time.Time{at(now, 0, d.Night, d.Zone), at(now, 0, d.Mail, d.Zone), at(now, 1, d.Mail, d.Zone)} {
		if t.After(now) && t.Before(first) {
			first = t
		}
	}
	return first
}

// at is an instant of the wall clock, so many days from today.
func at(now time.Time, days int, clock time.Duration, zone *time.Location) time.Time {
	y, m, day := now.In(zone).Date()
	return time.Date(y, m, day+days, int(clock/time.Hour), int(clock%time.Hour/time.Minute), 0, 0, zone)
}

// Once counts tonight and mails today's report, if it is time and nobody has.
func (d *Daily) Once(ctx context.Context) error {
	now := d.Now()
	var faults error
	if night := at(now, 0, d.Night, d.Zone); !now.Before(night) && now.Sub(night) < nightLong {
		faults = d.count(ctx, now)
	}
	if d.Staff != nil && !now.Before(at(now, 0, d.Mail, d.Zone)) {
		faults = errors.Join(faults, d.mail(ctx, now))
	}
	return faults
}

// key names the night of a day.
func (d *Daily) key(now time.Time) string { return "recount " + now.In(d.Zone).Format(time.DateOnly) }

// count is the night's recount, kept under its key for a day.
func (d *Daily) count(ctx context.Context, now time.Time) error {
	_, done, err := d.Store.Begin(ctx, d.key(now))
	if errors.Is(err, conversations.ErrTaken) || err != nil || done {
		return unlessTaken(err)
	}
	counted, err := reports.Recount(ctx, d.Store, d.Clocks, now.Add(-nightTerm), now)
	if err != nil {
		return errors.Join(err, d.Store.Finish(ctx, d.key(now), nil))
	}
	for _, x := range counted.Differences {
		d.Logger.Error("history tells otherwise than what is stored", "conversation", x.Conversation, "what", x.What, "counted", x.Counted, "stored", x.Stored)
	}
	d.Logger.Info("figures counted from zero", "conversations", counted.Conversations, "differences", len(counted.Differences))
	if len(counted.Differences) > rowsOfList {
		counted.Differences = counted.Differences[:rowsOfList]
	}
	raw, err := json.Marshal(counted)
	if err != nil {
		return err
	}
	return d.Store.Finish(ctx, d.key(now), raw)
}

func unlessTaken(err error) error {
	if errors.Is(err, conversations.ErrTaken) {
		return nil
	}
	return err
}

// counted is what came of tonight's recount, in words; empty if there was none.
func (d *Daily) counted(ctx context.Context, now time.Time) (string, error) {
	key := d.key(now)
	raw, done, err := d.Store.Begin(ctx, key)
	switch {
	case err != nil:
		return "", unlessTaken(err)
	case !done:
		return "", d.Store.Finish(ctx, key, nil)
	}
	var r reports.Recounted
	if err := json.Unmarshal(raw, &r); err != nil {
		return "", fmt.Errorf("recount: %w", err)
	}
	return r.String(), nil
}

// mail sends yesterday's report to every supervisor, each once.
func (d *Daily) mail(ctx context.Context, now time.Time) error {
	to, err := d.Staff.Answering(ctx, conversations.RoleSupervisor)
	if err != nil || len(to) == 0 {
		return err
	}
	day := at(now, -1, 0, d.Zone)
	key := "daily " + day.Format(time.DateOnly)
	if _, done, err := d.Store.Begin(ctx, key); err != nil || done {
		return unlessTaken(err)
	}
	vars, err := d.figures(ctx, day, now)
	if err == nil {
		err = d.Staff.Write(ctx, key, "daily_report", to, vars)
	}
	if err != nil {
		return errors.Join(err, d.Store.Finish(ctx, key, nil))
	}
	return d.Store.Finish(ctx, key, []byte("sent"))
}

// figures are what the template is told of a day.
func (d *Daily) figures(ctx context.Context, day, now time.Time) (map[string]any, error) {
	q := reports.Query{From: day.UTC(), To: day.AddDate(0, 0, 1).UTC(), Zone: d.Zone}
	cases, err := reports.Cases(ctx, d.Store, "", q.From, now)
	if err != nil {
		return nil, err
	}
	volume, figures, err := Lines(cases, q)
	if err != nil {
		return nil, err
	}
	vars := map[string]any{"day": day.Format(time.DateOnly), "volume": volume, "figures": figures}
	rounds, err := d.rounds(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(rounds) > 0 {
		vars["rounds"] = rounds
	}
	if audit, err := d.counted(ctx, now); err != nil {
		return nil, err
	} else if audit != "" {
		vars["audit"] = audit
	}
	if d.URL != "" {
		vars["link"] = d.URL + "/v1/reports"
	}
	return vars, nil
}

// rounds are the day's reviews that missed something, or were not held.
func (d *Daily) rounds(ctx context.Context, q reports.Query) (out []string, err error) {
	ask := conversations.ReviewQuery{From: q.From, To: q.To, Limit: 200}
	for {
		page, err := d.Store.Reviews(ctx, ask)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			due := r.DueAt.In(d.Zone).Format("15:04")
			switch {
			case len(out) == rowsOfList:
				return out, nil
			case r.State == conversations.ReviewSkipped:
				out = append(out, fmt.Sprintf("%s, %s: not held", r.Title, due))
			case r.State == conversations.ReviewEnded && r.Missed > 0:
				out = append(out, fmt.Sprintf("%s, %s: %d of %d missed", r.Title, due, r.Missed, r.Items))
			}
		}
		if ask.Cursor = page.Next; ask.Cursor == "" {
			return out, nil
		}
	}
}
