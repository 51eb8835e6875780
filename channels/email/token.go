package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"regexp"
	"strings"
	"sync/atomic"
)

// tokenBytes is how much of the HMAC a token carries: 80 bits, 16 characters.
const tokenBytes = 10

var (
	tokenEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)
	tokenPattern  = regexp.MustCompile(`([0-9A-Za-z_-]{1,64})\.([A-Za-z2-7]{16})(?:@|$|[\s>;,"'=%])`)
	markerLine    = regexp.MustCompile(`^\s*\[#[0-9A-Za-z_.-]{18,81}\]\s*$`)
	markerPattern = regexp.MustCompile(`\[#\s?([0-9A-Za-z_-]{1,64}\.[A-Za-z2-7]{16})\s?\]`)
)

// Signer makes and knows the tokens that lead a reply to its conversation: a
// message's ID and a truncated HMAC-SHA256 of it, "1042-3.k5xw…". Nobody can
// make one without the key, so a token is proof that the writer has seen the
// mail it was on. The zero value opens nothing.
type Signer struct {
	keys [][]byte
	last atomic.Pointer[[2]string] // ID and token that were made last: one mail of ours carries its token in many places
}

// NewSigner signs with key. Keys that were used before still open old tokens.
func NewSigner(key []byte, old ...[]byte) *Signer {
	return &Signer{keys: append([][]byte{key}, old...)}
}

// Token is the signed form of a message ID of ours. IDs are of letters, digits,
// '-' and '_', at most 64.
func (s *Signer) Token(messageID string) string {
	if last := s.last.Load(); last != nil && last[0] == messageID {
		return last[1]
	}
	token := messageID + "." + sign(s.keys[0], messageID)
	s.last.Store(&[2]string{messageID, token})
	return token
}

// MessageID is the RFC 5322 Message-ID, without brackets, of our message.
func (s *Signer) MessageID(messageID, domain string) string {
	return s.Token(messageID) + "@" + domain
}

// Plus is address with the token as its sub-address (RFC 5233):
// "support+1042-3.k5xw…@example.com".
func (s *Signer) Plus(address, messageID string) string {
	local, domain, _ := strings.Cut(address, "@")
	return local + "+" + s.Token(messageID) + "@" + domain
}

// Open finds a token in a Message-ID or in an address and verifies it. Mail
// systems may have changed the case of the signature, never of the ID.
func (s *Signer) Open(text string) (messageID string, ok bool) {
	if i := strings.LastIndexByte(text, '@'); i < 0 || i > 1000 {
		return "", false
	}
	return s.OpenToken(text)
}

// OpenToken is Open for a token that stands alone, as in MarkerHeader.
func (s *Signer) OpenToken(text string) (messageID string, ok bool) {
	if s == nil || !mayHoldToken(text) {
		return "", false
	}
	for _, m := range tokenPattern.FindAllStringSubmatch(text, 20) {
		for _, key := range s.keys {
			if hmac.Equal([]byte(sign(key, m[1])), []byte(strings.ToLower(m[2]))) {
				return m[1], true
			}
		}
	}
	return "", false
}

// mayHoldToken is a cheap look for what tokenPattern wants: a dot, and sixteen
// characters of base32 behind it.
func mayHoldToken(text string) bool {
	for {
		i := strings.IndexByte(text, '.')
		if i < 0 {
			return false
		}
		text = text[i+1:]
		n := 0
		for n < len(text) && n < 16 && (text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z' || text[n] >= '2' && text[n] <= '7') {
			n++
		}
		if n == 16 {
			return true
		}
	}
}

// Marker is the token as it stands in the text of our mail, "[#1042-3.k5xw…]":
// a reply that has lost every header still quotes it.
func (s *Signer) Marker(messageID string) string { return "[#" + s.Token(messageID) + "]" }

// OpenMarker finds a marker in a text and verifies it.
func (s *Signer) OpenMarker(text string) (messageID string, ok bool) {
	if s == nil || !strings.Contains(text, "[#") {
		return "", false
	}
	for _, m := range markerPattern.FindAllStringSubmatch(text, 20) {
		if messageID, ok = s.OpenToken(m[1]); ok {
			return messageID, true
		}
	}
	return "", false
}

func sign(key []byte, messageID string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("caravan mail thread\x00" + messageID))
	return strings.ToLower(tokenEncoding.EncodeToString(mac.Sum(nil)[:tokenBytes]))
}
