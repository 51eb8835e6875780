package callbacks

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// What the people behind the telephones do.

// first is what happens to the first telephone.
func (c *pretend) first() {
	w := c.p.w
	if c.over() {
		return
	}
	if c.p.kind {
		c.pickUp()
		return
	}
	switch n := w.rnd.IntN(100); {
	case n < 12:
		c.end(channels.CallBusy)
	case n < 30:
		c.end(channels.CallNoAnswer)
	case n < 33:
		c.end(channels.CallFailed)
	default:
		c.pickUp()
	}
}

// pickUp asks the gateway what to say; who cannot be answered hears an error.
func (c *pretend) pickUp() {
	w := c.p.w
	c.picked = w.now
	c.p.tell(c, channels.News{Kind: channels.NewsAnswered})
	r, ok := c.p.deliver(c, channels.News{Kind: channels.NewsAnswered})
	if c.over() {
		return
	}
	if !ok || r.Over {
		c.end(channels.CallCompleted)
		return
	}
	if !r.First.Officer && w.chance(25) && !c.p.kind {
		c.p.tell(c, channels.News{Kind: channels.NewsMachine})
		w.after(40*time.Second, func() { c.end(channels.CallCompleted) })
		return
	}
	if r.Says != "" {
		w.after(12*time.Second, func() { c.listen(0) })
		return
	}
	w.after(4*time.Second, func() { c.decide(r) })
}

// listen is the person at the telephone who has heard news to its end, or not.
func (c *pretend) listen(before int) {
	w := c.p.w
	if c.over() {
		return
	}
	news := channels.News{Kind: channels.NewsSilence}
	switch n := w.rnd.IntN(100); {
	case n < 40:
	case n < 60 && before < 3:
		news = channels.News{Kind: channels.NewsKey, Digits: "1"}
	case n < 75:
		news = channels.News{Kind: channels.NewsKey, Digits: "2"}
	case n < 80:
		news = channels.News{Kind: channels.NewsKey, Digits: "9"}
	default:
		c.end(channels.CallCompleted) // rang off before the end
		return
	}
	_, ok := c.p.deliver(c, news)
	if ok && news.Digits == "1" {
		w.after(12*time.Second, func() { c.listen(before + 1) })
		return
	}
	c.end(channels.CallCompleted)
}

// decide is the person at the first telephone pressing a key, or not.
func (c *pretend) decide(r channels.Ring) {
	w := c.p.w
	if c.over() {
		return
	}
	news := channels.News{Kind: channels.NewsKey, Digits: "1"}
	if !c.p.kind {
		switch n := w.rnd.IntN(100); {
		case n < 60:
		case n < 66:
			news.Digits = "2"
		case n < 70 && !r.First.Officer:
			news.Digits = "9"
		case n < 80 && !r.First.Officer:
			news = channels.News{Kind: channels.NewsSpeech}
		case n < 90:
			c.p.deliver(c, channels.News{Kind: channels.NewsSilence})
			c.end(channels.CallCompleted)
			return
		default:
			c.end(channels.CallCompleted) // rang off
			return
		}
	}
	r, ok := c.p.deliver(c, news)
	switch {
	case c.over():
	case !ok || r.Over || news.Digits == "2" || news.Digits == "9":
		c.end(channels.CallCompleted)
	case r.Second.Number == "":
		c.record()
	default:
		c.second(r)
	}
}

// record is a message left where nobody can be connected.
func (c *pretend) record() {
	w := c.p.w
	said := w.rnd.IntN(20)
	w.after(time.Duration(said)*time.Second, func() {
		if !c.over() {
			c.p.deliver(c, channels.News{Kind: channels.NewsRecorded, Seconds: said})
			c.end(channels.CallCompleted)
		}
	})
}

// second rings the second telephone.
func (c *pretend) second(r channels.Ring) {
	w := c.p.w
	c.use(r.Second)
	c.p.tell(c, channels.News{Kind: channels.NewsRinging, Second: true})
	w.after(c.patience(), func() {
		if c.over() {
			return
		}
		n := w.rnd.IntN(100)
		if c.p.kind {
			n = 99
		}
		switch {
		case n < 12:
			c.part(channels.CallBusy, 0)
		case n < 30:
			c.part(channels.CallNoAnswer, 0)
		default:
			machine := n < 45 && !r.Second.Officer
			c.p.tell(c, channels.News{Kind: channels.NewsAnswered, Second: true})
			if machine {
				c.p.tell(c, channels.News{Kind: channels.NewsMachine, Second: true})
			}
			talk := 1 + w.rnd.IntN(90)
			if c.p.kind {
				talk = 20
			}
			w.after(time.Duration(talk)*time.Second, func() { c.part(channels.CallCompleted, talk) })
		}
	})
}

// part is the end of the second telephone's part.
func (c *pretend) part(s channels.CallStatus, talked int) {
	w := c.p.w
	if c.over() {
		return
	}
	c.p.tell(c, channels.News{Kind: channels.NewsEnded, Second: true, Status: s, Seconds: talked})
	r, ok := c.p.deliver(c, channels.News{Kind: channels.NewsJoined, Status: s, Seconds: talked})
	if ok && !c.over() && r.First.Officer && s == channels.CallCompleted && w.chance(50) && !c.p.kind {
		c.p.deliver(c, channels.News{Kind: channels.NewsDisposing, Digits: []string{"1", "2", "3"}[w.rnd.IntN(3)]})
	}
	w.after(2*time.Second, func() { c.end(channels.CallCompleted) })
}
