package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

const (
	// MaxFile bounds a fetched file in bytes: WhatsApp's largest document.
	MaxFile = 100 << 20
	// fetchTimeout bounds the whole of one fetch, body included.
	fetchTimeout = 2 * time.Minute
	maxRedirects = 5
)

var _ channels.Fetcher = (*Client)(nil)

// Fetch implements channels.Fetcher: it copies a medium or a recording, signed
// in, from the API's own host or from twilio.com, and from nowhere else. The
// credentials stay with that host when it redirects to its storage. A body over
// MaxFile fails while it is read. Errors are *channels.SendError; 404 is
// Temporary, since a recording appears seconds after its callback.
func (c *Client) Fetch(ctx context.Context, address string) (io.ReadCloser, string, error) {
	u, err := url.Parse(address)
	if err != nil || !c.trusts(u) {
		return nil, "", &channels.SendError{Failure: channels.Permanent, Err: errors.New("fetch file: the address is not Twilio's")}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel()
		return nil, "", &channels.SendError{Failure: channels.Permanent, Err: fmt.Errorf("fetch file: %w", err)}
	}
	req.SetBasicAuth(c.user, c.password)
	req.Header.Set("User-Agent", "caravan")
	res, err := c.files.Do(req)
	if err != nil {
		cancel()
		return nil, "", &channels.SendError{Failure: channels.Temporary, Err: fmt.Errorf("fetch file: %w", withoutAddress(err))}
	}
	if res.StatusCode == http.StatusOK && res.ContentLength <= MaxFile {
		return &fileBody{rest: MaxFile, body: res.Body, cancel: cancel}, res.Header.Get("Content-Type"), nil
	}
	defer cancel()
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return nil, "", &channels.SendError{Failure: channels.Permanent, Err: errFileTooLarge}
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // what was read of a refusal is enough
	refused := apiError(res.StatusCode, res.Header, body, c.now())
	e := sendError("fetch file", refused)
	if res.StatusCode == http.StatusNotFound || res.StatusCode >= 500 {
		e.Failure = channels.Temporary
	}
	return nil, "", e
}

// trusts reports whether credentials may be sent to u.
func (c *Client) trusts(u *url.URL) bool {
	if u.User != nil {
		return false
	}
	if u.Scheme == c.base.Scheme && strings.EqualFold(u.Host, c.base.Host) {
		return true
	}
	host := strings.ToLower(u.Hostname())
	return u.Scheme == "https" && u.Port() == "" && (host == "twilio.com" || strings.HasSuffix(host, ".twilio.com"))
}

// followFile lets the API send us to its storage, without the credentials and
// never from https to http.
func (c *Client) followFile(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	before := via[len(via)-1].URL
	if before.Scheme == "https" && req.URL.Scheme != "https" {
		return errors.New("redirected from https to http")
	}
	if !strings.EqualFold(via[0].URL.Host, req.URL.Host) {
		req.Header.Del("Authorization")
	}
	req.Header.Del("Referer") // it would name the account to the storage
	return nil
}

var errFileTooLarge = fmt.Errorf("the file is over %d MiB", MaxFile>>20)

// fileBody fails, rather than ends, at its limit.
type fileBody struct {
	rest   int64
	body   io.ReadCloser
	cancel context.CancelFunc
}

func (b *fileBody) Read(p []byte) (int, error) {
	if b.rest < 0 {
		return 0, errFileTooLarge
	}
	if int64(len(p)) > b.rest+1 {
		p = p[:b.rest+1]
	}
	n, err := b.body.Read(p)
	if b.rest -= int64(n); b.rest < 0 {
		return n - 1, errFileTooLarge
	}
	return n, err
}

func (b *fileBody) Close() error {
	defer b.cancel()
	return b.body.Close()
}
