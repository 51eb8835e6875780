package email

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/conversations/blobs"
)

// Every mail of the corpus that is kept without its HTML shows, when asked for, what
// the parser makes of it, the second time from memory.
func TestOriginals(t *testing.T) {
	folder, err := blobs.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := newStore()
	k := testIntake(s)
	k.Blobs = folder
	o := &Originals{Blobs: folder}
	rich, shown := 0, 0
	for name, raw := range corpus(t) {
		in, err := k.prepare(t.Context(), bytes.NewReader(raw), k.Now())
		if err != nil {
			t.Fatal(err)
		}
		if in.HTML != "" {
			t.Errorf("%s: HTML was made at intake", name)
		}
		if !in.Rich {
			continue
		}
		rich++
		for range 2 {
			page, err := o.HTML(t.Context(), in.Raw)
			if want := Parse(raw, Options{}).HTML; err != nil || page != want {
				t.Errorf("%s: %v\n%s\nwant\n%s", name, err, page, want)
			}
			if page != "" {
				shown++
			}
		}
	}
	if rich < 20 || shown < 2*rich*9/10 || len(o.pages) > originalsKept {
		t.Errorf("%d mails with HTML, shown %d times, %d remembered", rich, shown, len(o.pages))
	}
	if _, err := o.HTML(t.Context(), strings.Repeat("0", 64)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a blob that is gone: %v", err)
	}
}

// HTML that is too long to be made anew each time is kept beside the message.
func TestLongHTMLIsAFile(t *testing.T) {
	s := newStore()
	k := testIntake(s)
	for size, want := range map[int]string{1000: "made later", maxBody + 1000: "a file"} {
		raw := fmt.Sprintf("From: a@example.net\r\nContent-Type: text/html\r\n\r\n<p>%s</p>", strings.Repeat("words ", size/6))
		in, err := k.prepare(t.Context(), strings.NewReader(raw), k.Now())
		if err != nil {
			t.Fatal(err)
		}
		got := "lost"
		switch {
		case in.Rich && in.HTML == "" && len(in.Attachments) == 0:
			got = "made later"
		case !in.Rich && len(in.Attachments) == 2 && in.Attachments[1].Name == "message.html":
			got = "a file"
		}
		if got != want {
			t.Errorf("%d bytes of HTML are %s, want %s: %d attachments, %v", size, got, want, len(in.Attachments), in.Warnings)
		}
	}
}
