// Package speech has recordings transcribed by a service of the operator's own choice: any that
// takes a file as a form (multipart/form-data with file, model, language and response_format)
// and answers {"text": "…"}, as Whisper servers that stand on one's own machine and the hosted
// ones do (https://platform.openai.com/docs/api-reference/audio/createTranscription). Start
// with Client.Transcribe.
package speech

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

const (
	// term bounds one request: a message of three minutes on a slow machine.
	term = 2 * time.Minute
	// longestAnswer bounds what is read of an answer, in bytes.
	longestAnswer = 1 << 20
	// longestText bounds what is kept of a transcript, in bytes.
	longestText = 20_000
)

// Client asks one service. It is safe for concurrent use.
type Client struct {
	URL   string // where recordings are posted to
	Token string // sent as a bearer token; empty: none
	Model string // as the service names it; empty: its own choice
	HTTP  *http.Client
}

var _ channels.Transcriber = (*Client)(nil)

// Transcribe implements channels.Transcriber. What the service refuses for the recording's
// own sake (400, 413, 415, 422) is channels.ErrUnreadable.
func (c *Client) Transcribe(ctx context.Context, recording io.Reader, contentType, language string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, term)
	defer cancel()
	body, form := io.Pipe()
	w := multipart.NewWriter(form)
	go func() { form.CloseWithError(c.write(w, recording, contentType, language)) }()
	defer body.Close() // ends the writer, should nobody read on
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, body)
	if err != nil {
		return "", fmt.Errorf("transcription: %w", err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Accept", "application/json")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return "", fmt.Errorf("transcription: %w", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return read(resp.Body)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return "", fmt.Errorf("%w: the service answers %s", channels.ErrUnreadable, resp.Status)
	}
	return "", fmt.Errorf("transcription: the service answers %s", resp.Status)
}

// write is the form.
func (c *Client) write(w *multipart.Writer, recording io.Reader, contentType, language string) error {
	for _, field := range [][2]string{{"model", c.Model}, {"language", language}, {"response_format", "json"}} {
		if field[1] == "" {
			continue
		}
		if err := w.WriteField(field[0], field[1]); err != nil {
			return err
		}
	}
	part, err := w.CreateFormFile("file", "recording"+extension(contentType))
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, recording); err != nil {
		return err
	}
	return w.Close()
}

// extensions are those by which services know a recording's form.
var extensions = map[string]string{
	"audio/mpeg": ".mp3", "audio/mp3": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav", "audio/wave": ".wav", "audio/ogg": ".ogg",
	"audio/opus": ".ogg", "audio/mp4": ".m4a", "audio/m4a": ".m4a", "audio/x-m4a": ".m4a", "audio/webm": ".webm", "audio/flac": ".flac",
}

func extension(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return extensions[kind]
}

func read(body io.Reader) (string, error) {
	var answer struct {
		Text *string `json:"text"`
	}
	if err := json.NewDecoder(io.LimitReader(body, longestAnswer)).Decode(&answer); err != nil {
		return "", fmt.Errorf("transcription: read the answer: %w", err)
	}
	if answer.Text == nil {
		return "", fmt.Errorf("transcription: the answer has no text")
	}
	text := strings.TrimSpace(strings.ToValidUTF8(*answer.Text, "\uFFFD"))
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + "…"
	}
	return text, nil
}
