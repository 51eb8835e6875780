package routing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestClassifyLines(t *testing.T) {
	in := `{"id":"1","channel":"sms","text":"where is my parcel 2451080365"}

{"id":"2","channel":"email","subject":"Re: Umrah","text":"Call me tomorrow at 3pm about the umrah packages < 5000","from":"a@example.com"}`
	var out bytes.Buffer
	if err := NewClassifier().Lines(context.Background(), strings.NewReader(in), &out, monday, riyadh); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	var first, second map[string]any
	if err := errors.Join(json.Unmarshal([]byte(lines[0]), &first), json.Unmarshal([]byte(lines[1]), &second)); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "language", "desk", "category", "priority", "confidence", "references", "callback", "why"} {
		if _, ok := first[key]; !ok {
			t.Errorf("no %q in %s", key, lines[0])
		}
	}
	if !strings.Contains(lines[0], `"references":[{"kind":"awb","value":"2451080365","carrier":"dhl_express","valid":true}],"callback":{"requested":false,"at":null}`) {
		t.Error(lines[0])
	}
	if !strings.Contains(lines[1], `"id":"2"`) || !strings.Contains(lines[1], `"references":[],"callback":{"requested":true,"at":"2026-11-24T15:00:00+03:00","until":"2026-11-24T16:00:00+03:00"}`) {
		t.Error(lines[1])
	}
}

func TestClassifyLinesFaults(t *testing.T) {
	good := `{"id":"1","text":"hi"}` + "\n"
	for in, want := range map[string]string{
		good + "\n{":                 "line 3: not a message in JSON",
		good + `{"id":"2"}`:          `line 2: no "text"`,
		`{"id":"2","text":7}`:        "line 1: not a message",
		`["a"]`:                      "line 1: not a message",
		good + good + "where parcel": "line 3",
	} {
		var out bytes.Buffer
		err := NewClassifier().Lines(context.Background(), strings.NewReader(in), &out, monday, riyadh)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
		if n := strings.Count(in, good); n != strings.Count(out.String(), "\n") {
			t.Errorf("%q: %d answers before the fault, want %d", in, strings.Count(out.String(), "\n"), n)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := NewClassifier().Lines(ctx, strings.NewReader(good), &bytes.Buffer{}, monday, riyadh); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
