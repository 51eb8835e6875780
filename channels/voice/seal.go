package voice

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// sealer hides the two numbers of a call in an address. Twilio's recording
// callback does not name them, and addresses are logged along the way.
type sealer struct{ aead cipher.AEAD }

func newSealer(secret string) (sealer, error) {
	if secret == "" {
		return sealer{}, errors.New("no secret to seal a caller's number with")
	}
	key := sha256.Sum256([]byte("caravan voice caller\x00" + secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return sealer{}, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("make cipher: %w", err)
	}
	return sealer{aead}, nil
}

func (s sealer) seal(from, to string) string {
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(from+"\n"+to), nil))
}

func (s sealer) open(sealed string) (from, to string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", "", false
	}
	plain, err := s.aead.Open(nil, nil, b, nil)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(plain), "\n")
}
