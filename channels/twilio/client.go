package twilio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

// DefaultBaseURL is where Twilio's API is.
const DefaultBaseURL = "https://api.twilio.com"

// Deadlines of a call to Twilio. A call that is cut off by callTimeout after it
// was written has an unknown outcome, so it is generous.
const (
	dialTimeout         = 5 * time.Second
	tlsHandshakeTimeout = 5 * time.Second
	callTimeout         = 20 * time.Second
	idleConnTimeout     = 60 * time.Second
)

// maxAnswer bounds an answer of the API in bytes; a page of 50 messages is under 100 kB.
const maxAnswer = 4 << 20

// Config is the account whose API is called.
type Config struct {
	AccountSID string
	AuthToken  string
	// APIKey and APISecret sign in instead of AccountSID and AuthToken, if set.
	APIKey, APISecret string
	BaseURL           string           // another host for a stand-in; empty: DefaultBaseURL
	Now               func() time.Time // nil: time.Now
}

// Client calls Twilio's REST API (version 2010-04-01) with a context and with
// errors that tell whether the request may have been carried out: see Messages.
type Client struct {
	account, user, password string
	base                    *url.URL
	calls, files            *http.Client
	now                     func() time.Time
}

// NewClient checks the configuration; it calls nobody.
func NewClient(cfg Config) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	base, err := url.Parse(strings.TrimRight(cfg.BaseURL, "/"))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return nil, fmt.Errorf("API base URL %q is not an http or https address", cfg.BaseURL)
	}
	c := &Client{account: cfg.AccountSID, user: cfg.AccountSID, password: cfg.AuthToken, base: base, now: cfg.Now}
	if cfg.APIKey != "" {
		c.user, c.password = cfg.APIKey, cfg.APISecret
	}
	if c.account == "" || c.password == "" {
		return nil, errors.New("the account SID or its secret is missing")
	}
	if c.now == nil {
		c.now = time.Now
	}
	transport := newTransport()
	c.calls = &http.Client{Transport: transport, Timeout: callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.files = &http.Client{Transport: transport, CheckRedirect: c.followFile}
	return c, nil
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:   tlsHandshakeTimeout,
		ResponseHeaderTimeout: callTimeout,
		IdleConnTimeout:       idleConnTimeout,
		MaxIdleConnsPerHost:   16,
	}
}

// Close ends idle connections.
func (c *Client) Close() { c.calls.CloseIdleConnections() }

// Check signs in, for `caravan check`.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.api(ctx).FetchAccount(c.account)
	if err != nil {
		return fmt.Errorf("fetch account: %w", err)
	}
	return nil
}

// api is twilio-go's own API over a transport of ours that knows ctx.
func (c *Client) api(ctx context.Context) *openapi.ApiService {
	return openapi.NewApiService(&client.RequestHandler{Client: &session{Client: c, ctx: ctx}})
}

// session implements twilio-go's BaseClient for one call. The library's own
// client has no context, posts a second time after some errors, and cuts what
// looks like a fraction out of a query (a business-scoped user ID does).
type session struct {
	*Client
	ctx context.Context
}

func (s *session) AccountSid() string       { return s.account }
func (s *session) SetTimeout(time.Duration) {}
func (s *session) SetOauth(client.OAuth)    {}
func (s *session) OAuth() client.OAuth      { return nil }

// SendRequest implements client.BaseClient. Errors are *APIError for an answer
// that refuses and *callError for none that can be read.
func (s *session) SendRequest(method, rawURL string, data url.Values, headers map[string]any, _ ...byte) (*http.Response, error) {
	target, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("parse address: %w", err)
	}
	u := s.base.JoinPath(target.EscapedPath())
	u.RawQuery = target.RawQuery
	var body io.Reader
	if method == http.MethodGet || method == http.MethodDelete {
		if len(data) > 0 {
			u.RawQuery = data.Encode()
		}
	} else {
		body = strings.NewReader(data.Encode())
	}
	var written atomic.Bool
	ctx := httptrace.WithClientTrace(s.ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { written.Store(false) }, // the transport tries again only what was not written
		WroteHeaders: func() { written.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for k, v := range headers {
		req.Header.Set(k, fmt.Sprint(v))
	}
	if body == nil {
		req.Header.Del("Content-Type")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "caravan")
	req.SetBasicAuth(s.user, s.password)
	res, err := s.calls.Do(req)
	if err != nil {
		return nil, &callError{written.Load(), withoutAddress(err)}
	}
	return s.read(res)
}

// read takes the whole answer off the wire, so that a connection that breaks in
// the middle of it is told from an answer that is wrong.
func (s *session) read(res *http.Response) (*http.Response, error) {
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, apiError(res.StatusCode, res.Header, body, s.now())
	}
	if err == nil && len(body) > maxAnswer {
		err = errors.New("the answer is too long")
	}
	if err != nil {
		return nil, &callError{true, fmt.Errorf("read answer: %w", err)}
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// withoutAddress takes the URL out of an error: a query may name a customer's number.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("%s: %w", strings.ToLower(u.Op), u.Err)
	}
	return err
}
