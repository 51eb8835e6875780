package simulator

import (
	"crypto/rand"
	"encoding/hex"
)

// NewSID makes an identifier of the given two-letter kind (SM, MM, CA, RE, ME, …).
// It is random, so that a second run against a kept store never repeats the first.
func NewSID(kind string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand.Read)
	return kind + hex.EncodeToString(b[:])
}

func validSID(kind, sid string) bool {
	if len(sid) != 34 || sid[:2] != kind {
		return false
	}
	_, err := hex.DecodeString(sid[2:])
	return err == nil
}
