package reports

import "github.com/caravan-desk/caravan/conversations"

// surveys makes a point of each question that of has something to say about.
func surveys(kind conversations.SurveyKind, of func(conversations.Survey) (value float64, ok bool)) func(*Case) []Point {
	return func(k *Case) []Point {
		var out []Point
		for _, s := range k.Conversation.Surveys {
			if s.Kind != kind {
				continue
			}
			if v, ok := of(s); ok {
				out = append(out, Point{At: s.AskedAt, Value: v})
			}
		}
		return out
	}
}

func score(s conversations.Survey) (float64, bool) {
	if s.Score == nil {
		return 0, false
	}
	return float64(*s.Score), true
}

func responded(s conversations.Survey) (float64, bool) { return yes(s.Score != nil), true }

// net is 100 for a promoter (9 or 10), -100 for a detractor (6 or less), else 0: their
// mean is the Net Promoter Score (Reichheld, Harvard Business Review, December 2003).
func net(s conversations.Survey) (float64, bool) {
	switch v, ok := score(s); {
	case !ok:
		return 0, false
	case v >= 9:
		return 100, true
	case v <= 6:
		return -100, true
	}
	return 0, true
}
