package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/channels"
)

// mediaTerm is how long a file's address works: as long as Twilio keeps a
// message in its queue, and some more.
const mediaTerm = 48 * time.Hour

// Media lets Twilio fetch the files that we send: each has an address that only
// we can make, and that works for two days.
type Media struct {
	PublicURL string
	Secret    []byte
	Blobs     channels.Blobs
	Now       func() time.Time
}

// URL is the address of an attachment.
func (m *Media) URL(a channels.Attachment) (string, error) {
	if a.Blob == "" {
		return "", errors.New("attachment has no file")
	}
	till := strconv.FormatInt(m.Now().Add(mediaTerm).Unix(), 36)
	q := url.Values{"t": {a.ContentType}, "e": {till}, "s": {m.sign(a.Blob, a.ContentType, till)}}
	return strings.TrimRight(m.PublicURL, "/") + "/webhooks/twilio/media/" + url.PathEscape(a.Blob) + "?" + q.Encode(), nil
}

func (m *Media) sign(parts ...string) string {
	h := hmac.New(sha256.New, m.Secret)
	h.Write([]byte("media\x00" + strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// Register mounts the address.
func (m *Media) Register(app fiber.Router) { app.Get("/webhooks/twilio/media/:blob", m.serve) }

func (m *Media) serve(c *fiber.Ctx) error {
	blob, err := url.PathUnescape(c.Params("blob"))
	kind, till := c.Query("t"), c.Query("e")
	if err != nil || !hmac.Equal([]byte(c.Query("s")), []byte(m.sign(blob, kind, till))) {
		return c.SendStatus(fiber.StatusForbidden)
	}
	if end, err := strconv.ParseInt(till, 36, 64); err != nil || m.Now().Unix() > end {
		return c.SendStatus(fiber.StatusGone)
	}
	body, err := m.Blobs.Get(c.Context(), blob)
	if err != nil {
		return c.SendStatus(fiber.StatusNotFound)
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	return c.SendStream(body)
}
