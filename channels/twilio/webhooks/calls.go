package webhooks

import (
	"context"
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/channels/twilio"
	"github.com/caravan-desk/caravan/channels/voice"
)

// Callbacks keeps what becomes of the calls that we make.
type Callbacks interface {
	// Hear returns when the news is durable, with what the call is about now;
	// channels.ErrUnknownMessage if no such attempt was ever made.
	Hear(ctx context.Context, n channels.News) (channels.Ring, error)
	// Return makes the call of a customer whom we rang in vain an attempt of ours; ok
	// is false if he is a caller like any other.
	Return(ctx context.Context, number, sid string) (r channels.Ring, ok bool, err error)
}

// Calls are the handlers of the calls that we make.
type Calls struct {
	Config
	Voice     *voice.Calls
	Callbacks Callbacks
}

// Register mounts POST /webhooks/twilio/voice/calls/{attempt}/{step}. Answers are
// as Register's; an attempt that was never made is told goodbye with a 200. It goes
// before Register: who rings back is led past the menu.
func (c Calls) Register(app fiber.Router) {
	h := &calls{handlers{c.Config, new(terms)}, c.Voice, c.Callbacks}
	app.Post("/webhooks/twilio/voice", h.returning)
	at := app.Group("/webhooks/twilio/voice/calls/:attempt")
	for _, step := range voice.CallSteps {
		at.Post("/"+string(step), h.step(step))
	}
}

type calls struct {
	handlers
	voice     *voice.Calls
	callbacks Callbacks
}

// returning leads a customer who rings back to his officer. Everybody else, and
// everything that is wrong with the request, is left to the menu, unless the store is
// away: a menu that can keep nothing of what it is told is not begun, and Twilio tries the
// number's other address.
func (h *calls) returning(c *fiber.Ctx) error {
	f, refused := h.form(c)
	from, odd := twilio.PhoneHandle(f.Get("From"))
	if refused != 0 || odd || f.Get("CallSid") == "" || f.Get("CallStatus") != "ringing" && f.Get("CallStatus") != "in-progress" {
		return c.Next()
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), keepTimeout)
	defer cancel()
	r, ok, err := h.callbacks.Return(ctx, from.Value, f.Get("CallSid"))
	if errors.Is(err, channels.ErrUnavailable) {
		return h.refuse(c, fiber.StatusServiceUnavailable, err)
	}
	if err != nil {
		h.Logger.Warn("caller not led to who called him", "call", f.Get("CallSid"), "error", err)
	}
	if err != nil || !ok {
		return c.Next()
	}
	doc, err := h.voice.Back(r)
	if err != nil {
		return h.refuse(c, fiber.StatusInternalServerError, err)
	}
	return answer(c, doc)
}

// step answers one question about a call: its news is kept first.
func (h *calls) step(step voice.CallStep) fiber.Handler {
	return func(c *fiber.Ctx) error {
		f, refused := h.form(c)
		if refused != 0 {
			return h.refuse(c, refused, nil)
		}
		attempt, err := url.PathUnescape(c.Params("attempt"))
		query, err2 := url.ParseQuery(string(c.Request().URI().QueryString()))
		if err = errors.Join(err, err2); err != nil {
			return h.refuse(c, fiber.StatusBadRequest, errors.New("the address cannot be read"))
		}
		news, err := h.voice.News(step, attempt, f)
		if err != nil {
			return h.refuse(c, fiber.StatusBadRequest, err)
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), keepTimeout)
		defer cancel()
		var r channels.Ring
		for _, n := range news {
			if r, err = h.callbacks.Hear(ctx, n); err != nil {
				break
			}
		}
		switch {
		case errors.Is(err, channels.ErrUnknownMessage):
			h.Logger.Warn("news of an unknown call", "attempt", attempt, "step", string(step))
			r = channels.Ring{Attempt: attempt, Over: true}
		case err != nil:
			return h.refuse(c, fiber.StatusServiceUnavailable, err)
		}
		if err := h.recorded(step, r, f); err != nil {
			return h.refuse(c, fiber.StatusServiceUnavailable, err)
		}
		doc, err := h.voice.Speak(step, r, query, f)
		if err != nil {
			return h.refuse(c, fiber.StatusInternalServerError, err)
		}
		return answer(c, doc)
	}
}

// recorded keeps what the customer said to us as a message of his.
func (h *calls) recorded(step voice.CallStep, r channels.Ring, f twilio.Form) error {
	in, ok := h.voice.Recording(step, r, f)
	if !ok {
		return nil
	}
	return h.receive(in)
}
