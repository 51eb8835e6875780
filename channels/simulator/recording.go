package simulator

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Recording is what somebody said to a Record. Its audio is a quiet tone of the
// right length; the words travel as the file's comment.
type Recording struct {
	SID     string    `json:"sid"`
	Call    string    `json:"call"`
	Text    string    `json:"text"`
	Seconds int       `json:"seconds"`
	Created time.Time `json:"created"`
}

// Recordings returns what was recorded, oldest first.
func (s *Simulator) Recordings() []Recording {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Recording, 0, len(s.recordings))
	for _, r := range s.recordings {
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b Recording) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.SID, b.SID)
	})
	return list
}

// recorded finishes a Record with what was said, or with nothing, and plays on.
func (s *Simulator) recorded(ctx context.Context, c *call, text, key string) error {
	if text == "" {
		s.silence(ctx, c)
		return s.play(ctx, c)
	}
	outcome := s.keepRecording(ctx, c, text)
	outcome.Set("Digits", key)
	s.action(ctx, c, c.at, false, outcome)
	return s.play(ctx, c)
}

// keepRecording stores text as a recording and returns the action's parameters.
// The recording's own callbacks follow in the background.
// https://www.twilio.com/docs/voice/twiml/record
func (s *Simulator) keepRecording(_ context.Context, c *call, text string) url.Values {
	v := c.at
	longest := atoi(v.attrs["maxLength"], 3600)
	r := &Recording{SID: NewSID("RE"), Call: c.SID, Text: text, Created: s.now(),
		Seconds: min(max(1, utf8.RuneCountInString(text)/14), longest)} // about 14 characters a second
	s.mu.Lock()
	s.recordings[r.SID] = r
	link := s.cfg.BaseURL + s.path("/Recordings/", r.SID)
	s.touch()
	s.mu.Unlock()
	outcome := url.Values{"RecordingSid": {r.SID}, "RecordingUrl": {link}, "RecordingDuration": {itoa(r.Seconds)}}
	base := s.form(c)
	if target := v.attrs["recordingStatusCallback"]; target != "" {
		f := url.Values{"AccountSid": base["AccountSid"], "CallSid": base["CallSid"], "RecordingSid": {r.SID}, "RecordingUrl": {link},
			"RecordingStatus": {"completed"}, "RecordingDuration": {itoa(r.Seconds)}, "RecordingChannels": {"1"},
			"RecordingSource": {"RecordVerb"}, "RecordingStartTime": {rfc2822(r.Created)}, "RecordingTrack": {"inbound"}}
		s.background(hook{kind: "recording-status", sid: r.SID, event: "completed", url: resolve(c.doc, target),
			method: v.attrs["recordingStatusCallbackMethod"], form: f})
	}
	if target := v.attrs["transcribeCallback"]; target != "" && v.attrs["transcribe"] != "false" {
		base["RecordingSid"], base["RecordingUrl"] = []string{r.SID}, []string{link}
		base["TranscriptionSid"], base["TranscriptionText"], base["TranscriptionStatus"] = []string{NewSID("TR")}, []string{text}, []string{"completed"}
		s.background(hook{kind: "transcription", sid: r.SID, event: "completed", url: resolve(c.doc, target), form: base})
	}
	return outcome
}

// background posts one callback that nobody waits for.
func (s *Simulator) background(h hook) {
	s.spawn(func(ctx context.Context) { new(callbacks).emit(ctx, s, h, true) })
}

// getRecording serves .json, .wav (the default) and .mp3.
func (s *Simulator) getRecording(w http.ResponseWriter, r *http.Request) *restError {
	name := r.PathValue("sid")
	sid, format, _ := strings.Cut(name, ".")
	s.mu.Lock()
	rec := s.recordings[sid]
	s.mu.Unlock()
	if rec == nil || s.faultSource().hit(mediaLate) {
		return errNotFound
	}
	switch format {
	case "json":
		writeJSON(w, http.StatusOK, s.renderRecording(rec))
	case "", "wav":
		serveBytes(w, "audio/x-wav", sid+".wav", wav(rec.Text, rec.Seconds))
	case "mp3":
		serveBytes(w, "audio/mpeg", sid+".mp3", mp3(rec.Text, rec.Seconds))
	default:
		return errNotFound
	}
	return nil
}

func (s *Simulator) renderRecording(r *Recording) map[string]any {
	return map[string]any{"sid": r.SID, "call_sid": r.Call, "account_sid": s.cfg.AccountSID, "api_version": apiVersion,
		"channels": 1, "source": "RecordVerb", "status": "completed", "duration": itoa(r.Seconds), "error_code": nil,
		"date_created": rfc2822(r.Created), "date_updated": rfc2822(r.Created), "start_time": rfc2822(r.Created),
		"uri": s.path("/Recordings/", r.SID, ".json")}
}

func (s *Simulator) listRecordings(w http.ResponseWriter, r *http.Request) *restError {
	var found []Recording
	for _, rec := range s.Recordings() {
		if rec.Call == r.PathValue("sid") {
			found = append(found, rec)
		}
	}
	doc := map[string]any{}
	from, to := page(r, len(found), doc)
	items := make([]map[string]any, 0, to-from)
	for _, rec := range found[from:to] {
		items = append(items, s.renderRecording(&rec))
	}
	doc["recordings"] = items
	writeJSON(w, http.StatusOK, doc)
	return nil
}

func (s *Simulator) deleteRecording(w http.ResponseWriter, r *http.Request) *restError {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.recordings[resource(r)]; !ok {
		return errNotFound
	}
	delete(s.recordings, resource(r))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

const sampleRate = 8000 // Hz, one byte a sample

// wav is a RIFF file: the comment (LIST INFO ICMT), then a soft 400 Hz square wave.
func wav(comment string, seconds int) []byte {
	text := append([]byte(comment), 0)
	if len(text)%2 == 1 {
		text = append(text, 0)
	}
	samples := bytes.Repeat([]byte("\x84\x84\x84\x84\x84\x84\x84\x84\x84\x84\x7c\x7c\x7c\x7c\x7c\x7c\x7c\x7c\x7c\x7c"), sampleRate/20*seconds)
	var b bytes.Buffer
	put := func(fields ...any) {
		for _, f := range fields {
			_ = binary.Write(&b, binary.LittleEndian, f) // fixed-size values into memory
		}
	}
	size := 4 + 24 + (8 + 4 + 8 + len(text)) + 8 + len(samples)
	put([]byte("RIFF"), uint32(size), []byte("WAVE"))
	put([]byte("fmt "), uint32(16), uint16(1), uint16(1), uint32(sampleRate), uint32(sampleRate), uint16(1), uint16(8))
	put([]byte("LIST"), uint32(4+8+len(text)), []byte("INFO"), []byte("ICMT"), uint32(len(text)), text)
	put([]byte("data"), uint32(len(samples)), samples)
	return b.Bytes()
}

// mp3 is an ID3v2.4 comment, then silent MPEG-1 layer III frames (32 kbit/s, 32 kHz, mono; 36 ms each).
func mp3(comment string, seconds int) []byte {
	body := append([]byte("\x03und\x00"), comment...) // UTF-8, language undetermined, no description
	frame := append([]byte("COMM"), synchsafe(len(body))...)
	frame = append(append(frame, 0, 0), body...)
	file := append([]byte("ID3\x04\x00\x00"), synchsafe(len(frame))...)
	file = append(file, frame...)
	silent := make([]byte, 144)
	copy(silent, []byte{0xff, 0xfb, 0x18, 0xc4})
	return append(file, bytes.Repeat(silent, (seconds*1000+35)/36)...)
}

// synchsafe is ID3's 28-bit size, seven bits a byte.
func synchsafe(n int) []byte {
	return []byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}
}
