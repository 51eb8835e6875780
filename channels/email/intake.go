package email

import (
	"bytes"
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
)

// Intake keeps one mail for good. It is safe for concurrent use.
type Intake struct {
	Account  string // the mailbox's name
	Address  string // its address
	Receiver channels.Receiver
	Blobs    channels.Blobs
	Signer   *Signer
	Now      func() time.Time
	MaxParse int // bytes; DefaultMaxParse if zero
}

// Take keeps a mail: its bytes as a blob before anything else, then its
// attachments, then the message. A nil error means that it is kept; the same
// mail again is no error. Any other error means that the store is away and the
// mail has to be offered again. received is the mail server's time, or zero.
func (k *Intake) Take(ctx context.Context, r io.Reader, received time.Time) error {
	if received.IsZero() {
		received = k.Now()
	}
	most := k.MaxParse
	if most <= 0 {
		most = DefaultMaxParse
	}
	raw, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	a := Arrival{Account: k.Account, Address: k.Address, Received: received.UTC(), Signer: k.Signer}
	sum := sha256.New()
	whole := io.TeeReader(bytes.NewReader(raw), sum)
	if len(raw) > most {
		whole = io.TeeReader(io.MultiReader(bytes.NewReader(raw), r), sum)
		raw = raw[:most]
		a.Warnings = append(a.Warnings, fmt.Sprintf("only the first %d bytes were read; the raw file is whole", most))
	}
	if a.Raw, _, err = k.Blobs.Put(ctx, whole); err != nil {
		return fmt.Errorf("keep raw mail: %w", err)
	}
	a.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return k.receive(ctx, raw, a)
}

// receive parses what Take has kept and hands it on.
func (k *Intake) receive(ctx context.Context, raw []byte, a Arrival) error {
	m := k.parse(raw)
	cutBodies(&m)
	for _, f := range m.Attachments {
		key, _, err := k.Blobs.Put(ctx, bytes.NewReader(f.Data))
		if err != nil {
			return fmt.Errorf("keep attachment: %w", err)
		}
		a.Files = append(a.Files, key)
	}
	if err := k.Receiver.Receive(ctx, ToInbound(m, a)); err != nil {
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
	return Parse(raw, Options{Signer: k.Signer, Address: k.Address})
}

// Reparse makes a message anew of a raw mail that is already in blobs, after
// the parser has learned something.
func (k *Intake) Reparse(ctx context.Context, blob string, received time.Time) (channels.Inbound, error) {
	body, err := k.Blobs.Get(ctx, blob)
	if err != nil {
		return channels.Inbound{}, fmt.Errorf("open raw mail: %w", err)
	}
	defer body.Close()
	var got channels.Inbound
	again := *k
	again.Receiver = receiverFunc(func(_ context.Context, in channels.Inbound) error { got = in; return nil })
	if err := again.Take(ctx, body, received); err != nil {
		return channels.Inbound{}, err
	}
	return got, nil
}

type receiverFunc func(context.Context, channels.Inbound) error

func (f receiverFunc) Receive(ctx context.Context, in channels.Inbound) error { return f(ctx, in) }

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
