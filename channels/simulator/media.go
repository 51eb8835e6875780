package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Media is a picture, voice note or file that goes with a message.
type Media struct {
	SID         string    `json:"sid,omitempty"` // ME…; given when it is kept
	Name        string    `json:"name,omitempty"`
	ContentType string    `json:"content_type"`
	Content     []byte    `json:"content,omitempty"`
	Message     string    `json:"-"`
	Created     time.Time `json:"-"`
}

// keepMedia stores m under a new SID. The caller holds mu.
func (s *Simulator) keepMedia(message string, m Media) Media {
	m.SID, m.Message, m.Created = NewSID("ME"), message, s.now()
	fill(&m.ContentType, "application/octet-stream")
	s.media[m.SID] = m
	m.Content = nil
	return m
}

// medium finds the path's medium; the caller holds mu.
func (s *Simulator) medium(r *http.Request) (Media, bool) {
	m, ok := s.media[strings.TrimSuffix(r.PathValue("media"), ".json")]
	return m, ok && m.Message == r.PathValue("sid")
}

// getMedia answers .json with the description, and otherwise sends the client on
// to a link that needs no credentials, as Twilio does to its store.
func (s *Simulator) getMedia(w http.ResponseWriter, r *http.Request) *restError {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.medium(r)
	if !ok || s.faults.hit(mediaLate) {
		return errNotFound
	}
	if strings.HasSuffix(r.PathValue("media"), ".json") {
		writeJSON(w, http.StatusOK, s.renderMedia(m))
		return nil
	}
	link := NewSID("")
	s.links[link] = m.SID
	http.Redirect(w, r, "/media-links/"+link, http.StatusTemporaryRedirect)
	return nil
}

func (s *Simulator) renderMedia(m Media) map[string]any {
	return map[string]any{"sid": m.SID, "parent_sid": m.Message, "account_sid": s.cfg.AccountSID, "content_type": m.ContentType,
		"date_created": rfc2822(m.Created), "date_updated": rfc2822(m.Created),
		"uri": s.path("/Messages/", m.Message, "/Media/", m.SID, ".json")}
}

func (s *Simulator) listMedia(w http.ResponseWriter, r *http.Request) *restError {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.bySID[r.PathValue("sid")]
	if m == nil {
		return errNotFound
	}
	doc := map[string]any{}
	from, to := page(r, len(m.Media), doc)
	items := make([]map[string]any, 0, to-from)
	for _, med := range m.Media[from:to] {
		items = append(items, s.renderMedia(s.media[med.SID]))
	}
	doc["media_list"] = items
	writeJSON(w, http.StatusOK, doc)
	return nil
}

func (s *Simulator) deleteMedia(w http.ResponseWriter, r *http.Request) *restError {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.medium(r)
	if !ok {
		return errNotFound
	}
	delete(s.media, m.SID)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// getLink serves the bytes behind an unguessable link.
func (s *Simulator) getLink(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	m, ok := s.media[s.links[r.PathValue("link")]]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	serveBytes(w, m.ContentType, m.Name, m.Content)
}

// serveBytes answers with foreign bytes that a browser must not run.
func serveBytes(w http.ResponseWriter, contentType, name string, content []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; media-src 'self'; img-src 'self'")
	w.Header().Set("Content-Length", itoa(len(content)))
	if name != "" {
		w.Header().Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", name))
	}
	_, _ = w.Write(content) // the client is gone; nobody is left to tell
}
