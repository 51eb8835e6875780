package simulator

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRecordingsAreRealFiles(t *testing.T) {
	w := desk(t)
	c := w.ok(w.Dial(w.ctx(), "+447700900142", ""))
	w.ok(w.Press(w.ctx(), c.SID, "1"))
	w.ok(w.Speak(w.ctx(), c.SID, "hello"))
	rec := w.Recordings()[0]
	for suffix, magic := range map[string]string{"": "RIFF", ".wav": "RIFF", ".mp3": "ID3"} {
		got := w.get("/Recordings/" + rec.SID + suffix)
		if !strings.HasPrefix(got, magic) || !strings.Contains(got, "hello") {
			t.Errorf("%q: %.20q", suffix, got)
		}
	}
	if _, doc := w.do("GET", "/Calls/"+c.SID+"/Recordings.json", nil); len(doc["recordings"].([]any)) != 1 {
		t.Errorf("list: %v", doc)
	}
	if status, _ := w.do("DELETE", "/Recordings/"+rec.SID+".json", nil); status != 204 || len(w.Recordings()) != 0 {
		t.Errorf("delete: %d", status)
	}
}

// get reads raw bytes from the REST side.
func (w *world) get(path string) string {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, w.rest.URL+"/2010-04-01/Accounts/"+testAccount+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth(testAccount, testToken)
	res, err := w.rest.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}
