package email

import (
	"errors"
	"testing"
)

func TestCheckIMAP(t *testing.T) {
	cfg, _ := memServer(t, nil)
	if err := CheckIMAP(t.Context(), cfg, nil); err != nil {
		t.Errorf("a good account: %v", err)
	}
	none := cfg
	none.Mailbox = "Nowhere"
	if err := CheckIMAP(t.Context(), none, nil); err == nil || errors.Is(err, ErrSignIn) {
		t.Errorf("no such folder: %v", err)
	}
	cfg.Password = "wrong"
	if err := CheckIMAP(t.Context(), cfg, nil); !errors.Is(err, ErrSignIn) {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestCheckSMTP(t *testing.T) {
	s := newStore()
	addr := serve(t, testIntake(s))
	if err := CheckSMTP(t.Context(), SMTP{URL: "smtp://" + addr}, nil); err != nil {
		t.Errorf("a good server: %v", err)
	}
	if err := CheckSMTP(t.Context(), SMTP{URL: "smtp://" + addr, Username: "u", Password: "p"}, nil); err == nil {
		t.Error("a password that nobody asks for was taken")
	}
	if err := CheckSMTP(t.Context(), SMTP{URL: "smtp://127.0.0.1:1"}, nil); err == nil {
		t.Error("nobody listens, and all is well")
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d mails were sent", n)
	}
}
