package channels

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// An address masks itself wherever it is logged: as a value, in a group, in a message's place.
func TestHandlesAreMaskedInTheLog(t *testing.T) {
	for want, h := range map[string]Handle{
		"+96…42":   {Kind: HandlePhone, Value: "+966500000142"},
		"f…@…sa":   {Kind: HandleEmail, Value: "fatimah@mail.example.sa"},
		"SA.…r7":   {Kind: HandleBSUID, Value: "SA.n00r7"},
		"…":        {Kind: HandlePhone, Value: "+12345"},
		"withheld": {},
	} {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		log.Info("kept", "from", h, slog.Group("to", "handle", h))
		if got := out.String(); strings.Count(got, want) != 2 || h.Value != "" && strings.Contains(got, h.Value) {
			t.Errorf("%s is logged as %s", h.Kind, got)
		}
	}
}
