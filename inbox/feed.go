package inbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"mime"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/routing/feeds"
)

// maxFeed is how large a body of events may be, in bytes.
const maxFeed = 5 << 20

// shownFaults is how many refused events an answer names.
const shownFaults = 100

type feedParams struct {
	Feed      string `path:"feed" doc:"As the configuration names it"`
	Timestamp string `header:"Caravan-Timestamp" doc:"When the body was signed, in seconds since 1970; it must be near to now"`
	Signature string `header:"Caravan-Signature" doc:"sha256= and, in hexadecimal digits, the HMAC-SHA256 of the timestamp, a dot and the body, under the feed's secret. Several may stand there, with commas between them"`
}

// FeedView is what became of a body's events.
type FeedView struct {
	feeds.Kept
	Faults []RefusedEvent `json:"faults" doc:"What was wrong with those that were refused; at most 100 of them"`
}

// RefusedEvent is an event that cannot be read.
type RefusedEvent struct {
	N      int     `json:"n" doc:"Its place in the list, or its line in the file, from 1"`
	Errors []Fault `json:"errors"`
}

func (a *API) registerFeeds(app *fiber.App) {
	anything := &huma.Schema{Description: "In the system's own form; the configuration says where things are"}
	plain[feedParams](a, app, huma.Operation{
		OperationID: "post-feed", Method: http.MethodPost, Path: "/webhooks/events/{feed}", Tags: []string{"Line-of-business systems"}, Security: open,
		Summary: "From a system that cannot use our routes: its events in its own form, signed",
		Description: "Each event does what POST /v1/shipments/{awb}/events or /v1/bookings/{ref}/events does, once by its ID. Events that cannot be read are named, " +
			"and the others kept; if there is none that can be, the answer is 422. After a 503 the same body may be posted again. 403: the signature is wrong or too old.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			fiber.MIMEApplicationJSON: {Schema: anything}, "text/csv": {Schema: &huma.Schema{Type: huma.TypeString}},
		}},
	}, answer{202, fiber.MIMEApplicationJSON, reflect.TypeFor[FeedView]()}, a.feed)
}

// feed keeps the events of a signed body.
func (a *API) feed(c *fiber.Ctx) error {
	i := slices.IndexFunc(a.Feeds, func(f feeds.Feed) bool { return f.Name == c.Params("feed") })
	if i < 0 {
		return problemOf(http.StatusNotFound)
	}
	f, body := a.Feeds[i], c.Body()
	if len(body) > maxFeed {
		return problemOf(http.StatusRequestEntityTooLarge)
	}
	if err := f.Verify(c.Get(feeds.TimestampHeader), c.Get(feeds.SignatureHeader), body, a.Now()); err != nil {
		a.Logger.Warn("feed refused", "feed", f.Name, "error", err)
		p := problemOf(http.StatusForbidden)
		p.Detail = "the body " + err.Error()
		return p
	}
	lines, err := feedLines(f, c.Get(fiber.HeaderContentType), body)
	if err != nil {
		return fault("body", "%v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTerm)
	defer cancel()
	view := FeedView{Faults: []RefusedEvent{}}
	view.Kept, err = feeds.Keep(ctx, lines, func(ctx context.Context, e feeds.Event) (bool, error) {
		_, known, err := a.Matters.Report(ctx, e.Reference, e.Report, e.Facts)
		return known, err
	}, func(l feeds.Line) {
		if len(view.Faults) < shownFaults {
			view.Faults = append(view.Faults, RefusedEvent{l.N, wrongWith(l.Err)})
		}
	})
	if err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	if view.Refused > 0 {
		a.Logger.Warn("feed: events refused", "feed", f.Name, "refused", view.Refused, "kept", view.New)
	}
	if view.New+view.Known == 0 && view.Refused > 0 {
		return unread(view.Faults)
	}
	return c.Status(http.StatusAccepted).JSON(view)
}

// feedLines reads a body by its type: a file where it says so, else JSON.
func feedLines(f feeds.Feed, contentType string, body []byte) (iter.Seq[feeds.Line], error) {
	if kind, _, err := mime.ParseMediaType(contentType); err == nil && kind == "text/csv" {
		_, lines, err := f.CSV(bytes.NewReader(body))
		return lines, err
	}
	return f.JSON(body)
}

// wrongWith is what is wrong with an event, by field where that is known.
func wrongWith(err error) []Fault {
	var found feeds.Faults
	if !errors.As(err, &found) {
		return []Fault{{Message: err.Error()}}
	}
	faults := make([]Fault, len(found))
	for i, f := range found {
		faults[i] = Fault{f.Field, f.Text}
	}
	return faults
}

// unread is the answer where no event could be read.
func unread(events []RefusedEvent) *Problem {
	var faults []Fault
	for _, e := range events {
		for _, f := range e.Errors {
			place := fmt.Sprintf("body.%d", e.N)
			if f.Location != "" {
				place += "." + f.Location
			}
			faults = append(faults, Fault{place, f.Message})
		}
	}
	return invalid(faults...)
}
