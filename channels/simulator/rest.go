package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

const accountPath = "/" + apiVersion + "/Accounts/{account}"

// path builds a REST path under the account. The caller holds mu, or needs not.
func (s *Simulator) path(parts ...string) string {
	return "/" + apiVersion + "/Accounts/" + s.cfg.AccountSID + strings.Join(parts, "")
}

func (s *Simulator) routes() *http.ServeMux {
	mux := http.NewServeMux()
	rest := func(pattern string, h func(http.ResponseWriter, *http.Request) *restError) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(strings.TrimSpace(method+" "+accountPath+path), func(w http.ResponseWriter, r *http.Request) { s.serveREST(w, r, h) })
	}
	rest("POST /Messages.json", s.postMessage)
	rest("GET /Messages.json", s.listMessages)
	rest("GET /Messages/{sid}", s.getMessage)
	rest("POST /Messages/{sid}", s.changeMessage)
	rest("DELETE /Messages/{sid}", s.deleteMessage)
	rest("GET /Messages/{sid}/Media.json", s.listMedia)
	rest("GET /Messages/{sid}/Media/{media}", s.getMedia)
	rest("DELETE /Messages/{sid}/Media/{media}", s.deleteMedia)
	rest("POST /Calls.json", s.postCall)
	rest("GET /Calls.json", s.listCalls)
	rest("GET /Calls/{sid}", s.getCall)
	rest("POST /Calls/{sid}", s.changeCall)
	rest("GET /Calls/{sid}/Recordings.json", s.listRecordings)
	rest("GET /Recordings/{sid}", s.getRecording)
	rest("DELETE /Recordings/{sid}", s.deleteRecording)
	rest("GET ", s.getAccount)
	rest(" /", func(http.ResponseWriter, *http.Request) *restError { return errNotFound })
	mux.HandleFunc("GET /v1/ContentAndApprovals", func(w http.ResponseWriter, r *http.Request) { s.serveREST(w, r, s.listContents) })
	mux.HandleFunc("GET /media-links/{link}", s.getLink)
	s.playRoutes(mux)
	return mux
}

var (
	errNotFound = &restError{code: 20404, status: http.StatusNotFound}
	errAuth     = &restError{code: 20003, status: http.StatusUnauthorized}
)

// serveREST checks credentials, lets the faults have their turn, and runs h.
func (s *Simulator) serveREST(w http.ResponseWriter, r *http.Request, h func(http.ResponseWriter, *http.Request) *restError) {
	w.Header().Set("Twilio-Request-Id", NewSID("RQ"))
	f := s.faultSource()
	if !pause(r.Context(), s.Faults().AnswerDelay) {
		return
	}
	switch {
	case !s.authorized(r):
		w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
		writeError(w, errAuth)
		return
	case f.hit(throttle):
		w.Header().Set("Twilio-Concurrent-Requests", "100")
		writeError(w, &restError{code: 20429, status: http.StatusTooManyRequests})
		return
	case f.hit(refuse):
		writeError(w, &restError{code: 20503, status: http.StatusServiceUnavailable})
		return
	}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			writeError(w, &restError{code: 20001, status: http.StatusBadRequest})
			return
		}
	}
	if e := h(w, r); e != nil {
		writeError(w, e)
	}
}

// authorized checks basic auth and that the path is this account's.
func (s *Simulator) authorized(r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	same := subtle.ConstantTimeCompare([]byte(user), []byte(s.cfg.AccountSID)) &
		subtle.ConstantTimeCompare([]byte(password), []byte(s.cfg.AuthToken))
	account := strings.TrimSuffix(r.PathValue("account"), ".json")
	return same == 1 && (account == s.cfg.AccountSID || account == "")
}

// created answers a POST that was accepted, unless the connection is to die now.
func (s *Simulator) created(w http.ResponseWriter, doc map[string]any) {
	if s.faultSource().hit(dropAnswer) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
			return
		}
		panic(http.ErrAbortHandler)
	}
	writeJSON(w, http.StatusCreated, doc)
}

func writeError(w http.ResponseWriter, e *restError) {
	status := e.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	writeJSON(w, status, map[string]any{"code": e.code, "message": errorText(e.code),
		"more_info": "https://www.twilio.com/docs/errors/" + itoa(e.code), "status": status})
}

func writeJSON(w http.ResponseWriter, status int, doc any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(doc) // the client is gone; nobody is left to tell
}

func (s *Simulator) getAccount(w http.ResponseWriter, _ *http.Request) *restError {
	writeJSON(w, http.StatusOK, map[string]any{"sid": s.cfg.AccountSID, "friendly_name": "Simulator",
		"status": "active", "type": "Full", "uri": s.path(".json")})
	return nil
}

// page cuts one page out of n items for a list document and fills its frame in.
// https://www.twilio.com/docs/usage/twilios-response#pagination
func page(r *http.Request, n int, doc map[string]any) (from, to int) {
	q := r.URL.Query()
	size, number := atoi(q.Get("PageSize"), 50), atoi(q.Get("Page"), 0)
	size = min(max(size, 1), 1000)
	from = min(max(number, 0)*size, n)
	to = min(from+size, n)
	uri := func(number int) string {
		q := url.Values{}
		for k, v := range r.URL.Query() {
			q[k] = v
		}
		q.Set("Page", itoa(number))
		q.Set("PageSize", itoa(size))
		return r.URL.Path + "?" + q.Encode()
	}
	doc["page"], doc["page_size"], doc["start"], doc["end"] = number, size, from, max(to-1, 0)
	doc["uri"], doc["first_page_uri"] = uri(number), uri(0)
	doc["next_page_uri"], doc["previous_page_uri"] = nil, nil
	if to < n {
		doc["next_page_uri"] = uri(number + 1)
	}
	if number > 0 {
		doc["previous_page_uri"] = uri(number - 1)
	}
	return from, to
}
