package feeds

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed body: when it was signed, in seconds since 1970, and
// "sha256=" with the HMAC-SHA256 (RFC 2104) of that number, a dot and the body, in
// hexadecimal digits. Several signatures may stand there, with commas between them.
const (
	TimestampHeader = "Caravan-Timestamp"
	SignatureHeader = "Caravan-Signature"
)

// What Verify refuses.
var (
	ErrUnsigned = errors.New("is not signed: " + TimestampHeader + " and " + SignatureHeader + " are needed")
	ErrForged   = errors.New("has a wrong signature")
	ErrExpired  = errors.New("was signed too long ago, or in the future: is a clock wrong?")
)

// Verify is nil for a body that one of the feed's secrets has signed, not too far from
// now. It takes as long whatever a wrong signature is. The same body again within that
// time is let through: its events are known by their IDs and change nothing.
func (f Feed) Verify(timestamp, signature string, body []byte, now time.Time) error {
	if timestamp == "" || signature == "" {
		return ErrUnsigned
	}
	const mostSignatures = 4
	fits := false
	for _, one := range strings.SplitN(signature, ",", mostSignatures) {
		digits, _ := strings.CutPrefix(strings.TrimSpace(one), "sha256=")
		given, err := hex.DecodeString(digits)
		if err != nil || len(given) != sha256.Size {
			continue
		}
		for _, secret := range f.Secrets {
			if hmac.Equal(given, mac(secret, timestamp, body)) && secret != "" {
				fits = true
			}
		}
	}
	if !fits {
		return ErrForged
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return ErrForged
	}
	if d := now.Sub(time.Unix(seconds, 0)); d > f.Tolerance || d < -f.Tolerance {
		return ErrExpired
	}
	return nil
}

func mac(secret, timestamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(timestamp))
	h.Write([]byte{'.'})
	h.Write(body)
	return h.Sum(nil)
}
