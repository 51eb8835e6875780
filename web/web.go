// Package web carries the officers' page: plain HTML, CSS and ES modules under
// page/, embedded as they are, with no build step. The page talks to the
// officers' API on its own origin and to nothing else; js/main.js is where to
// start reading. Serve Files at "/" with the Policy header on every answer.
package web

import (
	"embed"
	"io/fs"
)

//go:embed page
var page embed.FS

// Policy is the Content-Security-Policy the page is written for: no inline
// script or style, and nothing from another origin.
const Policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// Files is the page, with index.html at its root.
var Files fs.FS = must(fs.Sub(page, "page"))

func must(f fs.FS, err error) fs.FS {
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return f
}
