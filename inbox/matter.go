package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/conversations"
	"github.com/caravan-desk/caravan/routing/feeds"
)

// Matters keeps what the courier's and the tour system report, and tells whom it concerns.
type Matters interface {
	// Report keeps one report, once by its ID, and facts that it tells of a booking; known
	// tells that it was kept before.
	Report(ctx context.Context, ref conversations.Reference, r conversations.Report, facts map[string]any) (m conversations.Matter, known bool, err error)
	// Matter is what was reported of a reference so far, or ErrNotFound.
	Matter(ctx context.Context, ref conversations.Reference) (conversations.Matter, error)
}

// ShipmentPath names the shipment that a route is about.
type ShipmentPath struct {
	AWB string `path:"awb" maxLength:"120" doc:"Its number, however it is spaced"`
}

// BookingPath names the booking that a route is about.
type BookingPath struct {
	Ref string `path:"ref" maxLength:"120" doc:"Its number in the tour system"`
}

// Happening is what both systems say of an event.
type Happening struct {
	ID     string    `json:"id" minLength:"1" maxLength:"200" doc:"The system's own; the same one again changes nothing"`
	Code   string    `json:"code,omitempty" maxLength:"100" doc:"The system's own; kept and shown"`
	Status string    `json:"status,omitempty" maxLength:"200" doc:"In words, any: what is not known is kept and shown as it is"`
	At     time.Time `json:"at,omitzero" doc:"When it happened; now if left out. Events may come in any order"`
	Detail string    `json:"detail,omitempty" maxLength:"2000" doc:"A remark for the customer"`
}

// customerInput is whom an event concerns.
type customerInput struct {
	Name     string `json:"name,omitempty" maxLength:"200"`
	Email    string `json:"email,omitempty" maxLength:"254"`
	Phone    string `json:"phone,omitempty" maxLength:"40"`
	Language string `json:"language,omitempty" maxLength:"35"`
}

type shipmentEvent struct {
	ShipmentPath
	Body struct {
		Happening
		Location string         `json:"location,omitempty" maxLength:"200"`
		Customer *customerInput `json:"customer,omitempty" doc:"Whom to tell if nobody has asked yet"`
	}
}

type bookingEvent struct {
	BookingPath
	Body struct {
		Happening
		Customer *customerInput `json:"customer,omitempty" doc:"Whom it belongs to"`
		Facts    map[string]any `json:"facts,omitempty" doc:"What templates may want to be told: package, departure, travellers, balance, …"`
	}
}

// MatterView is a shipment or booking with all that its system reported.
type MatterView struct {
	Kind          string             `json:"kind" enum:"awb,booking"`
	Reference     string             `json:"reference"`
	Carrier       string             `json:"carrier,omitempty"`
	Valid         bool               `json:"valid"`
	Status        string             `json:"status" doc:"The latest, as it was reported"`
	Stage         string             `json:"stage" doc:"What that was taken to mean; empty if it is not known"`
	At            time.Time          `json:"at"`
	Location      string             `json:"location,omitempty"`
	Detail        string             `json:"detail,omitempty"`
	Facts         map[string]any     `json:"facts,omitempty"`
	Events        []MatterEvent      `json:"events"`
	Conversations []conversations.ID `json:"conversations" doc:"Those that hold the reference"`
}

// MatterEvent is one report.
type MatterEvent struct {
	ID       string    `json:"id"`
	Code     string    `json:"code,omitempty"`
	Status   string    `json:"status,omitempty"`
	Stage    string    `json:"stage"`
	At       time.Time `json:"at"`
	Received time.Time `json:"received_at"`
	Location string    `json:"location,omitempty"`
	Detail   string    `json:"detail,omitempty"`
	Late     bool      `json:"late" doc:"Something newer was known when it came: it was kept, and nobody was told"`
	Changed  []string  `json:"changed,omitempty" doc:"The facts that it changed"`
}

type matterAnswer struct {
	Body MatterView
}

func (a *API) registerMatters() {
	tags := []string{"Line-of-business systems"}
	add(a, huma.Operation{
		OperationID: "report-shipment", Method: http.MethodPost, Path: "/v1/shipments/{awb}/events", Summary: "From the courier's system: something happened to a shipment",
		DefaultStatus: http.StatusAccepted, Tags: tags,
	}, a.reportShipment)
	add(a, huma.Operation{
		OperationID: "get-shipment", Method: http.MethodGet, Path: "/v1/shipments/{awb}", Summary: "A shipment as the courier's system reports it", Tags: tags,
	}, func(ctx context.Context, in *ShipmentPath) (*matterAnswer, error) {
		return a.getMatter(ctx, conversations.KindShipment, in.AWB)
	})
	add(a, huma.Operation{
		OperationID: "report-booking", Method: http.MethodPost, Path: "/v1/bookings/{ref}/events", Summary: "From the tour system: something happened to a booking",
		DefaultStatus: http.StatusAccepted, Tags: tags,
	}, a.reportBooking)
	add(a, huma.Operation{
		OperationID: "get-booking", Method: http.MethodGet, Path: "/v1/bookings/{ref}", Summary: "A booking as the tour system reports it", Tags: tags,
	}, func(ctx context.Context, in *BookingPath) (*matterAnswer, error) {
		return a.getMatter(ctx, conversations.KindBooking, in.Ref)
	})
}

func (a *API) reportShipment(ctx context.Context, in *shipmentEvent) (*matterAnswer, error) {
	e := in.Body.entry(in.AWB, in.Body.Customer)
	e.Location = in.Body.Location
	return a.report(ctx, conversations.KindShipment, e)
}

func (a *API) reportBooking(ctx context.Context, in *bookingEvent) (*matterAnswer, error) {
	e := in.Body.entry(in.Ref, in.Body.Customer)
	e.Facts = in.Body.Facts
	return a.report(ctx, conversations.KindBooking, e)
}

// entry is what both systems say.
func (h *Happening) entry(reference string, c *customerInput) feeds.Entry {
	e := feeds.Entry{Reference: unescaped(reference), ID: h.ID, Code: h.Code, Status: h.Status, At: h.At, Detail: h.Detail}
	if c != nil {
		e.Name, e.Email, e.Phone, e.Language = c.Name, c.Email, c.Phone, c.Language
	}
	return e
}

func (a *API) report(ctx context.Context, kind string, e feeds.Entry) (*matterAnswer, error) {
	event, err := e.Event(kind, a.Canonical)
	if err != nil {
		return nil, misreported(kind, err)
	}
	m, _, err := a.Matters.Report(ctx, event.Reference, event.Report, event.Facts)
	if err != nil {
		return nil, fmt.Errorf("keep event: %w", err)
	}
	return a.shownMatter(ctx, m)
}

// misreported names the places of the request that an entry's faults are at.
func misreported(kind string, err error) error {
	var found feeds.Faults
	if !errors.As(err, &found) {
		return err
	}
	faults := make([]Fault, len(found))
	for i, f := range found {
		place := "body." + f.Field
		switch f.Field {
		case "reference":
			place = placeOf[kind]
		case "name", "phone", "email", "language":
			place = "body.customer." + f.Field
		}
		faults[i] = Fault{place, f.Text}
	}
	return invalid(faults...)
}

// placeOf is where a route has its reference.
var placeOf = map[string]string{conversations.KindShipment: "path.awb", conversations.KindBooking: "path.ref"}

func (a *API) getMatter(ctx context.Context, kind, value string) (*matterAnswer, error) {
	ref, ok := feeds.Reference(kind, unescaped(value), a.Canonical)
	if !ok {
		return nil, fault(placeOf[kind], "is not a number: letters, digits and - _ . / only, at most 64")
	}
	m, err := a.Matters.Matter(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", kind, err)
	}
	return a.shownMatter(ctx, m)
}

// unescaped is a part of a path that may be escaped twice.
func unescaped(value string) string {
	if v, err := url.PathUnescape(value); err == nil {
		return v
	}
	return value
}

// written is a reference as conversations write it, however somebody else did.
func (a *API) written(kind, value string) conversations.Reference {
	ref, _ := feeds.Reference(kind, value, a.Canonical)
	return ref
}

// sought is what conversations hold for a number of either kind.
func (a *API) sought(value string) string {
	for _, kind := range []string{conversations.KindShipment, conversations.KindBooking} {
		if ref := a.written(kind, value); ref.Valid {
			return ref.Value
		}
	}
	return a.written(conversations.KindShipment, value).Value
}

// shownMatter adds the conversations that hold the reference.
func (a *API) shownMatter(ctx context.Context, m conversations.Matter) (*matterAnswer, error) {
	v := MatterView{Kind: m.Kind, Reference: m.Value, Carrier: m.Carrier, Valid: m.Valid, Conversations: []conversations.ID{}}
	if last, ok := m.Latest(); ok {
		v.Status, v.Stage, v.At, v.Location, v.Detail = cmp.Or(last.Status, last.Code), last.Stage, moment(last.At), last.Location, last.Detail
	}
	if len(m.Facts) > 0 {
		v.Facts = map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(m.Facts)) {
			v.Facts[name] = m.Facts[name].Value
		}
	}
	v.Events = make([]MatterEvent, len(m.Reports))
	for i, r := range m.Reports {
		v.Events[i] = MatterEvent{
			ID: r.ID, Code: r.Code, Status: r.Status, Stage: r.Stage, At: moment(r.At), Received: moment(r.Received),
			Location: r.Location, Detail: r.Detail, Late: r.Late, Changed: r.Facts,
		}
	}
	page, err := a.Store.List(ctx, conversations.Query{Reference: m.Value, Limit: 50, Now: a.Now()})
	if err != nil && !errors.Is(err, conversations.ErrNotFound) {
		return nil, fmt.Errorf("list conversations: %w", err)
	}
	for _, c := range page.Items {
		v.Conversations = append(v.Conversations, c.ID)
	}
	return &matterAnswer{v}, nil
}
