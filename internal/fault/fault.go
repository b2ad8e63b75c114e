// Package fault holds the one error type that crosses borders between rooms.
//
// A fault carries a code, which is API contract, a message for the person who
// reads it, and a cause for the log alone. An error without a fault in its
// chain is an internal one: people see a fixed sentence, the log sees it all.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code names what went wrong. Codes are part of the wire contract and never change meaning.
type Code string

// The codes of the wire contract, by kind.
const (
	Malformed Code = "malformed"

	APIKeyMissing  Code = "api_key_missing"
	APIKeyInvalid  Code = "api_key_invalid"
	APIKeyExpired  Code = "api_key_expired"
	APIKeyInactive Code = "api_key_inactive"
	TokenInvalid   Code = "token_invalid"
	TokenExpired   Code = "token_expired"
	Revoked        Code = "revoked"
	SignInFailed   Code = "sign_in_failed"
	MFARequired    Code = "mfa_required"

	ScopeMissing        Code = "scope_missing"
	ReadOnly            Code = "read_only"
	IPNotAllowed        Code = "ip_not_allowed"
	CountryNotAllowed   Code = "country_not_allowed"
	OriginNotAllowed    Code = "origin_not_allowed"
	UserAgentNotAllowed Code = "user_agent_not_allowed"
	IdentityMismatch    Code = "identity_mismatch"
	TenantSuspended     Code = "tenant_suspended"
	EmailUnverified     Code = "email_unverified"

	NotFound Code = "not_found"

	VersionConflict Code = "version_conflict"
	AlreadyResolved Code = "already_resolved"
	AlreadyExists   Code = "already_exists"
	StaleEdit       Code = "stale_edit"
	TxAborted       Code = "tx_aborted"

	CursorExpired Code = "cursor_expired"

	ItemTooLarge         Code = "item_too_large"
	BatchTooLarge        Code = "batch_too_large"
	StorageQuotaExceeded Code = "storage_quota_exceeded"

	UnsupportedEncoding Code = "unsupported_encoding"
	MethodNotAllowed    Code = "method_not_allowed"
	Invalid             Code = "invalid"
	IdempotencyMismatch Code = "idempotency_mismatch"

	RateLimited   Code = "rate_limited"
	QuotaExceeded Code = "quota_exceeded"

	Internal    Code = "internal"
	Unavailable Code = "unavailable"
	Timeout     Code = "timeout"
)

var status = map[Code]int{
	Malformed:     400,
	APIKeyMissing: 401, APIKeyInvalid: 401, APIKeyExpired: 401, APIKeyInactive: 401,
	TokenInvalid: 401, TokenExpired: 401, Revoked: 401, SignInFailed: 401, MFARequired: 401,
	ScopeMissing: 403, ReadOnly: 403, IPNotAllowed: 403, CountryNotAllowed: 403, OriginNotAllowed: 403, UserAgentNotAllowed: 403, IdentityMismatch: 403, TenantSuspended: 403, EmailUnverified: 403,
	NotFound: 404, MethodNotAllowed: 405,
	VersionConflict: 409, AlreadyResolved: 409, AlreadyExists: 409, StaleEdit: 409, TxAborted: 409,
	CursorExpired: 410,
	ItemTooLarge:  413, BatchTooLarge: 413, StorageQuotaExceeded: 413,
	UnsupportedEncoding: 415, Invalid: 422, IdempotencyMismatch: 422,
	RateLimited: 429, QuotaExceeded: 429,
	Internal: 500, Unavailable: 503, Timeout: 504,
}

// Status is the HTTP status of the code; 500 for a code that is not in the table.
func (c Code) Status() int {
	if s, ok := status[c]; ok {
		return s
	}
	return 500
}

// Retryable says whether the same request may succeed later without a change by the caller.
func (c Code) Retryable() bool {
	return c == RateLimited || c == QuotaExceeded || c == Unavailable || c == Timeout || c == Internal
}

// Field is one thing wrong with one field of the input.
type Field struct {
	Path    string `json:"path"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// Error is a fault. Message is for a person and leaks nothing; Details is for
// the program that called and must encode as a JSON object; Cause is for the log only.
type Error struct {
	Code       Code
	Message    string
	Fields     []Field
	Details    map[string]any
	RetryAfter time.Duration
	Cause      error
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault whose message is formatted for a person.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes a fault that keeps cause for the log.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// OfField makes an `invalid` fault about one field of the input.
func OfField(path, rule, format string, args ...any) *Error {
	m := fmt.Sprintf(format, args...)
	return &Error{Code: Invalid, Message: path + " " + m, Fields: []Field{{Path: path, Rule: rule, Message: m}}}
}

// With adds a detail and returns the same fault.
func (e *Error) With(name string, value any) *Error {
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	e.Details[name] = value
	return e
}

// After sets when a retry may succeed and returns the same fault.
func (e *Error) After(d time.Duration) *Error {
	e.RetryAfter = d
	return e
}

// From finds the fault in err's chain. An error without one becomes an
// `internal` fault with a fixed message, keeping err as its cause; nil stays nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return &Error{Code: Internal, Message: "Something went wrong on our side.", Cause: err}
}

// CodeOf is the code of err: empty for nil, `internal` for an error without a fault.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return From(err).Code
}

// Is says whether err carries the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }
