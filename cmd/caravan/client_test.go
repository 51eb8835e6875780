package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/caravan-desk/caravan/conversations"
)

// client calls the officers' API as one officer.
type client struct {
	t     testing.TB
	base  string
	token string
	me    conversations.Officer
}

// answer is what came back.
type answer struct {
	t      testing.TB
	what   string
	code   int
	header http.Header
	body   []byte
}

// do sends a request; body is sent as it is if it is []byte, else as JSON. headers come in pairs.
func (c *client) do(method, path string, body any, headers ...string) answer {
	c.t.Helper()
	a, err := c.try(method, path, body, headers...)
	must(c.t, err)
	return a
}

// try is do for a gateway that may be away.
func (c *client) try(method, path string, body any, headers ...string) (answer, error) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		r = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, r)
	if err != nil {
		return answer{}, err
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{c.t, method + " " + path, resp.StatusCode, resp.Header, b}, err
}

func (c *client) get(path string) answer { c.t.Helper(); return c.do("GET", path, nil) }
func (c *client) post(path string, body any, headers ...string) answer {
	c.t.Helper()
	return c.do("POST", path, body, headers...)
}
func (c *client) patch(path string, body any, headers ...string) answer {
	c.t.Helper()
	return c.do("PATCH", path, body, headers...)
}

// want fails the test unless the answer has this status.
func (a answer) want(code int) answer {
	a.t.Helper()
	if a.code != code {
		a.t.Fatalf("%s: %d, want %d: %s", a.what, a.code, code, a.body)
	}
	return a
}

// field reads an answer's JSON.
func field[T any](a answer) T {
	a.t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
	return v
}

// message is a message as the API shows it.
type message struct {
	conversations.Message
	Status string `json:"status"`
}

// list is the form of every list.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next_cursor"`
}

// all reads every page of a list.
func all[T any](c *client, path string) []T {
	c.t.Helper()
	var out []T
	cursor := ""
	for {
		page := field[list[T]](c.get(path + cursor).want(http.StatusOK))
		out = append(out, page.Items...)
		if page.Next == nil {
			return out
		}
		cursor = "&cursor=" + *page.Next
	}
}

func (c *client) conversations(query string) []conversations.Conversation {
	c.t.Helper()
	return all[conversations.Conversation](c, "/v1/conversations?limit=200&"+query)
}

func (c *client) conversation(id conversations.ID) conversations.Conversation {
	c.t.Helper()
	return field[conversations.Conversation](c.get("/v1/conversations/" + string(id)).want(http.StatusOK))
}

func (c *client) messages(id conversations.ID) []message {
	c.t.Helper()
	return all[message](c, "/v1/conversations/"+string(id)+"/messages?limit=200")
}

func (c *client) history(id conversations.ID) []conversations.Event {
	c.t.Helper()
	return all[conversations.Event](c, "/v1/conversations/"+string(id)+"/history?limit=200")
}

// reply answers a customer in words.
func (c *client) reply(id conversations.ID, text string, more ...map[string]any) message {
	c.t.Helper()
	body := map[string]any{"kind": "reply", "text": text}
	for _, m := range more {
		for k, v := range m {
			body[k] = v
		}
	}
	return field[message](c.post("/v1/conversations/"+string(id)+"/messages", body).want(http.StatusAccepted))
}
