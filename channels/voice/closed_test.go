package voice

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caravan-desk/caravan/channels"
)

// house is a Guide whose desks are closed, and that notes what it is told.
type house struct {
	alone
	line Line
	told []string
}

func (h *house) Line(_ context.Context, p Place) Line {
	if p.Gone {
		h.told = append(h.told, "gone "+p.Call)
	}
	return h.line
}
func (h *house) Taken(_ context.Context, call, phone string) {
	h.told = append(h.told, "taken "+call+" "+phone)
}
func (h *house) Over(_ context.Context, call string) { h.told = append(h.told, "over "+call) }

// TestClosedGreeting: who wants an officer at night hears when the desk opens, in his language,
// and what he can do instead; he gives up his place.
func TestClosedGreeting(t *testing.T) {
	for language, want := range map[string][]string{
		"en": {"closed at this hour", "We are back tomorrow at 9 am.", "press 1", "press 2"},
		"ar": {"مكتبنا مغلق", "نعود tomorrow at 9 am.", "اضغط 1"},
		"ms": {"Pejabat kami ditutup", "Kami kembali tomorrow at 9 am.", "tekan 1"},
	} {
		f := flow(t)
		h := &house{line: Line{Opens: "tomorrow at 9 am"}}
		f.Guide = h
		a, err := f.Answer(t.Context(), Question{Step: Decided, Query: url.Values{"lang": {language}, "desk": {"trace"}}, Form: call("Digits", "4")})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(a.TwiML, w) {
				t.Errorf("%s: no %q in %s", language, w, a.TwiML)
			}
		}
		if strings.Contains(a.TwiML, "<Dial") || !slices.Equal(h.told, []string{"gone CA1"}) {
			t.Errorf("%s: %v, %s", language, h.told, a.TwiML)
		}
		h.line.Opens = ""
		if a, _ = f.Answer(t.Context(), Question{Step: Decided, Query: url.Values{"lang": {language}, "desk": {"trace"}}, Form: call("Digits", "4")}); strings.Contains(a.TwiML, want[1]) {
			t.Errorf("%s: nobody knows when it opens: %s", language, a.TwiML)
		}
	}
}

// TestOfficersLineIsTold: whoever takes a call is told to the house by his telephone, under the
// caller's own call; and so is its end.
func TestOfficersLineIsTold(t *testing.T) {
	f := flow(t)
	h := &house{line: Line{Open: true, Phones: []string{"+966500000701"}}}
	f.Guide = h
	leg := call("ParentCallSid", "CA0", "Digits", "1")
	for i := range leg {
		if leg[i].Key == "To" {
			leg[i].Value = "+966500000701"
		}
	}
	if _, err := f.Answer(t.Context(), Question{Step: Screened, Form: leg}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Answer(t.Context(), Question{Step: Ended, Form: call("CallStatus", string(channels.CallCompleted), "Direction", "inbound")}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"taken CA0 +966500000701", "over CA1"}; !slices.Equal(h.told, want) {
		t.Errorf("told %v, want %v", h.told, want)
	}
}
