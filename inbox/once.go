package inbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/conversations"
)

// keyTerm is how long writing down an answer may take; it is not cut short with the request.
const keyTerm = 3 * time.Second

// opKey is where a POST's own name is kept during a request.
type opKey struct{}

// opOf names the POST by its Idempotency-Key, apart from every other officer's and
// path's; "" if it has none.
func opOf(ctx context.Context) string {
	op, _ := ctx.Value(opKey{}).(string)
	return op
}

// saved is an answer kept under an Idempotency-Key.
type saved struct {
	Body        []byte `json:"b"`
	Status      int    `json:"s"`
	Type        string `json:"t"`
	ETag        string `json:"e,omitempty"`
	Location    string `json:"l,omitempty"`
	Fingerprint string `json:"f"`
}

// once makes a POST under an Idempotency-Key happen once for its officer and path:
// a repetition gets the saved answer. Only answers of success are saved; after any
// other nothing has happened, and the key is free again.
func (a *API) once(c *fiber.Ctx) error {
	key := c.Get("Idempotency-Key")
	if c.Method() != fiber.MethodPost || key == "" {
		return c.Next()
	}
	if len(key) > 255 {
		return fault("header.Idempotency-Key", "is longer than 255 bytes")
	}
	name := hexSum([]byte(string(callerOf(c.Context()).officer.ID) + "\x00" + key + "\x00" + c.Path()))
	c.Locals(opKey{}, name)
	print := hexSum(plainBody(c))
	before, done, err := a.Store.Begin(c.UserContext(), name)
	if errors.Is(err, conversations.ErrTaken) {
		return &waitError{errInFlight, time.Second}
	}
	if err != nil {
		return fmt.Errorf("begin idempotent request: %w", err)
	}
	if done {
		return replay(c, before, print)
	}
	finished := false
	defer func() { // also when the handler panics
		if !finished {
			a.finish(name, nil)
		}
	}()
	if err := c.Next(); err != nil {
		return err
	}
	if status := c.Response().StatusCode(); status >= 300 {
		return nil
	}
	finished = true
	a.finish(name, &saved{
		Body: c.Response().Body(), Status: c.Response().StatusCode(), Type: string(c.Response().Header.ContentType()),
		ETag: c.GetRespHeader(fiber.HeaderETag), Location: c.GetRespHeader(fiber.HeaderLocation), Fingerprint: print,
	})
	return nil
}

// finish keeps the answer, or releases the key. If that fails, the key stays
// reserved until it runs out, and a repetition is told to wait.
func (a *API) finish(name string, s *saved) {
	ctx, cancel := context.WithTimeout(context.Background(), keyTerm)
	defer cancel()
	var answer []byte
	if s != nil {
		answer, _ = json.Marshal(s) // strings, numbers and bytes always can be
	}
	if err := a.Store.Finish(ctx, name, answer); err != nil {
		a.Logger.WarnContext(ctx, "answer not kept under its Idempotency-Key", "error", err)
	}
}

// replay gives the answer that was given before.
func replay(c *fiber.Ctx, answer []byte, print string) error {
	var s saved
	if err := json.Unmarshal(answer, &s); err != nil {
		return fmt.Errorf("read saved answer: %w", err)
	}
	if s.Fingerprint != print {
		return errMismatch
	}
	c.Set("Idempotency-Replayed", "true")
	for name, value := range map[string]string{fiber.HeaderContentType: s.Type, fiber.HeaderETag: s.ETag, fiber.HeaderLocation: s.Location} {
		if value != "" {
			c.Set(name, value)
		}
	}
	return c.Status(s.Status).Send(s.Body)
}

// plainBody is the request's body without what changes when the same is sent
// again: the boundary between the parts of a form.
func plainBody(c *fiber.Ctx) []byte {
	body := c.Body()
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if b := params["boundary"]; err == nil && b != "" {
		return bytes.ReplaceAll(body, []byte(b), nil)
	}
	return body
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
