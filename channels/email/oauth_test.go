package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// tokenServer grants tokens of a minute, and a new refresh token each time.
type tokenServer struct {
	mu     sync.Mutex
	grants []string // grant type and refresh token, one a request
	good   string   // the access token that counts now
	refuse bool
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = r.ParseForm()
	w.Header().Set("Content-Type", "application/json")
	s.grants = append(s.grants, strings.TrimSpace(r.Form.Get("grant_type")+" "+r.Form.Get("refresh_token")))
	if s.refuse {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"user aisha@example.net must sign in"}`))
		return
	}
	s.good = fmt.Sprintf("access-%d", len(s.grants))
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": s.good, "token_type": "Bearer", "expires_in": 3600, "refresh_token": fmt.Sprintf("refresh-%d", len(s.grants)),
	})
}

func newTokenServer(t testing.TB) (*tokenServer, *OAuth2) {
	s := &tokenServer{}
	srv := httptest.NewServer(s)
	t.Cleanup(func() {
		srv.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return s, &OAuth2{TokenURL: srv.URL, ClientID: "caravan", ClientSecret: "c", RefreshToken: "refresh-0"}
}

// bearerServer is a server's side of XOAUTH2 and OAUTHBEARER.
type bearerServer struct {
	check func(token string) bool
	asked bool
}

func (b *bearerServer) Next(response []byte) ([]byte, bool, error) {
	if b.asked {
		return nil, false, errors.New("Invalid credentials")
	}
	_, rest, _ := strings.Cut(string(response), "auth=Bearer ")
	token, _, ok := strings.Cut(rest, "\x01")
	if ok && b.check(token) && strings.Contains(string(response), "support@caravan.example") {
		return nil, true, nil
	}
	b.asked = true
	return []byte(`{"status":"401"}`), false, nil
}

// bearerSession is an IMAP session that knows tokens only.
type bearerSession struct {
	*imapmemserver.UserSession
	s    *tokenServer
	mech string
}

func (b *bearerSession) AuthenticateMechanisms() []string { return []string{b.mech} }
func (b *bearerSession) Authenticate(string) (sasl.Server, error) {
	return &bearerServer{check: func(token string) bool {
		b.s.mu.Lock()
		defer b.s.mu.Unlock()
		return token == b.s.good
	}}, nil
}

func TestMailboxSignsInByToken(t *testing.T) {
	for _, mech := range []string{"XOAUTH2", "OAUTHBEARER"} {
		t.Run(mech, func(t *testing.T) {
			tokens, oauth := newTokenServer(t)
			user := imapmemserver.NewUser("support@caravan.example", "")
			if err := user.Create("INBOX", nil); err != nil {
				t.Fatal(err)
			}
			put(t, user, "INBOX", testMail(0))
			srv := imapserver.New(&imapserver.Options{
				NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
					return &bearerSession{UserSession: imapmemserver.NewUserSession(user), s: tokens, mech: mech}, nil, nil
				},
				Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIdle: {}}, InsecureAuth: true, Logger: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
			})
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() { defer close(done); _ = srv.Serve(l) }()
			t.Cleanup(func() { _ = srv.Close(); <-done })
			cfg := IMAP{URL: "imap://" + l.Addr().String(), Username: "support@caravan.example", OAuth2: oauth, Poll: time.Millisecond}
			s := newStore()
			stop := start(t, &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s})
			s.until(t, "the mail", s.at(1))
			stop()
			tokens.mu.Lock()
			tokens.good = "none: the token was revoked before its time"
			tokens.mu.Unlock()
			put(t, user, "INBOX", testMail(1))
			stop = start(t, &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s})
			s.until(t, "the next mail, by a new token", s.at(2))
			stop()
			if want := []string{"refresh_token refresh-0", "refresh_token refresh-1"}; !slices.Equal(tokens.grants, want) {
				t.Errorf("grants %q, want %q", tokens.grants, want)
			}
		})
	}
}

func TestTokenRefusedIsAState(t *testing.T) {
	tokens, oauth := newTokenServer(t)
	tokens.refuse = true
	cfg, _ := memServer(t, nil)
	cfg.OAuth2 = oauth
	s := newStore()
	m := &Mailbox{IMAP: cfg, Intake: testIntake(s), Cursor: s}
	failed := make(chan struct{}, 1)
	m.backoff = func(attempt int) time.Duration {
		if attempt < refusedAttempt {
			t.Errorf("attempt %d: impatient", attempt)
		}
		select {
		case failed <- struct{}{}:
		default:
		}
		return time.Millisecond
	}
	stop := start(t, m)
	<-failed
	if st := m.State(); st.Status != StatusRefused || !strings.Contains(st.LastError, "invalid_grant") || strings.Contains(st.LastError, "aisha") {
		t.Errorf("%+v", st)
	}
	stop()
	snd := testSender(t, s, SMTP{URL: "smtp://" + (&peer{mechs: []string{xoauth2}}).serve(t, nil, false), Username: "u", OAuth2: oauth})
	if _, err := snd.Send(context.Background(), outbound("1-1")); !errors.Is(err, ErrSignIn) {
		t.Error(err)
	}
	if st := snd.State(); st.Status != StatusRefused {
		t.Errorf("%+v", st)
	}
}

func TestClientCredentials(t *testing.T) {
	tokens, oauth := newTokenServer(t)
	oauth.RefreshToken = ""
	for range 2 {
		if token, err := oauth.bearer(context.Background()); err != nil || token != "access-1" {
			t.Errorf("%q %v", token, err)
		}
	}
	if want := []string{"client_credentials"}; !slices.Equal(tokens.grants, want) {
		t.Errorf("grants %q", tokens.grants)
	}
}

func TestSendSignsInByToken(t *testing.T) {
	tokens, oauth := newTokenServer(t)
	p := &peer{mechs: []string{xoauth2}, bearer: func(token string) error {
		if token != tokens.good {
			return smtp.ErrAuthFailed
		}
		return nil
	}}
	snd := testSender(t, newStore(), SMTP{URL: "smtp://" + p.serve(t, nil, false), Username: "support@caravan.example", OAuth2: oauth})
	if _, err := snd.Send(context.Background(), outbound("1-1")); err != nil {
		t.Fatal(err)
	}
	if st := snd.State(); st.Status != StatusReady || len(p.mails) != 1 {
		t.Errorf("%+v, %d mails", st, len(p.mails))
	}
}
