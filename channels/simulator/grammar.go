package simulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// rule is what Twilio's grammar allows of a verb or noun.
type rule struct {
	attributes string // space-separated
	children   string // the same
	text       bool   // it has words or an address in it
}

// grammar is the part of Twilio's published TwiML for voice that callers meet.
// https://www.twilio.com/docs/voice/twiml
var grammar = map[string]rule{
	"Response": {"", "Say Play Pause Gather Record Dial Redirect Hangup Reject Enqueue Leave Start Stop Connect", false},
	"Say":      {"voice language loop", "break emphasis p phoneme prosody s say-as sub w lang", true},
	"Play":     {"loop digits", "", true}, "Pause": {"length", "", false},
	"Gather": {"input action method timeout speechTimeout maxSpeechTime numDigits finishOnKey language hints speechModel enhanced bargeIn profanityFilter actionOnEmptyResult partialResultCallback partialResultCallbackMethod debug",
		"Say Play Pause", false},
	"Record": {"action method timeout finishOnKey maxLength playBeep trim recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent transcribe transcribeCallback", "", false},
	"Dial": {"action method timeout timeLimit hangupOnStar callerId record trim recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent answerOnBridge ringTone recordingTrack sequential referUrl referMethod events",
		"Number Client Sip Queue Conference WhatsApp", true},
	"Number": {"url method sendDigits statusCallback statusCallbackMethod statusCallbackEvent byoc machineDetection machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod", "", true},
	"Queue":  {"url method reservationSid postWorkActivitySid", "", true},
	"Conference": {"muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants record region coach trim statusCallback statusCallbackMethod statusCallbackEvent recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent eventCallbackUrl jitterBufferSize participantLabel",
		"", true},
	"Client": {"url method statusCallback statusCallbackMethod statusCallbackEvent", "Identity Parameter", true}, "WhatsApp": {"url method statusCallback statusCallbackMethod statusCallbackEvent", "", true},
	"Sip": {"username password url method statusCallback statusCallbackMethod statusCallbackEvent", "", true}, "Redirect": {"method", "", true},
	"Hangup": {}, "Leave": {}, "Reject": {"reason", "Parameter", false}, "Enqueue": {"action method maxQueueSize waitUrl waitUrlMethod workflowSid", "Task", true},
	"Start": {"action method", "Transcription Stream Recording Siprec", false}, "Stop": {"", "Transcription Stream Recording Siprec", false}, "Connect": {"action method", "Stream ConversationRelay", false},
}

// values are those that an attribute may have, where Twilio lists them.
var values = map[string]string{
	"method": "GET POST", "Gather.input": "dtmf speech dtmf speech|speech dtmf", "Reject.reason": "busy rejected",
	"Dial.record": "do-not-record record-from-answer record-from-ringing record-from-answer-dual record-from-ringing-dual true false", "Record.trim": "trim-silence do-not-trim",
}

const longestTwiML = 64 << 10 // bytes

// grammarFaults says where a document is not as the grammar has it; none if it is well.
func grammarFaults(doc []byte) (faults []string) {
	if len(doc) > longestTwiML {
		faults = append(faults, fmt.Sprintf("%d bytes are more than 64 KB", len(doc)))
	}
	var open []string
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return faults
		}
		if err != nil {
			return append(faults, "not XML: "+err.Error())
		}
		switch t := token.(type) {
		case xml.StartElement:
			faults = append(faults, verbFaults(t, open)...)
			open = append(open, t.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 && strings.TrimSpace(string(t)) != "" {
				if r, known := grammar[open[len(open)-1]]; known && !r.text {
					faults = append(faults, open[len(open)-1]+" has no text")
				}
			}
		}
	}
}

func verbFaults(t xml.StartElement, open []string) (faults []string) {
	name := t.Name.Local
	r, known := grammar[name]
	if len(open) == 0 {
		if name != "Response" {
			return []string{"the document is a " + name + ", not a Response"}
		}
	} else if parent, ok := grammar[open[len(open)-1]]; ok && !slices.Contains(strings.Fields(parent.children), name) {
		return []string{name + " is not allowed in " + open[len(open)-1]}
	}
	for _, a := range t.Attr {
		switch allowed := values[name+"."+a.Name.Local] + values[a.Name.Local]; {
		case known && !slices.Contains(strings.Fields(r.attributes), a.Name.Local):
			faults = append(faults, fmt.Sprintf("%s has no attribute %s", name, a.Name.Local))
		case allowed != "" && !slices.Contains(strings.Fields(allowed), a.Value) && !slices.Contains([]string{"dtmf speech", "speech dtmf"}, a.Value):
			faults = append(faults, fmt.Sprintf("%s of %s is %q", a.Name.Local, name, a.Value))
		}
	}
	return faults
}
