package conversations

import "cmp"

// ReplyLanguage is the language that the customer is written to in: en, ar or ms; English
// where his own is not known yet or is a mixture.
func (c *Conversation) ReplyLanguage() string {
	if c.Language == "mixed" {
		return "en"
	}
	return cmp.Or(c.Language, "en")
}

// FirstReference is the number that the conversation is about: of several the one that was
// named first, "" if none was.
func (c *Conversation) FirstReference() string {
	if len(c.References) == 0 {
		return ""
	}
	return c.References[0].Value
}
