package email

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

const (
	// DefaultMaxParse is the most bytes of one mail that are parsed. A larger
	// mail is kept whole as its raw file, and its beginning is shown.
	DefaultMaxParse = 64 << 20
	// maxBody is the most bytes of a body that go into the message itself;
	// a longer one is cut there and kept whole as an attachment.
	maxBody = 256 << 10
	// smallMail is the most bytes of a mail that is held in memory while it comes.
	smallMail = 1 << 20
)

// largeMails bounds how many mails that are not small are parsed at once in this
// process: each takes a few times its size in memory.
var largeMails = make(chan struct{}, 2)

// Intake keeps one mail for good. It is safe for concurrent use.
type Intake struct {
	Account  string // the mailbox's name
	Address  string // its address
	Receiver channels.Receiver
	Blobs    channels.Blobs
	Signer   *Signer
	Now      func() time.Time
	MaxParse int // bytes; DefaultMaxParse if zero

	// AuthServID and LookupTXT say how a forged sender is known; see Options.
	AuthServID string
	LookupTXT  func(domain string) ([]string, error)
}

// Take keeps a mail: its bytes as a blob before anything else, then its
// attachments, then the message. A nil error means that it is kept; the same
// mail again is no error. Any other error means that it did not come whole, or
// that the store is away, and the mail has to be offered again. received is the
// mail server's time, or zero.
func (k *Intake) Take(ctx context.Context, r io.Reader, received time.Time) error {
	in, err := k.prepare(ctx, r, received)
	if err != nil {
		return err
	}
	return k.deliver(ctx, in)
}

// prepare keeps the bytes of one mail and says it in the words of the wire. A
// mail that is not small goes to the store as it comes, and is read back from
// there when its turn to be parsed has come: many large ones at once cost disk,
// not memory.
func (k *Intake) prepare(ctx context.Context, r io.Reader, received time.Time) (channels.Inbound, error) {
	a := k.arrival(received)
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, smallMail+1)
	if err != nil && err != io.EOF {
		return channels.Inbound{}, fmt.Errorf("read mail: %w", err)
	}
	if n <= smallMail {
		if a.Raw, _, err = k.Blobs.Put(ctx, bytes.NewReader(head.Bytes())); err != nil {
			return channels.Inbound{}, fmt.Errorf("keep raw mail: %w", err)
		}
		return k.finish(ctx, head.Bytes(), k.parsed(n, &a), a)
	}
	size, sum := int64(0), sha256.New()
	if a.Raw, size, err = k.Blobs.Put(ctx, io.TeeReader(io.MultiReader(&head, r), sum)); err != nil {
		return channels.Inbound{}, fmt.Errorf("keep raw mail: %w", err)
	}
	a.SHA256 = hex.EncodeToString(sum.Sum(nil))
	select {
	case largeMails <- struct{}{}:
		defer func() { <-largeMails }()
	case <-ctx.Done():
		return channels.Inbound{}, ctx.Err()
	}
	raw, err := k.readBack(ctx, a.Raw, k.parsed(size, &a))
	if err != nil {
		return channels.Inbound{}, err
	}
	return k.finish(ctx, raw, int64(len(raw)), a)
}

// arrival begins the record of a mail.
func (k *Intake) arrival(received time.Time) Arrival {
	if received.IsZero() {
		received = k.Now()
	}
	return Arrival{Account: k.Account, Address: k.Address, Received: received.UTC(), Signer: k.Signer}
}

// parsed is how much of a mail of the given size is parsed.
func (k *Intake) parsed(size int64, a *Arrival) int64 {
	most := int64(cmp.Or(k.MaxParse, DefaultMaxParse))
	if size > most {
		a.Warnings = append(a.Warnings, fmt.Sprintf("only the first %d bytes were read; the raw file is whole", most))
	}
	return min(size, most)
}

// readBack is the first n bytes of a blob.
func (k *Intake) readBack(ctx context.Context, key string, n int64) ([]byte, error) {
	body, err := k.Blobs.Get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("open raw mail: %w", err)
	}
	defer body.Close()
	raw := make([]byte, n)
	if _, err := io.ReadFull(body, raw); err != nil {
		return nil, fmt.Errorf("read raw mail: %w", err)
	}
	return raw, nil
}

// finish parses the first n bytes of what is kept, and keeps its attachments.
func (k *Intake) finish(ctx context.Context, raw []byte, n int64, a Arrival) (channels.Inbound, error) {
	m := k.parse(raw[:n])
	if a.SHA256 == "" {
		a.SHA256 = nameless(m, raw)
	}
	for _, f := range m.Attachments {
		key, _, err := k.Blobs.Put(ctx, bytes.NewReader(f.Data))
		if err != nil {
			return channels.Inbound{}, fmt.Errorf("keep attachment: %w", err)
		}
		a.Files = append(a.Files, key)
	}
	return ToInbound(m, a), nil
}

// deliver hands on what prepare has made.
func (k *Intake) deliver(ctx context.Context, in channels.Inbound) error {
	if err := k.Receiver.Receive(ctx, in); err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	return nil
}

// parse is Parse with a last resort: whatever a mail does to the parser, it
// becomes a message with the raw file.
func (k *Intake) parse(raw []byte) (m Mail) {
	defer func() {
		if p := recover(); p != nil {
			m = Mail{Kind: KindHuman, Warnings: []string{"this mail could not be read; see the raw file"}}
		}
	}()
	opts := Options{Signer: k.Signer, Address: k.Address, AuthServID: k.AuthServID, LookupTXT: k.LookupTXT, NoHTML: true}
	if m = Parse(raw, opts); m.HTMLBytes > maxBody { // too much to make it anew whenever it is looked at
		opts.NoHTML = false
		m = Parse(raw, opts)
		m.HTMLBytes = 0
	}
	cutBodies(&m)
	return m
}

// Reparse makes a message anew of a raw mail that is already in blobs, after
// the parser has learned something.
func (k *Intake) Reparse(ctx context.Context, blob string, received time.Time) (channels.Inbound, error) {
	body, err := k.Blobs.Get(ctx, blob)
	if err != nil {
		return channels.Inbound{}, fmt.Errorf("open raw mail: %w", err)
	}
	defer body.Close()
	return k.prepare(ctx, body, received)
}

// cutBodies moves bodies that are too long for the store into attachments.
func cutBodies(m *Mail) {
	if len(m.Text) > maxBody {
		m.Attachments = append(m.Attachments, Attachment{Name: "message.txt", ContentType: "text/plain", Size: int64(len(m.Text)), Data: []byte(m.Text)})
		m.Warnings = append(m.Warnings, "the text is long; the whole of it is in message.txt")
		m.Text = cutRunes(m.Text, maxBody)
		m.Reply = cutRunes(m.Reply, maxBody)
	}
	if len(m.HTML) > maxBody {
		m.Attachments = append(m.Attachments, Attachment{Name: "message.html", ContentType: "text/html", Size: int64(len(m.HTML)), Data: []byte(m.HTML)})
		m.Warnings = append(m.Warnings, "the HTML is long; it is in message.html")
		m.HTML = ""
	}
}

// cutRunes is s up to n bytes, without a broken character at the end.
func cutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
