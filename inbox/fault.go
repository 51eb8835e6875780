package inbox

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/caravan-desk/caravan/templates"
)

// plainFault is a fault as huma found it, without the value it was found in.
func plainFault(status int, err error) Fault {
	var f Fault
	var d huma.ErrorDetailer
	if errors.As(err, &d) {
		detail := d.ErrorDetail()
		f.Location, f.Message = clip(detail.Location, 200), detail.Message
	} else {
		f.Message = err.Error()
	}
	expected := strings.HasPrefix(f.Message, "expected ") || strings.HasPrefix(f.Message, "unexpected ")
	if f.Location != "body" || expected {
		if i := strings.Index(f.Message, ": "); i > 0 && expected { // what follows may quote the value
			f.Message = f.Message[:i]
		}
		return f
	}
	switch status {
	case http.StatusBadRequest:
		f.Message = "is not valid JSON"
	case http.StatusUnsupportedMediaType:
		f.Message = "is not application/json"
	default:
		f.Message = "is not what the API's description asks for"
	}
	return f
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// templateFaults lists what is wrong with a template's variables, language or channel.
func templateFaults(err error) []Fault {
	var faults []Fault
	var missing *templates.MissingError
	var unknown *templates.UnknownError
	var value *templates.ValueError
	var language *templates.LanguageError
	var channel *templates.ChannelError
	var long *templates.TooLongError
	var files *templates.LoadError
	if errors.As(err, &files) {
		for _, p := range files.Problems {
			faults = append(faults, Fault{clip(fmt.Sprintf("%s:%d", p.File, p.Line), 300), p.Text})
		}
		return faults
	}
	for _, err := range each(err) {
		switch {
		case errors.As(err, &missing):
			for _, name := range missing.Names {
				faults = append(faults, Fault{"body.variables." + name, "is missing"})
			}
		case errors.As(err, &unknown):
			for _, name := range unknown.Names {
				faults = append(faults, Fault{"body.variables." + clip(name, 64), "is unknown: the template has " + strings.Join(unknown.Known, ", ")})
			}
		case errors.As(err, &value):
			faults = append(faults, Fault{"body.variables." + value.Name, fmt.Sprintf("(%s) %v", value.Type, value.Err)})
		case errors.As(err, &language):
			faults = append(faults, Fault{"body.language", "the template is written in " + strings.Join(language.Have, ", ")})
		case errors.As(err, &channel):
			faults = append(faults, Fault{"body.channel", fmt.Sprintf("the template is written for %v, not for %s", channel.Have, channel.Channel)})
		case errors.As(err, &long):
			faults = append(faults, Fault{"body.variables", long.Error()})
		}
	}
	return faults
}

// each takes apart what errors.Join put together.
func each(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}

// panicError is a panic with its stack, and without its value unless that is the runtime's own.
type panicError struct{ text string }

func (e *panicError) Error() string { return e.text }

func panicked(v any) error {
	text := fmt.Sprintf("%T", v)
	if err, ok := v.(runtime.Error); ok {
		text = err.Error()
	}
	return &panicError{text: text + "\n" + string(debug.Stack())}
}
