// Package webhooks is where Twilio's requests come in over HTTP: Register mounts
// the addresses, and each request is told from a stranger's, parsed by its medium's
// adapter, kept by the Receiver, and only then answered. It is the only package of
// the adapters that knows Fiber, and it decides nothing about a message.
package webhooks

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/sms"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/voice"
	"github.com/caravan-desk/caravan/channels/whatsapp"
)

// keepTimeout is how long the store may take. Twilio waits 15 s for an answer.
const keepTimeout = 10 * time.Second

// Config is what the handlers need; all of it.
type Config struct {
	Validator *twilio.Validator
	Account   string // the configured AccountSid: every request tells it, and it is not kept with each message
	Receiver  channels.Receiver
	Receipts  channels.ReceiptRecorder
	Flow      *voice.Flow
	Logger    *slog.Logger
	Now       func() time.Time
}

type handlers struct {
	Config
	terms *terms
}

// Register mounts POST /webhooks/twilio/sms, /whatsapp, /voice, /voice/{step} and
// /status/{message}. Answers: 403 for no or a wrong signature, 400 for what is
// not a form or lacks a required parameter, 503 while nothing can be kept, else
// 200 with TwiML; 413 for a body of more than 1 MiB. Nothing is kept but with a 200.
//
// The addresses of SMS and WhatsApp are one: Twilio posts both to whichever is
// configured, and the message itself tells what it is.
//
// A request that is not a form is 400 even with a wrong signature, for there is
// nothing that the signature could be of.
func Register(app fiber.Router, c Config) {
	h := &handlers{c, new(terms)}
	at := app.Group("/webhooks/twilio")
	at.Post("/sms", h.message)
	at.Post("/whatsapp", h.message)
	at.Post("/status/:message", h.status)
	for _, step := range voice.Steps {
		path := "/voice"
		if step != voice.Incoming {
			path += "/" + string(step)
		}
		at.Post(path, h.voice(step))
	}
}

// maxForm is how large a form may be, in bytes: Twilio's own are below 64 KiB.
const maxForm = 1 << 20

var formType = []byte("application/x-www-form-urlencoded")

// form returns the form that Twilio posted, or the status to answer.
func (h *handlers) form(c *fiber.Ctx) (twilio.Form, int) { return h.formInto(nil, c) }

// formInto is form, with room that is used again.
func (h *handlers) formInto(room twilio.Form, c *fiber.Ctx) (twilio.Form, int) {
	req := c.Request()
	signature := req.Header.Peek(twilio.SignatureHeader)
	if len(signature) == 0 {
		return nil, fiber.StatusForbidden
	}
	kind, _, _ := bytes.Cut(req.Header.ContentType(), []byte{';'})
	if !bytes.EqualFold(bytes.TrimSpace(kind), formType) {
		return nil, fiber.StatusBadRequest
	}
	if len(req.Body()) > maxForm {
		return nil, fiber.StatusRequestEntityTooLarge
	}
	f, err := twilio.AppendForm(room, req.Body())
	if err != nil {
		return nil, fiber.StatusBadRequest
	}
	if !h.Validator.Valid(string(req.Header.RequestURI()), f, string(signature)) {
		return nil, fiber.StatusForbidden
	}
	return f, 0
}

// refuse answers a request that is not kept, and tells the operator once. The
// path holds at most an ID of ours, the query may hold more and is left out.
func (h *handlers) refuse(c *fiber.Ctx, status int, why error) error {
	attrs := []any{"path", c.Path(), "status", status}
	switch {
	case why != nil:
		attrs = append(attrs, "error", why)
	case status == fiber.StatusForbidden:
		attrs = append(attrs, "hint", "signatures are checked with twilio.auth_token against http.public_url")
	}
	if status >= fiber.StatusInternalServerError {
		h.Logger.Error("webhook not kept", attrs...)
	} else {
		h.Logger.Warn("webhook refused", attrs...)
	}
	return c.SendStatus(status)
}

// forms are those of messages, which are not needed any more once they are parsed.
var forms = sync.Pool{New: func() any { return new(twilio.Form) }}

// message keeps an SMS or a WhatsApp message.
func (h *handlers) message(c *fiber.Ctx) error {
	room := forms.Get().(*twilio.Form)
	f, refused := h.formInto((*room)[:0], c)
	if refused != 0 {
		return h.refuse(c, refused, nil)
	}
	parse := sms.Parse
	if twilio.IsWhatsApp(f) {
		parse = whatsapp.Parse
	}
	in, err := parse(f)
	clear(f)
	*room = f
	forms.Put(room)
	if err != nil {
		return h.refuse(c, fiber.StatusBadRequest, err)
	}
	if err := h.receive(in); err != nil {
		return h.refuse(c, fiber.StatusServiceUnavailable, err)
	}
	return answer(c, twiMLNothing)
}

func (h *handlers) receive(in channels.Inbound) error {
	in.Received = h.Now()
	if in.Fields["AccountSid"] == h.Account {
		delete(in.Fields, "AccountSid")
	}
	return h.Receiver.Receive(h.terms.begin(in.Received), in)
}

// status keeps a delivery callback. One for a message that is not known is
// answered 200 all the same: Twilio could only repeat it, to the same end.
func (h *handlers) status(c *fiber.Ctx) error {
	f, refused := h.form(c)
	if refused != 0 {
		return h.refuse(c, refused, nil)
	}
	id, err := url.PathUnescape(c.Params("message"))
	if err != nil {
		return h.refuse(c, fiber.StatusBadRequest, err)
	}
	r, err := twilio.ParseStatus(f, id)
	if err != nil {
		return h.refuse(c, fiber.StatusBadRequest, err)
	}
	r.At = h.Now()
	err = h.Receipts.RecordReceipt(h.terms.begin(r.At), r)
	if errors.Is(err, channels.ErrUnknownMessage) {
		h.Logger.Warn("receipt of an unknown message", "message", id, "provider_id", r.ProviderID, "status", r.Status.String())
	} else if err != nil {
		return h.refuse(c, fiber.StatusServiceUnavailable, err)
	}
	return answer(c, twiMLNothing)
}

// voice answers one step of a call.
func (h *handlers) voice(step voice.Step) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, refused := h.form(c)
		if refused != 0 {
			return h.refuse(c, refused, nil)
		}
		query, err := url.ParseQuery(string(c.Request().URI().QueryString()))
		if err != nil {
			return h.refuse(c, fiber.StatusBadRequest, errors.New("the query cannot be read"))
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), keepTimeout)
		defer cancel()
		a, err := h.Flow.Answer(ctx, voice.Question{Step: step, Query: query, Form: f})
		switch {
		case errors.Is(err, twilio.ErrBadForm):
			return h.refuse(c, fiber.StatusBadRequest, err)
		case err != nil:
			return h.refuse(c, fiber.StatusInternalServerError, err)
		}
		if a.Keep != nil {
			if err := h.receive(*a.Keep); err != nil && !a.Minor {
				return h.refuse(c, fiber.StatusServiceUnavailable, err)
			} else if err != nil {
				h.Logger.Error("call not kept, caller led on", "call", f.Get("CallSid"), "error", err)
			}
		}
		return answer(c, a.TwiML)
	}
}

// twiMLNothing sends nothing back to the customer. A body that is not XML would be sent to him.
const twiMLNothing = "<Response/>"

func answer(c *fiber.Ctx, twiML string) error {
	c.Response().Header.SetContentType("text/xml; charset=utf-8")
	c.Response().SetBodyString(twiML)
	return nil
}
