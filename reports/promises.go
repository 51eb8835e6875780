package reports

import (
	"github.com/caravan-desk/caravan/callbacks"
	"github.com/caravan-desk/caravan/conversations"
)

// calls makes a point of each promise that of has something to say about.
func calls(k *Case, of func(conversations.Callback) (Point, bool)) []Point {
	var out []Point
	for _, cb := range k.Callbacks {
		if cb.Spoken != nil { // it told news, and nobody was promised it
			continue
		}
		p, ok := of(cb)
		if !ok {
			continue
		}
		if cb.Owner != nil {
			p.Officer = cb.Owner.ID
		}
		out = append(out, p)
	}
	return out
}

func promised(k *Case) []Point {
	return calls(k, func(cb conversations.Callback) (Point, bool) { return Point{At: cb.RequestedAt, Value: 1}, true })
}

// ended is whether a promise was kept or broken. What the customer took back, or
// took another for, is neither.
func ended(cb conversations.Callback) (kept, ok bool) {
	kept = cb.Status == conversations.CallbackKept
	return kept, kept || cb.Status == conversations.CallbackBroken
}

func kept(k *Case) []Point {
	return calls(k, func(cb conversations.Callback) (Point, bool) {
		is, ok := ended(cb)
		return Point{At: cb.DueAt, Value: yes(is)}, ok
	})
}

func keptOnTime(k *Case) []Point {
	return calls(k, func(cb conversations.Callback) (Point, bool) {
		is, ok := ended(cb)
		return Point{At: cb.DueAt, Value: yes(is && cb.KeptAt != nil && !cb.KeptAt.After(cb.DueAt))}, ok
	})
}

func attempts(k *Case) []Point {
	return calls(k, func(cb conversations.Callback) (Point, bool) {
		_, ok := ended(cb)
		return Point{At: cb.DueAt, Value: float64(len(cb.Attempts))}, ok
	})
}

func ringToTalk(k *Case) []Point {
	return calls(k, func(cb conversations.Callback) (Point, bool) {
		if cb.KeptAt == nil || len(cb.Attempts) == 0 {
			return Point{}, false
		}
		return Point{At: cb.DueAt, Value: cb.KeptAt.Sub(cb.Attempts[0].At).Minutes()}, true
	})
}

// abandoned is, of each customer who was rung first and took the call, whether he was
// connected to nobody.
func abandoned(k *Case) (out []Point) {
	for _, cb := range k.Callbacks {
		for _, a := range cb.Attempts {
			if connected, ok := callbacks.Offered(a); ok {
				out = append(out, Point{At: *a.EndedAt, Officer: a.Officer.ID, Value: yes(!connected)})
			}
		}
	}
	return out
}
