package email

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/channels"
)

const (
	throttleWait = time.Minute // after "too fast"
	quotaWait    = time.Hour   // after "enough for today"
)

// What the large providers say of our account rather than of the mail. The
// words are Microsoft 365's (learn.microsoft.com/exchange/mail-flow-best-practices,
// NDR codes) and Gmail's (support.google.com/a/answer/3726730).
var (
	tooFast = []string{"rate limit", "too fast", "sender thread limit", "too many messages", "too many connections", "throttl", "rate that prevents"}
	tooMany = []string{"quota exceeded", "submissionquota", "daily limit", "sending limit", "daily user sending", "daily sending", "message rate limit"}
)

// refused sorts what a server says to a mail (RFC 5321 §4.2.1). 5xx is final,
// except where it speaks of our account and not of this mail: that is waited for.
func refused(what string, err error) error {
	e := answered(err)
	if e == nil {
		return temporary("", fmt.Errorf("send %s: %w", what, err))
	}
	err = fmt.Errorf("the server refused the %s: %w", what, err)
	words := strings.ToLower(e.Message)
	says := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(words, s) })
	}
	plain := e.Code
	switch x := e.EnhancedCode; {
	case says(tooMany) || x == [3]int{5, 4, 5}:
		return throttled(code(err), quotaWait, err)
	case plain == 432 || plain/100 == 4 && says(tooFast):
		return throttled(code(err), throttleWait, err)
	case plain == 530 || plain == 534 || plain == 535 || plain == 538 || plain == 454: // RFC 4954 §6
		return temporary(code(err), err)
	case plain/100 == 5:
		return permanent(code(err), err)
	}
	return temporary(code(err), err)
}

// code is the server's enhanced code, else its plain one.
func code(err error) string {
	e := answered(err)
	if e == nil {
		return ""
	}
	if x := e.EnhancedCode; x[0] > 0 {
		return fmt.Sprintf("%d.%d.%d", x[0], x[1], x[2])
	}
	return fmt.Sprint(e.Code)
}

// unreached is a server that we could not get as far as a mail with.
func unreached(err error) error {
	e := answered(err)
	if e != nil && (e.Code == 421 || e.Code == 454) && !errors.Is(err, ErrSignIn) {
		return throttled(code(err), throttleWait, fmt.Errorf("reach smtp server: %w", err))
	}
	return temporary(code(err), fmt.Errorf("reach smtp server: %w", err))
}

func throttled(code string, wait time.Duration, err error) error {
	return &channels.SendError{Failure: channels.Throttled, Code: code, RetryAfter: wait, Err: err}
}

func temporary(code string, err error) error {
	return &channels.SendError{Failure: channels.Temporary, Code: code, Err: err}
}

func permanent(code string, err error) error {
	return &channels.SendError{Failure: channels.Permanent, Code: code, Err: err}
}
