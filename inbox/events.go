package inbox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/conversations"
)

// positionTerm is how long the answer is held back for the store to say where it begins.
const positionTerm = 250 * time.Millisecond

// writeTerm is how long one client may take to read what it is sent before it is given up.
const writeTerm = 30 * time.Second

type eventParams struct {
	LastEventID string `header:"Last-Event-ID" doc:"The id of the last event seen; what came after it follows first"`
}

func (a *API) registerEvents(app *fiber.App) {
	plain[eventParams](a, app, huma.Operation{
		OperationID: "follow-events", Method: http.MethodGet, Path: "/v1/events", Tags: []string{"Events"},
		Summary: "Everything that happens, as it happens (Server-Sent Events)",
		Description: "Each has the event's ID as id, its type as event and the event of GET …/history as data. " +
			"A comment comes at least every 10 seconds. The event reset says that the position asked for is not known: read everything again.",
	}, answer{200, "text/event-stream", nil}, a.events)
}

// events is the live feed (HTML Standard, section 9.2).
func (a *API) events(c *fiber.Ctx) error {
	f := &feed{
		api: a, who: callerOf(c.Context()), last: conversations.EventID(c.Get("Last-Event-ID")),
		conn: c.Context().Conn(), down: c.Context().Done(),
	}
	if len(f.last) > 4096 || strings.ContainsAny(string(f.last), "\r\n\x00") {
		return fault("header.Last-Event-ID", "is not a position of this feed")
	}
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set("X-Accel-Buffering", "no")
	c.Context().SetBodyStreamWriter(f.write)
	return nil
}

// feed is one client's live feed.
type feed struct {
	api  *API
	who  *caller
	last conversations.EventID
	conn net.Conn
	down <-chan struct{} // the server is shutting down
}

type happened struct {
	event conversations.Event
	err   error
}

// write sends events until the client is gone, the token is revoked or the server stops.
func (f *feed) write(w *bufio.Writer) {
	ctx, cancel := context.WithCancel(context.Background())
	events := make(chan happened, 64)
	go f.follow(ctx, events)
	defer func() {
		cancel()
		for range events { // until follow has ended
		}
		_ = f.conn.SetWriteDeadline(time.Time{})
	}()
	beat := time.NewTicker(f.api.heartbeat)
	defer beat.Stop()
	fmt.Fprint(w, "retry: 1000\n\n")
	if !f.first(w, events) {
		return
	}
	for f.flush(w) == nil {
		select {
		case h, ok := <-events:
			if !ok || !f.send(w, h) {
				_ = f.flush(w)
				return
			}
		case <-beat.C:
			if f.revoked() {
				return
			}
			fmt.Fprint(w, ": \n\n")
		case <-f.down:
			return
		}
	}
}

// first waits for the position that the feed starts from, so that whoever has seen
// the answer begin misses nothing that happens from then on.
func (f *feed) first(w *bufio.Writer, events <-chan happened) bool {
	late := time.NewTimer(positionTerm)
	defer late.Stop()
	select {
	case h, ok := <-events:
		if ok && f.send(w, h) {
			return true
		}
		_ = f.flush(w)
		return false
	case <-late.C:
	case <-f.down:
	}
	return true
}

// follow hands on what the store tells.
func (f *feed) follow(ctx context.Context, events chan<- happened) {
	defer close(events)
	for event, err := range f.api.Store.Live(ctx, f.last) {
		select {
		case events <- happened{event, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// flush gives the client its time to read.
func (f *feed) flush(w *bufio.Writer) error {
	_ = f.conn.SetWriteDeadline(time.Now().Add(writeTerm))
	return w.Flush()
}

// send writes one event; it reports whether the feed goes on.
func (f *feed) send(w *bufio.Writer, h happened) bool {
	var bad *conversations.InvalidError
	if errors.As(h.err, &bad) || errors.Is(h.err, conversations.ErrCursor) {
		fmt.Fprint(w, "id\nevent: reset\ndata: {}\n\n")
		return false
	}
	if h.err != nil {
		f.api.Logger.Warn("live feed ended", "error", h.err)
		return false
	}
	if h.event.Type == "" { // only a position
		fmt.Fprintf(w, "id: %s\n\n", h.event.ID)
		return true
	}
	data, err := json.Marshal(shownEvent(h.event))
	if err != nil {
		f.api.Logger.Error("event not written", "error", err)
		return false
	}
	fmt.Fprintf(w, "id: %s\nevent: %s\ndata: %s\n\n", h.event.ID, h.event.Type, data)
	return true
}

// revoked reports whether the token that the feed was opened with holds no more. A
// store that is away revokes nothing.
func (f *feed) revoked() bool {
	if f.who == f.api.admin {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTerm)
	defer cancel()
	_, err := f.api.lookUp(ctx, f.who.hash, f.api.Now())
	return errors.Is(err, errUnauthorized)
}
