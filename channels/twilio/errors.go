package twilio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// APIError is a refusal by Twilio's REST API.
// https://www.twilio.com/docs/usage/twilios-response
type APIError struct {
	Status  int    `json:"-"`       // of HTTP
	Code    int    `json:"code"`    // of https://www.twilio.com/docs/api/errors; 0 if the answer was not Twilio's own
	Message string `json:"message"` // Twilio's words; they may name the customer's number, so Error leaves them out
	after   time.Duration
}

func (e *APIError) Error() string {
	if d, ok := errorCodes[e.Code]; ok {
		return fmt.Sprintf("twilio answered %d: error %d: %s", e.Status, e.Code, d.reason)
	}
	if e.Code != 0 {
		return fmt.Sprintf("twilio answered %d: error %d", e.Status, e.Code)
	}
	return fmt.Sprintf("answered %d without a Twilio error", e.Status)
}

// apiError reads the answer to a request that was not granted.
func apiError(status int, header http.Header, body []byte, now time.Time) *APIError {
	e := &APIError{}
	if json.Unmarshal(body, e) != nil {
		*e = APIError{}
	}
	e.Status, e.after = status, retryAfter(header.Get("Retry-After"), now)
	return e
}

// retryAfter reads RFC 9110, section 10.2.3: seconds or a date. Zero if not told.
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// failure says what to do about a refusal. An error document is Twilio's word
// that nothing was made of the request. A 5xx without one comes from something
// in between, and the request may have been granted behind it.
func (e *APIError) failure() channels.Failure {
	if e.Status == http.StatusTooManyRequests {
		return channels.Throttled
	}
	if d, ok := errorCodes[e.Code]; ok {
		return d.failure
	}
	switch {
	case e.Status >= 500 && e.Code != 0:
		return channels.Temporary
	case e.Status >= 500:
		return channels.AnswerLost
	case e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooEarly:
		return channels.Temporary
	}
	return channels.Permanent
}

// callError is a call of the API that got no answer that could be read.
type callError struct {
	written bool // the request may have reached Twilio
	err     error
}

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// unread marks an error of twilio-go itself, which comes from an answer of 2xx
// that is not what it should be: the request was carried out.
func unread(err error) error {
	var refused *APIError
	var lost *callError
	if errors.As(err, &refused) || errors.As(err, &lost) {
		return err
	}
	return &callError{true, fmt.Errorf("decode answer: %w", err)}
}

// sendError makes of a failed call what a Sender returns: Temporary if the
// request cannot have reached Twilio, AnswerLost if it can.
func sendError(doing string, err error) *channels.SendError {
	s := &channels.SendError{Failure: channels.Permanent, Err: fmt.Errorf("%s: %w", doing, err)}
	var refused *APIError
	var lost *callError
	switch {
	case errors.As(err, &refused):
		s.Failure, s.RetryAfter = refused.failure(), refused.after
		if refused.Code != 0 {
			s.Code, s.Reason = strconv.Itoa(refused.Code), errorCodes[refused.Code].reason
		}
	case errors.As(err, &lost) && lost.written:
		s.Failure = channels.AnswerLost
	case errors.As(err, &lost):
		s.Failure = channels.Temporary
	}
	return s
}

// Refused is a SendError for what Twilio would refuse with that code, found before it was asked.
func Refused(code int) *channels.SendError {
	return &channels.SendError{Failure: errorCodes[code].failure, Code: strconv.Itoa(code), Err: errors.New(errorCodes[code].reason)}
}
