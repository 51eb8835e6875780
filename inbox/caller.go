package inbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/caravan-desk/caravan/conversations"
)

// caller is who makes a request, and by what right.
type caller struct {
	officer conversations.Officer
	hash    string // of the secret; "" for the admin token
	csrf    string // of the session; "" for a bearer token
	expires time.Time
}

// callerKey is where the caller is kept during a request.
type callerKey struct{}

// adminID is the officer that the admin token acts as. The store has none of that ID.
const adminID conversations.OfficerID = "admin"

// newAdmin is the caller behind the admin token.
func newAdmin(now time.Time) *caller {
	return &caller{officer: conversations.Officer{
		ID: adminID, Name: "Administrator", Role: conversations.RoleAdmin, Availability: conversations.Offline, CreatedAt: now.UTC(),
	}}
}

// callerOf returns who makes the request. It is only called behind signedIn.
func callerOf(ctx context.Context) *caller {
	return ctx.Value(callerKey{}).(*caller)
}

// NewSecret makes a bearer token or session, and the hash it is stored under.
func NewSecret() (secret, hash string) {
	var b [32]byte
	rand.Read(b[:])
	secret = "cv_" + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, HashSecret(secret)
}

// HashSecret is the hash that a bearer token is stored under: hexadecimal
// SHA-256, since the secret itself has 256 bits of chance.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// signedIn lets only officers pass, and their writes under a cookie only with the session's CSRF token.
func (a *API) signedIn(c *fiber.Ctx) error {
	secret, bearer := bearerToken(c.Get(fiber.HeaderAuthorization))
	if !bearer {
		secret = a.cookieOf(c)
	}
	who, err := a.identify(c.UserContext(), secret, bearer)
	if err != nil {
		return err
	}
	if !bearer && !safeMethod(c.Method()) && !same(c.Get("X-CSRF-Token"), who.csrf) {
		return errCSRF
	}
	c.Locals(callerKey{}, who)
	return c.Next()
}

func safeMethod(m string) bool {
	return m == fiber.MethodGet || m == fiber.MethodHead || m == fiber.MethodOptions
}

// bearerToken reads an Authorization header (RFC 6750 section 2.1); ok tells that there is one.
func bearerToken(header string) (secret string, ok bool) {
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", header != ""
	}
	return strings.TrimSpace(secret), true
}

// same compares secrets in a time that tells nothing about them.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return b != "" && subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// identify finds the officer behind a secret: a session's, or a bearer token's.
func (a *API) identify(ctx context.Context, secret string, bearer bool) (*caller, error) {
	if secret == "" || len(secret) > 512 {
		return nil, errUnauthorized
	}
	if bearer && same(secret, a.AdminToken) {
		return a.admin, nil
	}
	hash, now := HashSecret(secret), a.Now()
	if who := a.known.get(hash, now); who != nil {
		return kindOf(who, bearer)
	}
	who, err := a.lookUp(ctx, hash, now)
	if err != nil {
		return nil, err
	}
	a.known.put(who, now)
	return kindOf(who, bearer)
}

// kindOf refuses a session's secret as a bearer token and the other way round:
// a session's writes need its CSRF token.
func kindOf(who *caller, bearer bool) (*caller, error) {
	if bearer != (who.csrf == "") {
		return nil, errUnauthorized
	}
	return who, nil
}

// lookUp asks the store.
func (a *API) lookUp(ctx context.Context, hash string, now time.Time) (*caller, error) {
	t, err := a.Store.Token(ctx, hash)
	if errors.Is(err, conversations.ErrNotFound) {
		return nil, errUnauthorized
	}
	if err != nil {
		return nil, fmt.Errorf("load token: %w", err)
	}
	if !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) {
		return nil, errUnauthorized
	}
	o, err := a.Store.Officer(ctx, t.Officer)
	if errors.Is(err, conversations.ErrNotFound) || err == nil && o.Disabled {
		return nil, errUnauthorized
	}
	if err != nil {
		return nil, fmt.Errorf("load officer: %w", err)
	}
	return &caller{officer: o, hash: hash, csrf: t.CSRF, expires: t.ExpiresAt}, nil
}

const (
	// callerTerm is how long a token is believed without asking the store again:
	// a token revoked through another gateway is refused after that at the latest.
	callerTerm = time.Second
	// maxCallers bounds the cache.
	maxCallers = 10_000
)

// callerCache spares the hot routes two round trips to the store.
type callerCache struct {
	mu sync.RWMutex
	by map[string]knownCaller
}

type knownCaller struct {
	*caller
	until time.Time
}

func newCallerCache() *callerCache { return &callerCache{by: map[string]knownCaller{}} }

func (k *callerCache) get(hash string, now time.Time) *caller {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if who, ok := k.by[hash]; ok && now.Before(who.until) && (who.expires.IsZero() || now.Before(who.expires)) {
		return who.caller
	}
	return nil
}

func (k *callerCache) put(who *caller, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.by) >= maxCallers {
		clear(k.by)
	}
	k.by[who.hash] = knownCaller{who, now.Add(callerTerm)}
}

// forget makes the next request of everybody ask the store.
func (k *callerCache) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.by)
}
