package conversations

import (
	"cmp"
	"errors"
	"fmt"
)

// What the rules refuse. The inbox maps each to one HTTP answer.
var (
	ErrNotFound     = errors.New("not found")
	ErrStale        = errors.New("written against an old version")
	ErrWindowClosed = errors.New("the WhatsApp window is closed: only an approved template may be sent")
	ErrOptedOut     = errors.New("the customer has opted out of this channel")
	ErrCapped       = errors.New("the customer has had enough automatic messages for a day")
	ErrMachine      = errors.New("no machine answers what no person wrote")
	ErrNoRoute      = errors.New("no address of the customer on this channel")
	ErrPromised     = errors.New("a call-back is still promised")
	ErrTaken        = errors.New("already taken")
	ErrFull         = errors.New("the officer has no room")
	ErrCursor       = errors.New("the cursor is not one of ours")
	ErrMerged       = errors.New("it was merged into another one")
	ErrUndone       = errors.New("it cannot be undone: it was undone before, or overtaken")
)

// StaleError is ErrStale with the present state.
type StaleError struct {
	Present Conversation
	Since   []Event // what has happened since the version that was read, where that was asked for
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("%v: it is at version %d", ErrStale, e.Present.Version)
}

func (e *StaleError) Unwrap() error { return ErrStale }

// DuplicateError says that a claim was taken before: in which conversation, and by
// which message or call-back, if it was one of them.
type DuplicateError struct {
	Conversation ID
	Message      MessageID
	Callback     CallbackID
}

func (e *DuplicateError) Error() string {
	return "already kept as " + cmp.Or(string(e.Message), string(e.Callback), string(e.Conversation))
}

// PromisedError is ErrPromised with the promises that are open.
type PromisedError struct{ Callbacks []CallbackID }

func (e *PromisedError) Error() string {
	return fmt.Sprintf("%v: %v; a reason (why) cancels it", ErrPromised, e.Callbacks)
}

func (e *PromisedError) Unwrap() error { return ErrPromised }

// MovedError says that a claim was passed on: what it is about belongs to another conversation.
type MovedError struct{ In, To ID }

func (e *MovedError) Error() string { return "it belongs to conversation " + string(e.To) }

// InvalidError is a write that makes no sense: field by field, in plain words.
type InvalidError struct{ Fields map[string]string }

func (e *InvalidError) Error() string { return fmt.Sprintf("invalid: %v", e.Fields) }
