package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

const (
	officers = 40
	capacity = 1_000
)

// get is a request of the officers' API, ready to be written.
func get(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n\r\n", path, adminToken)
}

func post(path string, body []byte) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, adminToken, len(body), body)
}

func always(b []byte) func(int) []byte { return func(int) []byte { return b } }

// ask calls the officers' API once and reads the answer into out.
func ask(ctx context.Context, s *server, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		return fmt.Errorf("%s %s: %d %.500s: %w", method, path, resp.StatusCode, text, err)
	}
	return json.Unmarshal(text, out)
}

// addOfficers gives a gateway enough officers for everything of an ingest run.
func addOfficers(ctx context.Context, s *server) error {
	for i := range officers {
		var made struct{ ID string }
		if err := ask(ctx, s, "POST", "/v1/officers", map[string]any{
			"email": fmt.Sprintf("officer%d@example.com", i), "name": fmt.Sprintf("Officer %d", i), "role": "officer",
			"availability": "available", "skills": []string{"trace", "booking", "triage"}, "languages": languages, "capacity": capacity,
		}, &made); err != nil {
			return err
		}
	}
	return nil
}

// conversation is what the bench needs of one.
type conversation struct {
	ID       string
	Assignee *struct{ ID string }
	Contact  struct{ Handles []struct{ Value string } }
}

// newest lists the last n conversations, by the customer's number.
func newest(ctx context.Context, s *server, n int) (map[string]conversation, error) {
	out, cursor := make(map[string]conversation, n), ""
	for len(out) < n {
		var page struct {
			Items      []conversation
			NextCursor string `json:"next_cursor"`
		}
		if err := ask(ctx, s, "GET", "/v1/conversations?sort=-created&limit=200&cursor="+cursor, nil, &page); err != nil {
			return nil, err
		}
		for _, c := range page.Items {
			for _, h := range c.Contact.Handles {
				out[h.Value] = c
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	return out, nil
}
