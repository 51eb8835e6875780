package templates

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Type is what a variable may hold. The Go and JSON forms that are taken for each stand with it.
type Type string

const (
	String    Type = "string"    // text on one line: line breaks become spaces
	Number    Type = "number"    // a count or measure, not negative: any Go or JSON number, or its decimal text
	Date      Type = "date"      // time.Time, "2006-01-02", or RFC 3339
	DateTime  Type = "datetime"  // time.Time or RFC 3339
	MoneyType Type = "money"     // Money, {"amount":…,"currency":…}, "1250.00 MYR" or "MYR 1250.00"
	Reference Type = "reference" // AWB, booking number: up to 64 characters, never translated or reordered
	Phone     Type = "phone"     // digits with the usual marks
	URL       Type = "url"       // absolute, http or https
	Choice    Type = "choice"    // one of the variable's values
	List      Type = "list"      // 1 to 50 texts
)

var types = []Type{String, Number, Date, DateTime, MoneyType, Reference, Phone, URL, Choice, List}

// Money is an amount in decimal digits (never a float) and an ISO 4217 code.
type Money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

const (
	maxReference = 64   // characters
	maxText      = 4000 // characters of one string or list item
	maxItems     = 50
)

// value is a variable's content in one form whatever it came as. Its zero is "not given".
type value struct {
	typ   Type
	text  string    // String, Reference, Phone, URL, Choice; the digits of Number and Money
	code  string    // Money's currency
	at    time.Time // Date, DateTime
	items []string  // List
	how   manner
	prose []span // set by filters that write a phrase: it replaces everything above
}

// manner is how filters asked for a value to be written.
type manner uint8

const (
	short manner = 1 << iota
	dateOnly
	timeOnly
	bulleted
	spelled
	inHijri
)

func (m manner) has(f manner) bool { return m&f != 0 }

// span is a piece of a phrase; a ltr one is kept apart from right-to-left text around it.
type span struct {
	text string
	ltr  bool
}

func (v value) given() bool { return v.typ != "" }

// coerce turns what a caller gave into a value. Empty text is not given.
func coerce(d *Variable, in any, zone *time.Location) (value, error) {
	switch d.Type {
	case String:
		return coerceText(String, in, maxText)
	case Reference:
		return coerceText(Reference, in, maxReference)
	case Number:
		digits, err := decimal(in)
		if digits == "" || err != nil {
			return value{}, err
		}
		return value{typ: Number, text: digits}, nil
	case Date:
		return coerceTime(Date, in, zone)
	case DateTime:
		return coerceTime(DateTime, in, zone)
	case MoneyType:
		return coerceMoney(in)
	case Phone:
		return coercePhone(in)
	case URL:
		return coerceURL(in)
	case Choice:
		return coerceChoice(d.Values, in)
	case List:
		return coerceList(in)
	}
	return value{}, fmt.Errorf("unknown type %q", d.Type)
}

func coerceText(t Type, in any, limit int) (value, error) {
	s, ok := in.(string)
	if !ok {
		return value{}, fmt.Errorf("expected a text, not %s", kindOf(in))
	}
	if len(s) > limit*utf8.UTFMax {
		return value{}, fmt.Errorf("longer than %d characters", limit)
	}
	s = clean(s)
	if utf8.RuneCountInString(s) > limit {
		return value{}, fmt.Errorf("longer than %d characters", limit)
	}
	if s == "" {
		return value{}, nil
	}
	return value{typ: t, text: s}, nil
}

var plainDecimal = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,6})?$`)

// decimal writes a number in plain digits, without leading zeros; empty if none was given.
func decimal(in any) (string, error) {
	var s string
	switch n := in.(type) {
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		s = fmt.Sprint(n)
	case float32:
		s = strconv.FormatFloat(float64(n), 'f', -1, 32)
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return "", errors.New("not a number")
		}
		s = strconv.FormatFloat(n, 'f', -1, 64)
	case json.Number:
		s = n.String()
	case string:
		s = asciiDigits(clean(n))
		if s == "" {
			return "", nil
		}
	default:
		return "", fmt.Errorf("expected a number, not %s", kindOf(in))
	}
	if !plainDecimal.MatchString(s) {
		return "", errors.New("expected a plain decimal number, not negative, of at most 15 digits and 6 decimals")
	}
	whole, frac, hasFrac := strings.Cut(s, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if hasFrac {
		whole += "." + frac
	}
	return whole, nil
}

func coerceTime(t Type, in any, zone *time.Location) (value, error) {
	switch x := in.(type) {
	case time.Time:
		if x.IsZero() {
			return value{}, nil
		}
		return value{typ: t, at: x.In(zone)}, nil
	case string:
		s := clean(x)
		if s == "" {
			return value{}, nil
		}
		if at, err := time.Parse(time.RFC3339, s); err == nil {
			return value{typ: t, at: at.In(zone)}, nil
		}
		if t == DateTime {
			return value{}, errors.New("expected an RFC 3339 time, such as 2026-11-21T15:00:00+03:00")
		}
		at, err := time.ParseInLocation(time.DateOnly, s, zone)
		if err != nil {
			return value{}, errors.New("expected a date, such as 2026-11-21")
		}
		return value{typ: t, at: at}, nil
	}
	return value{}, fmt.Errorf("expected a time, not %s", kindOf(in))
}

func coercePhone(in any) (value, error) {
	v, err := coerceText(Phone, in, 40)
	if err != nil || !v.given() {
		return v, err
	}
	v.text = asciiDigits(v.text)
	digits := 0
	for i, r := range v.text {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0:
		case !strings.ContainsRune(" ()-./", r):
			return value{}, errors.New("expected a telephone number")
		}
	}
	if digits < 3 || digits > 15 { // E.164 allows 15
		return value{}, errors.New("expected a telephone number of 3 to 15 digits")
	}
	return v, nil
}

func coerceURL(in any) (value, error) {
	v, err := coerceText(URL, in, 2000)
	if err != nil || !v.given() {
		return v, err
	}
	u, err := url.Parse(v.text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return value{}, errors.New("expected an absolute http or https address")
	}
	for _, r := range u.Host {
		if r == ':' || r == '.' || r == '-' || r == '[' || r == ']' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			continue
		}
		return value{}, errors.New("expected an address with a plain host name")
	}
	v.text = u.String()
	return v, nil
}

func coerceChoice(values []string, in any) (value, error) {
	v, err := coerceText(Choice, in, maxReference)
	if err != nil || !v.given() {
		return v, err
	}
	for _, w := range values {
		if v.text == w {
			return v, nil
		}
	}
	return value{}, fmt.Errorf("expected one of %s", strings.Join(values, ", "))
}

func coerceList(in any) (value, error) {
	var raw []any
	switch x := in.(type) {
	case []string:
		for _, s := range x {
			raw = append(raw, s)
		}
	case []any:
		raw = x
	case string:
		raw = []any{x}
	default:
		return value{}, fmt.Errorf("expected a list of texts, not %s", kindOf(in))
	}
	if len(raw) > maxItems {
		return value{}, fmt.Errorf("more than %d entries", maxItems)
	}
	v := value{}
	for _, x := range raw {
		item, err := coerceText(List, x, maxText)
		if err != nil {
			return value{}, err
		}
		if item.given() {
			v.typ, v.items = List, append(v.items, item.text)
		}
	}
	return v, nil
}

// kindOf names the JSON kind of x, without its content.
func kindOf(x any) string {
	switch x.(type) {
	case string:
		return "a text"
	case bool:
		return "true or false"
	case []any, []string:
		return "a list"
	case map[string]any:
		return "an object"
	case int, int64, float64, json.Number:
		return "a number"
	}
	return fmt.Sprintf("%T", x)
}
