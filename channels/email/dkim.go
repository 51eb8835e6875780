package email

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM signs our mail (RFC 6376). Where the submission server signs by itself,
// as Gmail and Microsoft 365 do, it is not needed.
type DKIM struct {
	Domain     string `yaml:"domain"`   // that of the mail address if empty
	Selector   string `yaml:"selector"` // the key's record is at SELECTOR._domainkey.DOMAIN
	PrivateKey string `yaml:"private_key"`
}

// signedFields are what a receiver shows or threads by. Those that are not
// there are signed as missing where adding one would deceive (RFC 6376 §8.15).
var signedFields = []string{
	"From", "From", "To", "To", "Cc", "Cc", "Subject", "Subject", "Reply-To", "Reply-To", "Date", "Date", "Message-Id", "Message-Id",
	"In-Reply-To", "References", "Mime-Version", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
}

// signingOptions reads the key: PEM of PKCS #8 (RSA or Ed25519) or PKCS #1.
func (d DKIM) signingOptions(address string) (*dkim.SignOptions, error) {
	domain := d.Domain
	if domain == "" {
		_, domain, _ = strings.Cut(address, "@")
	}
	if d.Selector == "" {
		return nil, errors.New("selector: missing")
	}
	block, _ := pem.Decode([]byte(d.PrivateKey))
	if block == nil {
		return nil, errors.New("private_key: not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, errors.New("private_key: neither PKCS #8 nor PKCS #1")
		}
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("private_key: not a signing key")
	}
	return &dkim.SignOptions{
		Domain: domain, Selector: d.Selector, Signer: key, HeaderKeys: signedFields,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	}, nil
}

// sign puts the signature in front of a mail.
func (d DKIM) sign(raw []byte, address string) ([]byte, error) {
	opts, err := d.signingOptions(address)
	if err != nil {
		return nil, fmt.Errorf("dkim: %w", err)
	}
	var out bytes.Buffer
	if err := dkim.Sign(&out, bytes.NewReader(raw), opts); err != nil {
		return nil, fmt.Errorf("dkim: %w", err)
	}
	return out.Bytes(), nil
}
