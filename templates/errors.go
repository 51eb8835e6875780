package templates

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caravan-desk/caravan/channels"
)

// ErrNotFound is returned for a name no template has.
var ErrNotFound = errors.New("no such template")

// Problem is one fault in a template file. Line is 0 where the whole file is meant.
type Problem struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// LoadError carries every fault found, in the order of files and lines.
type LoadError struct{ Problems []Problem }

func (e *LoadError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// MissingError names the required variables that were not given, or were empty.
type MissingError struct{ Names []string }

func (e *MissingError) Error() string {
	return "missing " + plainPlural(len(e.Names), "variable") + ": " + strings.Join(e.Names, ", ")
}

// UnknownError names the given variables that the template does not have.
type UnknownError struct {
	Names []string
	Known []string
}

func (e *UnknownError) Error() string {
	return "unknown " + plainPlural(len(e.Names), "variable") + ": " + strings.Join(e.Names, ", ") +
		" (the template has " + strings.Join(e.Known, ", ") + ")"
}

// ValueError says why a variable's value does not fit its type. It never quotes the value.
type ValueError struct {
	Name string
	Type Type
	Err  error
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("variable %s (%s): %v", e.Name, e.Type, e.Err)
}
func (e *ValueError) Unwrap() error { return e.Err }

// LanguageError is returned when a template has neither the language asked for nor a fallback.
type LanguageError struct {
	Template, Language string
	Have               []string
}

func (e *LanguageError) Error() string {
	return fmt.Sprintf("template %s is not written in %q and names no fallback (has %s)",
		e.Template, e.Language, strings.Join(e.Have, ", "))
}

// ChannelError is returned when a template is not written for a channel.
type ChannelError struct {
	Template string
	Channel  channels.Kind
	Have     []channels.Kind
}

func (e *ChannelError) Error() string {
	have := make([]string, len(e.Have))
	for i, k := range e.Have {
		have[i] = string(k)
	}
	return fmt.Sprintf("template %s has no channel %q (has %s)", e.Template, e.Channel, strings.Join(have, ", "))
}

// TooLongError is returned when the variables make a text longer than its channel carries.
type TooLongError struct {
	Channel channels.Kind
	Limit   int // characters
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("text is longer than the %d characters that %s carries", e.Limit, e.Channel)
}

func plainPlural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
