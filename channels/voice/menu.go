package voice

import "time"

// Menu is what a caller hears and may choose. A choice's key is its place in
// the list, from 1, so a list has at most nine; the desks leave the 9 for another language.
type Menu struct {
	Languages []Language // the first is used for who chooses none
	Desks     []Desk
	// MaxMessage bounds a voice message.
	MaxMessage time.Duration
	// Record says that talks with officers are recorded; whoever is recorded is told before.
	Record bool
}

// Language is a language of the menu. Tag and Voice always go together: Twilio
// reads Malay as English where no voice is named.
// https://www.twilio.com/docs/voice/twiml/say/text-speech#available-voices-and-languages
type Language struct {
	Code  string // en, ar, ms
	Name  string // in English, for the officer
	Tag   string // BCP 47, as the voice has it
	Hears string // BCP 47, as speech recognition has it
	Voice string
	Words Words
}

// Desk is a desk that a caller may choose.
type Desk struct {
	Name  string            // as routing has it
	Press map[string]string // by the code of the language; %d stands for the key. Who speaks a language that is not there is not offered it
}

// NewMenu has English, Arabic and Malay, and the desks given.
func NewMenu(desks ...Desk) Menu {
	return Menu{
		MaxMessage: 3 * time.Minute,
		Record:     true,
		Desks:      desks,
		Languages: []Language{
			{Code: "en", Name: "English", Tag: "en-GB", Hears: "en-GB", Voice: "Polly.Amy", Words: menuWords["en"]},
			{Code: "ar", Name: "Arabic", Tag: "ar-AE", Hears: "ar-SA", Voice: "Polly.Hala-Neural", Words: menuWords["ar"]},
			{Code: "ms", Name: "Malay", Tag: "ms-MY", Hears: "ms-MY", Voice: "Google.ms-MY-Standard-A", Words: menuWords["ms"]},
		},
	}
}

func (m Menu) language(code string) Language {
	for _, l := range m.Languages {
		if l.Code == code {
			return l
		}
	}
	return m.Languages[0]
}

func (m Menu) hasDesk(name string) bool {
	for _, d := range m.Desks {
		if d.Name == name {
			return true
		}
	}
	return false
}
