package simulator

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// postCall is POST Calls.json.
// https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource
func (s *Simulator) postCall(w http.ResponseWriter, r *http.Request) *restError {
	f := r.PostForm
	if code := s.checkCall(f); code != 0 {
		return &restError{code: code}
	}
	s.mu.Lock()
	c := s.newCall(f.Get("From"), f.Get("To"), "outbound-api")
	c.request = f
	if target := f.Get("StatusCallback"); target != "" {
		c.watch = watchers(target, f.Get("StatusCallbackMethod"), f["StatusCallbackEvent"])
	}
	doc := s.renderCall(c)
	s.mu.Unlock()
	timeout := time.Duration(min(max(atoi(f.Get("Timeout"), 60), 5), 600)) * time.Second
	s.spawn(func(ctx context.Context) { s.ring(ctx, c, timeout) })
	s.created(w, doc)
	return nil
}

// checkCall returns the error code of bad Calls.json parameters.
func (s *Simulator) checkCall(f url.Values) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to := f.Get("From"), f.Get("To")
	switch {
	case to == "":
		return 21201
	case from == "+15005550001" || !validAddress(from):
		return 21212
	case magicCallTo[to] != 0:
		return magicCallTo[to]
	case !validAddress(to):
		return 21211
	case from != s.cfg.Numbers.Voice && from != s.cfg.Numbers.SMS && from != "+15005550006":
		return 21606
	case f.Get("Url") == "" && f.Get("Twiml") == "":
		return 21205
	case f.Get("Url") != "" && !s.ours(f.Get("Url")), !validMethod(f.Get("Method")):
		return 21205
	case f.Get("StatusCallback") != "" && !s.ours(f.Get("StatusCallback")):
		return 21609
	}
	return 0
}

// renderCall needs mu held.
func (s *Simulator) renderCall(c *call) map[string]any {
	doc := map[string]any{
		"account_sid": s.cfg.AccountSID, "api_version": apiVersion, "sid": c.SID, "from": c.From, "to": c.To,
		"from_formatted": c.From, "to_formatted": c.To, "direction": c.Direction, "status": c.Status,
		"date_created": rfc2822(c.Created), "date_updated": rfc2822(s.now()),
		"start_time": rfc2822OrNull(c.Answered), "end_time": rfc2822OrNull(c.Ended),
		"duration": nil, "answered_by": nil, "parent_call_sid": nil, "price": nil, "price_unit": "USD",
		"forwarded_from": "", "caller_name": "", "queue_time": "0", "uri": s.path("/Calls/", c.SID, ".json"),
		"subresource_uris": map[string]string{"recordings": s.path("/Calls/", c.SID, "/Recordings.json")},
	}
	if c.Over() {
		doc["duration"] = itoa(c.Seconds())
	}
	if c.AnsweredBy != "" {
		doc["answered_by"] = c.AnsweredBy
	}
	if c.Parent != "" {
		doc["parent_call_sid"] = c.Parent
	}
	return doc
}

// listCalls is GET Calls.json, newest first, filtered by To, From, Status,
// ParentCallSid and StartTime. A call not answered counts by its creation.
func (s *Simulator) listCalls(w http.ResponseWriter, r *http.Request) *restError {
	q := r.URL.Query()
	inTime, ok := dateFilter(q, "StartTime")
	if !ok {
		return &restError{code: 20001}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*call
	for _, c := range slices.Backward(s.calls) {
		at := c.Answered
		if at.IsZero() {
			at = c.Created
		}
		if matches(q, "To", c.To) && matches(q, "From", c.From) && matches(q, "Status", c.Status) &&
			matches(q, "ParentCallSid", c.Parent) && inTime(at) {
			found = append(found, c)
		}
	}
	doc := map[string]any{}
	from, to := page(r, len(found), doc)
	items := make([]map[string]any, 0, to-from)
	for _, c := range found[from:to] {
		items = append(items, s.renderCall(c))
	}
	doc["calls"] = items
	writeJSON(w, http.StatusOK, doc)
	return nil
}

func (s *Simulator) getCall(w http.ResponseWriter, r *http.Request) *restError {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.callBySID[resource(r)]
	if c == nil {
		return errNotFound
	}
	writeJSON(w, http.StatusOK, s.renderCall(c))
	return nil
}

// changeCall moves a live call to another document, or ends it. The change happens
// after the step that is being played, if one is: the gateway may ask for it while
// answering a webhook of the same call.
func (s *Simulator) changeCall(w http.ResponseWriter, r *http.Request) *restError {
	c, doc, e := s.redirect(resource(r), r.PostForm)
	if e != nil {
		return e
	}
	s.later(c, s.play)
	writeJSON(w, http.StatusOK, doc)
	return nil
}

// redirect books a live call's new course.
func (s *Simulator) redirect(sid string, f url.Values) (*call, map[string]any, *restError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.callBySID[sid]
	if c == nil {
		return nil, nil, errNotFound
	}
	j := jump{url: f.Get("Url"), method: f.Get("Method"), twiml: f.Get("Twiml"), status: f.Get("Status")}
	switch {
	case c.Over():
		return nil, nil, &restError{code: 21220}
	case j.status != "" && j.status != "completed" && j.status != "canceled", j == jump{method: j.method}, j.url != "" && !s.ours(j.url):
		return nil, nil, &restError{code: 21205}
	case j.status == "" && c.Answered.IsZero():
		return nil, nil, &restError{code: 21220}
	}
	c.jump = &j
	return c, s.renderCall(c), nil
}

// validMethod reports whether a method parameter is one that Twilio knows.
func validMethod(m string) bool {
	return m == "" || m == http.MethodGet || m == http.MethodPost
}
