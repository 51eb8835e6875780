package simulator

import (
	"strings"
	"testing"
)

func TestGrammar(t *testing.T) {
	for doc, want := range map[string]string{
		`<Response/>`: "",
		`<Response><Gather input="dtmf speech" action="/x" method="POST" numDigits="1"><Say voice="Polly.Amy" language="en-GB">hi</Say></Gather><Redirect method="POST">/x</Redirect></Response>`: "",
		`<Response><Dial record="record-from-answer-dual"><Number url="/w">+1</Number></Dial></Response>`:                                                                                         "",
		`<Say>hi</Say>`:                                            "not a Response",
		`<Response><Sai>hi</Sai></Response>`:                       "Sai is not allowed in Response",
		`<Response><Say><Gather/></Say></Response>`:                "Gather is not allowed in Say",
		`<Response><Say volume="9">hi</Say></Response>`:            "Say has no attribute volume",
		`<Response>hello</Response>`:                               "Response has no text",
		`<Response><Redirect method="PUT">x</Redirect></Response>`: `method of Redirect is "PUT"`,
		`<Response><Dial record="yes">+1</Dial></Response>`:        `record of Dial is "yes"`,
		`<Response>`: "not XML",
		"<Response><Say>" + strings.Repeat("a", longestTwiML) + "</Say></Response>": "64 KB",
	} {
		got := strings.Join(grammarFaults([]byte(doc)), "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%.60s: %q, want %q", doc, got, want)
		}
	}
}

func FuzzGrammar(f *testing.F) {
	f.Add(`<Response><Say>hi</Say></Response>`)
	f.Fuzz(func(_ *testing.T, doc string) { grammarFaults([]byte(doc)) })
}
