package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Secret is text that never prints itself: in logs, JSON, YAML and every format verb
// it is "***", or empty if it is. Reveal gives it to the one who needs it.
type Secret string

const masked = "***"

// Reveal is the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String is the mask.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// Format implements fmt.Formatter: the mask for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalText implements encoding.TextMarshaler, for YAML and map keys.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
