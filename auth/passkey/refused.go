package passkey

import (
	"errors"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"
)

// A Reason says why an answer was refused.
type Reason int

// The reasons.
const (
	// Invalid is any answer that does not prove what was asked for.
	Invalid Reason = iota
	// MFAOnly is a security key where a first factor was asked for.
	MFAOnly
	// Cloned is a signature counter that did not grow: the credential was probably copied (WebAuthn §6.1.1).
	Cloned
)

// Refused is an answer that was not accepted.
type Refused struct {
	Reason Reason
	// UserID is the owner of the credential, where it is known.
	UserID uuid.UUID
	// Err is for the audit log: it never holds what the client sent.
	Err error
}

// Error says why, in words for an operator.
func (r *Refused) Error() string { return "webauthn: " + r.Err.Error() }

// Unwrap returns the cause.
func (r *Refused) Unwrap() error { return r.Err }

// refuse refuses an answer for a reason of ours.
func refuse(why string) *Refused { return &Refused{Err: errors.New(why)} }

// refuseFor refuses an answer with a credential whose owner is known.
func refuseFor(owner uuid.UUID, reason Reason, why string) *Refused {
	return &Refused{Reason: reason, UserID: owner, Err: errors.New(why)}
}

// disclosed is what may be told of an error of the library: its text up to where it quotes the answer. The cause is left behind, for it may
// quote more.
func disclosed(err error) string {
	var known *protocol.Error
	if !errors.As(err, &known) {
		return "the answer is not valid"
	}
	text := known.Details
	if end := strings.IndexAny(text, ":("); end >= 0 {
		text = text[:end]
	}
	if text = strings.TrimSpace(text); text == "" {
		return "the answer is not valid"
	}
	return strings.ToLower(text[:1]) + text[1:]
}
