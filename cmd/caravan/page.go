package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"path"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/web"
)

// pageFile is one file of the officers' page.
type pageFile struct {
	body       []byte
	kind, etag string
}

// page serves the officers' page. A browser asks about every file at every
// visit, and is told by its ETag that it has it: an upgrade never mixes old and new.
func (a *app) page() error {
	err := fs.WalkDir(web.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(web.Files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		f := pageFile{body, mime.TypeByExtension(path.Ext(name)), `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
		a.http.Get("/"+name, f.serve)
		if name == "index.html" {
			a.http.Get("/", f.serve)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("officers' page: %w", err)
	}
	return nil
}

func (f pageFile) serve(c *fiber.Ctx) error {
	c.Set("Content-Security-Policy", web.Policy)
	c.Set("Referrer-Policy", "no-referrer")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderETag, f.etag)
	if c.Get(fiber.HeaderIfNoneMatch) == f.etag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.kind)
	return c.Send(f.body)
}
