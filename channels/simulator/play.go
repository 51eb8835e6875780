package simulator

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

//go:embed page
var pageFiles embed.FS

const (
	playLimit = 24 << 20 // bytes of one request: a 16 MB medium in base64
	playBreak = 40 * time.Millisecond
)

// playRoutes is the page and the API under it, with which scripts can act as
// customers too. Writes take JSON; every answer is JSON.
func (s *Simulator) playRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, pageFiles, "page/index.html")
	})
	files := http.FileServerFS(pageFiles)
	mux.HandleFunc("GET /page/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /play/world", s.playWorld)
	mux.HandleFunc("GET /play/state", s.playState)
	mux.HandleFunc("GET /play/events", s.playEvents)
	mux.HandleFunc("GET /play/ledger", s.playLedger)
	mux.HandleFunc("GET /play/media/{media}", s.playMedia)
	mux.HandleFunc("GET /play/calls/{sid}", func(w http.ResponseWriter, r *http.Request) {
		c, ok := s.Call(r.PathValue("sid"))
		reply(w, http.StatusOK, c, map[bool]error{false: ErrNoCall}[ok])
	})
	mux.HandleFunc("POST /play/messages", s.playMessage)
	mux.HandleFunc("POST /play/messages/{sid}/redeliver", write(http.StatusOK, func(r *http.Request, _ struct{}) (any, error) {
		return s.Redeliver(r.Context(), r.PathValue("sid"))
	}))
	mux.HandleFunc("POST /play/read", write(http.StatusOK, func(_ *http.Request, in struct{ Person string }) (any, error) {
		p, ok := s.person(in.Person)
		if !ok {
			return nil, errNobodyThere
		}
		s.MarkRead("whatsapp:" + p.WhatsApp)
		s.MarkRead("whatsapp:" + p.BSUID)
		return struct{}{}, nil
	}))
	mux.HandleFunc("POST /play/mail", write(http.StatusCreated, s.playMail))
	mux.HandleFunc("POST /play/calls", write(http.StatusCreated, s.playDial))
	mux.HandleFunc("POST /play/calls/{sid}/{action}", write(http.StatusOK, s.playCall))
	mux.HandleFunc("POST /play/lines", write(http.StatusOK, func(_ *http.Request, in struct {
		Number    string
		Behaviour Behaviour
	}) (any, error) {
		s.SetLine(in.Number, in.Behaviour)
		return struct{}{}, nil
	}))
	mux.HandleFunc("GET /play/faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Faults(), nil) })
	mux.HandleFunc("PUT /play/faults", write(http.StatusOK, func(_ *http.Request, f Faults) (any, error) {
		s.SetFaults(f)
		return f, nil
	}))
}

var (
	errNobodyThere = errors.New("no such person")
	errNoMail      = errors.New("this simulator has no mail server")
)

// write wraps an action that takes a JSON body (or none).
func write[T any](status int, act func(*http.Request, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
			// A page of another origin cannot send JSON without asking first.
			writeJSON(w, http.StatusUnsupportedMediaType, map[string]string{"error": "send application/json"})
			return
		}
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, playLimit))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		out, err := act(r, in)
		reply(w, status, out, err)
	}
}

func reply(w http.ResponseWriter, status int, out any, err error) {
	switch {
	case err == nil:
		writeJSON(w, status, out)
		return
	case errors.Is(err, ErrNoCall), errors.Is(err, errNobodyThere):
		status = http.StatusNotFound
	case errors.Is(err, ErrNotNow):
		status = http.StatusConflict
	default:
		status = http.StatusBadRequest
	}
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

// playMessage lets a person write. The answer carries how the gateway took the webhook.
func (s *Simulator) playMessage(w http.ResponseWriter, r *http.Request) {
	type message struct {
		Inbound
		Person string `json:"person"` // instead of from, bsuid and name
	}
	write(http.StatusCreated, func(r *http.Request, in message) (any, error) {
		if in.Person != "" {
			p, ok := s.person(in.Person)
			if !ok {
				return nil, errNobodyThere
			}
			in.Name, in.From = p.Name, p.Phone
			if in.WhatsApp {
				in.From, in.BSUID = p.WhatsApp, p.BSUID
			}
			if in.From == "" {
				return nil, fmt.Errorf("%s has no %s", p.ID, in.channel())
			}
		}
		// The message is sent whether or not the browser stays to see it.
		return s.Write(context.WithoutCancel(r.Context()), in.Inbound)
	})(w, r)
}

func (s *Simulator) playMail(_ *http.Request, in struct {
	Person, From, Name, To, Subject, Text string
	ReplyTo                               string `json:"reply_to"`
}) (any, error) {
	if s.mailServer() == nil {
		return nil, errNoMail
	}
	if in.Person != "" {
		p, ok := s.person(in.Person)
		if !ok || p.Email == "" {
			return nil, errNobodyThere
		}
		in.From, in.Name = p.Email, p.Name
	}
	return s.mailServer().Send(Note{From: in.From, Name: in.Name, To: in.To, Subject: in.Subject, Text: in.Text, ReplyTo: in.ReplyTo})
}

func (s *Simulator) playDial(r *http.Request, in struct{ Person, From, To string }) (any, error) {
	if in.Person != "" {
		p, ok := s.person(in.Person)
		if !ok || p.Phone == "" {
			return nil, errNobodyThere
		}
		in.From = p.Phone
	}
	return s.Dial(context.WithoutCancel(r.Context()), in.From, in.To)
}

// playCall is one action on a leg.
func (s *Simulator) playCall(r *http.Request, in struct{ Keys, Text string }) (any, error) {
	ctx, sid := context.WithoutCancel(r.Context()), r.PathValue("sid")
	switch r.PathValue("action") {
	case "answer":
		return s.Answer(ctx, sid)
	case "decline":
		return s.Decline(ctx, sid)
	case "let-ring":
		return s.LetRing(ctx, sid)
	case "voicemail":
		return s.Machine(ctx, sid)
	case "press":
		return s.Press(ctx, sid, in.Keys)
	case "speak":
		return s.Speak(ctx, sid, in.Text)
	case "speak-and-hang-up":
		return s.SpeakAndHangUp(ctx, sid, in.Text)
	case "silence":
		return s.Silence(ctx, sid)
	case "hang-up":
		return s.HangUp(ctx, sid)
	}
	return nil, fmt.Errorf("unknown action %q", r.PathValue("action"))
}

// playMedia shows a medium to the person who sent or got it.
func (s *Simulator) playMedia(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	m, ok := s.media[r.PathValue("media")]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	serveBytes(w, m.ContentType, m.Name, m.Content)
}

// playLedger is everything that the tests in other languages may ask about.
func (s *Simulator) playLedger(w http.ResponseWriter, _ *http.Request) {
	var outbox []Letter
	if m := s.mailServer(); m != nil {
		outbox = m.Outbox()
	}
	writeJSON(w, http.StatusOK, map[string]any{"messages": s.Messages(), "calls": s.Calls(), "recordings": s.Recordings(),
		"deliveries": s.Deliveries(), "alerts": s.Alerts(), "outbox": outbox})
}
