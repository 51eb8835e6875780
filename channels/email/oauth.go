package email

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// ErrSignIn is returned when a server refuses who we are, or no token can be
// had for it: waiting does not help, somebody has to act.
var ErrSignIn = errors.New("sign-in refused")

const (
	tokenTimeout = 30 * time.Second
	tokenMargin  = 2 * time.Minute // a token that ends sooner is not used any more
)

// OAuth2 gets access tokens in place of a password: with a refresh token (RFC
// 6749 §6; Gmail, Microsoft 365 for one user), or without one with the
// client's own credentials (§4.4; Microsoft 365 for an application). It keeps
// the token until shortly before its end. Share it by pointer.
type OAuth2 struct {
	TokenURL     string   `yaml:"token_url"`
	ClientID     string   `yaml:"client_id"`
	ClientSecret string   `yaml:"client_secret"`
	RefreshToken string   `yaml:"refresh_token"`
	Scopes       []string `yaml:"scopes"`

	mu      sync.Mutex
	token   *oauth2.Token
	refresh string // the newest refresh token: some providers change it at each use
}

// bearer is a token that is good for a while.
func (o *OAuth2) bearer(ctx context.Context) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.token.Valid() && (o.token.Expiry.IsZero() || time.Until(o.token.Expiry) > tokenMargin) {
		return o.token.AccessToken, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Timeout: tokenTimeout})
	token, err := o.request(ctx)
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode/100 == 4 && refused.Response.StatusCode != http.StatusTooManyRequests {
		// What the server says beside its code may name the account.
		return "", fmt.Errorf("%w: no access token: %s (HTTP %d)", ErrSignIn, refused.ErrorCode, refused.Response.StatusCode)
	}
	if err != nil {
		return "", fmt.Errorf("get access token: %w", err)
	}
	o.token = token
	if token.RefreshToken != "" {
		o.refresh = token.RefreshToken
	}
	return token.AccessToken, nil
}

func (o *OAuth2) request(ctx context.Context) (*oauth2.Token, error) {
	if o.RefreshToken == "" {
		c := clientcredentials.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, TokenURL: o.TokenURL, Scopes: o.Scopes}
		return c.Token(ctx)
	}
	if o.refresh == "" {
		o.refresh = o.RefreshToken
	}
	c := oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Scopes: o.Scopes, Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL}}
	return c.TokenSource(ctx, &oauth2.Token{RefreshToken: o.refresh}).Token()
}

// forget drops a token that a server did not accept.
func (o *OAuth2) forget(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.token != nil && o.token.AccessToken == token {
		o.token = nil
	}
}

// xoauth2 is the older name for bearer tokens, the only one that Microsoft 365 knows.
const xoauth2 = "XOAUTH2"

// bearerClient signs in with a token: OAUTHBEARER (RFC 7628) or XOAUTH2
// (developers.google.com/workspace/gmail/imap/xoauth2-protocol). A challenge
// tells of a failure; the answer to it lets the server say so in its protocol.
type bearerClient struct {
	mech, username, token string
	challenged            bool
}

var _ sasl.Client = (*bearerClient)(nil)

// newBearerClient prefers the standard mechanism where the server offers it.
func newBearerClient(username, token string, offers func(mech string) bool) *bearerClient {
	c := &bearerClient{mech: xoauth2, username: username, token: token}
	if offers(sasl.OAuthBearer) && !offers(xoauth2) {
		c.mech = sasl.OAuthBearer
	}
	return c
}

func (c *bearerClient) Start() (mech string, ir []byte, err error) {
	if c.mech == sasl.OAuthBearer {
		return c.mech, []byte("n,a=" + c.username + ",\x01auth=Bearer " + c.token + "\x01\x01"), nil
	}
	return c.mech, []byte("user=" + c.username + "\x01auth=Bearer " + c.token + "\x01\x01"), nil
}

func (c *bearerClient) Next([]byte) ([]byte, error) {
	if c.challenged {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	c.challenged = true
	if c.mech == sasl.OAuthBearer {
		return []byte{1}, nil
	}
	return []byte{}, nil
}
