package outbox

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// counted takes a turn for every letter.
type counted struct{ burst int }

func (counted) Send(context.Context, channels.Outbound) (string, error) { return "", nil }
func (c counted) Turns(m channels.Outbound) (string, Pace, int) {
	return "+1", Pace{Gap: time.Second, Burst: c.burst}, len(m.Text)
}

func TestALongMessageTakesMoreTurns(t *testing.T) {
	for _, tt := range []struct {
		burst, length int
		want          Pace
	}{
		{1, 1, Pace{time.Second, 1}}, {1, 3, Pace{3 * time.Second, 1}}, {100, 1, Pace{time.Second, 100}},
		{100, 3, Pace{3 * time.Second, 34}}, {2, 5, Pace{5 * time.Second, 1}}, {0, 2, Pace{2 * time.Second, 1}},
	} {
		o := Outbox{Senders: map[channels.Kind]channels.Sender{channels.SMS: counted{tt.burst}}}
		sender, p := o.pace(&conversations.Message{Channel: channels.SMS, Text: strings.Repeat("a", tt.length)})
		if sender != "sms:+1" || p != tt.want {
			t.Errorf("%d letters at burst %d: %s at %+v, want %+v", tt.length, tt.burst, sender, p, tt.want)
		}
		// However long the messages, what may go at once is no more than the burst allows, in time.
		if before := time.Duration(max(1, tt.burst)-1) * time.Second; time.Duration(p.Burst-1)*p.Gap > before {
			t.Errorf("%d letters at burst %d: %+v saves up more than before", tt.length, tt.burst, p)
		}
	}
}
