package simulator

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func atoi(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return otherwise
}

// postMessage is POST Messages.json.
// https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
func (s *Simulator) postMessage(w http.ResponseWriter, r *http.Request) *restError {
	m, end, e := s.accept(r.PostForm)
	if e != nil {
		return e
	}
	doc, _ := s.messageDoc(m.SID)
	s.spawn(func(ctx context.Context) { s.progress(ctx, m, end) })
	s.created(w, doc)
	return nil
}

// messageDoc renders one message as Twilio does.
func (s *Simulator) messageDoc(sid string) (map[string]any, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.bySID[sid]
	if m == nil {
		return nil, false
	}
	return s.renderMessage(m), true
}

// renderMessage needs mu held.
func (s *Simulator) renderMessage(m *Message) map[string]any {
	doc := map[string]any{
		"account_sid": s.cfg.AccountSID, "api_version": apiVersion, "sid": m.SID, "body": m.Body,
		"from": m.From, "to": m.To, "direction": m.Direction, "status": m.Status,
		"date_created": rfc2822(m.Created), "date_updated": rfc2822(m.Updated), "date_sent": rfc2822OrNull(m.Sent),
		"error_code": nil, "error_message": nil, "messaging_service_sid": nil,
		"num_media": itoa(max(len(m.Media), len(m.mediaSource))), "num_segments": itoa(segments(m.Body)),
		"price": nil, "price_unit": "USD", "uri": s.path("/Messages/", m.SID, ".json"),
		"subresource_uris": map[string]string{"media": s.path("/Messages/", m.SID, "/Media.json")},
	}
	if m.Direction == DirInbound {
		doc["date_sent"] = rfc2822(m.Created)
	}
	if m.Service != "" {
		doc["messaging_service_sid"] = m.Service
	}
	if m.ErrorCode != 0 {
		doc["error_code"], doc["error_message"] = m.ErrorCode, errorText(m.ErrorCode)
	}
	return doc
}

// listMessages is GET Messages.json, newest first, filtered by To, From and DateSent.
// A message not sent yet is found by its creation time, so that a lookup after a
// lost answer sees it.
func (s *Simulator) listMessages(w http.ResponseWriter, r *http.Request) *restError {
	q := r.URL.Query()
	inTime, ok := dateFilter(q, "DateSent")
	if !ok {
		return &restError{code: 20001}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*Message
	for _, m := range slices.Backward(s.messages) {
		at := m.Sent
		if at.IsZero() {
			at = m.Created
		}
		if matches(q, "To", m.To) && matches(q, "From", m.From) && inTime(at) {
			found = append(found, m)
		}
	}
	doc := map[string]any{}
	from, to := page(r, len(found), doc)
	items := make([]map[string]any, 0, to-from)
	for _, m := range found[from:to] {
		items = append(items, s.renderMessage(m))
	}
	doc["messages"] = items
	writeJSON(w, http.StatusOK, doc)
	return nil
}

func matches(q url.Values, key, value string) bool { return !q.Has(key) || q.Get(key) == value }

// dateFilter reads NAME=, NAME>= and NAME<=, each a date or an RFC 3339 time.
// Dates are whole days in UTC; times count to the second, as Twilio keeps them.
func dateFilter(q url.Values, name string) (match func(time.Time) bool, ok bool) {
	var checks []func(time.Time) bool
	for _, op := range [...]string{"", ">", "<"} {
		raw := q.Get(name + op)
		if raw == "" {
			continue
		}
		from, err := time.Parse(time.RFC3339, raw)
		until := from.Truncate(time.Second)
		if err != nil {
			if from, err = time.Parse(time.DateOnly, raw); err != nil {
				return nil, false
			}
			until = from.AddDate(0, 0, 1).Add(-time.Second)
		}
		from = from.Truncate(time.Second)
		checks = append(checks, func(t time.Time) bool {
			t = t.Truncate(time.Second)
			return (op == "<" || !t.Before(from)) && (op == ">" || !t.After(until))
		})
	}
	return func(t time.Time) bool {
		return !slices.ContainsFunc(checks, func(c func(time.Time) bool) bool { return !c(t) })
	}, true
}

func (s *Simulator) getMessage(w http.ResponseWriter, r *http.Request) *restError {
	doc, ok := s.messageDoc(resource(r))
	if !ok {
		return errNotFound
	}
	writeJSON(w, http.StatusOK, doc)
	return nil
}

// resource is the SID in the path, without the .json.
func resource(r *http.Request) string { return strings.TrimSuffix(r.PathValue("sid"), ".json") }

// changeMessage redacts (Body="") or cancels (Status=canceled).
func (s *Simulator) changeMessage(w http.ResponseWriter, r *http.Request) *restError {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.bySID[resource(r)]
	if m == nil {
		return errNotFound
	}
	switch {
	case r.PostForm.Get("Status") == "canceled":
		if m.Status != "scheduled" {
			return &restError{code: 30409, status: http.StatusConflict}
		}
		s.move(m, "canceled", 0)
	case r.PostForm.Has("Body") && r.PostForm.Get("Body") == "":
		m.Body, m.Updated = "", s.now()
	default:
		return &restError{code: 20001}
	}
	s.touch()
	writeJSON(w, http.StatusOK, s.renderMessage(m))
	return nil
}

// deleteMessage removes a message and its media, as an erasure does.
func (s *Simulator) deleteMessage(w http.ResponseWriter, r *http.Request) *restError {
	s.mu.Lock()
	defer s.mu.Unlock()
	sid := resource(r)
	m := s.bySID[sid]
	if m == nil {
		return errNotFound
	}
	for _, med := range m.Media {
		delete(s.media, med.SID)
	}
	delete(s.bySID, sid)
	s.messages = slices.DeleteFunc(s.messages, func(x *Message) bool { return x == m })
	s.touch()
	w.WriteHeader(http.StatusNoContent)
	return nil
}
