package callbacks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caravan-desk/caravan/channels"
	"github.com/caravan-desk/caravan/conversations"
)

// provider places calls, and loses, doubles and delays what it tells of them.
// Behind it are people who do as they please.
type provider struct {
	w          *world
	calls      []*pretend
	perAttempt map[string]int
	rungTwice  map[string]int // the customer's telephone, by attempt
	byPerson   map[string]int // telephones in use
	asked      []time.Time    // when each call was placed
	heard      map[string][]heardNews
	kind       bool // nothing is lost
	answers    time.Duration
}

// heardNews is a piece of news that a gateway has kept, as a recount sees it.
type heardNews struct {
	channels.News
	at time.Time
}

// pretend is one call.
type pretend struct {
	p       *provider
	sid     string
	r       channels.Ring
	created time.Time
	visible bool
	picked  time.Time
	ended   time.Time
	status  channels.CallStatus
	uses    []string
}

// line is the provider as one gateway sees it.
type line struct {
	*provider
	g *gateway
}

var errLost = errors.New("the connection broke")

func (l *line) Ring(_ context.Context, r channels.Ring) (string, error) {
	l.g.step("ring before")
	w := l.w
	if !l.kind && w.chance(5) {
		return "", &channels.SendError{Failure: channels.Temporary, Err: errLost}
	}
	lost := !l.kind && w.chance(12)
	if lost && w.chance(30) {
		l.g.step("ring lost")
		return "", &channels.SendError{Failure: channels.AnswerLost, Err: errLost}
	}
	c := l.place(r, lost)
	l.g.step("ring after")
	if lost {
		return "", &channels.SendError{Failure: channels.AnswerLost, Err: errLost}
	}
	return c.sid, nil
}

func (p *provider) place(r channels.Ring, late bool) *pretend {
	w := p.w
	if p.perAttempt[r.Attempt]++; p.perAttempt[r.Attempt] > 1 {
		w.t.Errorf("%s: attempt %s is placed %d times", w.now, r.Attempt, p.perAttempt[r.Attempt])
	}
	c := &pretend{p: p, sid: fmt.Sprint("CA", len(p.calls)+1), r: r, created: w.now}
	p.calls, p.asked = append(p.calls, c), append(p.asked, w.now)
	delay := time.Duration(0)
	if late {
		delay = time.Duration(w.rnd.Int64N(int64(firstLook + secondLook - 2*time.Second)))
	}
	w.after(delay, func() {
		if c.visible = true; c.over() { // hung up before it rang
			return
		}
		c.use(r.First)
		p.tell(c, channels.News{Kind: channels.NewsRinging})
		w.after(c.patience(), c.first)
	})
	return c
}

func (c *pretend) patience() time.Duration {
	if c.p.answers > 0 {
		return c.p.answers
	}
	return time.Duration(3+c.p.w.rnd.IntN(20)) * time.Second
}

// use notes that a telephone is in use: nobody has two calls.
func (c *pretend) use(t channels.Phone) {
	p := c.p
	if !t.Officer {
		if p.rungTwice == nil {
			p.rungTwice = map[string]int{}
		}
		if p.rungTwice[c.r.Attempt]++; p.rungTwice[c.r.Attempt] > 1 {
			p.w.t.Errorf("%s: attempt %s rings the customer %d times", p.w.now, c.r.Attempt, p.rungTwice[c.r.Attempt])
		}
	}
	if p.byPerson[t.Number]++; p.byPerson[t.Number] > 1 {
		p.w.t.Errorf("%s: %s is on %d calls (%s)", p.w.now, t.Number, p.byPerson[t.Number], c.r.Attempt)
	}
	c.uses = append(c.uses, t.Number)
}

func (l *line) Find(_ context.Context, r channels.Ring) (string, bool, error) {
	l.g.step("find before")
	if !l.kind && l.w.chance(8) {
		return "", false, &channels.SendError{Failure: channels.Temporary, Err: errLost}
	}
	for i := len(l.calls) - 1; i >= 0; i-- {
		c := l.calls[i]
		if !c.visible || c.r.First.Number != r.First.Number || c.created.Before(r.Attempted.Add(-2*time.Minute)) {
			continue
		}
		if of := l.w.store.marks[c.sid]; of == "" || of == r.Attempt {
			l.g.step("find after")
			return c.sid, true, nil
		}
	}
	l.g.step("find after")
	return "", false, nil
}

func (l *line) Look(_ context.Context, sid string) (channels.CallState, error) {
	l.g.step("look before")
	if !l.kind && l.w.chance(8) {
		return channels.CallState{}, &channels.SendError{Failure: channels.Temporary, Err: errLost}
	}
	c := l.call(sid)
	s := channels.CallState{Status: c.status, Answered: !c.picked.IsZero(), Seconds: c.seconds()}
	if s.Status != "" {
		l.note(channels.News{Attempt: c.r.Attempt, SID: sid, Kind: channels.NewsEnded, Status: s.Status, Seconds: s.Seconds})
	}
	l.g.step("look after")
	return s, nil
}

func (l *line) HangUp(_ context.Context, sid string) error {
	l.g.step("hang up before")
	c := l.call(sid)
	switch {
	case !c.ended.IsZero():
		return errors.New("it has ended")
	case c.picked.IsZero():
		c.end(channels.CallCanceled)
	default:
		c.end(channels.CallCompleted)
	}
	l.g.step("hang up after")
	return nil
}

func (p *provider) call(sid string) *pretend {
	for _, c := range p.calls {
		if c.sid == sid {
			return c
		}
	}
	p.w.t.Fatalf("no call %s", sid)
	return nil
}

func (c *pretend) seconds() int {
	if c.picked.IsZero() || c.ended.IsZero() {
		return 0
	}
	return max(1, int(c.ended.Sub(c.picked)/time.Second))
}

func (c *pretend) over() bool { return !c.ended.IsZero() }

// end ends the call with all its telephones.
func (c *pretend) end(s channels.CallStatus) {
	if c.over() {
		return
	}
	c.ended, c.status = c.p.w.now, s
	for _, n := range c.uses {
		c.p.byPerson[n]--
	}
	c.p.tell(c, channels.News{Kind: channels.NewsEnded, Status: s, Seconds: c.seconds()})
}

// note keeps what a recount may count.
func (p *provider) note(n channels.News) {
	p.heard[n.Attempt] = append(p.heard[n.Attempt], heardNews{n, p.w.now})
}

// deliver hands news to some gateway that lives; ok is false if it was not answered.
func (p *provider) deliver(c *pretend, n channels.News) (r channels.Ring, ok bool) {
	n.Attempt = c.r.Attempt
	if !n.Second {
		n.SID = c.sid
	}
	var up []*gateway
	for _, g := range p.w.gateways {
		if !g.down {
			up = append(up, g)
		}
	}
	if len(up) == 0 {
		return r, false
	}
	g := up[p.w.rnd.IntN(len(up))]
	id, _, _ := conversations.SplitAttempt(n.Attempt)
	was := p.w.store.callbacks[id].Version
	g.alive(func() {
		var err error
		r, err = g.d.Hear(context.Background(), n)
		if ok = err == nil; !ok {
			p.w.t.Errorf("%s: %+v: %v", p.w.now, n, err)
		}
	})
	if ok || p.w.store.callbacks[id].Version > was {
		p.note(n)
	}
	g.woke = true
	g.turn()
	return r, ok
}

// tell is a status callback: lost, doubled, and late.
func (p *provider) tell(c *pretend, n channels.News) {
	w := p.w
	if p.kind {
		w.after(0, func() { p.deliver(c, n) })
		return
	}
	if w.chance(12) {
		return
	}
	for range 1 + w.rnd.IntN(100)/85 {
		delay := time.Duration(0)
		if w.chance(30) {
			delay = time.Duration(w.rnd.IntN(150)) * time.Second
		}
		w.after(delay, func() { p.deliver(c, n) })
	}
}
